//! `private_key_jwt`: issuer and subject are the app, the audience is this issuer and nothing else
//! (RFC 7523, section 3, as narrowed by its update), good once and for five minutes at most.
//!
//! That an id is unknown costs less than that a signature is wrong: ids of apps are no secret.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use tunnus_jose::{PublicKeys, verify};
use tunnus_sdk::{Claims, SigningAlgorithm};

use super::proof::Assertion;
use crate::{
    app::Broker,
    error::{Code, Error},
    flow::binding::state_hash,
    store::Key,
    tenant::model::{App, AppAuthentication, Tenant},
};

/// How long a client assertion may be good for.
const LIFETIME: i64 = 300;
/// How far an app's clock may be ahead.
const CLOCK_SKEW: i64 = 30;

/// The app whose assertion this is; it is used up.
pub(super) async fn check(
    broker: &Broker,
    tenant: &Tenant,
    assertion: &Assertion,
) -> Result<Arc<App>, Error> {
    let token = assertion.token.expose_str();
    // Read before it is verified: only to know whose keys verify it.
    let id = unverified_subject(token).ok_or(Code::AppUnauthorised)?;
    let app = tenant.app(&id).filter(|app| assertion.id.as_ref().is_none_or(|id| *id == app.id));
    let app = app.ok_or(Code::AppUnauthorised)?;
    let AppAuthentication::PrivateKeyJwt(keys) = &app.authentication else {
        return Err(Code::AppUnauthorised.into());
    };
    let claims = verified(broker, keys, token)?;
    let jti = judge(broker, tenant, app, &claims)?;
    let key = Key::new("assertion", &state_hash(&format!("{}\n{}\n{jti}", tenant.id, app.id)));
    let lives = Duration::from_secs(LIFETIME.unsigned_abs() * 2);
    if broker.flows.store.create(&key, b"1", lives).await? {
        Ok(app.clone())
    } else {
        Err(Code::AppUnauthorised.into())
    }
}

fn unverified_subject(assertion: &str) -> Option<String> {
    let payload = assertion.split('.').nth(1)?;
    let claims = tunnus_sdk::json::parse_object(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

fn verified(broker: &Broker, keys: &PublicKeys, assertion: &str) -> Result<Claims, Error> {
    let algorithms = [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
    verify(&broker.operations, &algorithms, keys, assertion)
        .map(|verified| verified.claims)
        .map_err(|source| Error::new(Code::AppUnauthorised).because(source))
}

fn judge<'a>(broker: &Broker, tenant: &Tenant, app: &App, claims: &'a Claims) -> Result<&'a str, Error> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = broker.flows.ambient.now().0;
    let is_app = text("iss") == Some(&app.id) && text("sub") == Some(&app.id);
    let issuer = broker.issuer(&tenant.id);
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(audiences)) => {
            audiences.len() == 1 && audiences.first().and_then(Value::as_str) == Some(&issuer)
        }
        Some(audience) => audience.as_str() == Some(&issuer),
        None => false,
    };
    let in_time = time("exp").is_some_and(|exp| exp > now && exp <= now + LIFETIME + CLOCK_SKEW);
    let not_early = ["nbf", "iat"]
        .iter()
        .all(|name| !claims.contains_key(*name) || time(name).is_some_and(|at| at <= now + CLOCK_SKEW));
    let jti = text("jti").filter(|jti| (8..=256).contains(&jti.len()));
    jti.filter(|_| is_app && is_for_us && in_time && not_early).ok_or_else(|| Code::AppUnauthorised.into())
}
