//! Texts for people, in one language or several.

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_sdk::LocalizedText;

use super::Judge;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// The longest notice, in characters.
const LONGEST_NOTICE: usize = 200;

/// A text for people: one for all languages, or one for each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = r#"a text, or one for each language: { fi = "…", sv = "…", en = "…" }"#))]
pub enum Text {
    /// The same in every language.
    Plain(String),
    /// One for each language.
    Localized(LocalizedText),
}

impl Text {
    /// A name, by language.
    pub fn resolve(&self, pointer: &str, judge: &mut Judge<'_>) -> LocalizedText {
        self.resolve_as("name", LONGEST_NAME, pointer, judge)
    }

    /// A notice, by language.
    pub fn resolve_notice(&self, pointer: &str, judge: &mut Judge<'_>) -> LocalizedText {
        self.resolve_as("notice", LONGEST_NOTICE, pointer, judge)
    }

    fn resolve_as(&self, what: &str, longest: usize, pointer: &str, judge: &mut Judge<'_>) -> LocalizedText {
        let text = match self {
            Self::Plain(text) => LocalizedText { en: Some(text.clone()), ..LocalizedText::default() },
            Self::Localized(text) => text.clone(),
        };
        let shown = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        if text.all().next().is_none() || !text.all().all(|(_, text)| shown(text)) {
            judge.fault(pointer, format!("a {what} that people can read is due here"));
        }
        if text.all().any(|(_, text)| text.chars().count() > longest) {
            judge.fault(pointer, format!("a {what} has at most {longest} characters"));
        }
        text
    }
}
