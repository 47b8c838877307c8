//! The ID token (OpenID Connect Core, section 2).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tunnus_sdk::{Hidden, SealError, Signing};

use super::claims::Given;
use crate::{
    app::Broker,
    digest::sha256,
    error::{Code, Error},
    flow::identification::OpenIdRequest,
    tenant::model::{App, Tenant},
};

/// Signs the ID token for `app`.
///
/// # Errors
/// [`Code::RateLimited`] where too many keys are in use. [`Code::Internal`] where the tenant has no key
/// for the app's algorithm: its settings are checked for one.
pub async fn sign(
    broker: &Broker,
    tenant: &Tenant,
    app: &App,
    answer: &Answer<'_>,
) -> Result<Hidden<String>, Error> {
    let Answer { request, given, access_token } = answer;
    let mut claims = given.in_id_token(&request.in_id_token);
    let now = broker.flows.ambient.now().0;
    let lives = i64::from(broker.lifetimes.access_token);
    let auth_time = time::OffsetDateTime::parse(
        &given.record.authenticated_at,
        &time::format_description::well_known::Rfc3339,
    );
    claims.extend([
        ("iss".to_owned(), json!(broker.issuer(&tenant.id))),
        ("aud".to_owned(), json!(app.id)),
        ("iat".to_owned(), json!(now)),
        ("exp".to_owned(), json!(now.saturating_add(lives))),
        ("at_hash".to_owned(), json!(at_hash(access_token.expose_str()))),
    ]);
    claims.extend(auth_time.ok().map(|at| ("auth_time".to_owned(), json!(at.unix_timestamp()))));
    claims.extend(request.nonce.as_ref().map(|nonce| ("nonce".to_owned(), json!(nonce))));
    let signing = Signing { algorithm: app.id_token_algorithm, typ: Some("JWT") };
    let key = tenant.signing_key(signing.algorithm).ok_or(Code::Internal)?;
    broker.outbound.sign(key, &signing, claims).await.map_err(|error| match error {
        SealError::Busy => Error::new(Code::RateLimited).because(error),
        error => Error::new(Code::Internal).because(error),
    })
}

/// What an ID token is made of.
pub struct Answer<'a> {
    /// What the app asked.
    pub request: &'a OpenIdRequest,
    /// What it gets.
    pub given: &'a Given,
    /// The access token that goes with it.
    pub access_token: &'a Hidden<String>,
}

/// OpenID Connect Core, section 3.1.3.6: the left half of the hash, for all our algorithms SHA-256.
fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sha256(access_token)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_standard_s_example() {
        // OpenID Connect Core, appendix A.3.
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
