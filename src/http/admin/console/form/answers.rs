//! What a form brought.

use std::collections::BTreeMap;

use tunnus_sdk::Hidden;

use super::multipart;

/// The values of a form, by the names of its inputs.
#[derive(Clone, Default)]
pub struct Answers {
    values: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, Hidden<Vec<u8>>>,
}

impl Answers {
    /// Those of a body that says how it is encoded; none where it is not so.
    #[must_use]
    pub fn sent(content_type: &str, body: &[u8]) -> Option<Self> {
        if !content_type.starts_with("multipart/") {
            return Some(Self::of(body));
        }
        let mut answers = Self::default();
        for part in multipart::parts(content_type, body)? {
            if part.is_file {
                answers.files.insert(part.name.to_owned(), Hidden::new(part.content.to_vec()));
            } else {
                let value = std::str::from_utf8(part.content).ok()?.to_owned();
                answers.values.entry(part.name.to_owned()).or_default().push(value);
            }
        }
        Some(answers)
    }

    /// Those of a body as a browser encodes it.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let mut answers = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            answers.values.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        answers
    }

    /// With one value, where there is one: what a form begins with.
    #[must_use]
    pub fn begun(name: &str, value: Option<String>) -> Self {
        let values = value.map(|value| (name.to_owned(), vec![value])).into_iter().collect();
        Self { values, ..Self::default() }
    }

    /// The one value of this name, without blanks around it; none where it is empty or doubled.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        match self.all(name) {
            [one] => Some(one.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// All values of this name.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// The file of this name; none where none was picked.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&Hidden<Vec<u8>>> {
        self.files.get(name).filter(|file| !file.expose().is_empty())
    }

    /// Whether there is an input of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}
