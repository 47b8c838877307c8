//! An issuer on loopback that answers as a test wants it to.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{Bytes, Data, get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::hmac;
use serde_json::{Value, json};
use tunnus_jose::{KeyUse, Operations, SigningKey, generate};
use tunnus_oidc::Presence;
use tunnus_sdk::{Claims, Credentials, Hidden, SigningAlgorithm};
use url::{Url, form_urlencoded::Serializer};

use super::Login;
use crate::{
    admin::Role,
    app::Broker,
    config::{AdminLogin, AdminOidc, RoleRule},
    digest::sha256_base64url,
    tenant::for_tests::keys,
};

/// The console's id and secret at the issuer.
pub const CLIENT: &str = "tunnus-console";
const SECRET: &str = "issuer-gave-this";

/// The issuer.
pub struct Issuer {
    pub url: String,
    state: Arc<State>,
}

/// How it signs ID tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// With the key that it publishes.
    Own,
    /// With a key that nobody knows, under the published one's name.
    Foreign,
    /// Not at all: `alg` is `none`.
    None,
    /// By HMAC, keyed with the client secret.
    Secret,
    /// By HMAC, keyed with the public key as everybody can read it.
    PublicKey,
    /// Not at all: JSON in the place of a token.
    Json,
}

struct State {
    url: String,
    now: Arc<AtomicI64>,
    told: Mutex<Told>,
}

struct Told {
    signing: Signing,
    away: bool,
    /// Whether codes are given to whoever has them, whatever their verifier.
    careless: bool,
    userinfo: Value,
    codes: BTreeMap<String, Code>,
    assertions: Vec<Value>,
}

struct Code {
    challenge: String,
    claims: Value,
}

impl Issuer {
    /// One that believes in this time.
    pub fn start(now: Arc<AtomicI64>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let told = Told {
            signing: Signing::Own,
            away: false,
            careless: false,
            userinfo: Value::Null,
            codes: BTreeMap::new(),
            assertions: Vec::new(),
        };
        let state = Arc::new(State { url: url.clone(), now, told: Mutex::new(told) });
        let shared = Data::from(Arc::clone(&state));
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .route("/.well-known/openid-configuration", get().to(metadata))
                .route("/jwks", get().to(jwks))
                .route("/token", post().to(token))
                .route("/userinfo", get().to(userinfo))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap();
        drop(actix_web::rt::spawn(server.run()));
        Self { url, state }
    }

    /// The settings of a console that signs in here.
    pub fn settings(&self, rules: &[RoleRule]) -> AdminLogin {
        let oidc = AdminOidc {
            issuer: self.url.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: None,
            signing_key: None,
            name: Some("Example staff".to_owned()),
            scopes: ["openid", "groups"].map(str::to_owned).to_vec(),
            endpoint_hosts: Vec::new(),
            response_issuer: Presence::Required,
            userinfo: false,
            roles: rules.to_vec(),
        };
        let client_secret = Some(SECRET.into());
        AdminLogin { oidc, credentials: Credentials { client_secret, ..Credentials::default() } }
    }

    /// A login by these settings.
    pub fn login(settings: &AdminLogin, broker: &Broker, origin: &str) -> Login {
        Login::new(settings, &origin.parse().unwrap(), &broker.outbound).unwrap()
    }

    pub fn sign_by(&self, signing: Signing) {
        self.state.told.lock().unwrap().signing = signing;
    }

    pub fn be_away(&self, away: bool) {
        self.state.told.lock().unwrap().away = away;
    }

    pub fn be_careless(&self) {
        self.state.told.lock().unwrap().careless = true;
    }

    pub fn say_of_userinfo(&self, claims: Value) {
        self.state.told.lock().unwrap().userinfo = claims;
    }

    /// The client assertions that came, their claims.
    pub fn assertions(&self) -> Vec<Value> {
        self.state.told.lock().unwrap().assertions.clone()
    }

