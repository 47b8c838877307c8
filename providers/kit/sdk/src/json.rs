//! JSON from strangers, strictly: bounded in size and depth, no member twice.
//!
//! The one reader of everything that comes from outside as a JSON object: tokens' headers and
//! payloads, JWK sets, metadata, answers of endpoints, bodies of requests. What the members mean is
//! the caller's. The grammar itself is `serde_json`'s.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::{Claims, Reason};

/// The largest document, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// How many objects and arrays may stand in one another.
const MAX_DEPTH: usize = 16;

/// Why a text is not read as a JSON object. Nothing of the text stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Larger than any document is.
    #[error("the document is too large")]
    TooLarge,
    /// Not one JSON object, or one with a member twice or nested too deeply.
    #[error("not one JSON object, or one with a member twice or nested too deeply")]
    Malformed,
}

impl From<JsonError> for Reason {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLarge => Self::TooLarge,
            JsonError::Malformed => Self::Malformed,
        }
    }
}

/// Parses a JSON object strictly: a member that stands twice, nesting beyond 16 levels and more than
/// 256 KiB are refused, wherever they occur.
///
/// Two members of one name are refused because the parsers on the way may each pick another one
/// (RFC 8259, section 4): what was checked is then not what is used.
///
/// # Errors
/// [`JsonError::TooLarge`] or [`JsonError::Malformed`].
pub fn parse_object(json: &[u8]) -> Result<Claims, JsonError> {
    if json.len() > MAX_BYTES {
        return Err(JsonError::TooLarge);
    }
    let mut parser = serde_json::Deserializer::from_slice(json);
    let value = Strict { levels: MAX_DEPTH }.deserialize(&mut parser);
    match (value, parser.end()) {
        (Ok(Value::Object(members)), Ok(())) => Ok(members),
        _ => Err(JsonError::Malformed),
    }
}

/// Builds a value that may nest `levels` deeper.
#[derive(Clone, Copy)]
struct Strict {
    levels: usize,
}

impl Strict {
    fn one_level_down<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { levels })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.one_level_down()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.one_level_down()?;
        let mut object = Claims::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(below)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: JsonError = JsonError::Malformed;

    #[test]
    fn an_object_keeps_its_values_as_they_stood() {
        let json = br#"{"a":[1,-2,3.5,null,true,"\u00e4"],"b":{"c":{}},"n":18446744073709551615}"#;
        let members = parse_object(json).unwrap();
        assert_eq!(
            serde_json::to_vec(&members).unwrap(),
            r#"{"a":[1,-2,3.5,null,true,"ä"],"b":{"c":{}},"n":18446744073709551615}"#.as_bytes()
        );
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_at_any_depth() {
        for json in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#] {
            assert_eq!(parse_object(json.as_bytes()).unwrap_err(), MALFORMED, "{json}");
        }
    }

    #[test]
    fn nesting_beyond_the_bound_is_refused_and_at_it_accepted() {
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(parse_object(nested(MAX_DEPTH).as_bytes()).is_ok());
        for depth in [MAX_DEPTH + 1, 127, 10_000] {
            assert_eq!(parse_object(nested(depth).as_bytes()).unwrap_err(), MALFORMED);
        }
        let arrays = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parse_object(arrays.as_bytes()).unwrap_err(), MALFORMED);
    }

    #[test]
    fn a_document_above_the_bound_is_too_large_whatever_it_holds() {
        let json = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES));
        assert_eq!(parse_object(json.as_bytes()).unwrap_err(), JsonError::TooLarge);
    }

    #[test]
    fn what_is_not_exactly_one_object_is_refused() {
        let cases: [&[u8]; 14] = [
            b"",
            b" ",
            b"null",
            b"1",
            b"\"a\"",
            b"[]",
            b"[{}]",
            b"{}{}",
            b"{} x",
            b"{\"a\":1,}",
            b"{a:1}",
            b"{\"a\":NaN}",
            b"{\"a\":1e999}",
            b"\xef\xbb\xbf{}",
        ];
        for json in cases {
            assert_eq!(parse_object(json).unwrap_err(), MALFORMED, "{json:?}");
        }
        assert_eq!(parse_object(b"{\"a\":\"\xff\"}").unwrap_err(), MALFORMED);
        assert_eq!(parse_object(br#"{"a":"\ud800"}"#).unwrap_err(), MALFORMED);
    }
}
