//! The one place that turns a failure into a response.
//!
//! Layers below know no statuses. What the cause was goes to the log; outside it is the code, its
//! sentence, and for a server of the app reason, stage and the upstream's own code.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use serde_json::{Value, json};

use crate::{
    error::{Code, Error},
    flow::identification::Report,
};

/// The challenge to an app that shows a secret (RFC 7617).
const BASIC: &str = "Basic realm=\"tunnus\", charset=\"UTF-8\"";
/// The challenge to who shows an access token (RFC 6750, section 3).
const BEARER: &str = "Bearer realm=\"tunnus\"";

/// The status that a REST app or a page gets.
#[must_use]
pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::ConnectionUnknown | Code::IdentificationUnknown => StatusCode::NOT_FOUND,
        Code::AppUnauthorised => StatusCode::UNAUTHORIZED,
        Code::IdempotencyConflict => StatusCode::CONFLICT,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::StoreUnavailable | Code::ConnectionPaused => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::ProviderUnavailable
        | Code::ProviderRefused
        | Code::ProviderResponseRejected
        | Code::ConnectionMisconfigured
        | Code::ClaimsNotReceived => StatusCode::BAD_GATEWAY,
        Code::RequestInvalid
        | Code::UserCancelled
        | Code::ConsentDenied
        | Code::FlowExpired
        | Code::FlowUnknown
        | Code::BrowserMismatch
        | Code::AlreadyAnswered
        | Code::AssuranceTooLow
        | Code::PersonMismatch => StatusCode::BAD_REQUEST,
    }
}

/// The `error` member of a REST body.
#[must_use]
pub fn to_json(report: &Report) -> Value {
    let mut error = json!({
        "code": report.code,
        "class": report.code.class(),
        "retryable": report.code.retryable(),
    });
    if let Some(members) = error.as_object_mut() {
        members.extend(report.reason.map(|reason| ("reason".to_owned(), json!(reason))));
        members.extend(report.stage.map(|stage| ("stage".to_owned(), json!(stage))));
        members.extend(report.upstream_code.as_ref().map(|code| ("upstream_code".to_owned(), json!(code))));
        if !report.fields.is_empty() {
            members.insert("fields".to_owned(), json!(report.fields));
        }
    }
    error
}

/// A failed REST call.
#[must_use]
pub fn rest(error: &Error, trace_id: &str) -> HttpResponse {
    let mut response = base(status(error.code), error.code);
    response.json(json!({ "trace_id": trace_id, "error": to_json(&Report::from(error)) }))
}

/// A failed call of the token endpoint (RFC 6749, section 5.2).
#[must_use]
pub fn oauth(oauth_error: &str, error: &Error, request: &Asked<'_>) -> HttpResponse {
    let told = Told::new(oauth_error, error, request);
    told.respond(error.code, &format!("{BASIC}, {}", told.challenge()))
}

/// A failed call of an endpoint that takes an access token (RFC 6750, section 3).
#[must_use]
pub fn bearer(error: &Error, request: &Asked<'_>) -> HttpResponse {
    let told = Told::of_bearer(error, request);
    told.respond(error.code, &format!("{BEARER}, {}", told.challenge()))
}

/// A call without any access token: its challenge says nothing of an error (RFC 6750, section 3.1).
#[must_use]
pub fn no_token(request: &Asked<'_>) -> HttpResponse {
    let error = Error::new(Code::AppUnauthorised);
    Told::of_bearer(&error, request).respond(error.code, BEARER)
}

/// The request that fails, as its answer names it.
pub struct Asked<'a> {
    /// The base of the codes' pages.
    pub public_url: &'a str,
    /// What the log lines show.
    pub trace_id: &'a str,
}

/// What client libraries keep of a failure.
struct Told<'a> {
    error: &'a str,
    description: String,
    uri: String,
}

