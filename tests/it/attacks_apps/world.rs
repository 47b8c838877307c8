//! The sandbox's tenants, changed while it runs: apps of every kind, another tenant beside.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tunnus::{
    sandbox::tenant::{APP, APP_SECRET, TENANT},
    tenant::{
        model::{App, AppAuthentication, Tenant},
        set::TenantSet,
    },
};
use tunnus_jose::{KeyUse, Operations, PublicKeys, SigningKey, generate};
use tunnus_sdk::SigningAlgorithm;
use url::Url;

use crate::support::sandbox::{Bench, RETURN, param};

/// The secret of every app that has one.
pub const SECRET: &str = "a-secret-of-32-characters-length";

/// What a secret is kept as.
pub fn hash(secret: &str) -> [u8; 32] {
    digest(&SHA256, secret.as_bytes()).as_ref().try_into().unwrap()
}

/// Replaces the tenant by one that is changed, as a reload of its file does.
pub fn reshape(bench: &Bench, change: impl FnOnce(&mut Tenant)) {
    let tenants = &bench.sandbox.tenants;
    let mut tenant = Tenant::clone(&tenants.tenant(TENANT).unwrap());
    change(&mut tenant);
    let all = tenants.all();
    let others = all.iter().filter(|other| other.id != tenant.id).map(|other| Tenant::clone(other));
    tenants.replace(others.chain([tenant.clone()]).collect::<TenantSet>());
}

/// Adds an app that is the built-in one but for its id and what `change` says.
pub fn add_app(bench: &Bench, id: &str, change: impl FnOnce(&mut App)) {
    reshape(bench, |tenant| {
        let mut app = App::clone(tenant.app(APP).unwrap());
        id.clone_into(&mut app.id);
        change(&mut app);
        tenant.apps.push(Arc::new(app));
    });
}

/// The key of an app, and what is registered of it.
pub fn key() -> (SigningKey, AppAuthentication) {
    let key = SigningKey::parse(&generate::p256(KeyUse::Signature).unwrap()).unwrap();
    let keys = json!({ "keys": [key.public_jwk()] }).to_string();
    let keys = PublicKeys::parse(keys.as_bytes()).unwrap();
    (key, AppAuthentication::PrivateKeyJwt(Arc::new(keys)))
}

/// A client assertion of the app `id`, good now and once.
pub fn assertion(bench: &Bench, key: &SigningKey, id: &str) -> String {
    let ambient = &bench.sandbox.broker.flows.ambient;
    let claims = json!({
        "iss": id, "sub": id, "aud": bench.issuer(), "jti": ambient.id(), "exp": ambient.now().0 + 60,
    });
    let Value::Object(claims) = claims else { unreachable!() };
    let signed = key.sign(&Operations::default(), SigningAlgorithm::ES256, Some("JWT"), &claims);
    signed.unwrap().expose().clone()
}

/// Adds a tenant that is the sandbox's but for its id: the same apps, with the same secrets.
pub fn add_tenant(bench: &Bench, id: &str) -> String {
    let tenants = &bench.sandbox.tenants;
    let tenant = Tenant::clone(&tenants.tenant(TENANT).unwrap());
    let other = Tenant { id: id.to_owned(), ..tenant.clone() };
    tenants.replace(TenantSet::from_iter([tenant, other]));
    bench.sandbox.broker.issuer(id)
}

/// A PKCE verifier.
pub const VERIFIER: &str = "a-verifier-of-43-characters-at-the-very-least";

/// Logs a person in for the built-in app, over OpenID Connect, and gives the code.
pub async fn code(bench: &Bench, scope: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(hash(VERIFIER));
    let mut url: Url = format!("{}/authorize", bench.issuer()).parse().unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", APP),
        ("redirect_uri", RETURN),
        ("scope", scope),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("connection", "ftn"),
        ("login_hint", "sandbox:persona=onni"),
    ]);
    let returned = bench.person().walk(&url, RETURN).await;
    param(&returned, "code").unwrap_or_else(|| panic!("{returned}"))
}

/// What an app is answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub challenge: Option<String>,
    pub body: Value,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let challenge = response.headers().get("WWW-Authenticate");
        let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        Self { status, challenge, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    /// The body without what differs from call to call.
    pub fn stable(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(members) = body.as_object_mut() {
            members.remove("trace_id");
        }
        body
    }
}

/// Redeems a code as the built-in app would, but for `changes`: an empty value leaves a member out.
pub async fn redeem(bench: &Bench, code: &str, changes: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("issuer", bench.issuer()),
        ("app", APP),
        ("secret", APP_SECRET),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", RETURN),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    let one = |name: &str| form.iter().find(|(known, _)| *known == name).unwrap().1;
    let request = bench.sandbox.relying.http.post(format!("{}/token", one("issuer")));
    let request = request.basic_auth(one("app"), Some(one("secret")));
    let fields =
        form.iter().filter(|(name, value)| !["issuer", "app", "secret"].contains(name) && !value.is_empty());
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Answer::of(request.header("Content-Type", "application/x-www-form-urlencoded").body(body)).await
}

/// Asks the userinfo endpoint of `issuer`.
pub async fn userinfo(bench: &Bench, issuer: &str, token: &str) -> Answer {
    Answer::of(bench.sandbox.relying.http.get(format!("{issuer}/userinfo")).bearer_auth(token)).await
}
