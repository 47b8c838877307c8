//! A TOML file as JSON, with the line of every key.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use toml_edit::{Array, Item, TableLike};

/// A parsed TOML document.
#[derive(Clone, Debug)]
pub struct Document {
    value: Value,
    lines: BTreeMap<String, usize>,
}

/// Text that is not TOML.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: Option<usize>,
    message: String,
}

impl Document {
    /// Parses `text`.
    ///
    /// # Errors
    /// The first place that is not TOML; a key given twice is one.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let lines = Lines::of(text);
        let parsed = toml_edit::Document::parse(text).map_err(|error| SyntaxError {
            line: error.span().map(|span| lines.line(span.start)),
            message: error.message().lines().collect::<Vec<_>>().join(", "),
        })?;
        let mut walk = Walk { text: lines, lines: BTreeMap::new() };
        let value = walk.table(parsed.as_table(), "");
        Ok(Self { value, lines: walk.lines })
    }

    /// The document as JSON. A date is a text.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The line of what stands at `pointer`, or of the nearest thing around it.
    #[must_use]
    pub fn line(&self, pointer: &str) -> Option<usize> {
        ancestors(pointer).find_map(|pointer| self.lines.get(pointer).copied())
    }
}

/// `pointer` itself, then what is around it, up to but without the root.
pub fn ancestors(pointer: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(pointer), |inner| inner.rsplit_once('/').map(|(outer, _)| outer))
        .filter(|pointer| !pointer.is_empty())
}

/// `pointer` and one more segment (RFC 6901, section 3).
#[must_use]
pub fn below(pointer: &str, segment: &str) -> String {
    format!("{pointer}/{}", segment.replace('~', "~0").replace('/', "~1"))
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(offset, _)| offset).collect())
    }

    /// The line of a byte, from 1.
    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|newline| *newline < offset) + 1
    }
}

struct Walk {
    text: Lines,
    lines: BTreeMap<String, usize>,
}

impl Walk {
    fn table(&mut self, table: &dyn TableLike, pointer: &str) -> Value {
        let mut object = Map::new();
        for (name, item) in table.iter() {
            let pointer = below(pointer, name);
            let span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            self.note(&pointer, span);
            object.insert(name.to_owned(), self.item(item, &pointer));
        }
        Value::Object(object)
    }

    fn item(&mut self, item: &Item, pointer: &str) -> Value {
        match item {
            Item::None => Value::Null,
            Item::Value(value) => self.value(value, pointer),
            Item::Table(table) => self.table(table, pointer),
            Item::ArrayOfTables(tables) => {
                let tables = tables.iter().enumerate().map(|(index, table)| {
                    let pointer = format!("{pointer}/{index}");
                    self.note(&pointer, table.span());
                    self.table(table, &pointer)
                });
                Value::Array(tables.collect())
            }
        }
    }

    fn value(&mut self, value: &toml_edit::Value, pointer: &str) -> Value {
        use toml_edit::Value as Toml;
        match value {
            Toml::String(text) => Value::from(text.value().as_str()),
            Toml::Integer(number) => Value::from(*number.value()),
            Toml::Float(number) => Value::from(*number.value()),
            Toml::Boolean(truth) => Value::from(*truth.value()),
            Toml::Datetime(date) => Value::from(date.value().to_string()),
            Toml::Array(array) => self.array(array, pointer),
            Toml::InlineTable(table) => self.table(table, pointer),
        }
    }

    fn array(&mut self, array: &Array, pointer: &str) -> Value {
        let values = array.iter().enumerate().map(|(index, value)| {
            let pointer = format!("{pointer}/{index}");
            self.note(&pointer, value.span());
            self.value(value, &pointer)
        });
        Value::Array(values.collect())
    }

    fn note(&mut self, pointer: &str, span: Option<std::ops::Range<usize>>) {
        if let Some(span) = span {
            self.lines.insert(pointer.to_owned(), self.text.line(span.start));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "title = \"x\"\n\n[server]\nlisten = [\n  1,\n  2.5,\n]\n[[apps]]\nid = \"a\"\nkeys = { env = \"E\" }\n\n[[apps]]\n[apps.deep]\non = true\nday = 2026-11-21\n";

    #[test]
    fn every_key_and_item_has_its_line() {
        let document = Document::parse(TEXT).unwrap();
        let lines = [
            "/title",
            "/server/listen",
            "/server/listen/1",
            "/apps/0",
            "/apps/0/keys/env",
            "/apps/1/deep/on",
        ];
        assert_eq!(lines.map(|pointer| document.line(pointer)), [1, 4, 6, 8, 10, 14].map(Some));
        assert_eq!(document.line("/apps/1/missing/deeper"), Some(12), "the nearest thing around it");
        assert_eq!(document.line("/nothing"), None);
    }

    #[test]
    fn the_values_are_those_of_the_file() {
        let deep = json!({ "deep": { "on": true, "day": "2026-11-21" } });
        let expected = json!({
            "title": "x",
            "server": { "listen": [1, 2.5] },
            "apps": [{ "id": "a", "keys": { "env": "E" } }, deep],
        });
        assert_eq!(*Document::parse(TEXT).unwrap().value(), expected);
    }

    #[test]
    fn what_is_no_toml_is_named_with_its_line() {
        let twice = Document::parse("a = 1\nb = 2\na = 3\n").unwrap_err();
        assert_eq!((twice.line, twice.to_string().as_str()), (Some(3), "duplicate key"));
        assert_eq!(Document::parse("a = \n").unwrap_err().line, Some(1));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        for text in [
            "a = hunter2",
            "a = \"hunter2\nb = 1",
            "a = 'hunter2",
            "a = [\"hunter2\" \"x\"]",
            "a = \"\\hunter2\"",
        ] {
            let told = Document::parse(text).unwrap_err().to_string();
            assert!(!told.is_empty() && !told.contains("hunter2"), "{told}");
        }
    }
}
