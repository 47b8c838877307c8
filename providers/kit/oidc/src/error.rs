//! What an upstream's refusal means: who must act.
//!
//! Owns the table of error codes (RFC 6749, sections 4.1.2.1 and 5.2; OpenID Connect Core, section
//! 3.1.2.6; RFC 9101; RFC 9126) and what an answer without a usable code is taken for.

use serde_json::Value;
use tunnus_sdk::{Fault, ProviderError, Reason, Response, Stage, json::parse_object};

use crate::Profile;

/// The codes that are known, in lower case.
const KNOWN: &[(&str, Fault)] = &[
    ("access_denied", Fault::UserCancelled),
    ("consent_required", Fault::ConsentDenied),
    ("login_required", Fault::ProviderRefused),
    ("interaction_required", Fault::ProviderRefused),
    ("account_selection_required", Fault::ProviderRefused),
    ("temporarily_unavailable", Fault::ProviderUnavailable),
    ("server_error", Fault::ProviderUnavailable),
    ("invalid_client", Fault::ConnectionMisconfigured),
    ("unauthorized_client", Fault::ConnectionMisconfigured),
    ("invalid_request_object", Fault::ConnectionMisconfigured),
    ("invalid_scope", Fault::ConnectionMisconfigured),
    ("unsupported_response_type", Fault::ConnectionMisconfigured),
    ("request_not_supported", Fault::ConnectionMisconfigured),
    ("request_uri_not_supported", Fault::ConnectionMisconfigured),
    ("unmet_authentication_requirements", Fault::AssuranceTooLow),
];

/// The fault that an upstream's error code stands for. An unknown one is a refusal: upstreams have
/// codes of their own, and none of them may read as success.
pub(crate) fn fault_of(profile: &Profile, code: &str) -> Fault {
    if profile.cancel_codes.iter().any(|cancel| cancel.eq_ignore_ascii_case(code)) {
        return Fault::UserCancelled;
    }
    let known = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    known.map_or(Fault::ProviderRefused, |(_, fault)| fault.clone())
}

/// An upstream's error code as an error of the login. A person cancels in the browser: the same code
/// in the answer to a call of our own is the upstream's refusal.
pub(crate) fn upstream_error(profile: &Profile, code: &str, stage: Stage) -> ProviderError {
    let fault = match fault_of(profile, code) {
        Fault::UserCancelled | Fault::ConsentDenied if stage != Stage::Callback => Fault::ProviderRefused,
        fault => fault,
    };
    ProviderError::new(fault, stage).with_upstream_code(code)
}

/// What an answer that is no success is taken for: by its code where it has one, else by its status.
pub(crate) fn refusal(profile: &Profile, response: &Response, stage: Stage) -> ProviderError {
    if let Some(code) = body_code(response).or_else(|| challenge_code(response)) {
        return upstream_error(profile, &code, stage);
    }
    let fault = match response.status {
        // RFC 6749, section 5.2: the client was not recognised. At userinfo it is the token.
        401 if matches!(stage, Stage::Par | Stage::Token) => Fault::ConnectionMisconfigured,
        429 | 500..=599 => Fault::ProviderUnavailable,
        400..=499 => Fault::ProviderRefused,
        _ => Fault::ResponseRejected(Reason::Malformed),
    };
    ProviderError::new(fault, stage)
}

/// The body, where it says that it is JSON.
pub(crate) fn json_body(response: &Response) -> Option<&[u8]> {
    (response.content_type.as_deref() == Some("application/json")).then_some(&response.body)
}

fn body_code(response: &Response) -> Option<String> {
    let refused = (400..=599).contains(&response.status);
    let body = json_body(response).filter(|_| refused)?;
    Some(parse_object(body).ok()?.get("error").and_then(Value::as_str)?.to_owned())
}

/// `error` of `WWW-Authenticate` (RFC 6750, section 3).
fn challenge_code(response: &Response) -> Option<String> {
    let challenge = response.www_authenticate.as_deref().filter(|_| response.status == 401)?;
    let (_, rest) = challenge.split_once("error=\"")?;
    let (code, _) = rest.split_once('"')?;
    Some(code.to_owned())
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