    /// A person logs in at the address that a browser was sent to. The ID token will hold `claims`, where
    /// null takes one out. The code.
    pub fn let_in(&self, address: &str, claims: &Value) -> String {
        let asked = asked(address);
        let now = self.state.now.load(Ordering::Relaxed);
        let mut all = json!({
            "iss": self.url, "sub": "248289", "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "name": "Ada Admin", "groups": ["everybody", "operators"],
        });
        for (name, claim) in claims.as_object().unwrap() {
            all[name] = claim.clone();
        }
        all.as_object_mut().unwrap().retain(|_, claim| !claim.is_null());
        let mut told = self.state.told.lock().unwrap();
        let code = format!("code-{}", told.codes.len());
        told.codes.insert(code.clone(), Code { challenge: asked["code_challenge"].clone(), claims: all });
        code
    }

    /// Where the browser comes back with a code.
    pub fn back(&self, address: &str, code: &str) -> String {
        let state = asked(address)["state"].clone();
        returning(&[("code", code), ("state", &state), ("iss", &self.url)])
    }
}

/// The address of a return.
pub fn returning(fields: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("/console/sign-in/return?{query}")
}

/// The parameters of an address.
pub fn asked(address: &str) -> BTreeMap<String, String> {
    Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

/// A rule on the claim `groups`.
pub fn rule(value: &str, role: Role, tenant: Option<&str>) -> RoleRule {
    RoleRule {
        claim: "groups".to_owned(),
        value: value.to_owned(),
        role,
        tenant: tenant.map(str::to_owned),
        platform: None,
    }
}

fn key() -> SigningKey {
    SigningKey::parse(&keys()[0]).unwrap().with_kid("1")
}

async fn metadata(state: Data<State>) -> HttpResponse {
    if state.told.lock().unwrap().away {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let at = |path: &str| format!("{}{path}", state.url);
    HttpResponse::Ok().json(json!({
        "issuer": state.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"), "userinfo_endpoint": at("/userinfo"), "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "keys": [key().public_jwk()] }))
}

async fn userinfo(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(&state.told.lock().unwrap().userinfo)
}

async fn token(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut told = state.told.lock().unwrap();
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let refused = |error: &str| HttpResponse::BadRequest().json(json!({ "error": error }));
    if let Some(assertion) = form.get("client_assertion") {
        told.assertions.push(payload(assertion));
    } else {
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
        let shown = request.headers().get("Authorization").map(|value| value.to_str().unwrap());
        if shown != Some(basic.as_str()) {
            return refused("invalid_client");
        }
    }
    // A code is good once.
    let Some(code) = told.codes.remove(&form["code"]) else { return refused("invalid_grant") };
    if !told.careless && sha256_base64url(&form["code_verifier"]) != code.challenge {
        return refused("invalid_grant");
    }
    let id_token = signed(told.signing, &code.claims);
    HttpResponse::Ok().json(json!({ "access_token": "at", "token_type": "Bearer", "id_token": id_token }))
}

fn payload(token: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

fn signed(signing: Signing, claims: &Value) -> String {
    let own = |key: &SigningKey| {
        let claims: Claims = claims.as_object().unwrap().clone();
        let signed = key.sign(&Operations::new(), SigningAlgorithm::RS256, None, &claims);
        signed.unwrap().expose_str().to_owned()
    };
    let unsigned = |alg: &str| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", part(&json!({ "alg": alg, "kid": "1" })), part(claims))
    };
    let by_hmac = |secret: &[u8]| {
        let input = unsigned("HS256");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    match signing {
        Signing::Own => own(&key()),
        Signing::Foreign => own(&foreign()),
        Signing::None => format!("{}.", unsigned("none")),
        Signing::Secret => by_hmac(SECRET.as_bytes()),
        Signing::PublicKey => by_hmac(key().public_pem().unwrap().as_bytes()),
        Signing::Json => claims.to_string(),
    }
}

fn foreign() -> SigningKey {
    let key: Hidden<String> = generate::rsa(2048, KeyUse::Signature).unwrap();
    SigningKey::parse(&key).unwrap().with_kid("1")
}
