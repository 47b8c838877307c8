//! The JWT-secured authorization response (JARM).
//!
//! The browser carries one parameter, `response`. It is opened by the host, then checked (section
//! 2.4), and only then does what it says count: errors inside it are checked like successes.

use std::time::Duration;

use tunnus_sdk::{
    Claims, Expect, Hidden, KeySource, Params, ProviderError, Reason, Stage, TokenKind, error::AtStage as _,
};

use crate::{
    Profile, RelyingParty, TokenDemand,
    checks::{self, Clock, same, text, time},
    response::{outcome, rejected},
};

/// The longest `response` that is opened.
const RESPONSE_MAX: usize = 32 * 1024;

/// The longest that a response may still be valid: section 2.1 recommends ten minutes at most.
const LIFETIME_MAX: Duration = Duration::from_secs(600);

/// Parameters that may not stand beside `response`: one of the two would be unprotected.
const PLAIN: [&str; 5] = ["code", "error", "id_token", "access_token", "state"];

struct Expected<'a> {
    profile: &'a Profile,
    state: &'a Hidden<String>,
    clock: Clock,
}

type Check = fn(&Claims, &Expected<'_>) -> Result<(), Reason>;

/// The checks in their order, after the signature's.
const CHECKS: &[Check] = &[
    |claims, expected| checks::check_issuer(claims, &expected.profile.issuer),
    |claims, expected| checks::check_audience(claims, &expected.profile.client_id),
    |claims, expected| checks::check_expiry(claims, expected.clock),
    check_lifetime,
    |claims, expected| checks::check_not_before(claims, expected.clock),
    check_issued_at,
    check_state,
];

/// Opens the response; its claims are not checked yet.
pub(crate) async fn open(
    rp: &RelyingParty,
    token: &TokenDemand,
    keys: KeySource,
    params: &Params,
) -> Result<Claims, ProviderError> {
    let response = response(&rp.profile, params)?;
    let expect = Expect {
        kind: TokenKind::AuthorizationResponse,
        stage: Stage::Callback,
        protection: token.protection(keys),
    };
    rp.host.open(&expect, response).await.map_err(|error| error.at(Stage::Callback))
}

/// The one `response`, with nothing beside it. Pure.
fn response<'a>(profile: &Profile, params: &'a Params) -> Result<&'a str, ProviderError> {
    let Some(response) = params.one("response") else {
        // An upstream that failed before it read `response_mode` answers plainly. That counts for
        // nothing, but its code helps who looks for the cause.
        let error = rejected(Reason::NotJarm);
        return Err(params
            .one("error")
            .map_or(error, |code| rejected(Reason::NotJarm).with_upstream_code(code)));
    };
    if PLAIN.iter().any(|name| params.has(name)) {
        return Err(rejected(Reason::Malformed));
    }
    // RFC 9207, section 2.4: not needed beside JARM, and where it stands not another.
    if params.has("iss") && params.one("iss") != Some(&profile.issuer) {
        return Err(rejected(Reason::Issuer));
    }
    if response.len() > RESPONSE_MAX {
        return Err(rejected(Reason::TooLarge));
    }
    Ok(response)
}

/// Runs every check, then reads the code or the error. Pure.
pub(crate) fn check(
    profile: &Profile,
    state: &Hidden<String>,
    clock: Clock,
    claims: &Claims,
) -> Result<Hidden<String>, ProviderError> {
    let expected = Expected { profile, state, clock };
    for check in CHECKS {
        check(claims, &expected).map_err(rejected)?;
    }
    let present = |name| claims.contains_key(name).then(|| text(claims, name).unwrap_or_default());
    outcome(profile, present("code"), present("error"))
}

/// `exp` is not far away: a response that stays valid can be replayed for as long.
fn check_lifetime(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    let latest = expected.clock.now.plus(expected.clock.skew).plus(LIFETIME_MAX);
    let expiry = time(claims, "exp")?.ok_or(Reason::Expired)?;
    (expiry <= latest).then_some(()).ok_or(Reason::Expired)
}

/// `iat`, where it stands, has come.
fn check_issued_at(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    let come = time(claims, "iat")?.is_none_or(|issued| expected.clock.has_come(issued));
    come.then_some(()).ok_or(Reason::NotYetValid)
}

/// `state` is the attempt's.
fn check_state(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    let right = text(claims, "state").is_some_and(|state| same(state, expected.state.expose()));
    right.then_some(()).ok_or(Reason::State)
}

#[cfg(test)]
#[path = "jarm_tests.rs"]
mod tests;