impl<'a> Told<'a> {
    fn new(oauth_error: &'a str, error: &Error, request: &Asked<'_>) -> Self {
        let detail = error.fields.first().map_or("", |field| field.message.as_str());
        let description = format!("{} [{}] {} {detail}", error.code, request.trace_id, error.code.sentence());
        Self {
            error: oauth_error,
            description: description.trim_end().to_owned(),
            uri: format!("{}/errors/{}", request.public_url, error.code),
        }
    }

    fn of_bearer(error: &Error, request: &Asked<'_>) -> Self {
        let is_token = error.code == Code::AppUnauthorised;
        Self::new(if is_token { "invalid_token" } else { error.code.oauth_error() }, error, request)
    }

    /// What the body says: client libraries that see a challenge read no body.
    fn challenge(&self) -> String {
        let Self { error, description, uri } = self;
        let (description, uri) = (quotable(description), quotable(uri));
        format!("error=\"{error}\", error_description=\"{description}\", error_uri=\"{uri}\"")
    }

    fn respond(&self, code: Code, challenge: &str) -> HttpResponse {
        let status = match code {
            Code::AppUnauthorised | Code::RateLimited | Code::StoreUnavailable | Code::Internal => {
                status(code)
            }
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response = base(status, code);
        if code == Code::AppUnauthorised {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        let Self { error, description, uri } = self;
        response.json(json!({ "error": error, "error_description": description, "error_uri": uri }))
    }
}

/// The characters that a challenge may quote (RFC 6750, section 3).
fn quotable(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\')).collect()
}

fn base(status: StatusCode, code: Code) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(("Cache-Control", "no-store"));
    if code == Code::AppUnauthorised {
        response.insert_header((WWW_AUTHENTICATE, BASIC));
    }
    if let Some(seconds) = retry_after(code) {
        response.insert_header((RETRY_AFTER, seconds));
    }
    response
}

/// After how many seconds the same may succeed, where that is worth saying.
#[must_use]
pub const fn retry_after(code: Code) -> Option<&'static str> {
    match code {
        Code::RateLimited | Code::StoreUnavailable => Some("5"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(response: &HttpResponse) -> &str {
        let values: Vec<_> = response.headers().get_all(WWW_AUTHENTICATE).collect();
        assert_eq!(values.len(), 1, "one challenge");
        values[0].to_str().unwrap()
    }

    const ASKED: Asked<'_> = Asked { public_url: "https://id.example", trace_id: "abc" };

    #[test]
    fn a_challenge_says_what_the_body_says() {
        let error = Error::new(Code::AppUnauthorised);
        let described = format!(
            r#"error_description="app_unauthorised [abc] {}", error_uri="https://id.example/errors/app_unauthorised""#,
            Code::AppUnauthorised.sentence()
        );
        let basic = format!(r#"Basic realm="tunnus", charset="UTF-8", error="invalid_client", {described}"#);
        assert_eq!(challenge(&oauth("invalid_client", &error, &ASKED)), basic);
        let invalid = format!(r#"Bearer realm="tunnus", error="invalid_token", {described}"#);
        assert_eq!(challenge(&bearer(&error, &ASKED)), invalid);
    }

    #[test]
    fn who_brings_no_token_is_told_of_no_error() {
        assert_eq!(challenge(&no_token(&ASKED)), BEARER);
    }

    #[test]
    fn a_store_that_is_away_makes_no_token_invalid() {
        let refused = bearer(&Code::StoreUnavailable.into(), &ASKED);
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key("Retry-After"));
        assert_eq!(Told::of_bearer(&Code::StoreUnavailable.into(), &ASKED).error, "temporarily_unavailable");
    }

    #[test]
    fn a_challenge_quotes_nothing_that_could_end_it() {
        assert_eq!(quotable("a\" b\\ \r\n\u{e4}c"), "a b c");
    }

    #[test]
    fn other_failures_challenge_nobody() {
        let refused = oauth("invalid_grant", &Code::RequestInvalid.into(), &ASKED);
        assert!(!refused.headers().contains_key(WWW_AUTHENTICATE));
    }
}
