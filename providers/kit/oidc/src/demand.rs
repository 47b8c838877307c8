//! What a message from the upstream must be before its claims count, as values.
//!
//! Owns the vocabulary, and its translation for the host. Opening and judging are the modules' of
//! the messages.

use serde::Serialize;
use tunnus_sdk::{Demand, Encryption, KeySource, Protection, Shape, Signature, SigningAlgorithm};

use crate::Presence;

/// What a token must be before its claims count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum TokenDemand {
    /// Signed with one of these algorithms, and not encrypted.
    Signed(Vec<SigningAlgorithm>),
    /// Signed with one of these algorithms inside this encryption.
    Nested(Encryption, Vec<SigningAlgorithm>),
}

impl TokenDemand {
    /// The same as a demand on the host.
    #[must_use]
    pub fn protection(&self, keys: KeySource) -> Protection {
        match self {
            Self::Signed(algorithms) => {
                Protection::Signed(Signature { algorithms: algorithms.clone(), keys })
            }
            Self::Nested(encryption, algorithms) => {
                Protection::Nested(encryption.clone(), Signature { algorithms: algorithms.clone(), keys })
            }
        }
    }

    /// The same as a part of the floor.
    #[must_use]
    pub fn floor(&self) -> Demand {
        match self {
            Self::Signed(algorithms) => {
                Demand { shape: Shape::Signed, signing: algorithms.clone(), ..plain_demand() }
            }
            Self::Nested(encryption, algorithms) => Demand {
                shape: Shape::Nested,
                signing: algorithms.clone(),
                key_encryption: vec![encryption.algorithm],
                content_encryption: encryption.contents.clone(),
            },
        }
    }
}

/// What the userinfo response must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum UserinfoDemand {
    /// It is not asked for: the ID token holds everything.
    NotFetched,
    /// A JSON object under TLS alone.
    Plain,
    /// A JWT (OpenID Connect Core, section 5.3.2).
    Protected {
        /// What it must be.
        token: TokenDemand,
        /// Whether it must hold `iss` and `aud`. Where they stand, they are always checked.
        issuer_and_audience: Presence,
        /// Whether another media type than `application/jwt` is taken, `application/json` excepted.
        any_media_type: bool,
    },
}

/// A demand of JSON under TLS alone.
pub(crate) fn plain_demand() -> Demand {
    Demand {
        shape: Shape::Plain,
        signing: Vec::new(),
        key_encryption: Vec::new(),
        content_encryption: Vec::new(),
    }
}
