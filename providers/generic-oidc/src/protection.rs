//! The choices of the settings: what travels how, and what protects it.
//!
//! Owns the vocabulary of a connection's file. What each choice does is the toolkit's.

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_oidc::{RequestEncryption, TokenDemand};
use tunnus_sdk::{ContentEncryption, Encryption, KeyEncryption, SigningAlgorithm};

/// What protects the authorization request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestObject {
    /// Nothing: parameters as they are.
    Plain,
    /// A signature.
    #[default]
    Signed,
    /// A signature inside an encryption.
    SignedThenEncrypted,
    /// Encryption without a signature.
    Encrypted,
}

/// The `typ` of a signed request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum RequestObjectType {
    /// `oauth-authz-req+jwt`, as RFC 9101 has it.
    #[default]
    #[serde(rename = "oauth-authz-req+jwt")]
    Standard,
    /// `JWT`.
    #[serde(rename = "JWT")]
    Jwt,
    /// None.
    #[serde(rename = "none")]
    None,
}

impl RequestObjectType {
    /// The header's value.
    pub(crate) const fn header(self) -> Option<&'static str> {
        match self {
            Self::Standard => Some("oauth-authz-req+jwt"),
            Self::Jwt => Some("JWT"),
            Self::None => None,
        }
    }
}

/// How a request is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSealing {
    /// How the content key travels.
    pub algorithm: KeyEncryption,
    /// How the content is encrypted.
    pub content: ContentEncryption,
}

impl Default for RequestSealing {
    fn default() -> Self {
        Self { algorithm: KeyEncryption::RsaOaep, content: ContentEncryption::A128CbcHs256 }
    }
}

impl From<RequestSealing> for RequestEncryption {
    fn from(sealing: RequestSealing) -> Self {
        Self { algorithm: sealing.algorithm, content: sealing.content, typ: None }
    }
}

/// How the authorization response comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseForm {
    /// In the query.
    #[default]
    Query,
    /// In a form that the browser posts.
    FormPost,
    /// In a JWT (JARM), protected as `response_protection` says.
    Jwt,
}

/// What the userinfo response is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserinfoForm {
    /// It is not asked for: the ID token holds everything.
    NotFetched,
    /// JSON under TLS alone.
    #[default]
    Json,
    /// A JWT, protected as `userinfo_protection` says.
    Jwt,
}

/// What a JWT must be. Whatever else comes is refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TokenProtection {
    /// The signature algorithms that are taken: at least one.
    pub signing: Vec<SigningAlgorithm>,
    /// The encryption around it. Where it is set, a token without it is refused; where it is not, a
    /// token with one is.
    pub encryption: Option<TokenEncryption>,
}

impl Default for TokenProtection {
    /// RS256, which every OpenID provider can (OpenID Connect Core, section 15.1).
    fn default() -> Self {
        Self { signing: vec![SigningAlgorithm::RS256], encryption: None }
    }
}

impl TokenProtection {
    /// The same as a demand.
    pub(crate) fn demand(&self) -> TokenDemand {
        let signing = self.signing.clone();
        match &self.encryption {
            None => TokenDemand::Signed(signing),
            Some(encryption) => TokenDemand::Nested(
                Encryption { algorithm: encryption.algorithm, contents: encryption.contents.clone() },
                signing,
            ),
        }
    }

    /// Whether it can be met at all.
    pub(crate) fn is_whole(&self) -> bool {
        let encryption = self.encryption.as_ref();
        !self.signing.is_empty() && encryption.is_none_or(|encryption| !encryption.contents.is_empty())
    }
}

/// How a JWT is encrypted to the connection's key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenEncryption {
    /// How the content key travels.
    pub algorithm: KeyEncryption,
    /// How the content may be encrypted: at least one.
    pub contents: Vec<ContentEncryption>,
}

/// How an app's hint travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginHintForm {
    /// It does not.
    Off,
    /// As `login_hint`.
    #[default]
    Text,
}

/// Whether single claims are asked for, beside scopes, by the `claims` parameter (OpenID Connect
/// Core, section 5.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsParameter {
    /// They are not.
    #[default]
    Off,
    /// For userinfo.
    Userinfo,
    /// For the ID token.
    IdToken,
}

impl ClaimsParameter {
    /// The parameter's member.
    pub(crate) const fn member(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Userinfo => Some("userinfo"),
            Self::IdToken => Some("id_token"),
        }
    }
}
