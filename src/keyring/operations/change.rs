//! How an operation becomes one change of the store, with every step that is due after it.

use std::collections::BTreeMap;

use serde_json::json;
use tunnus_sdk::{Hidden, Timestamp};

use super::Keyring;
use crate::{
    audit::event::Actor,
    keyring::{Key, KeyringError, Policy, Ring, life},
    tenant::store::{
        StoredTenant,
        change::{Change, ChangeError, Edit, Part},
    },
};

/// How often an operation is done over because somebody else was faster.
const TRIES: usize = 8;

/// What becomes of the keys of a ring: each as it shall be, with its private part where that is new.
pub(in crate::keyring) type Changes = BTreeMap<String, (Key, Option<Hidden<String>>)>;

impl Keyring {
    /// Makes a change of a ring, with every step that is due after it; how many keys it touched.
    pub(in crate::keyring) async fn change(
        &self,
        by: &Actor,
        tenant: &str,
        what: impl Fn(&StoredTenant) -> Result<Changes, KeyringError>,
    ) -> Result<usize, KeyringError> {
        for _ in 0..TRIES {
            let stored = self.read(tenant).await?;
            let mut changes = what(&stored)?;
            advanced(&stored, &mut changes, self.ambient.now(), &self.policy);
            if changes.is_empty() {
                return Ok(0);
            }
            let count = changes.len();
            let edits = changes.into_iter().map(|(id, change)| to_edit(&stored, id, change)).collect();
            let change = Change { tenant: tenant.to_owned(), by: by.clone(), edits, order: None };
            match self.store.change(&change).await {
                Ok(_) => return Ok(count),
                Err(ChangeError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(KeyringError::Busy)
    }
}

/// Adds every step that is due once the changes are made.
fn advanced(stored: &StoredTenant, changes: &mut Changes, now: Timestamp, policy: &Policy) {
    let mut ring: Ring = stored.ring();
    ring.extend(changes.iter().map(|(id, (key, _))| (id.clone(), key.clone())));
    loop {
        let steps = life::advance(&ring, now, policy);
        if steps.is_empty() {
            return;
        }
        life::take(&mut ring, &steps, now);
        for step in steps {
            if let Some(key) = ring.get(&step.id) {
                changes.entry(step.id).or_insert_with(|| (key.clone(), None)).0 = key.clone();
            }
        }
    }
}

fn to_edit(stored: &StoredTenant, id: String, (key, private): (Key, Option<Hidden<String>>)) -> Edit {
    let mut document = json!(key);
    if let (Some(private), Some(members)) = (private, document.as_object_mut()) {
        members.insert("private".to_owned(), json!({ "value": private }));
    }
    let part = Part::Key(id);
    let expected = stored.part(&part).map(|row| row.revision);
    Edit { part, expected, document: Some(document) }
}
