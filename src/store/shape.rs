//! Whether brokers of two versions read each other's values in the store.
//!
//! `shapes/NAME.json` is a value as the released version writes it. A member that is added to a type
//! needs a default; a member that goes, or changes its type, needs a version between that reads both.
//! After a release the files are written anew from what the failing assertion prints.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Asserts that the released version reads `today`, and today's program reads `released` and what a
/// version after this one may have added to it. `closed` are the places where it may add nothing.
///
/// # Panics
/// Where one does not.
pub fn assert_both_ways<T: Serialize + DeserializeOwned>(released: &str, today: &T, closed: &[&str]) {
    let today = serde_json::to_value(today).unwrap();
    let Ok(released) = serde_json::from_str::<Value>(released) else { panic!("write down: {today}") };
    let missing = missing("", &released, &today);
    assert!(missing.is_empty(), "the released version looks for {missing:?} in {today}");
    assert!(reads::<T>(&released), "a value of the released version is not read any more");
    let refused: Vec<String> =
        objects("", &released).filter(|at| !reads::<T>(&grown(&released, at))).collect();
    assert_eq!(refused, closed, "where a later version may add nothing");
}

fn reads<T: DeserializeOwned>(value: &Value) -> bool {
    serde_json::from_value::<T>(value.clone()).is_ok()
}

/// What stands in `old` and in `new` not, or as another type.
fn missing(at: &str, old: &Value, new: &Value) -> Vec<String> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => old
            .iter()
            .flat_map(|(name, old)| {
                missing(&format!("{at}/{name}"), old, new.get(name).unwrap_or(&Value::Null))
            })
            .collect(),
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .enumerate()
            .flat_map(|(n, (old, new))| missing(&format!("{at}/{n}"), old, new))
            .collect(),
        (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, Value::Null) => Vec::new(),
        _ => vec![at.to_owned()],
    }
}

/// Where objects stand in `value`, as JSON pointers. The object around a variant of an enum counts
/// not: its one member is its name.
fn objects(at: &str, value: &Value) -> Box<dyn Iterator<Item = String>> {
    match value {
        Value::Object(members) => {
            let is_variant = members.len() == 1
                && members.keys().all(|name| name.starts_with(|first: char| first.is_uppercase()));
            let own = (!is_variant).then(|| at.to_owned());
            let inner: Vec<String> =
                members.iter().flat_map(|(name, value)| objects(&format!("{at}/{name}"), value)).collect();
            Box::new(own.into_iter().chain(inner))
        }
        Value::Array(values) => {
            let inner: Vec<String> = values
                .iter()
                .enumerate()
                .flat_map(|(n, value)| objects(&format!("{at}/{n}"), value))
                .collect();
            Box::new(inner.into_iter())
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// `value` with a member of a later version at `at`.
fn grown(value: &Value, at: &str) -> Value {
    let mut value = value.clone();
    value.pointer_mut(at).unwrap()["of_a_later_version"] = Value::Bool(true);
    value
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Today {
        id: String,
        #[serde(default)]
        added: bool,
    }

    fn holds(released: &'static str) -> bool {
        catch_unwind(|| assert_both_ways(released, &Today { id: "a".to_owned(), added: true }, &[])).is_ok()
    }

    #[test]
    fn what_a_version_adds_it_can_do_without() {
        assert!(holds(r#"{ "id": "a" }"#));
    }

    #[test]
    fn what_a_version_drops_or_changes_is_found() {
        for released in
            [r#"{ "id": "a", "dropped": 1 }"#, r#"{ "id": 1 }"#, r#"{ "added": true }"#, "nothing"]
        {
            assert!(!holds(released), "{released}");
        }
    }

    #[test]
    fn a_type_that_takes_nothing_more_is_found() {
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Closed {
            id: String,
        }
        let closed = || assert_both_ways(r#"{ "id": "a" }"#, &Closed { id: "a".to_owned() }, &[]);
        assert!(catch_unwind(closed).is_err());
    }
}
