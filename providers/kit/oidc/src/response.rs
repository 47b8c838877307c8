//! The authorization response in plain parameters (RFC 6749, section 4.1.2): query or `form_post`.
//!
//! `state` and `iss` are compared before anything else is read; only then does an error count as
//! the upstream's, and a code as worth redeeming. JARM is [`crate::jarm`]'s; what follows cannot
//! tell the difference.

use tunnus_sdk::{Hidden, Inbound, LoginRequest, Params, ProviderError, Reason, Stage};

use crate::{Presence, Profile, RelyingParty, ResponseMode, checks::same, error, jarm, pending::Pending};

/// The longest code that is taken.
const CODE_MAX: usize = 4096;

/// Judges the browser's return and answers its code.
pub(crate) async fn open(
    rp: &RelyingParty,
    login: &LoginRequest,
    pending: &Pending,
    inbound: &Inbound,
) -> Result<Hidden<String>, ProviderError> {
    if inbound.leg != rp.profile.leg {
        return Err(rejected(Reason::State));
    }
    match &rp.profile.response {
        ResponseMode::Query | ResponseMode::FormPost => {
            check_plain(&rp.profile, &login.state, &inbound.params)
        }
        ResponseMode::Jarm(token) => {
            let claims =
                jarm::open(rp, token, pending.keys(tunnus_sdk::Channel::Browser), &inbound.params).await?;
            jarm::check(&rp.profile, &login.state, rp.clock(), &claims)
        }
    }
}

/// Judges plain parameters. Pure.
fn check_plain(
    profile: &Profile,
    state: &Hidden<String>,
    params: &Params,
) -> Result<Hidden<String>, ProviderError> {
    if params.has("response") {
        return Err(rejected(Reason::Malformed));
    }
    let same_state = params.one("state").is_some_and(|returned| same(returned, state.expose()));
    if !same_state {
        return Err(rejected(Reason::State));
    }
    check_issuer(profile, params)?;
    let present = |name| params.has(name).then(|| params.one(name).unwrap_or_default());
    outcome(profile, present("code"), present("error"))
}

/// `iss` names the upstream that the login began with, against mix-up (RFC 9207, section 2.4).
fn check_issuer(profile: &Profile, params: &Params) -> Result<(), ProviderError> {
    let optional = profile.callback_iss == Presence::IfPresent && !params.has("iss");
    let same = params.one("iss") == Some(&profile.issuer);
    (same || optional).then_some(()).ok_or_else(|| rejected(Reason::Issuer))
}

/// Exactly one of a code and an error.
pub(crate) fn outcome(
    profile: &Profile,
    code: Option<&str>,
    error: Option<&str>,
) -> Result<Hidden<String>, ProviderError> {
    match (code, error) {
        (Some(code), None) if is_code(code) => Ok(code.into()),
        (None, Some(error)) if !error.is_empty() => {
            Err(error::upstream_error(profile, error, Stage::Callback))
        }
        _ => Err(rejected(Reason::Malformed)),
    }
}

/// Printable ASCII (RFC 6749, appendix A.11), bounded.
fn is_code(code: &str) -> bool {
    (1..=CODE_MAX).contains(&code.len()) && code.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

pub(crate) fn rejected(reason: Reason) -> ProviderError {
    ProviderError::rejected(reason, Stage::Callback)
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
