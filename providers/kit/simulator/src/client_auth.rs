//! Client authentication at the token endpoint and the endpoint for pushed requests.
//!
//! A client authenticates by the one method that it is registered with. Nothing stands in for it, and
//! more than one at a time is refused (RFC 6749, section 2.3).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use tunnus_jose::verify;
use tunnus_sdk::{Claims, Hidden, SigningAlgorithm, Timestamp, sandbox::SimulatedRequest};

use crate::{
    ClientAuthentication, OpenIdProvider,
    chance::digest_text,
    clients::{Registered, audience_has, seconds, text, unverified_claims},
    oauth_error::OAuthError,
};

/// `client_assertion_type` (RFC 7523, section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion may live, in seconds.
const ASSERTION_LIFETIME_MAX: i64 = 3600;

impl OpenIdProvider {
    /// The client that sends `request`, by the method that it is registered with.
    pub(crate) fn authenticate(&self, request: &SimulatedRequest) -> Result<Arc<Registered>, OAuthError> {
        if request.form.has_doubled() || request.query.iter().next().is_some() {
            return Err(OAuthError::request("a parameter stands twice or in the query"));
        }
        let basic = request.authorization.as_ref().map(basic_credentials).transpose()?;
        let claimed = claimed_id(request, basic.as_ref()).ok_or(UNKNOWN)?;
        let registered = self.clients.find(&claimed).ok_or(UNKNOWN)?;
        match registered.client.authentication {
            ClientAuthentication::PrivateKeyJwt(algorithm) => {
                only(request, Offer::Assertion)?;
                self.check_assertion(registered, algorithm, request)?;
            }
            ClientAuthentication::SecretBasic { client_id_in_body } => {
                only(request, Offer::Basic)?;
                check_secret(registered, basic.as_ref().map(|(_, secret)| secret.expose_str()))?;
                if client_id_in_body && request.form.one("client_id") != Some(claimed.as_str()) {
                    return Err(OAuthError::client("client_id is missing from the body"));
                }
            }
            ClientAuthentication::SecretPost => {
                only(request, Offer::Post)?;
                check_secret(registered, request.form.one("client_secret"))?;
            }
            ClientAuthentication::MutualTls => {
                only(request, Offer::Nothing)?;
                check_certificate(registered, request)?;
            }
        }
        Ok(Arc::clone(registered))
    }

    fn check_assertion(
        &self,
        registered: &Registered,
        algorithm: SigningAlgorithm,
        request: &SimulatedRequest,
    ) -> Result<(), OAuthError> {
        if request.form.one("client_assertion_type") != Some(JWT_BEARER) {
            return Err(OAuthError::client("client_assertion_type is missing or unknown"));
        }
        let token = request.form.one("client_assertion").unwrap_or_default();
        let verified = verify(&self.operations, &[algorithm], &registered.keys, token)
            .map_err(|_| OAuthError::client("the client assertion's signature does not verify"))?;
        let id = registered.client.id.as_str();
        check_assertion_claims(&verified.claims, id, &self.assertion_audiences(), self.now())?;
        let jti = text(&verified.claims, "jti").unwrap_or_default();
        if self.sees_again(["assertion", id, jti]) {
            return Err(OAuthError::client("the client assertion was used before"));
        }
        Ok(())
    }

    fn assertion_audiences(&self) -> [String; 3] {
        let endpoints = self.profile.endpoints;
        let pushed = endpoints.pushed.unwrap_or(endpoints.token);
        [self.issuer(), self.url(endpoints.token), self.url(pushed)]
    }

    /// Whether a `jti` was used before, in this kind of token and by this client; from now on it was.
    /// They count for 24 hours.
    pub(crate) fn sees_again(&self, kind_client_jti: [&str; 3]) -> bool {
        let now = self.now();
        let end = Timestamp(now.0.saturating_add(86_400));
        !self.memory().seen.keep(digest_text(&kind_client_jti), (), now, end)
    }
}

const UNKNOWN: OAuthError = OAuthError::client("the client is unknown");

/// The kinds of credentials that a request may show.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    Basic,
    Post,
    Assertion,
    Nothing,
}

