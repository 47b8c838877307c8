//! Decryption keys.
use serde_json::Value;
use tunnus_sdk::Hidden;

use crate::KeyError;

/// The live decryption keys of one connection: at most four.
#[derive(Debug, Default)]
pub struct DecryptionRing {}

impl DecryptionRing {
    /// Parses private keys: each a JWK or a PEM document.
    ///
    /// # Errors
    /// The first fault found.
    pub fn parse(_keys: &[Hidden<String>]) -> Result<Self, KeyError> {
        Err(KeyError::Malformed)
    }

    /// The public halves, as members of a JWK set.
    #[must_use]
    pub fn public_jwks(&self) -> Vec<Value> {
        Vec::new()
    }
}
