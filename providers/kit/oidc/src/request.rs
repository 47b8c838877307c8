//! How an authorization request travels and what protects it, as values.
//!
//! Owns the vocabulary. Building the request object is [`crate::request_object`]'s, sending it
//! [`crate::delivery`]'s.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::{ContentEncryption, KeyEncryption, SigningAlgorithm};

/// How the authorization request travels, and what protects it: the two together say what a
/// stranger who sees the browser's address bar can read or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRoute {
    /// How it travels.
    pub delivery: Delivery,
    /// What protects it.
    pub protection: RequestProtection,
}

impl RequestRoute {
    /// Pushed (RFC 9126): the upstream knows that it is ours, the browser carries a reference.
    #[must_use]
    pub const fn pushed(protection: RequestProtection) -> Self {
        Self { delivery: Delivery::Pushed, protection }
    }

    /// In the browser's address.
    #[must_use]
    pub const fn get(protection: RequestProtection) -> Self {
        Self { delivery: Delivery::Get, protection }
    }

    /// In a form that the browser posts.
    #[must_use]
    pub const fn post(protection: RequestProtection) -> Self {
        Self { delivery: Delivery::Post, protection }
    }

    /// Whether it may hold personal data (a `login_hint`): pushed or encrypted.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.delivery == Delivery::Pushed || self.protection.encryption().is_some()
    }
}

/// How the authorization request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Pushed from server to server (PAR, RFC 9126); the browser carries a reference.
    Pushed,
    /// In a form that the browser posts.
    Post,
    /// In the browser's address.
    Get,
}

/// What protects the authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestProtection {
    /// Nothing: parameters as they are.
    Plain,
    /// A signed request object (RFC 9101).
    Signed(SignedRequest),
    /// A signed request object inside an encrypted one (RFC 9101, section 6.1).
    SignedThenEncrypted(SignedRequest, RequestEncryption),
    /// An encrypted JSON object of the parameters, unsigned. Not a JWT of RFC 9101: for upstreams
    /// that know nothing else. The browser then carries `request` alone.
    Encrypted(RequestEncryption),
}

impl RequestProtection {
    /// How it is signed, where it is.
    #[must_use]
    pub const fn signed(&self) -> Option<&SignedRequest> {
        match self {
            Self::Signed(signed) | Self::SignedThenEncrypted(signed, _) => Some(signed),
            Self::Plain | Self::Encrypted(_) => None,
        }
    }

    /// How it is encrypted, where it is.
    #[must_use]
    pub const fn encryption(&self) -> Option<&RequestEncryption> {
        match self {
            Self::SignedThenEncrypted(_, encryption) | Self::Encrypted(encryption) => Some(encryption),
            Self::Plain | Self::Signed(_) => None,
        }
    }
}

/// How a request object is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The algorithm.
    pub algorithm: SigningAlgorithm,
    /// The header's `typ`. Default `oauth-authz-req+jwt` (RFC 9101, section 10.8); some upstreams
    /// want `JWT` or none.
    pub typ: Option<&'static str>,
    /// How long it is valid. Default 10 minutes.
    pub lifetime: Duration,
    /// Whether it says `nbf` (FAPI 1.0 Advanced demands it). Default: yes.
    pub not_before: bool,
    /// Whether `response_type` and `scope` stand outside it too, as OpenID Connect Core, section
    /// 6.1, wants and RFC 9101 does not. Default: no.
    pub repeat_outside: bool,
}

impl SignedRequest {
    /// Signed with `algorithm`, otherwise the defaults.
    #[must_use]
    pub const fn new(algorithm: SigningAlgorithm) -> Self {
        Self {
            algorithm,
            typ: Some("oauth-authz-req+jwt"),
            lifetime: Duration::from_secs(600),
            not_before: true,
            repeat_outside: false,
        }
    }
}

/// How a request object is encrypted: to a key that the upstream publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEncryption {
    /// How the content key travels.
    pub algorithm: KeyEncryption,
    /// How the content is encrypted.
    pub content: ContentEncryption,
    /// The outer header's `typ`, where the upstream wants one.
    pub typ: Option<&'static str>,
}
