//! An upstream that says what the input says, and the host of a connection to it.
//!
//! Opening tokens is other targets' work: here the claims of a token are the input's, as if the
//! issuer had signed them.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tunnus_oidc::AuthorizationParams;
use tunnus_sdk::{
    BrowserRequest, Claims, EncryptTo, Environment, Expect, Floor, Hidden, Host, Leg, LoginRequest,
    OpenError, Protection, Request, Response, SealError, SendError, Signing, Stage, Timestamp, TokenKind,
    async_trait, json::parse_object,
};
use url::Url;

/// Our id at the upstream.
pub const CLIENT: &str = "client-1";
/// The time.
pub const NOW: i64 = 1_795_256_803;
/// The `state` of the login.
pub const STATE: &str = "state-1";
/// What the host draws, each time: the nonce is this.
pub const DRAWN: &str = "drawn-1";
/// What stands in the honest person's data, and so may stand in no error.
pub const PERSONAL: &str = "Onnimarker";

/// What the upstream says, message by message.
#[derive(Default)]
pub struct Says {
    /// The metadata document.
    pub discovery: String,
    /// The answer of the token endpoint.
    pub token: String,
    /// The claims of the ID token.
    pub id_token: String,
    /// The body of the userinfo response, or its claims where it is a token.
    pub userinfo: String,
    /// The claims of the response in a JWT.
    pub response: String,
    /// The body of any other document.
    pub document: String,
}

/// The host of a connection to that upstream.
pub struct Scripted {
    issuer: Url,
    floor: Floor,
    says: Says,
    redeemed: AtomicBool,
}

impl Scripted {
    /// A host with the connection's floor.
    #[must_use]
    pub fn new(issuer: &str, floor: Floor, says: Says) -> Arc<Self> {
        let issuer = Url::parse(issuer).expect("an issuer");
        Arc::new(Self { issuer, floor, says, redeemed: AtomicBool::new(false) })
    }

    /// Whether a code was sent to the token endpoint: the return was believed.
    #[must_use]
    pub fn has_redeemed(&self) -> bool {
        self.redeemed.load(Ordering::Relaxed)
    }

    /// Everything that is called lies at the issuer's own host.
    fn check_place(&self, url: &Url) {
        let fits = url.scheme() == "https"
            && url.host() == self.issuer.host()
            && url.port() == self.issuer.port()
            && url.username().is_empty()
            && url.password().is_none();
        assert!(fits, "a place that was not pinned: {url}");
    }
}

/// The place where the browser is sent to.
///
/// # Panics
/// Where it is not at the issuer's host.
pub fn check_browser(host: &Scripted, to: &BrowserRequest) {
    match to {
        BrowserRequest::Get(url) | BrowserRequest::Post { action: url, .. } => host.check_place(url),
    }
}

#[async_trait]
impl Host for Scripted {
    fn environment(&self) -> Environment {
        Environment::Production
    }

    fn return_url(&self, leg: &Leg) -> Url {
        Url::parse(&format!("https://broker.example/t/acme/return/bank/{leg}")).expect("a URL")
    }

    fn now(&self) -> Timestamp {
        Timestamp(NOW)
    }

    fn random(&self) -> Hidden<String> {
        DRAWN.into()
    }

    async fn sign(&self, _: &Signing, claims: &Claims) -> Result<Hidden<String>, SealError> {
        Ok(format!("signed:{}", json!(claims)).into())
    }

    async fn encrypt(&self, to: &EncryptTo, payload: &str) -> Result<Hidden<String>, SealError> {
        self.check_place(&to.jwks_uri);
        Ok(format!("encrypted:{payload}").into())
    }

