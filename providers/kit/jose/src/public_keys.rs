//! Public keys of others.
use tunnus_sdk::{ContentEncryption, Hidden, KeyEncryption};

use crate::{EncryptError, Operations, Rejected};

/// The public keys of an issuer, from one JWK set or several.
#[derive(Clone, Debug, Default)]
pub struct PublicKeys {
    replaced: Vec<String>,
}

impl PublicKeys {
    /// Parses a JWK set (RFC 7517, section 5) of at most 100 keys; keys of unknown kinds are skipped.
    ///
    /// # Errors
    /// When it is not a JWK set, or too large.
    pub fn parse(_document: &[u8]) -> Result<Self, Rejected> {
        Ok(Self::default())
    }

    /// No keys.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Whether there is no usable key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        true
    }

    /// These keys and `newer`'s. Where one `kid` has two materials, `newer`'s counts.
    #[must_use]
    pub fn merged_with(&self, newer: &Self) -> Self {
        newer.clone()
    }

    /// The `kid`s that stood for two materials when this set was parsed or merged: cause for alarm.
    #[must_use]
    pub fn replaced(&self) -> &[String] {
        &self.replaced
    }

    /// The newest key to encrypt to with `algorithm`.
    #[must_use]
    pub const fn encryption_key(&self, _algorithm: KeyEncryption) -> Option<EncryptionKey> {
        None
    }
}

/// A public key to encrypt to, with its algorithm.
#[derive(Clone, Debug)]
pub struct EncryptionKey {}

impl EncryptionKey {
    /// Encrypts `payload` as a compact JWE.
    ///
    /// # Errors
    /// When the operation fails.
    pub fn encrypt(
        &self,
        _operations: &Operations,
        _content: ContentEncryption,
        _typ: Option<&str>,
        _cty: Option<&str>,
        _payload: &str,
    ) -> Result<Hidden<String>, EncryptError> {
        Err(EncryptError::Failed)
    }
}
