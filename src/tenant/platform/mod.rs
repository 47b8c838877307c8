//! A platform: a group of tenants, and the apps that it has in common for them.
//!
//! An app of a platform is registered once, with one id and one credential, and enabled tenant by
//! tenant. Where it is enabled it is an app of that tenant like any other, under the tenant's own
//! issuer; where it is not, nobody knows it. So nothing but loading a tenant knows of platforms, and
//! what belongs to one tenant (codes, tokens, results, idempotency keys) means nothing at the next.
//!
//! Owns what a platform is. How it is written is `file`'s, where it is kept is `store`'s.

use std::sync::Arc;

use tunnus_sdk::LocalizedText;

use super::model::App;

/// What stands before a platform's id wherever tenants' ids stand: no tenant's id has a slash.
const PREFIX: &str = "platform/";

/// A group of tenants.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Its id; never changes.
    pub id: String,
    /// Its name.
    pub name: LocalizedText,
    /// Its apps. None may use a connection: connections are each tenant's.
    pub apps: Vec<Arc<App>>,
}

impl Platform {
    /// The app of this id.
    #[must_use]
    pub fn app(&self, id: &str) -> Option<&Arc<App>> {
        self.apps.iter().find(|app| app.id == id)
    }
}

/// What a platform is called where tenants have their ids: among changes, data keys and places.
#[must_use]
pub fn holder(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// The platform that [`holder`] has named.
#[must_use]
pub fn of_holder(holder: &str) -> Option<&str> {
    holder.strip_prefix(PREFIX)
}
