//! Reads what can be read of a value that has faults, so that one fault does not hide the next.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads `value` without what does not fit it; `misfits` are pointers relative to it.
///
/// # Errors
/// When it cannot be read even so: something is missing that has no default.
pub fn readable<T: DeserializeOwned>(value: &Value, misfits: &[&str]) -> Result<T, serde_json::Error> {
    // An item of a list that has the right type but a wrong text does not keep the list from being
    // read, and to take it out would move the others: lists are left alone in the first go.
    let keep_lists = pruned(value, misfits, false);
    serde_json::from_value(keep_lists).or_else(|_| serde_json::from_value(pruned(value, misfits, true)))
}

/// Whether a fault at `pointer` follows from one of `misfits`: it is there, within it or around it.
pub fn follows(pointer: &str, misfits: &[String]) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    misfits.iter().any(|misfit| within(pointer, misfit) || within(misfit, pointer))
}

fn pruned(value: &Value, misfits: &[&str], whole_lists: bool) -> Value {
    let mut value = value.clone();
    for misfit in misfits {
        remove(&mut value, misfit, whole_lists);
    }
    value
}

/// Removes the key at `pointer`; of an item of a list the whole list, or nothing.
fn remove(value: &mut Value, pointer: &str, whole_lists: bool) {
    let Some((outer, key)) = pointer.rsplit_once('/') else { return };
    match value.pointer_mut(outer) {
        Some(Value::Object(object)) => {
            object.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(_)) if whole_lists => remove(value, outer, whole_lists),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    #[derive(Default)]
    struct Form {
        word: String,
        list: Vec<String>,
    }

    fn form(word: &str, list: &[&str]) -> Form {
        Form { word: word.to_owned(), list: list.iter().map(|&text| text.to_owned()).collect() }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_the_rest_is_read() {
        let value = json!({ "word": "w", "list": ["a", "b"], "un/known": 1 });
        assert_eq!(readable::<Form>(&value, &["/un~1known", "/list/0"]).unwrap(), form("w", &["a", "b"]));
        let value = json!({ "word": 1, "list": ["a", 2] });
        assert_eq!(readable::<Form>(&value, &["/word", "/list/1"]).unwrap(), form("", &[]));
        assert!(readable::<Form>(&json!({ "word": 1 }), &[]).is_err());
    }

    #[test]
    fn what_follows_from_a_misfit_is_known() {
        let misfits = ["/a/b".to_owned()];
        for (pointer, expected) in
            [("/a/b", true), ("/a", true), ("/a/b/0", true), ("/a/bc", false), ("/a/c", false)]
        {
            assert_eq!(follows(pointer, &misfits), expected, "{pointer}");
        }
    }
}
