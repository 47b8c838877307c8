//! Secrets of a document: they go in, and never come out.
//!
//! Outside, a secret that is set reads `{ "set": true, "id", "at", "by" }`. Sending that back, or
//! leaving the place out, keeps it; `null`, or an empty list, removes it; `{ "value": "…" }` sets it;
//! for an app's secret `{ "generate": true }` makes one. An operator's references are refused: who may
//! write here gets nothing of the operator's by naming it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tunnus_sdk::SettingsError;

use super::{AdminError, Generated};
use crate::{
    ambient::Ambient,
    tenant::store::{StoredSecret, change::Part},
};

/// The most secrets that an app has at once: one, and the one that replaces it.
const LIVE: usize = 2;

/// A document without its secrets.
pub(super) fn masked(part: &Part, document: &Value, secrets: &BTreeMap<String, StoredSecret>) -> Value {
    let mut document = document.clone();
    for name in part.secrets() {
        match document.pointer_mut(&format!("/{name}")) {
            Some(Value::Array(list)) => list.iter_mut().for_each(|one| mask_one(one, secrets)),
            Some(one) => mask_one(one, secrets),
            None => {}
        }
    }
    document
}

fn mask_one(value: &mut Value, secrets: &BTreeMap<String, StoredSecret>) {
    let mask = match value.as_object().and_then(reference) {
        Some(("stored", id)) => mask(id, secrets),
        Some(_) => json!({ "set": true }),
        // None is kept so; if one were, it would not be shown either.
        None if value.get("value").is_some() => json!({ "set": true }),
        None => return,
    };
    *value = mask;
}

fn mask(id: &str, secrets: &BTreeMap<String, StoredSecret>) -> Value {
    let mut mask = json!({ "set": true, "id": id });
    if let (Some(mask), Some(secret)) = (mask.as_object_mut(), secrets.get(id)) {
        mask.insert("at".to_owned(), json!(secret.set_at.to_rfc3339()));
        mask.insert("by".to_owned(), json!(secret.set_by));
    }
    mask
}

/// The kind and the text of a reference.
fn reference(object: &Map<String, Value>) -> Option<(&str, &str)> {
    let (kind, text) = object.iter().next().filter(|_| object.len() == 1)?;
    let known = ["stored", "env", "file", "sealed"].contains(&kind.as_str());
    Some((kind.as_str(), text.as_str()?)).filter(|_| known)
}

/// Puts into a document that was given what is kept of the one before it.
pub(super) struct Unmask<'a> {
    pub(super) part: &'a Part,
    /// The document as it is kept.
    pub(super) kept: Option<&'a Value>,
    /// The tenant's secrets.
    pub(super) secrets: &'a BTreeMap<String, StoredSecret>,
    pub(super) ambient: &'a Ambient,
}

