//! Who is calling: apps at the token endpoint and at the REST interface.
//!
//! One app has one registered way (RFC 7591, `token_endpoint_auth_method`) and no other is taken.
//! Secrets are compared as SHA-256 hashes in constant time; a client assertion is good once.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, http::header};
use base64::{Engine, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq;
use tunnus_jose::{Operations, PublicKeys, verify};
use tunnus_sdk::{Claims, Params, SigningAlgorithm};

use super::openid::access;
use crate::{
    app::Broker,
    digest::sha256,
    error::{Code, Error},
    store::Key,
    tenant::model::{App, AppAuthentication, Tenant},
};

/// What `client_assertion_type` must say (RFC 7523, section 2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long a client assertion may be good for.
const ASSERTION_LIFETIME: i64 = 300;
/// How far an app's clock may be ahead.
const CLOCK_SKEW: i64 = 30;

/// The app that calls the token endpoint.
///
/// # Errors
/// [`Code::AppUnauthorised`] whatever is wrong; [`Code::StoreUnavailable`].
pub async fn at_token_endpoint(
    broker: &Broker,
    tenant: &Tenant,
    request: &HttpRequest,
    form: &Params,
) -> Result<Arc<App>, Error> {
    if form.has("client_assertion") {
        return by_assertion(broker, tenant, form).await;
    }
    let basic = basic_credentials(request);
    if basic.is_some() && form.has("client_secret") {
        return Err(Code::AppUnauthorised.into());
    }
    if let Some((id, secret)) = basic {
        let app = known(tenant, &id);
        return match app.map(|app| &app.authentication) {
            Some(AppAuthentication::SecretBasic(hashes)) => check_secret(app, hashes, &secret),
            _ => Err(refuse(&secret)),
        };
    }
    let app = form.one("client_id").and_then(|id| known(tenant, id));
    match (app.map(|app| &app.authentication), form.one("client_secret")) {
        (Some(AppAuthentication::SecretPost(hashes)), Some(secret)) => check_secret(app, hashes, secret),
        (Some(AppAuthentication::Public), None) if !form.has("client_secret") => {
            app.cloned().ok_or_else(|| Code::AppUnauthorised.into())
        }
        (_, secret) => Err(refuse(secret.unwrap_or_default())),
    }
}

/// The app that calls the REST interface: by secret (Basic), or by an access token of its own.
///
/// # Errors
/// [`Code::AppUnauthorised`] whatever is wrong; [`Code::StoreUnavailable`].
pub async fn at_rest(broker: &Broker, tenant: &Tenant, request: &HttpRequest) -> Result<Arc<App>, Error> {
    if let Some(token) = bearer(request) {
        let app = access::app_of(broker, tenant, &token).await?;
        return tenant.app(&app).cloned().ok_or_else(|| Code::AppUnauthorised.into());
    }
    let (id, secret) = basic_credentials(request).ok_or(Code::AppUnauthorised)?;
    let app = known(tenant, &id);
    match app.map(|app| &app.authentication) {
        Some(AppAuthentication::SecretBasic(hashes) | AppAuthentication::SecretPost(hashes)) => {
            check_secret(app, hashes, &secret)
        }
        Some(AppAuthentication::PrivateKeyJwt(_) | AppAuthentication::Public) | None => Err(refuse(&secret)),
    }
}

/// The bearer token of a request (RFC 6750, section 2.1).
#[must_use]
pub fn bearer(request: &HttpRequest) -> Option<String> {
    let (scheme, token) = authorization(request)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn authorization(request: &HttpRequest) -> Option<&str> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Id and secret, both form-encoded inside the base64 (RFC 6749, section 2.3.1).
fn basic_credentials(request: &HttpRequest) -> Option<(String, String)> {
    let (scheme, encoded) = authorization(request)?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    // As the value of a pair, so that `=` and `&` in it are its own.
    let pair = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

fn known<'a>(tenant: &'a Tenant, id: &str) -> Option<&'a Arc<App>> {
    tenant.app(id)
}

fn check_secret(app: Option<&Arc<App>>, hashes: &[[u8; 32]], secret: &str) -> Result<Arc<App>, Error> {
    let hash = sha256(secret);
    let fits = hashes.iter().fold(subtle::Choice::from(0), |fits, known| fits | known.ct_eq(&hash));
    app.filter(|_| bool::from(fits)).cloned().ok_or_else(|| Code::AppUnauthorised.into())
}

/// Refuses after the work that a known app would have cost.
fn refuse(secret: &str) -> Error {
    let never = bool::from(sha256(secret).ct_eq(&[0; 32]));
    Error::new(if never { Code::Internal } else { Code::AppUnauthorised })
}

/// `private_key_jwt`: issuer and subject are the app, the audience is this issuer and nothing else
/// (RFC 7523, section 3, as narrowed by its update), good once and for five minutes at most.
async fn by_assertion(broker: &Broker, tenant: &Tenant, form: &Params) -> Result<Arc<App>, Error> {
    let unauthorised = || Error::new(Code::AppUnauthorised);
    if form.one("client_assertion_type") != Some(ASSERTION_TYPE) || form.has("client_secret") {
        return Err(unauthorised());
    }
    let assertion = form.one("client_assertion").ok_or_else(unauthorised)?;
    // Read before it is verified: only to know whose keys verify it.
    let id = unverified_subject(assertion).ok_or_else(unauthorised)?;
    let app = known(tenant, &id).ok_or_else(unauthorised)?;
    let AppAuthentication::PrivateKeyJwt(keys) = &app.authentication else {
        return Err(unauthorised());
    };
    if form.has("client_id") && form.one("client_id") != Some(&app.id) {
        return Err(unauthorised());
    }
    let claims = verified(broker, keys, assertion)?;
    let jti = check_assertion(broker, tenant, app, &claims)?;
    let key = Key::new(
        "assertion",
        &crate::flow::binding::state_hash(&format!("{}\n{}\n{jti}", tenant.id, app.id)),
    );
    let lives = Duration::from_secs(ASSERTION_LIFETIME.unsigned_abs() * 2);
    if !broker.flows.store.create(&key, b"1", lives).await? {
        return Err(unauthorised());
    }
    Ok(app.clone())
}

fn unverified_subject(assertion: &str) -> Option<String> {
    let payload = assertion.split('.').nth(1)?;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims = tunnus_sdk::json::parse_object(&json).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

fn verified(broker: &Broker, keys: &PublicKeys, assertion: &str) -> Result<Claims, Error> {
    let algorithms = [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
    let operations: &Operations = &broker.operations;
    let verified = verify(operations, &algorithms, keys, assertion);
    verified
        .map(|verified| verified.claims)
        .map_err(|source| Error::new(Code::AppUnauthorised).because(source))
}

fn check_assertion<'a>(
    broker: &Broker,
    tenant: &Tenant,
    app: &App,
    claims: &'a Claims,
) -> Result<&'a str, Error> {
    let text = |name: &str| claims.get(name).and_then(|value| value.as_str());
    let time = |name: &str| claims.get(name).and_then(serde_json::Value::as_i64);
    let now = broker.flows.ambient.now().0;
    let is_app = text("iss") == Some(&app.id) && text("sub") == Some(&app.id);
    let issuer = broker.issuer(&tenant.id);
    let is_for_us = match claims.get("aud") {
        Some(serde_json::Value::Array(audiences)) => {
            audiences.len() == 1 && audiences.first().and_then(|a| a.as_str()) == Some(&issuer)
        }
        Some(audience) => audience.as_str() == Some(&issuer),
        None => false,
    };
    let expires = time("exp").filter(|exp| *exp > now && exp - now <= ASSERTION_LIFETIME + CLOCK_SKEW);
    let not_early = ["nbf", "iat"]
        .iter()
        .all(|name| !claims.contains_key(*name) || time(name).is_some_and(|at| at <= now + CLOCK_SKEW));
    let jti = text("jti").filter(|jti| (8..=256).contains(&jti.len()));
    match jti {
        Some(jti) if is_app && is_for_us && expires.is_some() && not_early => Ok(jti),
        Some(_) | None => Err(Code::AppUnauthorised.into()),
    }
}
