//! A tenant as a change would leave it: judged, with its secrets sealed, not yet written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tunnus_sdk::SettingsError;

use super::{Change, ChangeError, Edit, Part, PartFault, UNREAD, ring};
use crate::{
    config::Reference,
    tenant::{
        file::{self, Judge, Read, secrets::hash_of},
        model::Tenant,
        platform::Platform,
        store::{LARGEST, NEW, Row, Store, StoreError, StoredSecret, StoredTenant, rows::Reading},
    },
    vault::{DataKey, Place, VaultError},
};

/// What becomes of keys that a tenant needs and has nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// They are made.
    Made,
    /// They are left out: nothing will be written.
    Left,
}

/// A tenant before and after a change.
pub(in crate::tenant::store) struct Draft {
    pub(super) before: Option<StoredTenant>,
    pub(super) after: Option<StoredTenant>,
    /// The data key, sealed, where there was none.
    pub(super) new_data_key: Option<String>,
}

impl Draft {
    /// What `change` makes of what was read; the tenant may be of one of the `platforms`.
    pub(super) fn of(
        store: &Store,
        change: &Change,
        reading: Reading,
        platforms: &[Arc<Platform>],
        missing: Missing,
    ) -> Result<Self, ChangeError> {
        let vault = |source| StoreError::Vault { tenant: change.tenant.clone(), source };
        let Reading { tenant: before, data_key, .. } = reading;
        let (key, sealed) = store.key_of(&change.tenant, data_key.as_deref()).map_err(vault)?;
        let new_data_key = data_key.is_none().then(|| sealed.clone());
        let mut after = before.clone();
        for edit in &change.edits {
            apply(&mut after, edit, change, (&sealed, &key))?;
        }
        if let Some(after) = &mut after {
            reorder(after, change.order.as_deref());
            ring::sweep(after);
            if before.is_none() {
                give_subject(store, after);
            }
            let (tenant, read) = judge(store, change, after, &key, platforms)?;
            seal(store, change, after, &key, read).map_err(vault)?;
            check_sealed(after)?;
            check_subject(before.as_ref(), after)?;
            if missing == Missing::Made {
                ring::make_missing(store, after, &tenant, &key)?;
            }
        }
        Ok(Self { before, after, new_data_key })
    }

    /// Whether the change changes nothing.
    pub(super) fn is_unchanged(&self) -> bool {
        let plain = |tenant: &StoredTenant| {
            let order: Vec<String> = tenant.connections.iter().map(|(id, _)| id.clone()).collect();
            (tenant.value(), order, tenant.ring())
        };
        self.before.as_ref().map(plain) == self.after.as_ref().map(plain)
    }
}

/// Makes one edit, where nobody else was faster.
fn apply(
    after: &mut Option<StoredTenant>,
    edit: &Edit,
    change: &Change,
    (sealed, key): (&str, &DataKey),
) -> Result<(), ChangeError> {
    let conflict = || ChangeError::Conflict(edit.part.clone());
    let present = after.as_ref().and_then(|tenant| tenant.part(&edit.part)).map(|row| row.revision);
    if present != edit.expected {
        return Err(conflict());
    }
    let row = edit.document.clone().map(|document| Row { document, revision: NEW });
    check_id(edit, change)?;
    check_members(edit)?;
    match (&edit.part, after.as_mut(), row) {
        (Part::Tenant, _, None) => *after = None,
        (Part::Tenant, Some(tenant), Some(row)) => tenant.row = row,
        (Part::Tenant, None, Some(row)) => *after = Some(StoredTenant::new(&change.tenant, row, sealed)),
        (Part::Key(id), _, _) => ring::apply(after, edit, id, key)?,
        (Part::App(_) | Part::Connection(_), None, _) => return Err(ChangeError::Conflict(Part::Tenant)),
        (Part::App(id), Some(tenant), Some(row)) => drop(tenant.apps.insert(id.clone(), row)),
        (Part::App(id), Some(tenant), None) => drop(tenant.apps.remove(id)),
        (Part::Connection(id), Some(tenant), row) => {
            let place = tenant.connections.iter().position(|(known, _)| known == id);
            match (place.and_then(|place| tenant.connections.get_mut(place)), row) {
                (Some((_, present)), Some(row)) => *present = row,
                (None, Some(row)) => tenant.connections.push((id.clone(), row)),
                (_, None) => tenant.connections.retain(|(known, _)| known != id),
            }
        }
    }
    Ok(())
}

/// An id is what a part is found by: it stands in its document unchanged.
fn check_id(edit: &Edit, change: &Change) -> Result<(), ChangeError> {
    let Some(document) = &edit.document else { return Ok(()) };
    let (pointer, id) = match &edit.part {
        Part::Tenant => ("/tenant/id", &change.tenant),
        Part::App(id) | Part::Connection(id) => ("/id", id),
        // Its id stands beside it.
        Part::Key(_) => return Ok(()),
    };
    if document.pointer(pointer).and_then(Value::as_str) == Some(id) {
        return Ok(());
    }
    let fault = SettingsError::new(pointer, format!("the id is `{id}` and never changes"));
    Err(ChangeError::Faulty(vec![PartFault { part: edit.part.clone(), fault }]))
}

