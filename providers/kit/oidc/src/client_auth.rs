//! How the client shows who it is at PAR and at the token endpoint (RFC 6749, section 2.3; RFC 7523;
//! RFC 8705).
//!
//! Owns what a request says for it. The secret and the certificate are added by the host.

use std::time::Duration;

use serde_json::json;
use tunnus_sdk::{
    Authentication, Claims, Hidden, ProviderError, Request, Signing, SigningAlgorithm, Stage,
    error::AtStage as _,
};
use url::Url;

use crate::{AssertionAudience, ClientAuth, RelyingParty};

/// How long an assertion is valid: long enough for a slow call and two clocks.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(120);

/// The type of a client assertion (RFC 7523, section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A form of the client, authenticated as the profile says.
pub(crate) async fn authenticated(
    rp: &RelyingParty,
    stage: Stage,
    url: Url,
    token_endpoint: &Url,
    form: Vec<(String, Hidden<String>)>,
) -> Result<Request, ProviderError> {
    let client_id = || Hidden::from(rp.profile.client_id.as_str());
    let mut fields = Fields(form);
    let mut authentication = Authentication::None;
    match &rp.profile.client_auth {
        ClientAuth::PrivateKeyJwt { algorithm, audience } => {
            let assertion = assertion(rp, stage, *algorithm, *audience, token_endpoint).await?;
            fields.set("client_id", client_id());
            fields.set("client_assertion_type", JWT_BEARER.into());
            fields.set("client_assertion", assertion);
        }
        ClientAuth::SecretBasic { client_id_in_body } => {
            authentication = Authentication::SecretBasic { client_id: rp.profile.client_id.clone() };
            if *client_id_in_body {
                fields.set("client_id", client_id());
            }
        }
        ClientAuth::SecretPost => {
            authentication = Authentication::SecretPost;
            fields.set("client_id", client_id());
        }
        ClientAuth::MutualTls => fields.set("client_id", client_id()),
    }
    let mutual_tls = shows_certificate(rp);
    Ok(Request { authentication, mutual_tls, ..Request::post(stage, url, fields.0) })
}

/// Whether direct calls show the certificate: tokens are bound to it (RFC 8705, section 3).
pub(crate) fn shows_certificate(rp: &RelyingParty) -> bool {
    rp.profile.client_auth == ClientAuth::MutualTls
}

struct Fields(Vec<(String, Hidden<String>)>);

impl Fields {
    /// Sets a field that may stand there already (`client_id` beside a request object).
    fn set(&mut self, name: &str, value: Hidden<String>) {
        self.0.retain(|(present, _)| present != name);
        self.0.push((name.to_owned(), value));
    }
}

async fn assertion(
    rp: &RelyingParty,
    stage: Stage,
    algorithm: SigningAlgorithm,
    audience: AssertionAudience,
    token_endpoint: &Url,
) -> Result<Hidden<String>, ProviderError> {
    let now = rp.host.now();
    let mut claims = Claims::new();
    claims.insert("iss".to_owned(), json!(rp.profile.client_id));
    claims.insert("sub".to_owned(), json!(rp.profile.client_id));
    claims.insert(
        "aud".to_owned(),
        match audience {
            AssertionAudience::Issuer => json!(rp.profile.issuer),
            AssertionAudience::TokenEndpoint => json!(token_endpoint),
        },
    );
    claims.insert("jti".to_owned(), json!(rp.host.random()));
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now.plus(ASSERTION_LIFETIME)));
    let signing = Signing { algorithm, typ: Some("JWT") };
    rp.host.sign(&signing, &claims).await.map_err(|error| error.at(stage))
}

#[cfg(test)]
#[path = "client_auth_tests.rs"]
mod tests;
