//! JSON from outside that is no token: metadata, token and PAR responses.
//!
//! One strict reading: a bounded text, a bounded depth, and no member twice. Two parsers that keep
//! different ones of two equal members would see two different messages. Tokens and documents
//! about a person are opened by the host, not here.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeSeed as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use tunnus_sdk::Claims;

/// The largest message, in bytes.
const SIZE_MAX: usize = 256 * 1024;

/// How deep objects and arrays may lie in each other.
const DEPTH_MAX: usize = 16;

/// A message that is not one strict JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one JSON object, or one with a member twice, too deep or too large")]
pub(crate) struct NotJson;

/// Reads one JSON object.
pub(crate) fn object(bytes: &[u8]) -> Result<Claims, NotJson> {
    if bytes.len() > SIZE_MAX {
        return Err(NotJson);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(DEPTH_MAX).deserialize(&mut deserializer).map_err(|_| NotJson)?;
    deserializer.end().map_err(|_| NotJson)?;
    match value {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Err(NotJson),
    }
}

/// Reads a value at most so many levels deep.
#[derive(Clone, Copy)]
struct Strict(usize);

impl Strict {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> de::DeserializeSeed<'de> for Strict {
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

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(de::Error::custom("a member twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_is_read_as_it_stands() {
        let members = object(br#" {"a": [1, -2, 1.5, true, null, {"b": "c"}]} "#).unwrap();
        assert_eq!(
            Value::Object(members),
            serde_json::json!({ "a": [1, -2, 1.5, true, null, { "b": "c" }] })
        );
    }

    #[test]
    fn anything_else_is_refused() {
        let deep = format!("{}{}{}", r#"{"a":"#, "[".repeat(40) + &"]".repeat(40), "}");
        for text in ["", "[]", "null", "{} {}", "{", r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, &deep] {
            assert_eq!(object(text.as_bytes()), Err(NotJson), "{text}");
        }
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(SIZE_MAX));
        assert_eq!(object(large.as_bytes()), Err(NotJson));
    }

    #[test]
    fn sixteen_levels_are_the_bound() {
        let nested =
            |levels: usize| format!("{}{}", r#"{"a":"#.repeat(levels - 1) + "{}", "}".repeat(levels - 1));
        assert!(object(nested(16).as_bytes()).is_ok());
        assert_eq!(object(nested(17).as_bytes()), Err(NotJson));
    }
}
