//! The lines of `tunnus keys generate` that make what a file lacks.

use std::path::Path;

use tunnus_sdk::SigningAlgorithm;

/// A key that `tunnus keys generate` can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// A signing key for this algorithm.
    Signing(SigningAlgorithm),
    /// A decryption key.
    Decryption,
    /// The key of a tenant's subjects.
    Subject,
}

impl Make {
    /// The line that makes it as the file `out`.
    #[must_use]
    pub fn line(self, out: &Path) -> String {
        let kind = match self {
            Self::Signing(SigningAlgorithm::RS256 | SigningAlgorithm::PS256) => "rsa2048 --use sig",
            Self::Signing(SigningAlgorithm::ES256) => "p256 --use sig",
            Self::Decryption => "rsa2048 --use enc",
            Self::Subject => "subject",
        };
        format!("tunnus keys generate --kind {kind} --out {}", out.display())
    }
}
