//! The `claims` parameter: which claims an app asks for, where, and how much it needs them (OpenID
//! Connect Core, section 5.5).
//!
//! What we do not understand is ignored and what is malformed is refused, as the standard says. A
//! demand that we could not keep, a certain value of a claim, is refused too, at the start: an app
//! that goes on believing in it would take somebody for somebody else.

use std::collections::BTreeSet;

use serde_json::Value;
use tunnus_sdk::{Level, Member};

use super::{
    claims::member_of,
    request::{Refused, floor},
};

/// How long the parameter may be.
const LENGTH_MAX: usize = 8 * 1024;

/// What the parameter asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Requested {
    /// Essential ones.
    pub required: BTreeSet<Member>,
    /// Voluntary ones.
    pub optional: BTreeSet<Member>,
    /// Those asked for in the ID token.
    pub in_id_token: BTreeSet<Member>,
    /// What the values of `acr` come to.
    pub minimum_assurance: Level,
}

fn wrong(message: &str) -> Refused {
    Refused::new("invalid_request", "claims", message)
}

/// Reads the parameter.
///
/// # Errors
/// `invalid_request` where it is not the JSON that the standard prescribes, or demands what is not
/// to be had.
pub fn requested(parameter: Option<&str>) -> Result<Requested, Refused> {
    let mut requested = Requested::default();
    let Some(text) = parameter else {
        return Ok(requested);
    };
    if text.len() > LENGTH_MAX {
        return Err(wrong("longer than 8192 bytes"));
    }
    let object = tunnus_sdk::json::parse_object(text.as_bytes()).map_err(|_| wrong("not a JSON object"))?;
    for place in ["userinfo", "id_token"] {
        let Some(claims) = object.get(place) else { continue };
        let claims = claims.as_object().ok_or_else(|| wrong("userinfo and id_token must be objects"))?;
        for (claim, how) in claims {
            requested.add(place, claim, &How::read(how)?)?;
        }
    }
    requested.optional = requested.optional.difference(&requested.required).copied().collect();
    Ok(requested)
}

impl Requested {
    fn add(&mut self, place: &str, claim: &str, how: &How<'_>) -> Result<(), Refused> {
        if claim == "acr" {
            self.minimum_assurance = self.minimum_assurance.max(how.level()?);
        }
        let member = member_of(claim);
        if !how.values.is_empty() && (member.is_some() || claim == "sub") {
            return Err(wrong("a claim cannot be asked for with a certain value: compare what comes"));
        }
        let Some(member) = member else { return Ok(()) };
        if place == "id_token" {
            self.in_id_token.insert(member);
        }
        let set = if how.is_essential { &mut self.required } else { &mut self.optional };
        set.insert(member);
        Ok(())
    }
}

/// How one claim is asked for.
#[derive(Default)]
struct How<'a> {
    is_essential: bool,
    /// Of which it must be one.
    values: Vec<&'a Value>,
}

impl<'a> How<'a> {
    /// Null, or an object whose members are of their types; others than these are ignored.
    fn read(how: &'a Value) -> Result<Self, Refused> {
        let members = match how {
            Value::Null => return Ok(Self::default()),
            Value::Object(members) => members,
            _ => return Err(wrong("a claim is asked for with null or an object")),
        };
        let is_essential = match members.get("essential") {
            None => false,
            Some(Value::Bool(essential)) => *essential,
            Some(_) => return Err(wrong("essential must be true or false")),
        };
        let values = match (members.get("value"), members.get("values")) {
            (None, None) => Vec::new(),
            (Some(value), None) => vec![value],
            (None, Some(Value::Array(values))) if !values.is_empty() => values.iter().collect(),
            (_, Some(_)) => {
                return Err(wrong("values must be a list, not empty and without value beside it"));
            }
        };
        Ok(Self { is_essential, values })
    }

    /// The lowest level among the values of `acr`.
    fn level(&self) -> Result<Level, Refused> {
        let names: Option<Vec<&str>> = self.values.iter().map(|value| value.as_str()).collect();
        floor(names.ok_or_else(|| wrong("the values of acr must be texts"))?.into_iter(), "claims")
    }
}

#[cfg(test)]
#[path = "claims_request_tests.rs"]
mod tests;
