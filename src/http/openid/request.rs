//! The authorization request: an ordered table of checks (OpenID Connect Core, section 3.1.2.2).
//!
//! Client and redirect URI are settled before anything else (`authorize`): only then may a failure
//! travel to the app. What is unknown is ignored, as the standard says; what is known and wrong,
//! doubled or unsupported is refused.

use std::collections::BTreeSet;

use tunnus_sdk::{Hidden, Level, Locale, Member, Params};

use super::{
    claims::of_scope,
    claims_request::{Requested, requested},
};
use crate::{
    error::Error,
    flow::{
        identification::{Face, OpenIdRequest, ResponseMode},
        prepare::Asked,
    },
    tenant::model::{App, AppAuthentication},
};

/// The scopes that an app can ask for.
pub const SCOPES: [&str; 9] =
    ["openid", "profile", "email", "phone", "address", "national_id", "age", "payment_details", "tunnus"];

/// An authorization request that is refused, with the `error` that the standard gives it.
#[derive(Debug)]
pub struct Refused {
    /// The standard's error.
    pub oauth_error: &'static str,
    /// Ours.
    pub error: Error,
}

impl Refused {
    /// A fault of `parameter`.
    #[must_use]
    pub fn new(oauth_error: &'static str, parameter: &str, message: &str) -> Self {
        Self { oauth_error, error: Error::request(parameter, message) }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { oauth_error: error.code.oauth_error(), error }
    }
}

/// Where the answer goes, once client and redirect URI are settled.
#[derive(Clone, Debug)]
pub struct Destination {
    /// As registered and as asked.
    pub redirect_uri: String,
    /// How.
    pub response_mode: ResponseMode,
    /// The app's state.
    pub state: Option<Hidden<String>>,
}

/// How long a `state`, `nonce` or other opaque value of an app may be.
const OPAQUE_MAX: usize = 2048;

/// One way to fail.
type Check = fn(&App, &Params) -> Result<(), Refused>;

/// The checks, in order. Each has one way to fail.
const CHECKS: [Check; 8] = [
    check_doubled,
    check_unsupported,
    check_response_type,
    check_response_mode,
    check_scope,
    check_lengths,
    check_pkce,
    check_prompt,
];

/// Judges an authorization request of `app` and makes of it what the flow asks for.
///
/// # Errors
/// The first check that fails.
pub fn judge(
    app: &App,
    destination: &Destination,
    params: &Params,
    trace_id: &str,
) -> Result<Asked, Refused> {
    for check in CHECKS {
        check(app, params)?;
    }
    let scopes: BTreeSet<String> = words(params, "scope").map(str::to_owned).collect();
    let requested = requested(params.one("claims"))?;
    let optional = optional(app, &scopes, &requested);
    let request = OpenIdRequest {
        redirect_uri: destination.redirect_uri.clone(),
        response_mode: destination.response_mode,
        state: destination.state.clone(),
        nonce: params.one("nonce").map(Hidden::from),
        code_challenge: params.one("code_challenge").map(str::to_owned),
        scopes,
        in_id_token: requested.in_id_token,
    };
    Ok(Asked {
        face: Face::OpenId(Box::new(request)),
        connection: params.one("connection").map(str::to_owned),
        method: params.one("method").map(str::to_owned),
        reference: params.one("reference").map(Hidden::from),
        required: requested.required,
        optional: Some(optional),
        minimum_assurance: floor(words(params, "acr_values"), "acr_values")?.max(requested.minimum_assurance),
        expected_national_id: None,
        login_hint: params.one("login_hint").map(Hidden::from),
        max_age: max_age(params)?,
        locale: locale(params),
        trace_id: trace_id.to_owned(),
    })
}

/// The members that scopes and the `claims` parameter ask for, beside the required ones.
fn optional(app: &App, scopes: &BTreeSet<String>, requested: &Requested) -> BTreeSet<Member> {
    let by_scope = scopes.iter().flat_map(|scope| of_scope(scope, &app.claims));
    by_scope.chain(requested.optional.iter().copied()).collect()
}

fn words<'a>(params: &'a Params, name: &str) -> impl Iterator<Item = &'a str> {
    params.one(name).unwrap_or_default().split(' ').filter(|word| !word.is_empty())
}

