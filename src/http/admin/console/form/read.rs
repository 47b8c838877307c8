//! From what was posted to a document.
//!
//! What was left empty, and what says no more than the default, is left out. What is no number or no
//! JSON is kept as the text that it is: the judge finds the fault, and the form shows the text again.

use serde_json::{Map, Value, json};

use super::{Answers, Field, Kind};

/// The most entries of one list or table.
const MOST: usize = 1000;

/// The document of `fields`, whose inputs begin with `at`.
#[must_use]
pub fn read(fields: &[Field], at: &str, answers: &Answers) -> Map<String, Value> {
    let one = |field: &Field| {
        let value = value(field, &format!("{at}/{}", field.name), answers)?;
        // Of secrets, what is left out is kept: that there are none must be said.
        let is_secret = matches!(field.kind, Kind::Secret | Kind::Secrets);
        let told = !field.required && !is_secret && field.default.as_ref() == Some(&value);
        (!told).then(|| (field.name.clone(), value))
    };
    fields.iter().filter_map(one).collect()
}

fn value(field: &Field, at: &str, answers: &Answers) -> Option<Value> {
    match &field.kind {
        Kind::Line | Kind::Choice(_) => Some(answers.one(at)?.into()),
        Kind::Number => Some(number(answers.one(at)?)),
        Kind::Flag => Some(answers.has(at).into()),
        Kind::Choices(_) => some(answers.all(at).iter().cloned().map(Value::String)),
        Kind::Some(_) => {
            let picked = || answers.all(at).iter().cloned().map(Value::String).collect();
            (!answers.has(&format!("{at}/all"))).then(|| Value::Array(picked()))
        }
        Kind::Lines => some(answers.one(at)?.lines().map(str::trim).filter(|line| !line.is_empty())),
        Kind::Names => object(names(at, answers)),
        Kind::Table(of) => object(table(of, at, answers)),
        Kind::Group(fields) => {
            let group = read(fields, at, answers);
            if field.required { Some(Value::Object(group)) } else { object(group) }
        }
        Kind::List(fields) => some(list(fields, at, answers)),
        Kind::Secret => secret(at, answers),
        Kind::Secrets => secrets(at, answers),
        Kind::Json => {
            let text = answers.one(at)?;
            Some(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
        }
    }
}

fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

/// A list with something in it.
fn some<T: Into<Value>>(values: impl Iterator<Item = T>) -> Option<Value> {
    let values: Vec<Value> = values.map(Into::into).collect();
    (!values.is_empty()).then_some(Value::Array(values))
}

/// An object with something in it.
fn object(object: Map<String, Value>) -> Option<Value> {
    (!object.is_empty()).then_some(Value::Object(object))
}

fn names(at: &str, answers: &Answers) -> Map<String, Value> {
    let one = |tag: &str| Some((tag.to_owned(), answers.one(&format!("{at}/{tag}"))?.into()));
    ["fi", "sv", "en"].into_iter().filter_map(one).collect()
}

/// The rows that have a key.
fn table(of: &Field, at: &str, answers: &Answers) -> Map<String, Value> {
    let rows = (0..MOST).map(|row| format!("{at}/{row}"));
    let rows = rows.take_while(|row| answers.has(&format!("{row}/key")));
    let entry = |row: String| {
        let key = answers.one(&format!("{row}/key"))?;
        let value = value(of, &format!("{row}/value"), answers);
        Some((key.to_owned(), value.unwrap_or_else(|| "".into())))
    };
    rows.filter_map(entry).collect()
}

/// The entries with something in them.
fn list(fields: &[Field], at: &str, answers: &Answers) -> impl Iterator<Item = Value> {
    let entries = (0..MOST).map(move |entry| format!("{at}/{entry}"));
    let entries = entries.take_while(|entry| answers.has(entry));
    let written = |entry: &Map<String, Value>| entry.values().any(|value| *value != Value::Bool(false));
    entries.map(|entry| read(fields, &entry, answers)).filter(written).map(Value::Object)
}

/// A new secret, else the one that is set, unless it shall go.
fn secret(at: &str, answers: &Answers) -> Option<Value> {
    let is_set = answers.has(&format!("{at}/set"));
    // What is left out is kept: what shall go must be named.
    given(at, answers).or_else(|| is_set.then(|| set(at, answers).unwrap_or(Value::Null)))
}

/// A secret that is set and shall stay.
fn set(at: &str, answers: &Answers) -> Option<Value> {
    let id = answers.one(&format!("{at}/set"))?;
    (!answers.has(&format!("{at}/remove"))).then(|| json!({ "set": true, "id": id }))
}

fn given(at: &str, answers: &Answers) -> Option<Value> {
    Some(json!({ "value": answers.one(&format!("{at}/given"))? }))
}

/// Those that stay and a new one; none where there are none, and none were.
fn secrets(at: &str, answers: &Answers) -> Option<Value> {
    let entries = (0..MOST).map(|entry| format!("{at}/{entry}"));
    let entries: Vec<_> = entries.take_while(|entry| answers.has(&format!("{entry}/set"))).collect();
    let kept: Vec<Value> = entries.iter().filter_map(|entry| set(entry, answers)).collect();
    let all: Vec<Value> = kept.into_iter().chain(given(at, answers)).collect();
    (!all.is_empty() || !entries.is_empty()).then_some(Value::Array(all))
}
