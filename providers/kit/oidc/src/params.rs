//! The parameters of one authorization request: the provider's, and those that every request has.
//!
//! Owns which they are and how each is written, inside a request object and outside. Protecting and
//! delivering them is [`crate::request_object`]'s and [`crate::delivery`]'s.

use std::fmt;

use serde_json::{Value, json};
use tunnus_sdk::{Claims, Fault, Hidden, LoginRequest, ProviderError, Stage, resembles_national_id};
use url::Url;

use crate::{Profile, ResponseMode, pkce};

/// The provider's part of one authorization request.
#[derive(Clone, Default)]
pub struct AuthorizationParams {
    /// `scope`, space-separated, with `openid`.
    pub scope: String,
    /// `acr_values`, space-separated.
    pub acr_values: Option<String>,
    /// `prompt`: `login`, `consent` or both.
    pub prompt: Option<String>,
    /// `max_age` in seconds. It is checked against the ID token's `auth_time`.
    pub max_age: Option<u64>,
    /// `login_hint`. May be personal data: see [`crate::RequestRoute::is_confidential`].
    pub login_hint: Option<LoginHint>,
    /// `ui_locales`, space-separated BCP 47 tags.
    pub ui_locales: Option<String>,
    /// `claims` (OpenID Connect Core, section 5.5).
    pub claims: Option<Value>,
    /// Parameters of this upstream alone. None of [`RESERVED_PARAMETERS`].
    pub extra: Vec<(String, Hidden<String>)>,
}

impl AuthorizationParams {
    /// What goes upstream as it came: how fresh the login must be, and the person's language.
    #[must_use]
    pub fn of(login: &LoginRequest) -> Self {
        Self { max_age: login.max_age, ui_locales: Some(login.locale.tag().to_owned()), ..Self::default() }
    }
}

impl fmt::Debug for AuthorizationParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationParams").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// The two forms of `login_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginHint {
    /// One text.
    Text(Hidden<String>),
    /// An array of texts inside a request object; outside one the parameter is repeated.
    List(Vec<Hidden<String>>),
}

impl LoginHint {
    /// The app's hint. One that looks like a national id travels only where `confidential` says that
    /// nobody on the way can read it.
    ///
    /// # Errors
    /// [`ProviderError::request_invalid`] where it would stand in the open.
    pub fn of(login: &LoginRequest, confidential: bool) -> Result<Option<Self>, ProviderError> {
        match &login.login_hint {
            Some(hint) if !confidential && resembles_national_id(hint.expose_str()) => {
                Err(ProviderError::request_invalid())
            }
            hint => Ok(hint.clone().map(Self::Text)),
        }
    }
}

/// Names that [`AuthorizationParams::extra`] may not hold: the engine says these itself, or they
/// change what a request means.
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

/// The value of one parameter.
enum Parameter {
    Text(Hidden<String>),
    Number(u64),
    Json(Value),
    List(Vec<Hidden<String>>),
}

/// What the engine adds: the same for every provider, new for every login.
pub(crate) struct Core<'a> {
    pub(crate) redirect_uri: &'a Url,
    pub(crate) state: &'a Hidden<String>,
    pub(crate) nonce: Option<&'a Hidden<String>>,
    pub(crate) verifier: Option<&'a Hidden<String>>,
}

/// Every parameter of one request, in order.
pub(crate) struct Parameters(Vec<(String, Parameter)>);

impl Parameters {
    /// All parameters of a request.
    pub(crate) fn new(
        profile: &Profile,
        core: &Core<'_>,
        params: AuthorizationParams,
    ) -> Result<Self, ProviderError> {
        check(&params)?;
        let mut all = Self(Vec::new());
        all.add_core(profile, core);
        all.add_provider(params);
        Ok(all)
    }

    fn add_core(&mut self, profile: &Profile, core: &Core<'_>) {
        self.text("response_type", "code");
        self.text("client_id", profile.client_id.as_str());
        self.text("redirect_uri", core.redirect_uri.as_str());
        self.text("state", core.state.clone());
        if let Some(nonce) = core.nonce {
            self.text("nonce", nonce.clone());
        }
        if let Some(verifier) = core.verifier {
            self.text("code_challenge", pkce::challenge(verifier.expose()));
            self.text("code_challenge_method", "S256");
        }
        match profile.response {
            ResponseMode::Query => {}
            ResponseMode::FormPost => self.text("response_mode", "form_post"),
            ResponseMode::Jarm(_) => self.text("response_mode", "jwt"),
        }
    }

    fn add_provider(&mut self, params: AuthorizationParams) {
        self.text("scope", params.scope);
        let texts =
            [("acr_values", params.acr_values), ("prompt", params.prompt), ("ui_locales", params.ui_locales)];
        for (name, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                self.text(name, text);
            }
        }
        self.add("max_age", params.max_age.map(Parameter::Number));
        self.add("claims", params.claims.map(Parameter::Json));
        let hint = params.login_hint.map(|hint| match hint {
            LoginHint::Text(text) => Parameter::Text(text),
            LoginHint::List(texts) => Parameter::List(texts),
        });
        self.add("login_hint", hint);
        self.0.extend(params.extra.into_iter().map(|(name, text)| (name, Parameter::Text(text))));
    }

    fn text(&mut self, name: &str, text: impl Into<Hidden<String>>) {
        self.add(name, Some(Parameter::Text(text.into())));
    }

    fn add(&mut self, name: &str, parameter: Option<Parameter>) {
        self.0.extend(parameter.map(|parameter| (name.to_owned(), parameter)));
    }

    /// As the members of a request object.
    pub(crate) fn to_object(&self) -> Claims {
        let value = |parameter: &Parameter| match parameter {
            Parameter::Text(text) => json!(text),
            Parameter::Number(number) => json!(number),
            Parameter::Json(value) => value.clone(),
            Parameter::List(texts) => json!(texts),
        };
        self.0.iter().map(|(name, parameter)| (name.clone(), value(parameter))).collect()
    }

    /// As the fields of a query or form; a list is repeated.
    pub(crate) fn to_fields(&self) -> Vec<(String, Hidden<String>)> {
        let mut fields = Vec::new();
        for (name, parameter) in &self.0 {
            match parameter {
                Parameter::Text(text) => fields.push((name.clone(), text.clone())),
                Parameter::Number(number) => fields.push((name.clone(), number.to_string().into())),
                Parameter::Json(value) => fields.push((name.clone(), value.to_string().into())),
                Parameter::List(texts) => {
                    fields.extend(texts.iter().map(|text| (name.clone(), text.clone())));
                }
            }
        }
        fields
    }
}

/// A request that would not be OpenID Connect, or would say something of the engine's twice.
fn check(params: &AuthorizationParams) -> Result<(), ProviderError> {
    let openid = params.scope.split(' ').any(|scope| scope == "openid");
    let reserved = params.extra.iter().any(|(name, _)| RESERVED_PARAMETERS.contains(&name.as_str()));
    if openid && !reserved { Ok(()) } else { Err(ProviderError::new(Fault::Internal, Stage::Par)) }
}

#[cfg(test)]
#[path = "params_tests.rs"]
mod tests;
