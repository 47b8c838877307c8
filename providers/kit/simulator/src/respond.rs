//! Responses in the forms that OpenID Connect uses.

use serde_json::Value;
use tunnus_sdk::sandbox::SimulatedResponse;

use crate::pages;

/// A JSON document.
#[must_use]
pub fn json(status: u16, body: &Value) -> SimulatedResponse {
    with_body(status, "application/json", body.to_string().into_bytes())
}

/// A JSON document that is text already.
pub(crate) fn json_text(body: String) -> SimulatedResponse {
    with_body(200, "application/json", body.into_bytes())
}

/// A JWT as a whole response.
#[must_use]
pub fn jwt(token: String) -> SimulatedResponse {
    with_body(200, "application/jwt", token.into_bytes())
}

/// A page.
#[must_use]
pub fn html(status: u16, page: String) -> SimulatedResponse {
    let mut response = with_body(status, "text/html; charset=utf-8", page.into_bytes());
    response.headers.push(("Content-Security-Policy", pages::content_security_policy()));
    response.headers.push(("Referrer-Policy", "no-referrer".into()));
    response
}

/// Sends the browser on with a GET.
#[must_use]
pub fn redirect(location: String) -> SimulatedResponse {
    SimulatedResponse {
        status: 303,
        headers: vec![("Location", location), ("Cache-Control", "no-store".into())],
        ..SimulatedResponse::default()
    }
}

fn with_body(status: u16, content_type: &str, body: Vec<u8>) -> SimulatedResponse {
    let headers = vec![("Content-Type", content_type.to_owned()), ("Cache-Control", "no-store".into())];
    SimulatedResponse { status, headers, body, ..SimulatedResponse::default() }
}
