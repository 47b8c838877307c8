//! A host for the tests: it answers what it is told to, and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};
use tunnus_sdk::{
    Claims, EncryptTo, Environment, Expect, Hidden, Host, Leg, LoginRequest, OpenError, Protection, Reason,
    Request, Response, SealError, SendError, Signing, Timestamp, async_trait, json::parse_object,
};
use url::Url;

use crate::{Metadata, Profile, RelyingParty};

pub(crate) const ISSUER: &str = "https://op.example/oidc";
pub(crate) const CLIENT: &str = "client-1";
pub(crate) const NOW: i64 = 1_795_256_803;

/// Tokens are texts here: `signed:{claims}` and `nested:{claims}`.
#[derive(Default)]
pub(crate) struct ScriptedHost {
    now: AtomicI64,
    drawn: AtomicU64,
    answers: Mutex<VecDeque<Result<Response, SendError>>>,
    pub(crate) requests: Mutex<Vec<Request>>,
    pub(crate) signed: Mutex<Vec<(Signing, Claims)>>,
    pub(crate) encrypted: Mutex<Vec<(EncryptTo, String)>>,
    pub(crate) opened: Mutex<Vec<Expect>>,
}

impl ScriptedHost {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { now: AtomicI64::new(NOW), ..Self::default() })
    }

    pub(crate) fn answer(&self, answer: Result<Response, SendError>) {
        self.answers.lock().unwrap().push_back(answer);
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn opened(&self) -> Vec<Expect> {
        self.opened.lock().unwrap().clone()
    }
}

#[async_trait]
impl Host for ScriptedHost {
    fn environment(&self) -> Environment {
        Environment::Sandbox
    }

    fn return_url(&self, leg: &Leg) -> Url {
        Url::parse(&format!("https://broker.example/t/acme/return/bank/{leg}")).unwrap()
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn random(&self) -> Hidden<String> {
        format!("random-{}", self.drawn.fetch_add(1, Ordering::SeqCst)).into()
    }

    async fn sign(&self, signing: &Signing, claims: &Claims) -> Result<Hidden<String>, SealError> {
        self.signed.lock().unwrap().push((signing.clone(), claims.clone()));
        Ok(format!("signed:{}", json!(claims)).into())
    }

    async fn encrypt(&self, to: &EncryptTo, payload: &str) -> Result<Hidden<String>, SealError> {
        self.encrypted.lock().unwrap().push((to.clone(), payload.to_owned()));
        Ok(format!("encrypted:{payload}").into())
    }

    async fn open(&self, expect: &Expect, token: &str) -> Result<Claims, OpenError> {
        self.opened.lock().unwrap().push(expect.clone());
        let (inner, reason) = match expect.protection {
            Protection::Plain => (Some(token), Reason::Malformed),
            Protection::Signed(_) => (token.strip_prefix("signed:"), Reason::NotSigned),
            Protection::Nested(..) => (token.strip_prefix("nested:"), Reason::NotEncrypted),
        };
        let inner = inner.ok_or(OpenError::Rejected(reason))?;
        parse_object(inner.as_bytes()).map_err(|error| OpenError::Rejected(error.into()))
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        self.requests.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().unwrap_or(Err(SendError::TimedOut))
    }
}

pub(crate) fn json_response(status: u16, body: &Value) -> Response {
    Response {
        status,
        content_type: Some("application/json".to_owned()),
        www_authenticate: None,
        date: None,
        body: body.to_string().into_bytes(),
    }
}

pub(crate) fn jwt_response(token: &str) -> Response {
    Response { content_type: Some("application/jwt".to_owned()), ..text_response(200, token) }
}

pub(crate) fn text_response(status: u16, body: &str) -> Response {
    Response {
        status,
        content_type: None,
        www_authenticate: None,
        date: None,
        body: body.as_bytes().to_vec(),
    }
}

pub(crate) fn object(value: Value) -> Claims {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn metadata_document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://op.example/oidc/auth",
        "token_endpoint": "https://op.example/oidc/token",
        "jwks_uri": "https://op.example/oidc/jwks",
        "userinfo_endpoint": "https://op.example/oidc/me",
        "pushed_authorization_request_endpoint": "https://op.example/oidc/request",
        "payment_details_info_endpoint": "https://op.example/oidc/payment_details",
        "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["openid", "email"],
    })
}

pub(crate) fn metadata(profile: &Profile) -> Metadata {
    Metadata::judge(profile, metadata_document().to_string().as_bytes()).unwrap()
}

pub(crate) fn login() -> LoginRequest {
    LoginRequest::new("state-1".into())
}

pub(crate) fn profile() -> Profile {
    Profile::new(ISSUER, CLIENT)
}

/// A client with a host that has the metadata to give first.
pub(crate) fn relying_party(profile: Profile) -> (RelyingParty, Arc<ScriptedHost>) {
    let host = ScriptedHost::new();
    host.answer(Ok(json_response(200, &metadata_document())));
    (RelyingParty::new(profile, Arc::<ScriptedHost>::clone(&host)), host)
}

/// The form of a request, in clear.
pub(crate) fn form(request: &Request) -> Vec<(String, String)> {
    match &request.body {
        tunnus_sdk::Body::Empty => Vec::new(),
        tunnus_sdk::Body::Form(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), value.expose().clone())).collect()
        }
    }
}

pub(crate) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(present, _)| present == name);
    let value = found.next().map(|(_, value)| value.as_str());
    assert!(found.next().is_none(), "{name} stands there twice");
    value
}
