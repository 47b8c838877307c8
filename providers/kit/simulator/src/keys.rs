//! A simulated provider's own keys: those it signs and decrypts with, and those that it misbehaves
//! with.

use tunnus_jose::{DecryptionRing, EncryptionKey, KeyUse, PublicKeys, SigningKey, generate};
use tunnus_sdk::{Hidden, KeyEncryption, SigningAlgorithm};

use crate::{SimulatorError, chance::digest_text};

/// The size of RSA keys.
const RSA_BITS: u32 = 2048;

/// The keys of one simulated provider.
pub(crate) struct Keys {
    rsa: Family,
    p256: Family,
    /// The keys that clients encrypt to.
    pub decryption: DecryptionRing,
    /// What only this provider knows.
    pub seed: Hidden<String>,
}

/// The signing keys of one kind.
pub(crate) struct Family {
    /// Signs.
    pub active: SigningKey,
    /// Is published beside it and will sign next.
    pub next: SigningKey,
    /// Signs under the active key's `kid`, but is another.
    pub impostor: SigningKey,
    /// Is never published.
    pub unlisted: SigningKey,
}

impl Keys {
    /// New keys.
    pub(crate) fn generate() -> Result<Self, SimulatorError> {
        let encryption = [rsa(KeyUse::Encryption)?, rsa(KeyUse::Encryption)?];
        let seed = digest_text(&encryption.each_ref().map(Hidden::expose_str));
        Ok(Self {
            rsa: Family::of(&rsa(KeyUse::Signature)?, &rsa(KeyUse::Signature)?)?,
            p256: Family::of(&generate::p256(KeyUse::Signature)?, &generate::p256(KeyUse::Signature)?)?,
            decryption: DecryptionRing::parse(&encryption)?,
            seed: Hidden::new(seed),
        })
    }

    /// The keys that make signatures of this algorithm.
    pub(crate) const fn family(&self, algorithm: SigningAlgorithm) -> &Family {
        match algorithm {
            SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => &self.rsa,
            SigningAlgorithm::ES256 => &self.p256,
        }
    }

    /// A key of our own to encrypt to, where the client's is due.
    pub(crate) fn encryption_key(&self, algorithm: KeyEncryption) -> Option<EncryptionKey> {
        let jwks = serde_json::json!({ "keys": self.decryption.public_jwks() });
        PublicKeys::parse(jwks.to_string().as_bytes()).ok()?.encryption_key(algorithm)
    }
}

impl Family {
    fn of(active: &Hidden<String>, next: &Hidden<String>) -> Result<Self, SimulatorError> {
        let active = SigningKey::parse(active)?;
        let kid = active.kid().to_owned();
        Ok(Self {
            next: SigningKey::parse(next)?,
            impostor: SigningKey::parse(next)?.with_kid(&kid),
            unlisted: SigningKey::parse(next)?.with_kid(&digest_text(&["unlisted", &kid])),
            active,
        })
    }
}

fn rsa(usage: KeyUse) -> Result<Hidden<String>, SimulatorError> {
    Ok(generate::rsa(RSA_BITS, usage)?)
}