/// Apps and connections are parts of their own: in the tenant's they would be kept beside those, and
/// nobody would judge or seal them.
fn check_members(edit: &Edit) -> Result<(), ChangeError> {
    let document = edit.document.as_ref().filter(|_| edit.part == Part::Tenant);
    let fault = |list: &&str| {
        document?.get(*list)?;
        let message = format!("{list} stand beside the tenant, not in it: each is put on its own");
        let fault = SettingsError::new(format!("/{list}"), message);
        Some(PartFault { part: Part::Tenant, fault })
    };
    let faults: Vec<_> = file::LISTS.iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(ChangeError::Faulty(faults)) }
}

fn reorder(tenant: &mut StoredTenant, order: Option<&[String]>) {
    if let Some(order) = order {
        let place = |id: &str| order.iter().position(|other| other == id).unwrap_or(order.len());
        tenant.connections.sort_by_key(|(id, _)| place(id));
    }
}

/// Judges the tenant by the rules of its file; the secrets that were read on the way.
fn judge(
    store: &Store,
    change: &Change,
    after: &StoredTenant,
    key: &DataKey,
    platforms: &[Arc<Platform>],
) -> Result<(Tenant, Vec<Read>), ChangeError> {
    let value = after.value();
    if value.to_string().len() > LARGEST {
        let fault = SettingsError::new("", "a tenant has at most 1 MiB of settings");
        return Err(ChangeError::Faulty(vec![PartFault { part: Part::Tenant, fault }]));
    }
    let secrets = after.secrets(key);
    // What the platform has changed since is told to who changes the tenant's own part, and to nobody
    // else.
    let other_part = change.edits.iter().all(|edit| edit.part != Part::Tenant);
    let mut judge = Judge::new(&store.providers, &secrets).among(platforms).tolerant(other_part);
    let tenant = file::resolve(&value, &mut judge);
    let read = judge.take_read();
    let (faults, _) = judge.into_findings();
    if let Some(tenant) = tenant {
        return Ok((tenant, read));
    }
    Err(ChangeError::Faulty(faults.into_iter().map(|fault| after.placed(fault)).collect()))
}

/// Puts `{ stored = "ID" }` in the place of every value, and drops the secrets that nothing names.
fn seal(
    store: &Store,
    change: &Change,
    after: &mut StoredTenant,
    key: &DataKey,
    read: Vec<Read>,
) -> Result<(), VaultError> {
    let kept = store.keep(&change.by.name, key, &mut after.secrets, read)?;
    for (pointer, id) in &kept.places {
        after.name(pointer, id);
    }
    // Other kinds of secrets have places of their own and are not ours to drop.
    let tenant = change.tenant.as_str();
    let named = kept.named;
    after.secrets.retain(|id, secret| named.contains(id) || Place::parse(tenant, &secret.place).is_err());
    Ok(())
}

/// A secret is never kept as it was given, not even one that nothing has read.
fn check_sealed(after: &StoredTenant) -> Result<(), ChangeError> {
    let fault = |part: Part| {
        let pointer = part.unsealed(&after.part(&part)?.document)?;
        Some(PartFault { part, fault: SettingsError::new(pointer, UNREAD) })
    };
    let faults: Vec<_> = after.parts().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(ChangeError::Faulty(faults)) }
}

/// Secrets that are kept.
#[derive(Default)]
pub(in crate::tenant::store) struct Kept {
    /// The ids of all that were read.
    pub(in crate::tenant::store) named: BTreeSet<String>,
    /// Where the value of one stands that shall be named by its id, and the id.
    pub(in crate::tenant::store) places: Vec<(String, String)>,
}

impl Store {
    /// The data key of a tenant or a platform, a new one where it has none; and the same sealed.
    pub(in crate::tenant::store) fn key_of(
        &self,
        holder: &str,
        sealed: Option<&str>,
    ) -> Result<(DataKey, String), VaultError> {
        match sealed {
            Some(sealed) => Ok((self.vault.open_data_key(holder, sealed)?, sealed.to_owned())),
            None => self.vault.new_data_key(holder),
        }
    }

    /// Keeps the secrets of `read` among `secrets`: those that were given, beside those that are there.
    pub(in crate::tenant::store) fn keep(
        &self,
        by: &str,
        key: &DataKey,
        secrets: &mut BTreeMap<String, StoredSecret>,
        read: Vec<Read>,
    ) -> Result<Kept, VaultError> {
        let mut kept = Kept::default();
        for one in read {
            if let Reference::Stored(id) = one.reference {
                kept.named.insert(id);
                continue;
            }
            let id = self.keep_one(by, key, secrets, &one)?;
            kept.named.insert(id.clone());
            kept.places.push((one.pointer, id));
        }
        Ok(kept)
    }

