//! What the API answers: a body with its entity tag, or a refusal. The one place with its statuses.

use std::{error::Error as _, iter::successors};

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::lines::{self, Lines};
use crate::admin::{AdminError, Document, Generated, Saved};

/// The challenge to who shows no token that holds.
const CHALLENGE: &str = "Bearer realm=\"tunnus-admin\"";

/// A success.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    tag: Option<String>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Nothing,
    Json(Value),
    Lines(Lines),
}

impl Answer {
    /// 200 with a body.
    ///
    /// # Errors
    /// [`AdminError::Internal`] where it is no JSON.
    pub fn of(body: impl Serialize) -> Result<Self, AdminError> {
        let body = serde_json::to_value(body).map_err(AdminError::internal)?;
        Ok(Self { status: StatusCode::OK, tag: None, body: Body::Json(body) })
    }

    /// 204.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, tag: None, body: Body::Nothing }
    }

    /// 200 with lines of JSON.
    #[must_use]
    pub const fn lines(lines: Lines) -> Self {
        Self { status: StatusCode::OK, tag: None, body: Body::Lines(lines) }
    }

    /// The same, for what was made.
    #[must_use]
    pub fn created(self, created: bool) -> Self {
        let status = if created { StatusCode::CREATED } else { self.status };
        Self { status, ..self }
    }

    /// The same with an entity tag.
    #[must_use]
    pub fn tagged(self, tag: String) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// A document, with the secrets that were made for it.
    #[must_use]
    pub fn document(document: &Document, generated: &[Generated]) -> Self {
        let mut body = shown(document);
        if let (Some(body), false) = (body.as_object_mut(), generated.is_empty()) {
            let one = |one: &Generated| json!({ "pointer": one.pointer, "value": one.value });
            body.insert("generated".to_owned(), generated.iter().map(one).collect());
        }
        Self { status: StatusCode::OK, tag: Some(document.revision.to_string()), body: Body::Json(body) }
    }

    /// A document that was saved.
    #[must_use]
    pub fn saved(saved: &Saved) -> Self {
        Self::document(&saved.document, &saved.generated).created(saved.created)
    }

    /// The response.
    #[must_use]
    pub fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(tag) = self.tag {
            response.insert_header((header::ETAG, format!("\"{tag}\"")));
        }
        match self.body {
            Body::Json(body) => response.json(body),
            Body::Nothing => response.finish(),
            Body::Lines(lines) => response.content_type(lines::MEDIA).body(lines),
        }
    }
}

/// A document in a body.
#[must_use]
pub fn shown(document: &Document) -> Value {
    json!({ "id": document.id, "revision": document.revision, "document": document.value })
}

/// A refusal, logged where it is ours.
#[must_use]
pub fn refuse(error: &AdminError, trace_id: &str) -> HttpResponse {
    let status = status(error);
    if status.is_server_error() {
        let causes = successors(error.source(), |cause| (*cause).source()).map(ToString::to_string);
        let causes = causes.collect::<Vec<_>>().join(": ");
        tracing::error!(trace_id, code = error.code(), causes, "an admin's request failed");
    }
    let mut response = HttpResponse::build(status);
    match error {
        AdminError::Unauthenticated => {
            response.insert_header((header::WWW_AUTHENTICATE, CHALLENGE));
        }
        AdminError::TooMany | AdminError::Unavailable(_) => {
            response.insert_header((header::RETRY_AFTER, "5"));
        }
        AdminError::Stale(now) => {
            if let Some(now) = now.as_ref() {
                response.insert_header((header::ETAG, format!("\"{}\"", now.revision)));
            }
        }
        _ => {}
    }
    response.json(body(error, trace_id))
}

fn body(error: &AdminError, trace_id: &str) -> Value {
    let retryable = matches!(error, AdminError::TooMany | AdminError::Unavailable(_));
    let class = match error {
        AdminError::Unavailable(_) => "operator",
        AdminError::Internal(_) => "broker",
        _ => "admin",
    };
    let mut told = json!({
        "code": error.code(), "message": error.to_string(), "class": class, "retryable": retryable,
    });
    if let (AdminError::Faulty(faults), Some(told)) = (error, told.as_object_mut()) {
        told.insert("fields".to_owned(), json!(faults));
    }
    let mut body = json!({ "trace_id": trace_id, "error": told });
    if let (AdminError::Stale(now), Some(body)) = (error, body.as_object_mut())
        && let Some(now) = now.as_ref()
    {
        body.insert("current".to_owned(), shown(now));
    }
    body
}

const fn status(error: &AdminError) -> StatusCode {
    match error {
        AdminError::Unauthenticated => StatusCode::UNAUTHORIZED,
        AdminError::TooMany => StatusCode::TOO_MANY_REQUESTS,
        AdminError::Forbidden => StatusCode::FORBIDDEN,
        AdminError::NotFound => StatusCode::NOT_FOUND,
        AdminError::RevisionMissing => StatusCode::PRECONDITION_REQUIRED,
        AdminError::Stale(_) => StatusCode::PRECONDITION_FAILED,
        AdminError::Faulty(_) => StatusCode::BAD_REQUEST,
        AdminError::ReadOnly => StatusCode::CONFLICT,
        AdminError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        AdminError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
