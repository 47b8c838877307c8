//! The one place that turns a failure into a response.
//!
//! Layers below know no statuses. What the cause was goes to the log; outside it is the code, its
//! sentence, and for a server of the app reason, stage and the upstream's own code.

use actix_web::{HttpResponse, http::StatusCode};
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

/// A failed call of the token or userinfo endpoint (RFC 6749, section 5.2).
#[must_use]
pub fn oauth(oauth_error: &str, error: &Error, trace_id: &str) -> HttpResponse {
    let status = match error.code {
        Code::AppUnauthorised => StatusCode::UNAUTHORIZED,
        Code::RateLimited | Code::StoreUnavailable => status(error.code),
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let detail = error.fields.first().map_or("", |field| field.message.as_str());
    let description = format!("{} [{trace_id}] {} {detail}", error.code, error.code.sentence());
    let mut response = base(status, error.code);
    response.json(json!({ "error": oauth_error, "error_description": description.trim_end() }))
}

fn base(status: StatusCode, code: Code) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(("Cache-Control", "no-store"));
    if code == Code::AppUnauthorised {
        response.insert_header(("WWW-Authenticate", "Basic realm=\"tunnus\", charset=\"UTF-8\""));
    }
    if matches!(code, Code::RateLimited | Code::StoreUnavailable) {
        response.insert_header(("Retry-After", "5"));
    }
    response
}
