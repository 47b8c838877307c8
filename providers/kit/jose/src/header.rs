//! The header of a token: what may stand there, and the few members that are used.
//!
//! Owns the refusal of members that would change what the token means or fetch something. Whether
//! the algorithms are those demanded is judged in [`crate::open`].

use serde_json::Value;
use tunnus_sdk::{Claims, Reason, json::parse_object};

use crate::Rejected;

/// The largest header, in bytes.
const MAX_HEADER: usize = 4096;

/// Members that are refused wherever they stand, even with a harmless value: compression without
/// bound (`zip`), extensions that must be understood (`crit`, `b64`), keys and addresses of the
/// sender's choice (`jku`, `jwk`, `x5u`, `x5c`), work of the sender's choice (`p2c`).
const REFUSED: [&str; 8] = ["zip", "crit", "b64", "jku", "jwk", "x5u", "x5c", "p2c"];

/// The members of a header that are used. Copies of claims beside them are never read.
#[derive(Debug)]
pub struct Header {
    pub alg: String,
    pub enc: Option<String>,
    pub kid: Option<String>,
    pub typ: Option<String>,
    pub cty: Option<String>,
}

impl Header {
    pub fn parse(json: &[u8]) -> Result<Self, Rejected> {
        if json.len() > MAX_HEADER {
            return Err(Rejected(Reason::TooLarge));
        }
        let mut members = parse_object(json)?;
        if REFUSED.iter().any(|name| members.contains_key(*name)) {
            return Err(Rejected(Reason::Algorithm));
        }
        Ok(Self {
            alg: text(&mut members, "alg")?.ok_or(Rejected(Reason::Malformed))?,
            enc: text(&mut members, "enc")?,
            kid: text(&mut members, "kid")?,
            typ: text(&mut members, "typ")?,
            cty: text(&mut members, "cty")?,
        })
    }

    /// Whether the header says that a JWT is inside (RFC 7519, section 5.2). `application/` may be
    /// left out (RFC 7515, section 4.1.10), and media types do not heed case.
    pub fn announces_jwt(&self) -> bool {
        self.cty
            .as_deref()
            .is_some_and(|cty| cty.eq_ignore_ascii_case("JWT") || cty.eq_ignore_ascii_case("application/JWT"))
    }
}

fn text(members: &mut Claims, name: &str) -> Result<Option<String>, Rejected> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Rejected(Reason::Malformed)),
    }
}
