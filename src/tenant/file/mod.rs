//! One tenant as an operator writes it in a file, and how it becomes a [`Tenant`].
//!
//! Owns the file's form and every rule on it. All faults are found in one go: a faulty app does not
//! hide a faulty connection. Folders of files, and their reloading, are `files` and `watch`.

mod alias;
mod app;
mod app_credentials;
mod branding;
mod certificate;
mod connection;
mod credentials;
mod judge;
mod keys;
mod make;
pub mod platform;
pub mod secrets;
mod text;
mod uri;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tunnus_sdk::SigningAlgorithm;

use self::{
    alias::AliasEntry,
    app::AppEntry,
    branding::TenantTable,
    connection::ConnectionEntry,
    keys::{KeysTable, TenantKeys},
    platform::{Enabling, PlatformAppEntry},
};
use super::model::{App, Tenant};
use crate::config::{Shape, did_you_mean};

pub use self::{
    judge::{Judge, Read},
    make::Make,
    platform::PlatformFile,
};

/// What an id looks like, of a tenant, an app or a connection.
const ID: &str = "^[a-z0-9][a-z0-9-]{0,62}$";

/// Whether `text` is an id.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('-')
}

/// The same in words.
const ID_EXPECTED: &str = "lower case letters, digits and hyphens, at most 63, not beginning with a hyphen";

/// One tenant. Secrets never stand here: references name them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantFile {
    /// Who the tenant is.
    pub tenant: TenantTable,
    /// Its keys.
    #[serde(default)]
    pub keys: KeysTable,
    /// Its apps.
    #[serde(default)]
    pub apps: Vec<AppEntry>,
    /// Its connections, in the order of the chooser.
    #[serde(default)]
    pub connections: Vec<ConnectionEntry>,
    /// The apps of its platform that are enabled here.
    #[serde(default)]
    pub platform_apps: Vec<PlatformAppEntry>,
    /// Names that apps may use in the place of a connection's id: `login = "ftn"`, or a split by share,
    /// `login = { mle = 90, ftn = 10 }`.
    #[serde(default)]
    pub aliases: BTreeMap<String, AliasEntry>,
}

/// The lists of a tenant's file that are kept part by part. Everything else is the tenant's own part.
pub const LISTS: [&str; 2] = ["apps", "connections"];

/// The apps of a file alone.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct AppsFile {
    apps: Vec<AppEntry>,
}

/// Judges `file` and resolves what it names. The faults are left in `judge`; there is a tenant only
/// where there are none.
pub fn resolve(file: &Value, judge: &mut Judge<'_>) -> Option<Tenant> {
    match judge.secrets_of.form().shape() {
        Ok(shape) => judge.misfits(shape.misfits(file)),
        Err(error) => judge.fault("", error.to_string()),
    }
    let file = &judge.mend(file);
    judge.get_to_know(file);
    let who = judge.part::<TenantTable>(file, "/tenant").and_then(|table| table.resolve(judge));
    let connections = ids_of(file, "connections", judge);
    let own_apps = ids_of(file, "apps", judge);
    let platform = who.as_ref().and_then(|who| judge.platform(who.platform.as_deref()?));
    let known = Enabling { platform: platform.as_deref(), own_apps: &own_apps, connections: &connections };
    let entries = judge.parts::<AppEntry>(file, "apps");
    let enabled = platform::enabled(file, &known, judge);
    let keys = keys(file, &entries, &enabled, judge);
    let apps = entries.iter().filter_map(|(pointer, entry)| entry.resolve(pointer, &connections, judge));
    let apps: Vec<_> = apps.collect();
    let aliases = alias::resolve_all(file, &connections, judge);
    let subject_key = keys.as_ref().map(|keys| keys.subject.clone()).unwrap_or_default();
    let connections =
        connection::resolve_all(file, &subject_key, judge).into_iter().map(Into::into).collect();
    let (who, keys) = (who?, keys?);
    let tenant = Tenant {
        id: who.id,
        platform: who.platform,
        branding: who.branding,
        signing_keys: keys.signing,
        ring: keys.ring,
        subject_key: keys.subject,
        apps: apps.into_iter().chain(enabled).map(Into::into).collect(),
        connections,
        aliases,
        lapsed: judge.take_lapsed(),
        key_set: OnceLock::new(),
    };
    judge.is_content().then_some(tenant)
}

/// The tenant's keys, as many as its apps need.
fn keys(
    file: &Value,
    entries: &[(String, AppEntry)],
    enabled: &[App],
    judge: &mut Judge<'_>,
) -> Option<TenantKeys> {
    let keys = match file.get("keys") {
        Some(_) => judge.part::<KeysTable>(file, "/keys")?,
        None => KeysTable::default(),
    };
    let own =
        entries.iter().map(|(_, entry)| (entry.id.as_deref().unwrap_or("?"), entry.signing_algorithm()));
    let enabled = enabled.iter().filter(|_| !judge.is_tolerant());
    let apps = own.chain(enabled.map(|app| (app.id.as_str(), app.id_token_algorithm)));
    let apps: Vec<(&str, SigningAlgorithm)> = apps.collect();
    keys.resolve(&apps, judge)
}

/// The apps of `file`, whatever else stands there and whichever connections they name. Faults are left
/// in `judge`.
pub fn apps(file: &Value, judge: &mut Judge<'_>) -> Vec<App> {
    let file = &json!({ "apps": file.get("apps") });
    match Shape::of::<AppsFile>() {
        Ok(shape) => judge.misfits(shape.misfits(file)),
        Err(error) => judge.fault("", error.to_string()),
    }
    let file = &judge.mend(file);
    ids_of(file, "apps", judge);
    let entries = judge.parts::<AppEntry>(file, "apps");
    let named = entries.iter().flat_map(|(_, entry)| entry.named_connections().iter().cloned()).collect();
    entries.iter().filter_map(|(pointer, entry)| entry.resolve(pointer, &named, judge)).collect()
}

/// The id at `pointer`, or nothing where none can be read.
fn id_of<'a>(file: &'a Value, pointer: &str) -> &'a str {
    file.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The ids of all entries of a list; those that stand there twice are faults.
fn ids_of(file: &Value, list: &str, judge: &mut Judge<'_>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for (index, entry) in file.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
        let id = id_of(entry, "/id");
        if !id.is_empty() && !ids.insert(id.to_owned()) {
            judge.fault(format!("/{list}/{index}/id"), format!("another entry of {list} has the id `{id}`"));
        }
    }
    ids
}

/// `no NAME` and what may have been meant.
fn no_such(kind: &str, name: &str, known: &BTreeSet<String>) -> String {
    format!("there is no {kind} `{name}`{}", did_you_mean(name, known.iter().map(String::as_str)))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
