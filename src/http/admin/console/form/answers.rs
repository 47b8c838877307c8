//! What a form brought.

use std::collections::BTreeMap;

/// The values of a form, by the names of its inputs.
#[derive(Clone, Default)]
pub struct Answers(BTreeMap<String, Vec<String>>);

impl Answers {
    /// Those of a body as a browser encodes it.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let mut answers = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            answers.0.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        answers
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
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether there is an input of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
