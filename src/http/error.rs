//! The one place that turns a failure into a response.
//!
//! Layers below know no statuses. What the cause was goes to the log; outside it is the code, its
//! sentence, and for a server of the app reason, stage and the upstream's own code.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::WWW_AUTHENTICATE},
};
use serde_json::{Value, json};

use crate::{
    error::{Code, Error},
    flow::identification::Report,
};

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
pub fn oauth(oauth_error: &str, error: &Error, trace_id: &str) -> HttpResponse {
    described("Basic realm=\"tunnus\", charset=\"UTF-8\",", oauth_error, error, trace_id)
}

/// A failed call of an endpoint that takes an access token (RFC 6750, section 3).
#[must_use]
pub fn bearer(error: &Error, trace_id: &str) -> HttpResponse {
    described("Bearer", "invalid_token", error, trace_id)
}

/// `scheme` begins the challenge, which says what the body says: client libraries that see a
/// challenge read no body.
fn described(scheme: &str, oauth_error: &str, error: &Error, trace_id: &str) -> HttpResponse {
    let status = match error.code {
        Code::AppUnauthorised => StatusCode::UNAUTHORIZED,
        Code::RateLimited | Code::StoreUnavailable => status(error.code),
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let detail = error.fields.first().map_or("", |field| field.message.as_str());
    let description = format!("{} [{trace_id}] {} {detail}", error.code, error.code.sentence());
    let description = description.trim_end();
    let mut response = base(status, error.code);
    if error.code == Code::AppUnauthorised {
        let description = quotable(description);
        let challenge = format!("{scheme} error=\"{oauth_error}\", error_description=\"{description}\"");
        response.insert_header((WWW_AUTHENTICATE, challenge));
    }
    response.json(json!({ "error": oauth_error, "error_description": description }))
}

/// The characters that a challenge may quote (RFC 6750, section 3).
fn quotable(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\')).collect()
}

fn base(status: StatusCode, code: Code) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(("Cache-Control", "no-store"));
    if code == Code::AppUnauthorised {
        response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"tunnus\", charset=\"UTF-8\""));
    }
    if matches!(code, Code::RateLimited | Code::StoreUnavailable) {
        response.insert_header(("Retry-After", "5"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(response: &HttpResponse) -> &str {
        let values: Vec<_> = response.headers().get_all(WWW_AUTHENTICATE).collect();
        assert_eq!(values.len(), 1, "one challenge");
        values[0].to_str().unwrap()
    }

    #[test]
    fn a_challenge_says_what_the_body_says() {
        let error = Error::new(Code::AppUnauthorised);
        let described =
            format!(r#"error_description="app_unauthorised [abc] {}""#, Code::AppUnauthorised.sentence());
        let basic = format!(r#"Basic realm="tunnus", charset="UTF-8", error="invalid_client", {described}"#);
        assert_eq!(challenge(&oauth("invalid_client", &error, "abc")), basic);
        let invalid = format!(r#"Bearer error="invalid_token", {described}"#);
        assert_eq!(challenge(&bearer(&error, "abc")), invalid);
    }

    #[test]
    fn a_challenge_quotes_nothing_that_could_end_it() {
        assert_eq!(quotable("a\" b\\ \r\n\u{e4}c"), "a b c");
    }

    #[test]
    fn other_failures_challenge_nobody() {
        let refused = oauth("invalid_grant", &Code::RequestInvalid.into(), "abc");
        assert!(!refused.headers().contains_key(WWW_AUTHENTICATE));
    }
}
