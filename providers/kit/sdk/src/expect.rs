//! What a token must be before its claims count, and the floor below which nobody may ask.
//!
//! Owns the demand only; carrying it out is the host's. There is no "if encrypted" here: an
//! [`Expect`] says exactly one shape, and whatever else comes is refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::Stage;

/// A signature algorithm of RFC 7518, section 3.1, that Tunnus accepts or makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
}

impl SigningAlgorithm {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
        }
    }
}

/// A key-encryption algorithm of RFC 7518, section 4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum KeyEncryption {
    /// RSAES OAEP with SHA-1 and MGF1.
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    /// RSAES OAEP with SHA-256 and MGF1.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
}

impl KeyEncryption {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
        }
    }
}

/// A content-encryption algorithm of RFC 7518, section 5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ContentEncryption {
    /// AES-128-CBC with HMAC-SHA-256.
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-192-CBC with HMAC-SHA-384.
    #[serde(rename = "A192CBC-HS384")]
    A192CbcHs384,
    /// AES-256-CBC with HMAC-SHA-512.
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
    /// AES-128-GCM.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256-GCM.
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl ContentEncryption {
    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A192CbcHs384 => "A192CBC-HS384",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }
}

/// Which message is being opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// The ID token.
    IdToken,
    /// The userinfo response.
    Userinfo,
    /// A JWT-secured authorization response (JARM).
    AuthorizationResponse,
    /// Another document of the upstream, fetched with the access token.
    Document,
}

/// How a message came to us; it decides how much work an unknown key may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// In the answer to a TLS call of our own.
    Direct,
    /// Through the browser: anybody may have written it.
    Browser,
}

/// Where the keys that verify a signature are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySource {
    /// The issuer whose keys they are.
    pub issuer: String,
    /// Its `jwks_uri`.
    pub jwks_uri: Url,
    /// How the message came.
    pub channel: Channel,
}

/// What the signature must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The algorithms allowed. Never taken from the token or from the upstream's metadata.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Where the keys are.
    pub keys: KeySource,
}

/// What the encryption must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Encryption {
    /// How the content key travels.
    pub algorithm: KeyEncryption,
    /// How the content may be encrypted.
    pub contents: Vec<ContentEncryption>,
}

/// The one shape that a message must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// A JSON object under TLS alone.
    Plain,
    /// A signed JWT, and not an encrypted one.
    Signed(Signature),
    /// A signed JWT inside an encrypted one (RFC 7519, section 5.2).
    Nested(Encryption, Signature),
}

/// What must hold before a message's claims are given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Which message it is.
    pub kind: TokenKind,
    /// The stage that a rejection names.
    pub stage: Stage,
    /// The shape it must have.
    pub protection: Protection,
}

/// How strong a message is protected, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Under TLS alone.
    Plain,
    /// Signed.
    Signed,
    /// Signed, then encrypted.
    Nested,
}

/// The least that may be asked of one kind of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The weakest shape.
    pub shape: Shape,
    /// The signature algorithms that may be asked for.
    pub signing: Vec<SigningAlgorithm>,
    /// The key-encryption algorithms that may be asked for.
    pub key_encryption: Vec<KeyEncryption>,
    /// The content-encryption algorithms that may be asked for.
    pub content_encryption: Vec<ContentEncryption>,
}

/// The floor of a connection: the host refuses an [`Expect`] below it, whatever the provider's code
/// does. A kind of message without a demand may not be opened at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// For ID tokens.
    pub id_token: Option<Demand>,
    /// For userinfo responses.
    pub userinfo: Option<Demand>,
    /// For JARM.
    pub authorization_response: Option<Demand>,
    /// For other documents.
    pub document: Option<Demand>,
}

impl Floor {
    /// Whether `expect` demands at least what this connection must.
    #[must_use]
    pub fn permits(&self, expect: &Expect) -> bool {
        let demand = match expect.kind {
            TokenKind::IdToken => &self.id_token,
            TokenKind::Userinfo => &self.userinfo,
            TokenKind::AuthorizationResponse => &self.authorization_response,
            TokenKind::Document => &self.document,
        };
        demand.as_ref().is_some_and(|demand| demand.permits(&expect.protection))
    }
}

impl Demand {
    fn permits(&self, protection: &Protection) -> bool {
        match protection {
            Protection::Plain => self.shape == Shape::Plain,
            Protection::Signed(signature) => self.shape <= Shape::Signed && self.permits_signature(signature),
            Protection::Nested(encryption, signature) => {
                self.permits_signature(signature)
                    && self.key_encryption.contains(&encryption.algorithm)
                    && all_within(&encryption.contents, &self.content_encryption)
            }
        }
    }

    fn permits_signature(&self, signature: &Signature) -> bool {
        all_within(&signature.algorithms, &self.signing)
    }
}

/// Whether something is asked for, and nothing beyond `allowed`.
fn all_within<T: PartialEq>(asked: &[T], allowed: &[T]) -> bool {
    !asked.is_empty() && asked.iter().all(|item| allowed.contains(item))
}

#[cfg(test)]
#[path = "expect_tests.rs"]
mod tests;
