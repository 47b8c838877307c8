//! What does not fit a schema, and reading the rest even so: one mistake does not hide the next, and
//! does not bring others with it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::below;

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where: a JSON pointer.
    pub pointer: String,
    /// What is wrong and how it should be, without the value.
    pub message: String,
    /// What kind of mistake it is.
    pub kind: MisfitKind,
}

/// A kind of mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MisfitKind {
    /// A key that has no place; the key of the same table that it is a slip for, where there is one.
    Stranger(Option<String>),
    /// A key that is not there.
    Missing,
    /// A value that is wrong.
    Wrong,
}

impl Misfit {
    /// A value that is wrong.
    pub fn wrong(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), kind: MisfitKind::Wrong }
    }

    /// The key `name` of the table at `at` is not there.
    #[must_use]
    pub fn missing(at: &str, name: &str) -> Self {
        Self { pointer: below(at, name), message: "is missing".to_owned(), kind: MisfitKind::Missing }
    }

    /// Where the value belongs that stands under a misspelt key.
    #[must_use]
    pub fn meant(&self) -> Option<String> {
        match &self.kind {
            MisfitKind::Stranger(Some(name)) => {
                self.pointer.rsplit_once('/').map(|(table, _)| below(table, name))
            }
            MisfitKind::Stranger(None) | MisfitKind::Missing | MisfitKind::Wrong => None,
        }
    }
}

/// The misfits of one value.
#[derive(Clone, Debug, Default)]
pub struct Misfits(Vec<Misfit>);

