//! Single checks of a JWT's claims (RFC 7519, section 4.1), shared by ID token, JARM and userinfo.
//!
//! Each is pure and has one way to fail. Which of them a message must pass, and in which order, is
//! its module's.

use std::time::Duration;

use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tunnus_sdk::{Claims, Reason, Timestamp};

/// Now, and how far the upstream's clock may be from it.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) now: Timestamp,
    pub(crate) skew: Duration,
}

impl Clock {
    /// Whether `time` has come, at the latest by the upstream's clock.
    pub(crate) fn has_come(self, time: Timestamp) -> bool {
        time <= self.now.plus(self.skew)
    }

    /// Whether `time` has passed, even by the upstream's clock.
    pub(crate) fn has_passed(self, time: Timestamp) -> bool {
        time <= self.now.minus(self.skew)
    }
}

/// Whether two secrets are equal, without telling by the time how much of them is.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// The text `name`; none when it is missing or something else.
pub(crate) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// `iss` is `issuer`, byte for byte.
pub(crate) fn check_issuer(claims: &Claims, issuer: &str) -> Result<(), Reason> {
    (text(claims, "iss") == Some(issuer)).then_some(()).ok_or(Reason::Issuer)
}

/// `aud` is us and nobody else, as a text or an array: a token that others may use too could come
/// from one of them.
pub(crate) fn check_audience(claims: &Claims, client_id: &str) -> Result<(), Reason> {
    let us = |value: &Value| value.as_str() == Some(client_id);
    let exactly_us = match claims.get("aud") {
        Some(Value::Array(values)) => !values.is_empty() && values.iter().all(us),
        Some(value) => us(value),
        None => false,
    };
    exactly_us.then_some(()).ok_or(Reason::Audience)
}

/// `exp` is there and has not passed.
pub(crate) fn check_expiry(claims: &Claims, clock: Clock) -> Result<(), Reason> {
    match time(claims, "exp")? {
        Some(expiry) if !clock.has_passed(expiry) => Ok(()),
        Some(_) | None => Err(Reason::Expired),
    }
}

/// `nbf`, where it stands, has come.
pub(crate) fn check_not_before(claims: &Claims, clock: Clock) -> Result<(), Reason> {
    match time(claims, "nbf")? {
        Some(start) if !clock.has_come(start) => Err(Reason::NotYetValid),
        Some(_) | None => Ok(()),
    }
}

/// The time `name` in whole seconds; none when it is missing. RFC 7519, section 2, allows fractions.
/// What lies before 1970 or beyond the year 9999 is no time.
pub(crate) fn time(claims: &Claims, name: &str) -> Result<Option<Timestamp>, Reason> {
    const END: f64 = 253_402_300_800.0;
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| (0.0..END).contains(seconds)).ok_or(Reason::Malformed)?;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked, the fraction is dropped")]
    Ok(Some(Timestamp(seconds as i64)))
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
