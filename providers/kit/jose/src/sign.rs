//! Signing keys.
use serde_json::Value;
use tunnus_sdk::{Claims, Hidden, SigningAlgorithm};

use crate::{KeyError, Operations, SignError};

/// A private key that signs.
#[derive(Debug)]
pub struct SigningKey {
    kid: String,
}

impl SigningKey {
    /// Parses a private key: a JWK or a PEM document.
    ///
    /// # Errors
    /// When it is not one that may sign here.
    pub fn parse(_key: &Hidden<String>) -> Result<Self, KeyError> {
        Err(KeyError::Malformed)
    }

    /// Whether the key makes signatures of this algorithm.
    #[must_use]
    pub const fn supports(&self, _algorithm: SigningAlgorithm) -> bool {
        false
    }

    /// The key's `kid`.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// The public half, as a member of a JWK set.
    #[must_use]
    pub const fn public_jwk(&self) -> Value {
        Value::Null
    }

    /// The public half in PEM form (`SubjectPublicKeyInfo`).
    #[must_use]
    pub const fn public_pem(&self) -> &str {
        ""
    }

    /// Signs `claims` as a compact JWT; the header carries `alg`, `kid` and `typ`.
    ///
    /// # Errors
    /// [`SignError::Algorithm`] when the key does not fit.
    pub fn sign(
        &self,
        _operations: &Operations,
        _algorithm: SigningAlgorithm,
        _typ: Option<&str>,
        _claims: &Claims,
    ) -> Result<Hidden<String>, SignError> {
        Err(SignError::Failed)
    }
}