/// Checks that the request shows `offer` and nothing else.
fn only(request: &SimulatedRequest, offer: Offer) -> Result<(), OAuthError> {
    let shown = [
        (Offer::Basic, request.authorization.is_some()),
        (Offer::Post, request.form.has("client_secret")),
        (Offer::Assertion, request.form.has("client_assertion")),
    ];
    if shown.iter().all(|(kind, is_shown)| *is_shown == (*kind == offer)) {
        return Ok(());
    }
    Err(OAuthError::client("the client must use the method that it is registered with, and no other"))
}

/// The id that the request says it comes from; two different ones are none.
fn claimed_id(request: &SimulatedRequest, basic: Option<&(String, Hidden<String>)>) -> Option<String> {
    let assertion = request.form.one("client_assertion").and_then(unverified_claims);
    let asserted = assertion.as_ref().and_then(|claims| text(claims, "iss")).map(str::to_owned);
    let ids = [request.form.one("client_id").map(str::to_owned), basic.map(|(id, _)| id.clone()), asserted];
    let mut ids = ids.into_iter().flatten();
    let first = ids.next()?;
    ids.all(|other| other == first).then_some(first)
}

/// Reads `client_secret_basic`: both parts are form-encoded (RFC 6749, section 2.3.1).
fn basic_credentials(header: &Hidden<String>) -> Result<(String, Hidden<String>), OAuthError> {
    const BROKEN: OAuthError = OAuthError::client("the Authorization header is not Basic");
    let encoded = header.expose_str().strip_prefix("Basic ").ok_or(BROKEN)?;
    let text = String::from_utf8(STANDARD.decode(encoded).map_err(|_| BROKEN)?).map_err(|_| BROKEN)?;
    let (id, secret) = text.split_once(':').ok_or(BROKEN)?;
    Ok((form_decoded(id).ok_or(BROKEN)?, Hidden::new(form_decoded(secret).ok_or(BROKEN)?)))
}

fn form_decoded(text: &str) -> Option<String> {
    let is_encoded = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._*+%".contains(&byte));
    let pair = format!("v={text}");
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    is_encoded.then(|| pairs.next().map(|(_, value)| value.into_owned())).flatten()
}

/// Compares digests, so that the time it takes tells nothing of the secret.
fn check_secret(registered: &Registered, shown: Option<&str>) -> Result<(), OAuthError> {
    let due = registered.client.secret.as_ref().map(|secret| digest_text(&[secret.expose_str()]));
    let shown = shown.map(|secret| digest_text(&[secret]));
    let is_right = due.is_some() && due == shown;
    is_right.then_some(()).ok_or(OAuthError::client("the client secret is wrong"))
}

/// Checks the certificate that the listener has seen (RFC 8705, section 2).
pub(crate) fn check_certificate(
    registered: &Registered,
    request: &SimulatedRequest,
) -> Result<(), OAuthError> {
    let is_right =
        request.client_certificate.is_some() && request.client_certificate == registered.client.certificate;
    is_right.then_some(()).ok_or(OAuthError::client("the client certificate is missing or another's"))
}

/// RFC 7523, section 3, with a `jti` demanded.
fn check_assertion_claims(
    claims: &Claims,
    id: &str,
    audiences: &[String],
    now: Timestamp,
) -> Result<(), OAuthError> {
    let audiences: Vec<_> = audiences.iter().map(String::as_str).collect();
    let checks = [
        (
            text(claims, "iss") == Some(id) && text(claims, "sub") == Some(id),
            "iss and sub must be the client",
        ),
        (audience_has(claims, &audiences), "the client assertion is for another audience"),
        (lives(claims, now, ASSERTION_LIFETIME_MAX), "the client assertion has expired or lives too long"),
        (text(claims, "jti").is_some_and(|jti| !jti.is_empty()), "the client assertion has no jti"),
    ];
    let failed = checks.into_iter().find(|(holds, _)| !holds);
    failed.map_or(Ok(()), |(_, description)| Err(OAuthError::client(description)))
}

/// Whether a token has not expired, and ends within `most` seconds; `nbf` and `iat`, where they
/// stand, have come.
pub(crate) fn lives(claims: &Claims, now: Timestamp, most: i64) -> bool {
    let ends = seconds(claims, "exp").is_some_and(|exp| exp > now.0 && exp <= now.0.saturating_add(most));
    let begun =
        |name: &str| !claims.contains_key(name) || seconds(claims, name).is_some_and(|at| at <= now.0);
    ends && begun("nbf") && begun("iat")
}
