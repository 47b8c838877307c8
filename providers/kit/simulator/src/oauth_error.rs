//! Refusals of the simulated provider, in the words of RFC 6749, section 5.2, and its successors.

use serde_json::json;
use tunnus_sdk::sandbox::SimulatedResponse;

use crate::respond;

/// Why a request is refused. What a browser is shown of it is the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OAuthError {
    pub status: u16,
    pub error: &'static str,
    pub description: &'static str,
}

impl OAuthError {
    pub(crate) const fn new(status: u16, error: &'static str, description: &'static str) -> Self {
        Self { status, error, description }
    }

    /// RFC 6749, section 5.2.
    pub(crate) const fn request(description: &'static str) -> Self {
        Self::new(400, "invalid_request", description)
    }

    /// RFC 9101, section 6.2.
    pub(crate) const fn request_object(description: &'static str) -> Self {
        Self::new(400, "invalid_request_object", description)
    }

    /// RFC 6749, section 5.2.
    pub(crate) const fn client(description: &'static str) -> Self {
        Self::new(401, "invalid_client", description)
    }

    /// RFC 6749, section 5.2.
    pub(crate) const fn grant(description: &'static str) -> Self {
        Self::new(400, "invalid_grant", description)
    }

    /// RFC 6750, section 3.1.
    pub(crate) const fn token(description: &'static str) -> Self {
        Self::new(401, "invalid_token", description)
    }

    /// The error as JSON; a refused access token shows in `WWW-Authenticate` too.
    pub(crate) fn response(self) -> SimulatedResponse {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = respond::json(self.status, &body);
        if self.error == "invalid_token" {
            let challenge = format!("Bearer realm=\"simulator\", error=\"{}\"", self.error);
            response.headers.push(("WWW-Authenticate", challenge));
        }
        response
    }
}