impl Unmask<'_> {
    /// The document as the store takes it, and the secrets that were made.
    ///
    /// # Errors
    /// All faults of its secrets.
    pub(super) fn unmask(&self, mut given: Value) -> Result<(Value, Vec<Generated>), AdminError> {
        let (mut faults, mut generated) = (Vec::new(), Vec::new());
        self.give_first(&mut given);
        for name in self.part.secrets() {
            let pointer = format!("/{name}");
            let kept = self.kept.and_then(|kept| kept.pointer(&pointer)).filter(|kept| is_kept(kept));
            match given.pointer_mut(&pointer) {
                None => keep(&mut given, name, kept),
                Some(Value::Null) => remove(&mut given, name),
                Some(Value::Array(list)) => {
                    for (index, one) in list.iter_mut().enumerate() {
                        let kept = kept.and_then(|kept| kept.get(index));
                        let at = At { pointer: format!("{pointer}/{index}"), name, kept };
                        self.one(one, &at, &mut faults, &mut generated);
                    }
                }
                Some(one) => self.one(one, &At { pointer, name, kept }, &mut faults, &mut generated),
            }
        }
        let count = given.get("secrets").and_then(Value::as_array).map_or(0, Vec::len);
        if matches!(self.part, Part::App(_)) && count > LIVE {
            let message = "an app has two secrets at most: the one, and the one that replaces it";
            faults.push(SettingsError::new("/secrets", message));
        }
        if faults.is_empty() { Ok((given, generated)) } else { Err(AdminError::Faulty(faults)) }
    }

    /// A new app that shows a secret gets one where it brings none.
    fn give_first(&self, given: &mut Value) {
        let shows = |given: &Value| {
            let method = given.get("authentication").and_then(Value::as_str);
            matches!(method, Some("client_secret_basic" | "client_secret_post"))
        };
        let is_new_app = matches!(self.part, Part::App(_)) && self.kept.is_none();
        if is_new_app && given.get("secrets").is_none() && shows(given) {
            put(given, "secrets", json!([{ "generate": true }]));
        }
    }

    fn one(
        &self,
        given: &mut Value,
        at: &At<'_>,
        faults: &mut Vec<SettingsError>,
        generated: &mut Vec<Generated>,
    ) {
        let Some(object) = given.as_object() else { return };
        let mut fault = |message: &str| faults.push(SettingsError::new(&at.pointer, message));
        if object.get("generate") == Some(&json!(true)) && object.len() == 1 {
            if !matches!(self.part, Part::App(_)) || at.name != "secrets" {
                return fault("only an app's secret is made here");
            }
            let value = self.ambient.secret();
            *given = json!({ "value": value });
            generated.push(Generated { pointer: at.pointer.clone(), value });
        } else if object.get("set") == Some(&json!(true)) {
            match self.named(object, at) {
                Some(kept) => *given = kept,
                None => fault("no such secret is set here"),
            }
        } else if reference(object).is_some() {
            fault("a reference is not taken here: give the secret itself, { \"value\": \"…\" }");
        }
    }

    /// The secret that a mask stands for: by its id, else the one at the same place.
    fn named(&self, mask: &Map<String, Value>, at: &At<'_>) -> Option<Value> {
        let Some(id) = mask.get("id") else { return at.kept.cloned() };
        let id = id.as_str()?;
        let holder = match self.part {
            Part::Tenant => String::new(),
            Part::App(id) => format!("apps/{id}/"),
            Part::Connection(id) => format!("connections/{id}/"),
            Part::Key(_) => return None,
        };
        let secret = self.secrets.get(id)?;
        (secret.place == format!("{holder}{}", at.name)).then(|| json!({ "stored": id }))
    }
}

/// Where one secret stands.
struct At<'a> {
    pointer: String,
    /// Its place's name.
    name: &'static str,
    /// What is kept there.
    kept: Option<&'a Value>,
}

/// Whether a value, or each one of a list, is a secret that is kept.
fn is_kept(value: &Value) -> bool {
    match value {
        Value::Object(object) => reference(object).is_some(),
        Value::Array(list) => !list.is_empty() && list.iter().all(is_kept),
        _ => false,
    }
}

/// The same place in the new document.
fn keep(given: &mut Value, name: &str, kept: Option<&Value>) {
    if let Some(kept) = kept {
        put(given, name, kept.clone());
    }
}

/// Writes `value` at a name of one or two keys; not where something else than a table is in the way.
fn put(given: &mut Value, name: &str, value: Value) {
    let (table, key) = match name.split_once('/') {
        Some((table, key)) => {
            let tables = given.as_object_mut();
            (tables.map(|tables| tables.entry(table).or_insert_with(|| json!({}))), key)
        }
        None => (Some(given), name),
    };
    if let Some(table) = table.and_then(Value::as_object_mut) {
        table.insert(key.to_owned(), value);
    }
}

fn remove(given: &mut Value, name: &str) {
    let (table, key) = match name.split_once('/') {
        Some((table, key)) => (given.get_mut(table), key),
        None => (Some(given), name),
    };
    if let Some(table) = table.and_then(Value::as_object_mut) {
        table.remove(key);
    }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
