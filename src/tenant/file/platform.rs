//! A platform's file, and `[[platform_apps]]`: its apps as a tenant enables them.

use std::{collections::BTreeSet, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tunnus_sdk::{Level, Member};

use super::{
    ID, ID_EXPECTED, Judge,
    app::{AppEntry, connections_of, each, member},
    ids_of, no_such,
    text::Text,
};
use crate::tenant::{model::App, platform::Platform};

/// One platform: a group of tenants. Secrets never stand here: references name them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformFile {
    /// Which platform it is.
    pub platform: PlatformTable,
    /// Its apps, each registered once and enabled tenant by tenant. They name no connections: those
    /// are each tenant's.
    #[serde(default)]
    pub apps: Vec<AppEntry>,
}

/// Which platform it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformTable {
    /// Its id, which its tenants name; never changed.
    #[schemars(required, regex(pattern = ID), extend("x-expected" = ID_EXPECTED))]
    id: Option<String>,
    /// Its name.
    #[schemars(required)]
    name: Option<Text>,
}

/// An app of the tenant's platform that may identify people here. A tenant narrows what the platform
/// allows the app, and never widens it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformAppEntry {
    /// Its id.
    #[schemars(required, regex(pattern = ID), extend("x-expected" = ID_EXPECTED))]
    id: Option<String>,
    /// The connections that it may use here; all of them where the key is missing.
    #[serde(default)]
    connections: Option<Vec<String>>,
    /// The members of the identity record that it may get here, by their paths; all that the platform
    /// allows it where the key is missing.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Member>>")]
    claims: Option<Vec<String>>,
    /// The least level of assurance here. The platform's own stays where it is higher.
    #[serde(default)]
    minimum_assurance: Level,
}

/// Judges a platform's `file` and resolves what it names, as `resolve` does a tenant's.
pub fn resolve(file: &Value, judge: &mut Judge<'_>) -> Option<Platform> {
    match judge.secrets_of.form().shape_of_platforms() {
        Ok(shape) => judge.misfits(shape.misfits(file)),
        Err(error) => judge.fault("", error.to_string()),
    }
    let file = &judge.mend(file);
    judge.get_to_know(file);
    let table = judge.part::<PlatformTable>(file, "/platform");
    let name = table.as_ref().and_then(|table| table.name.as_ref());
    let name = name.map(|name| name.resolve("/platform/name", judge));
    ids_of(file, "apps", judge);
    let entries = judge.parts::<AppEntry>(file, "apps");
    let apps: Vec<_> = entries.iter().filter_map(|(pointer, entry)| app(pointer, entry, judge)).collect();
    let platform = Platform { id: table?.id?, name: name?, apps };
    judge.is_content().then_some(platform)
}

fn app(pointer: &str, entry: &AppEntry, judge: &mut Judge<'_>) -> Option<Arc<App>> {
    if entry.names_connections() {
        judge.fault(
            format!("{pointer}/connections"),
            "connections are each tenant's: its [[platform_apps]] says which the app may use",
        );
    }
    let named = entry.named_connections().iter().cloned().collect();
    entry.resolve(pointer, &named, judge).map(Arc::new)
}

/// What is known of the tenant where its platform's apps are enabled.
pub struct Enabling<'a> {
    /// Its platform, where there is one and it is known.
    pub platform: Option<&'a Platform>,
    /// The ids of its own apps.
    pub own_apps: &'a BTreeSet<String>,
    /// The ids of its connections.
    pub connections: &'a BTreeSet<String>,
}

/// The apps of its platform that a tenant's `file` enables.
pub fn enabled(file: &Value, known: &Enabling<'_>, judge: &mut Judge<'_>) -> Vec<App> {
    ids_of(file, "platform_apps", judge);
    let entries = judge.parts::<PlatformAppEntry>(file, "platform_apps");
    if !entries.is_empty() && file.pointer("/tenant/platform").is_none() {
        judge.fault("/platform_apps", "the tenant is of no platform: `platform` in [tenant] names it");
    }
    entries.iter().filter_map(|(pointer, entry)| entry.resolve(pointer, known, judge)).collect()
}

impl PlatformAppEntry {
    /// The app as it is at this tenant; none where the platform has no such app, or none any more.
    fn resolve(&self, pointer: &str, known: &Enabling<'_>, judge: &mut Judge<'_>) -> Option<App> {
        let id = self.id.as_deref()?;
        if known.own_apps.contains(id) {
            judge.fault(format!("{pointer}/id"), format!("the tenant has an app `{id}` of its own"));
        }
        let connections = connections_of(self.connections.as_deref(), pointer, known.connections, judge);
        let claims = self.claims.as_deref().map(|claims| each(pointer, "claims", claims, member, judge));
        let platform = known.platform?;
        let Some(app) = platform.app(id) else {
            let ids = platform.apps.iter().map(|app| app.id.clone()).collect();
            judge.fault_of_platform(format!("{pointer}/id"), no_such("app of the platform", id, &ids));
            return None;
        };
        let claims = claims.map_or_else(|| app.claims.clone(), |claims| claims.into_iter().collect());
        for wider in claims.difference(&app.claims) {
            let message = format!("the platform does not allow the app {wider}: a tenant can only narrow");
            judge.fault_of_platform(format!("{pointer}/claims"), message);
        }
        let claims = claims.intersection(&app.claims).copied().collect();
        let minimum_assurance = self.minimum_assurance.max(app.minimum_assurance);
        Some(App { claims, connections, minimum_assurance, ..App::clone(app) })
    }
}

#[cfg(test)]
#[path = "platform_tests.rs"]
mod tests;