    async fn open(&self, expect: &Expect, token: &str) -> Result<Claims, OpenError> {
        assert!(self.floor.permits(expect), "asked for less than the floor");
        let keys = match &expect.protection {
            Protection::Plain => {
                return parse_object(token.as_bytes()).map_err(|error| OpenError::Rejected(error.into()));
            }
            Protection::Signed(signature) | Protection::Nested(_, signature) => &signature.keys,
        };
        self.check_place(&keys.jwks_uri);
        let claims = match expect.kind {
            TokenKind::IdToken => &self.says.id_token,
            TokenKind::Userinfo => &self.says.userinfo,
            TokenKind::AuthorizationResponse => &self.says.response,
            TokenKind::Document => &self.says.document,
        };
        parse_object(claims.as_bytes()).map_err(|error| OpenError::Rejected(error.into()))
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        self.check_place(&request.url);
        let body = match request.stage {
            Stage::Discovery => &self.says.discovery,
            Stage::Par => r#"{"request_uri":"urn:ietf:params:oauth:request_uri:1","expires_in":60}"#,
            Stage::Token => {
                assert!(!self.redeemed.swap(true, Ordering::Relaxed), "a code was sent twice");
                &self.says.token
            }
            Stage::Userinfo => &self.says.userinfo,
            _ => &self.says.document,
        };
        let (status, body) = with_status(body);
        Ok(Response {
            status,
            content_type: Some(request.accept.to_owned()),
            www_authenticate: None,
            date: None,
            body: body.as_bytes().to_vec(),
        })
    }
}

/// `!400 BODY` is an answer of that status.
fn with_status(text: &str) -> (u16, &str) {
    let marked = text.strip_prefix('!').and_then(|rest| rest.split_once(' '));
    let marked = marked.and_then(|(status, body)| Some((status.parse().ok()?, body)));
    marked.unwrap_or((200, text))
}

/// An honest metadata document.
#[must_use]
pub fn discovery(issuer: &str) -> String {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "userinfo_endpoint": format!("{issuer}/me"),
        "pushed_authorization_request_endpoint": format!("{issuer}/request"),
        "payment_details_info_endpoint": format!("{issuer}/payment_details"),
        "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": true,
    })
    .to_string()
}

/// Honest claims of an ID token.
#[must_use]
pub fn id_token(issuer: &str, acr: &str) -> String {
    let hash = openssl::sha::sha256(b"access-1");
    json!({
        "iss": issuer, "aud": CLIENT, "sub": format!("sub-{PERSONAL}"), "nonce": DRAWN, "acr": acr,
        "exp": NOW + 300, "iat": NOW, "auth_time": NOW - 10, "amr": ["pwd"],
        "at_hash": URL_SAFE_NO_PAD.encode(&hash[..16]),
    })
    .to_string()
}

/// Honest claims of a response in a JWT.
#[must_use]
pub fn response(issuer: &str) -> String {
    json!({ "iss": issuer, "aud": CLIENT, "exp": NOW + 300, "state": STATE, "code": "code-1" }).to_string()
}

/// An honest answer of the token endpoint.
pub const TOKEN: &str = r#"{"access_token":"access-1","token_type":"Bearer","id_token":"a.b.c"}"#;

/// Honest userinfo, but for who it is from.
#[must_use]
pub fn userinfo(issuer: &str) -> String {
    json!({
        "iss": issuer, "aud": CLIENT, "sub": format!("sub-{PERSONAL}"),
        "name": format!("{PERSONAL} Juhani Korhonen"), "given_name": format!("{PERSONAL} Juhani"),
        "family_name": "Korhonen", "birthdate": "1970-07-07", "email": "onnimarker@example.org",
        "email_verified": true,
    })
    .to_string()
}

/// The login.
#[must_use]
pub fn login() -> LoginRequest {
    LoginRequest::new(STATE.into())
}

/// What it asks of the upstream.
#[must_use]
pub fn params(login: &LoginRequest) -> AuthorizationParams {
    AuthorizationParams { scope: "openid".to_owned(), ..AuthorizationParams::of(login) }
}

/// Runs a leg to its end.
pub fn run<T>(leg: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));
    RUNTIME.block_on(leg)
}

/// Whether `claims` is for us, by its issuer and audience: read anew, not as the toolkit reads it.
#[must_use]
pub fn is_ours(claims: &Value, issuer: &str) -> bool {
    let audience = match &claims["aud"] {
        Value::String(one) => one == CLIENT,
        Value::Array(all) => all.iter().any(|one| one == CLIENT),
        _ => false,
    };
    audience && claims["iss"] == issuer
}

/// A number of seconds, be it a fraction.
#[must_use]
pub fn seconds(claims: &Value, name: &str) -> Option<f64> {
    claims[name].as_f64()
}
