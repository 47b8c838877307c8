//! What a key is said to be for: `use`, `key_ops`, `alg` and `kid` of a JWK (RFC 7517, section 4).
//!
//! Owns the judgement whether a key may serve in a role. A key that is marked for something else is
//! never used against its marks, whatever its numbers could do.

use serde::Deserialize;

/// What a key is for (RFC 7517, section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// `sig`
    Signature,
    /// `enc`
    Encryption,
}

impl KeyUse {
    /// The value of `use`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signature => "sig",
            Self::Encryption => "enc",
        }
    }
}

/// What is about to be done with a key.
#[derive(Clone, Copy)]
pub enum Role {
    Sign,
    Verify,
    Decrypt,
    Encrypt,
}

impl Role {
    const fn usage(self) -> KeyUse {
        match self {
            Self::Sign | Self::Verify => KeyUse::Signature,
            Self::Decrypt | Self::Encrypt => KeyUse::Encryption,
        }
    }

    /// The `key_ops` of which one is enough.
    const fn operations(self) -> [&'static str; 2] {
        match self {
            Self::Sign => ["sign", "sign"],
            Self::Verify => ["verify", "verify"],
            Self::Decrypt => ["unwrapKey", "decrypt"],
            Self::Encrypt => ["wrapKey", "encrypt"],
        }
    }
}

/// The marks of a key. A mark that is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Markers {
    pub kid: Option<String>,
    #[serde(rename = "use")]
    pub usage: Option<String>,
    pub key_ops: Option<Vec<String>>,
    pub alg: Option<String>,
}

impl Markers {
    /// Whether nothing says that the key is for something else.
    pub fn permit(&self, role: Role) -> bool {
        let by_use = self.usage.as_deref().is_none_or(|usage| usage == role.usage().name());
        let by_operations = self
            .key_ops
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| role.operations().contains(&name.as_str())));
        by_use && by_operations
    }

    /// Whether the key is not said to be for another algorithm.
    pub fn permit_algorithm(&self, name: &str) -> bool {
        self.alg.as_deref().is_none_or(|alg| alg == name)
    }
}
