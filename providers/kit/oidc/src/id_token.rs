//! The ID token: opened by the host, then every check of OpenID Connect Core, section 3.1.3.7, in
//! one ordered table.
//!
//! What is missing is wrong. Level of assurance and personal claims are the provider's to judge.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use tunnus_sdk::{
    Channel, Claims, Expect, Hidden, ProviderError, Reason, Stage, Timestamp, TokenKind, error::AtStage as _,
};

use crate::{
    AuthTime, Presence, Profile, RelyingParty,
    checks::{self, Clock, same, text, time},
    pending::Pending,
    token::Tokens,
};

/// How old an ID token may be. It comes straight from the token endpoint: one that is older was
/// made for another login.
const AGE_MAX: Duration = Duration::from_secs(600);

/// The longest `sub` (OpenID Connect Core, section 2).
const SUBJECT_MAX: usize = 255;

/// What an ID token must say.
pub(crate) struct Expected<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) pending: &'a Pending,
    pub(crate) code: &'a Hidden<String>,
    pub(crate) access_token: &'a Hidden<String>,
    pub(crate) clock: Clock,
}

type Check = fn(&Claims, &Expected<'_>) -> Result<(), Reason>;

/// The checks in their order. The first that fails ends the login.
const CHECKS: &[(&str, Check)] = &[
    ("iss", |claims, expected| checks::check_issuer(claims, &expected.profile.issuer)),
    ("aud", |claims, expected| checks::check_audience(claims, &expected.profile.client_id)),
    ("azp", check_authorized_party),
    ("exp", |claims, expected| checks::check_expiry(claims, expected.clock)),
    ("nbf", |claims, expected| checks::check_not_before(claims, expected.clock)),
    ("iat", check_issued_at),
    ("nonce", check_nonce),
    ("at_hash", check_access_token_hash),
    ("c_hash", check_code_hash),
    ("auth_time", check_auth_time),
    ("sub", check_subject),
];

/// A claim of the ID token that fails its check.
#[derive(Debug, thiserror::Error)]
#[error("the ID token's {0} fails its check")]
struct CheckFailed(&'static str);

/// Opens and judges the ID token of `tokens`.
pub(crate) async fn open(
    rp: &RelyingParty,
    pending: &Pending,
    code: &Hidden<String>,
    tokens: &Tokens,
) -> Result<Claims, ProviderError> {
    let expect = Expect {
        kind: TokenKind::IdToken,
        stage: Stage::IdToken,
        protection: rp.profile.id_token.protection(pending.keys(Channel::Direct)),
    };
    let opened = rp.host.open(&expect, tokens.id_token.expose()).await;
    let claims = opened.map_err(|error| error.at(Stage::IdToken))?;
    let clock = rp.clock();
    let expected =
        Expected { profile: &rp.profile, pending, code, access_token: &tokens.access_token, clock };
    check(&claims, &expected)?;
    Ok(claims)
}

/// Runs every check. Pure.
pub(crate) fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), ProviderError> {
    for (name, check) in CHECKS {
        check(claims, expected)
            .map_err(|reason| ProviderError::rejected(reason, Stage::IdToken).because(CheckFailed(name)))?;
    }
    Ok(())
}

/// `azp`, where it stands, is us.
fn check_authorized_party(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    let us = text(claims, "azp") == Some(&expected.profile.client_id);
    (us || !claims.contains_key("azp")).then_some(()).ok_or(Reason::Audience)
}

/// `iat` is there, has come, and is not long past.
fn check_issued_at(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    let clock = expected.clock;
    let issued = time(claims, "iat")?.ok_or(Reason::Malformed)?;
    if !clock.has_come(issued) {
        return Err(Reason::NotYetValid);
    }
    (!clock.has_passed(issued.plus(AGE_MAX))).then_some(()).ok_or(Reason::Expired)
}

/// `nonce` is this login's. Where none was sent, none may stand there: such a token was made for
/// another login.
fn check_nonce(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    let nonce = text(claims, "nonce");
    let right = match &expected.pending.nonce {
        Some(sent) => nonce.is_some_and(|nonce| same(nonce, sent.expose())),
        None => !claims.contains_key("nonce"),
    };
    right.then_some(()).ok_or(Reason::Nonce)
}

/// `at_hash` binds the access token (OpenID Connect Core, section 3.1.3.6).
fn check_access_token_hash(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    check_hash(claims, "at_hash", expected.access_token, expected.profile.at_hash)
}

/// `c_hash` binds the code, where it stands.
fn check_code_hash(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    check_hash(claims, "c_hash", expected.code, Presence::IfPresent)
}

/// The left half of SHA-256: every signature algorithm that Tunnus knows is built on it.
fn check_hash(claims: &Claims, name: &str, of: &Hidden<String>, presence: Presence) -> Result<(), Reason> {
    let missing = !claims.contains_key(name);
    if missing && presence == Presence::IfPresent {
        return Ok(());
    }
    let hash = digest(&SHA256, of.expose().as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    let right = text(claims, name).is_some_and(|hash| same(hash, &URL_SAFE_NO_PAD.encode(half)));
    right.then_some(()).ok_or(Reason::TokenHash)
}

/// `auth_time` is there where it is due, has come, and is as fresh as was asked for when the login
/// began: how long the person then took at the upstream does not count against them.
fn check_auth_time(claims: &Claims, expected: &Expected<'_>) -> Result<(), Reason> {
    let Some(authenticated) = time(claims, "auth_time").map_err(|_| Reason::AuthTime)? else {
        return (!is_auth_time_due(expected)).then_some(()).ok_or(Reason::AuthTime);
    };
    let fresh = earliest_auth_time(expected).is_none_or(|earliest| authenticated >= earliest);
    (fresh && expected.clock.has_come(authenticated)).then_some(()).ok_or(Reason::AuthTime)
}

fn is_auth_time_due(expected: &Expected<'_>) -> bool {
    let with_max_age = expected.pending.max_age.is_some();
    match expected.profile.auth_time {
        AuthTime::Always => true,
        AuthTime::WithMaxAgeOrLogin => with_max_age || expected.pending.prompt_login,
        AuthTime::WithMaxAge => with_max_age,
    }
}

/// The earliest time that counts as fresh; none when nothing was asked for.
fn earliest_auth_time(expected: &Expected<'_>) -> Option<Timestamp> {
    let pending = expected.pending;
    let age = if pending.prompt_login { Some(0) } else { pending.max_age }?;
    Some(pending.started_at.minus(Duration::from_secs(age)).minus(expected.clock.skew))
}

/// `sub` is there and bounded. It may hold anything printable, `=` too.
fn check_subject(claims: &Claims, _: &Expected<'_>) -> Result<(), Reason> {
    let fits = |subject: &str| {
        (1..=SUBJECT_MAX).contains(&subject.chars().count()) && !subject.chars().any(char::is_control)
    };
    text(claims, "sub").is_some_and(fits).then_some(()).ok_or(Reason::Subject)
}

#[cfg(test)]
#[path = "id_token_tests.rs"]
mod tests;