fn check_doubled(_: &App, params: &Params) -> Result<(), Refused> {
    if params.has_doubled() {
        return Err(Refused::new("invalid_request", "", "a parameter stands there twice"));
    }
    Ok(())
}

fn check_unsupported(_: &App, params: &Params) -> Result<(), Refused> {
    if params.has("request") {
        return Err(Refused::new("request_not_supported", "request", "request objects are not supported"));
    }
    if params.has("request_uri") {
        return Err(Refused::new(
            "request_uri_not_supported",
            "request_uri",
            "request URIs are not supported",
        ));
    }
    if params.has("registration") {
        return Err(Refused::new(
            "registration_not_supported",
            "registration",
            "registration is not supported",
        ));
    }
    Ok(())
}

fn check_response_type(_: &App, params: &Params) -> Result<(), Refused> {
    match params.one("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(Refused::new("unsupported_response_type", "response_type", "only code is supported")),
        None => Err(Refused::new("invalid_request", "response_type", "missing: it must be code")),
    }
}

fn check_response_mode(_: &App, params: &Params) -> Result<(), Refused> {
    match params.one("response_mode") {
        None | Some("query" | "form_post") => Ok(()),
        Some(_) => {
            Err(Refused::new("invalid_request", "response_mode", "only query and form_post are supported"))
        }
    }
}

fn check_scope(_: &App, params: &Params) -> Result<(), Refused> {
    if words(params, "scope").any(|scope| scope == "openid") {
        return Ok(());
    }
    Err(Refused::new("invalid_scope", "scope", "openid is missing"))
}

fn check_lengths(_: &App, params: &Params) -> Result<(), Refused> {
    let long = params.iter().find(|(name, value)| *name != "claims" && value.len() > OPAQUE_MAX);
    match long {
        Some((name, _)) => Err(Refused::new("invalid_request", name, "longer than 2048 bytes")),
        None => Ok(()),
    }
}

/// RFC 7636, section 4.4.1: S256 only; may be left out by a confidential app that is set so.
fn check_pkce(app: &App, params: &Params) -> Result<(), Refused> {
    let optional = app.pkce_optional && !matches!(app.authentication, AppAuthentication::Public);
    if optional && !params.has("code_challenge") && !params.has("code_challenge_method") {
        return Ok(());
    }
    let well_formed = params.one("code_challenge").is_some_and(|challenge| {
        challenge.len() == 43
            && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    });
    if params.one("code_challenge_method") != Some("S256") {
        return Err(Refused::new(
            "invalid_request",
            "code_challenge_method",
            "PKCE is required: it must be S256",
        ));
    }
    if !well_formed {
        return Err(Refused::new(
            "invalid_request",
            "code_challenge",
            "PKCE is required: 43 characters of base64url",
        ));
    }
    Ok(())
}

/// There is no session: each call identifies anew, so that `none` can never succeed.
fn check_prompt(_: &App, params: &Params) -> Result<(), Refused> {
    if words(params, "prompt").any(|prompt| prompt == "none") {
        return Err(Refused::new("login_required", "prompt", "each request is a new identification"));
    }
    Ok(())
}

/// What is asked for is a floor: the lowest level named. A value that names no level could only lower
/// it.
///
/// # Errors
/// `invalid_request` for such a value.
pub fn floor<'a>(values: impl Iterator<Item = &'a str>, parameter: &str) -> Result<Level, Refused> {
    let unknown =
        |_| Refused::new("invalid_request", parameter, "names something that is not a level of assurance");
    let levels: Vec<Level> = values.map(str::parse).collect::<Result<_, _>>().map_err(unknown)?;
    Ok(levels.into_iter().min().unwrap_or_default())
}

fn max_age(params: &Params) -> Result<Option<u64>, Refused> {
    let wrong = |_| Refused::new("invalid_request", "max_age", "not a number of seconds");
    params.one("max_age").map(str::parse).transpose().map_err(wrong)
}

fn locale(params: &Params) -> Option<Locale> {
    let known = |tag: &str| {
        [Locale::Fi, Locale::Sv, Locale::En].into_iter().find(|locale| {
            tag.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case(locale.tag()))
        })
    };
    words(params, "ui_locales").find_map(known)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
