//! What a provider asks of its upstream for one login, beyond what every request says.
//!
//! Owns the parameters and their order; `state`, `nonce`, PKCE and their like are added by the
//! engine and cannot be overridden.

use std::fmt;

use serde_json::Value;
use tunnus_sdk::{Fault, Hidden, ProviderError, Stage};

/// The provider's part of one authorization request.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationParams {
    /// `scope`, space-separated, with `openid`.
    pub scope: String,
    /// `acr_values`, space-separated.
    pub acr_values: Option<String>,
    /// `prompt`: `login`, `consent` or both.
    pub prompt: Option<String>,
    /// `max_age` in seconds. It is checked against the ID token's `auth_time`.
    pub max_age: Option<u64>,
    /// `login_hint`. Personal data: see [`crate::RequestRoute::is_confidential`].
    pub login_hint: Option<LoginHint>,
    /// `ui_locales`, space-separated BCP 47 tags.
    pub ui_locales: Option<String>,
    /// `claims` (OpenID Connect Core, section 5.5).
    pub claims: Option<Value>,
    /// Parameters of this upstream alone. None of [`RESERVED_PARAMETERS`].
    pub extra: Vec<(String, Hidden<String>)>,
}

/// The two forms of `login_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginHint {
    /// One text.
    Text(Hidden<String>),
    /// An array of texts inside a request object; outside one the parameter is repeated.
    List(Vec<Hidden<String>>),
}

/// Names that [`AuthorizationParams::extra`] may not hold: the engine says these itself.
pub const RESERVED_PARAMETERS: &[&str] = &[
    "acr_values",
    "aud",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "exp",
    "iat",
    "iss",
    "jti",
    "login_hint",
    "max_age",
    "nbf",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "sub",
    "ui_locales",
];
