//! What a provider may ask for: time, chance, signatures, opened tokens, HTTP calls.
//!
//! The host is bound to one connection. It holds that connection's keys, certificate and secret and
//! never hands them out. Egress rules, time-outs, size limits, the JWKS cache and the connection's
//! floor are the host's; a provider cannot loosen them.

use std::{error::Error, fmt};

use async_trait::async_trait;
use url::Url;

use crate::{
    Claims, Environment, Hidden, Leg, Timestamp,
    error::{Reason, Stage},
    expect::{ContentEncryption, Expect, KeyEncryption, SigningAlgorithm},
};

/// The services of the broker to one connection's provider.
#[async_trait]
pub trait Host: Send + Sync {
    /// The environment that the connection belongs to.
    fn environment(&self) -> Environment;

    /// Where the upstream sends the browser back to on `leg`: the redirect URI, registered exactly.
    fn return_url(&self, leg: &Leg) -> Url;

    /// The time now.
    fn now(&self) -> Timestamp;

    /// 256 fresh random bits in base64url: for a nonce, a verifier, a `jti`.
    fn random(&self) -> Hidden<String>;

    /// Signs `claims` as a compact JWT with the connection's active signing key.
    ///
    /// # Errors
    /// [`SealError::KeyMissing`] when the connection has no key for the algorithm.
    async fn sign(&self, signing: &Signing, claims: &Claims) -> Result<Hidden<String>, SealError>;

    /// Encrypts `payload` as a compact JWE to a key that the upstream publishes now.
    ///
    /// # Errors
    /// [`SealError::KeysUnavailable`] when the upstream publishes no fitting key.
    async fn encrypt(&self, to: &EncryptTo, payload: &str) -> Result<Hidden<String>, SealError>;

    /// Opens `token`: the only way from a message to claims. It must be exactly what `expect` says.
    ///
    /// Checks of the claims themselves (issuer, audience, times) are the caller's.
    ///
    /// # Errors
    /// [`OpenError::Rejected`] with the failed check; all failures of decryption are one.
    async fn open(&self, expect: &Expect, token: &str) -> Result<Claims, OpenError>;

    /// Sends one HTTP request and reads the whole, bounded response. Redirects are not followed,
    /// nothing is sent twice.
    ///
    /// # Errors
    /// Any status is a response; only a response that did not come is an error.
    async fn send(&self, request: Request) -> Result<Response, SendError>;
}

/// How to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// The algorithm; the connection must have a key for it.
    pub algorithm: SigningAlgorithm,
    /// The header's `typ`, where the receiver wants one.
    pub typ: Option<&'static str>,
}

/// Whom to encrypt to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptTo {
    /// The issuer whose key it is.
    pub issuer: String,
    /// Its `jwks_uri`: fetched live, since keys change.
    pub jwks_uri: Url,
    /// How the content key travels.
    pub algorithm: KeyEncryption,
    /// How the content is encrypted.
    pub content: ContentEncryption,
    /// The header's `typ`.
    pub typ: Option<&'static str>,
    /// The header's `cty`: `JWT` when the payload is one.
    pub cty: Option<&'static str>,
}

/// GET or POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestMethod {
    /// GET
    Get,
    /// POST
    Post,
}

/// How a request says who is asking. The host adds the secret; a provider never sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all, or by what stands in the body already (a client assertion).
    None,
    /// `client_secret_basic`, both parts form-encoded first (RFC 6749, section 2.3.1).
    SecretBasic {
        /// Our id at the upstream.
        client_id: String,
    },
    /// `client_secret_post`: the host adds `client_secret` to the form.
    SecretPost,
    /// An access token (RFC 6750).
    Bearer(Hidden<String>),
}

/// The body of a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Hidden<String>)>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Form(fields) => f.debug_list().entries(fields.iter().map(|(name, _)| name)).finish(),
        }
    }
}

/// One HTTP request to the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the call is for: labels metrics, names the stage of a failure.
    pub stage: Stage,
    /// GET or POST.
    pub method: RequestMethod,
    /// An absolute https URL.
    pub url: Url,
    /// Who is asking.
    pub authentication: Authentication,
    /// Whether the connection's client certificate must be shown (RFC 8705).
    pub mutual_tls: bool,
    /// The body.
    pub body: Body,
    /// What `Accept` says.
    pub accept: &'static str,
}

impl Request {
    /// A GET of a JSON document without authentication.
    #[must_use]
    pub const fn get(stage: Stage, url: Url) -> Self {
        Self {
            stage,
            method: RequestMethod::Get,
            url,
            authentication: Authentication::None,
            mutual_tls: false,
            body: Body::Empty,
            accept: "application/json",
        }
    }

    /// A POST of a form.
    #[must_use]
    pub const fn post(stage: Stage, url: Url, form: Vec<(String, Hidden<String>)>) -> Self {
        Self {
            stage,
            method: RequestMethod::Post,
            url,
            authentication: Authentication::None,
            mutual_tls: false,
            body: Body::Form(form),
            accept: "application/json",
        }
    }
}

/// The upstream's answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The media type without parameters, in lower case.
    pub content_type: Option<String>,
    /// `WWW-Authenticate`, for userinfo errors (RFC 6750, section 3).
    pub www_authenticate: Option<String>,
    /// `Date`: what the sender's clock says, in whole seconds.
    pub date: Option<Timestamp>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {:?}, {} bytes)", self.status, self.content_type, self.body.len())
    }
}

/// A cause that is for the log only.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a token was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It fails a check.
    #[error("the token was rejected: {0}")]
    Rejected(Reason),
    /// The keys that would verify it cannot be fetched.
    #[error("the issuer's keys cannot be fetched")]
    KeysUnavailable(#[source] Option<Cause>),
    /// Too many private-key operations are queued.
    #[error("too many private-key operations are queued")]
    Busy,
    /// The provider asked for less than the connection's floor: a fault in its code.
    #[error("asked for less than the connection's floor")]
    BelowFloor,
}

/// Why something was not signed or encrypted.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The connection has no key for it.
    #[error("the connection has no key for this algorithm")]
    KeyMissing,
    /// The receiver's keys cannot be fetched, or none fits.
    #[error("the receiver's keys cannot be fetched")]
    KeysUnavailable(#[source] Option<Cause>),
    /// Too many private-key operations are queued.
    #[error("too many private-key operations are queued")]
    Busy,
    /// A fault of ours.
    #[error("signing or encrypting failed")]
    Failed,
}

/// Why no response came.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection, or it broke.
    #[error("the upstream cannot be reached")]
    Unreachable(#[source] Option<Cause>),
    /// No whole response within the deadline.
    #[error("the upstream did not answer in time")]
    TimedOut,
    /// A response above the bound.
    #[error("the upstream's response is too large")]
    TooLarge,
    /// The upstream failed again and again, and is spared for a while.
    #[error("the upstream is spared for a while after failing")]
    CircuitOpen,
    /// Too many calls to the upstream are under way.
    #[error("too many calls to the upstream are under way")]
    Busy,
    /// An address that this broker does not call.
    #[error("the address may not be called")]
    Forbidden,
    /// The secret or certificate that the request needs is not set.
    #[error("the connection lacks the credential that the request needs")]
    CredentialMissing,
}