impl Misfits {
    /// These, but for keys that are missing only because they are misspelt.
    #[must_use]
    pub fn new(misfits: Vec<Misfit>) -> Self {
        let meant: Vec<String> = misfits.iter().filter_map(Misfit::meant).collect();
        let real = |misfit: &Misfit| misfit.kind != MisfitKind::Missing || !meant.contains(&misfit.pointer);
        Self(misfits.into_iter().filter(real).collect())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Misfit> {
        self.0.iter()
    }

    /// Whether a fault at `pointer` may follow from one of these: it is there, within it or around it.
    #[must_use]
    pub fn explain(&self, pointer: &str) -> bool {
        let touches = |other: &str| is_within(pointer, other) || is_within(other, pointer);
        self.0
            .iter()
            .any(|misfit| touches(&misfit.pointer) || misfit.meant().is_some_and(|meant| touches(&meant)))
    }

    /// `value` with misspelt keys put right and other strangers left out.
    #[must_use]
    pub fn mend(&self, value: &Value) -> Value {
        let mut mended = value.clone();
        for misfit in &self.0 {
            if let MisfitKind::Stranger(_) = misfit.kind {
                rename(&mut mended, misfit);
            }
        }
        mended
    }

    /// Reads the part of a mended value at `pointer`, without what does not fit.
    ///
    /// # Errors
    /// When it cannot be read even so: something is missing that has no default.
    pub fn read<T: DeserializeOwned>(&self, mended: &Value, pointer: &str) -> Result<T, serde_json::Error> {
        let part = mended.pointer(pointer).unwrap_or(&Value::Null);
        let inside =
            |at: &str| at.strip_prefix(pointer).filter(|rest| rest.starts_with('/')).map(str::to_owned);
        let wrong: Vec<String> = self.0.iter().filter_map(|misfit| inside(&misfit.pointer)).collect();
        let meant: Vec<String> = self.0.iter().filter_map(|misfit| inside(&misfit.meant()?)).collect();
        let without = |pointers: &[&[String]], whole_lists| {
            let mut part = part.clone();
            pointers.iter().copied().flatten().for_each(|pointer| remove(&mut part, pointer, whole_lists));
            serde_json::from_value(part)
        };
        // A text of a list that is wrong does not keep the list from being read, nor does what stood
        // under a misspelt key: they go only where it does not work with them.
        without(&[&wrong], false)
            .or_else(|_| without(&[&wrong, &meant], false))
            .or_else(|_| without(&[&wrong, &meant], true))
    }
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Moves what stands under a misspelt key, unless the right one is there; drops what has no place.
fn rename(value: &mut Value, stranger: &Misfit) {
    let Some((table, key)) = split(&stranger.pointer) else { return };
    let Some(Value::Object(object)) = value.pointer_mut(table) else { return };
    let Some(given) = object.remove(&key) else { return };
    if let MisfitKind::Stranger(Some(name)) = &stranger.kind {
        object.entry(name.clone()).or_insert(given);
    }
}

/// Removes the key at `pointer`; of an item of a list the whole list, or nothing.
fn remove(value: &mut Value, pointer: &str, whole_lists: bool) {
    let Some((outer, key)) = split(pointer) else { return };
    match value.pointer_mut(outer) {
        Some(Value::Object(object)) => {
            object.remove(&key);
        }
        Some(Value::Array(_)) if whole_lists => remove(value, outer, whole_lists),
        _ => {}
    }
}

/// The pointer of what is around, and the last name, plain.
fn split(pointer: &str) -> Option<(&str, String)> {
    let (outer, key) = pointer.rsplit_once('/')?;
    Some((outer, key.replace("~1", "/").replace("~0", "~")))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Form {
        word: String,
        list: Vec<String>,
    }

    fn form(word: &str, list: &[&str]) -> Form {
        Form { word: word.to_owned(), list: list.iter().map(|&text| text.to_owned()).collect() }
    }

    fn stranger(pointer: &str, meant: Option<&str>) -> Misfit {
        let kind = MisfitKind::Stranger(meant.map(str::to_owned));
        Misfit { pointer: pointer.to_owned(), message: String::new(), kind }
    }

    fn read(value: &Value, misfits: Vec<Misfit>) -> Form {
        let misfits = Misfits::new(misfits);
        misfits.read(&misfits.mend(value), "/form").unwrap()
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_the_rest_is_read() {
        let value = json!({ "form": { "word": "w", "list": ["a", "b"], "un/known": 1 } });
        let misfits = vec![stranger("/form/un~1known", None), Misfit::wrong("/form/list/0", "")];
        assert_eq!(read(&value, misfits), form("w", &["a", "b"]));
        let value = json!({ "form": { "word": 1, "list": ["a", 2] } });
        let misfits = vec![Misfit::wrong("/form/word", ""), Misfit::wrong("/form/list/1", "")];
        assert_eq!(read(&value, misfits), form("", &[]));
        assert!(Misfits::default().read::<Form>(&json!({ "form": { "word": 1 } }), "/form").is_err());
    }

    #[test]
    fn a_misspelt_key_is_read_as_what_it_was_meant_to_be() {
        let slip = || vec![stranger("/form/wrod", Some("word"))];
        assert_eq!(read(&json!({ "form": { "wrod": "w" } }), slip()), form("w", &[]));
        assert_eq!(read(&json!({ "form": { "wrod": 1 } }), slip()), form("", &[]));
        assert_eq!(read(&json!({ "form": { "wrod": "w", "word": "right" } }), slip()), form("right", &[]));
    }

    #[test]
    fn a_key_that_is_misspelt_is_not_missing_too() {
        let misfits = Misfits::new(vec![
            stranger("/a/wrod", Some("word")),
            Misfit::missing("/a", "word"),
            Misfit::missing("/a", "list"),
        ]);
        assert_eq!(
            misfits.iter().map(|misfit| misfit.pointer.as_str()).collect::<Vec<_>>(),
            ["/a/wrod", "/a/list"]
        );
    }

    #[test]
    fn what_follows_from_a_misfit_is_known() {
        let misfits = Misfits::new(vec![Misfit::wrong("/a/b", ""), stranger("/wrod", Some("word"))]);
        for (pointer, expected) in [
            ("/a/b", true),
            ("/a", true),
            ("/a/b/0", true),
            ("/a/bc", false),
            ("/a/c", false),
            ("/word/x", true),
        ] {
            assert_eq!(misfits.explain(pointer), expected, "{pointer}");
        }
    }
}