    /// Keeps a secret that was given; its id, which is the old one where it is there already.
    fn keep_one(
        &self,
        by: &str,
        key: &DataKey,
        secrets: &mut BTreeMap<String, StoredSecret>,
        Read { place, secret, .. }: &Read,
    ) -> Result<String, VaultError> {
        let kept = if place.is_hashed() { hash_of(secret) } else { secret.clone() };
        let (name, fingerprint) = (place.to_string(), key.fingerprint(place, &kept)?);
        let same =
            |(_, known): &(&String, &StoredSecret)| known.place == name && known.fingerprint == fingerprint;
        if let Some((id, _)) = secrets.iter().find(same) {
            return Ok(id.clone());
        }
        let id = self.ambient.id();
        let (sealed, set_at) = (key.seal(place, &id, &kept)?, self.ambient.now());
        let stored = StoredSecret { place: name, set_at, set_by: by.to_owned(), sealed, fingerprint };
        secrets.insert(id.clone(), stored);
        Ok(id)
    }
}

/// A new tenant that comes without a key for its subjects gets one: it has no persons yet.
fn give_subject(store: &Store, after: &mut StoredTenant) {
    let Some(tables) = after.row.document.as_object_mut() else { return };
    let keys = tables.entry("keys").or_insert_with(|| json!({}));
    if let Some(keys) = keys.as_object_mut() {
        let new = || json!({ "value": STANDARD.encode(store.ambient.bytes::<32>()) });
        keys.entry("subject").or_insert_with(new);
    }
}

/// A subject key never changes: everybody would be somebody else to the apps.
fn check_subject(before: Option<&StoredTenant>, after: &StoredTenant) -> Result<(), ChangeError> {
    let subject = |tenant: &StoredTenant| tenant.row.document.pointer("/keys/subject").cloned();
    let kept = before.is_none_or(|before| subject(before) == subject(after));
    let message = "a subject key never changes: everybody would be somebody else to the apps";
    let fault = || PartFault { part: Part::Tenant, fault: SettingsError::new("/keys/subject", message) };
    if kept { Ok(()) } else { Err(ChangeError::Faulty(vec![fault()])) }
}

impl StoredTenant {
    fn new(id: &str, row: Row, data_key: &str) -> Self {
        Self {
            id: id.to_owned(),
            row,
            apps: BTreeMap::new(),
            connections: Vec::new(),
            secrets: BTreeMap::new(),
            keys: BTreeMap::new(),
            version: NEW,
            data_key: data_key.to_owned(),
        }
    }

    /// The names of its parts.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let apps = self.apps.keys().cloned().map(Part::App);
        let connections = self.connections.iter().map(|(id, _)| Part::Connection(id.clone()));
        let keys = self.keys.keys().cloned().map(Part::Key);
        std::iter::once(Part::Tenant).chain(connections).chain(apps).chain(keys)
    }

    /// One part of it.
    #[must_use]
    pub fn part(&self, part: &Part) -> Option<&Row> {
        match part {
            Part::Tenant => Some(&self.row),
            Part::App(id) => self.apps.get(id),
            Part::Connection(id) => self.connection(id),
            Part::Key(id) => self.keys.get(id).map(|stored| &stored.row),
        }
    }

    /// The row that a pointer into [`Self::value`] leads to, its part, and the pointer within it.
    fn at<'a>(&mut self, pointer: &'a str) -> (Part, Option<&mut Row>, &'a str) {
        let mut segments = pointer.splitn(4, '/').skip(1);
        let (list, index) = (segments.next(), segments.next().and_then(|index| index.parse().ok()));
        let within =
            |index: usize| pointer.get(list.unwrap_or_default().len() + index.to_string().len() + 2..);
        let found = index.and_then(|index: usize| {
            let (part, row) = match list? {
                "apps" => self.apps.iter_mut().nth(index).map(|(id, row)| (Part::App(id.clone()), row))?,
                "connections" => {
                    self.connections.get_mut(index).map(|(id, row)| (Part::Connection(id.clone()), row))?
                }
                _ => return None,
            };
            Some((part, Some(row), within(index).unwrap_or_default()))
        });
        match found {
            Some(found) => found,
            None => (Part::Tenant, Some(&mut self.row), pointer),
        }
    }

    /// Writes the name of a secret in the place of its value.
    fn name(&mut self, pointer: &str, id: &str) {
        let (_, row, pointer) = self.at(pointer);
        if let Some(place) = row.and_then(|row| row.document.pointer_mut(pointer)) {
            *place = json!({ "stored": id });
        }
    }

    /// A fault of the whole as one of its part.
    fn placed(&self, fault: SettingsError) -> PartFault {
        let mut copy = self.clone();
        let (part, _, pointer) = copy.at(&fault.pointer);
        PartFault { part, fault: SettingsError::new(pointer, fault.message) }
    }
}
