//! The sandbox's tenants, changed while it runs: apps of every kind, another tenant beside.

use std::sync::Arc;

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tunnus::{
    sandbox::tenant::{APP, TENANT},
    tenant::{
        model::{App, AppAuthentication, Tenant},
        set::TenantSet,
    },
};
use tunnus_jose::{KeyUse, Operations, PublicKeys, SigningKey, generate};
use tunnus_sdk::SigningAlgorithm;

use crate::support::sandbox::Bench;

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
