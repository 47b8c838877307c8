//! From a token to what it holds.
use std::fmt;

use tunnus_sdk::{Claims, Encryption, Hidden, Reason, SigningAlgorithm};

use crate::{DecryptionRing, Operations, PublicKeys, Rejected, VerifyError};

/// A token whose signature has been verified.
pub struct Verified {
    /// The payload's members.
    pub claims: Claims,
    /// The header's `typ`.
    pub typ: Option<String>,
    /// The header's `kid`.
    pub kid: Option<String>,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("typ", &self.typ).field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Decrypts a nested token (RFC 7519, section 5.2) and gives out the signed one inside.
///
/// # Errors
/// All failures of decryption are [`Reason::Decryption`]; a shape or an algorithm other than
/// `demand` has its own reason, and is found before any key is touched.
pub fn decrypt(
    _operations: &Operations,
    _demand: &Encryption,
    _ring: &DecryptionRing,
    _token: &str,
) -> Result<Hidden<String>, Rejected> {
    Err(Rejected(Reason::Decryption))
}

/// Verifies a signed token, and only then reads its claims.
///
/// # Errors
/// [`VerifyError::KeyUnknown`] when `keys` has none of the token's `kid`.
pub fn verify(
    _operations: &Operations,
    _algorithms: &[SigningAlgorithm],
    _keys: &PublicKeys,
    _token: &str,
) -> Result<Verified, VerifyError> {
    Err(VerifyError::KeyUnknown)
}
