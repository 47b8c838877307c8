//! The keys of a ring in a change: sealed as they come in, destroyed where they end, made where a
//! tenant or a connection comes without those that it needs.

use serde::Deserialize as _;
use serde_json::{Value, json};
use tunnus_jose::{KeyError, SigningKey};
use tunnus_sdk::{Hidden, SettingsError, SigningAlgorithm};

use super::{ChangeError, Edit, Part, PartFault};
use crate::{
    keyring::{Key, KeyKind, Purpose, State, made},
    tenant::{
        model::{Connection, Tenant},
        store::{Row, Store, StoreError, StoredKey, StoredTenant},
    },
    vault::{DataKey, VaultError},
};

/// The revision of what is not yet written.
const NEW: i64 = 0;

/// Makes one edit of a key. `private = { value = "…" }` beside the key's own members is its private
/// part; left out, it stays as it is.
pub(super) fn apply(
    after: &mut Option<StoredTenant>,
    edit: &Edit,
    id: &str,
    data_key: &DataKey,
) -> Result<(), ChangeError> {
    let Some(tenant) = after else { return Err(ChangeError::Conflict(Part::Tenant)) };
    let Some(document) = &edit.document else {
        tenant.keys.remove(id);
        return Ok(());
    };
    let (key, private) = read(document).ok_or_else(|| fault(edit, "it is no key of a ring"))?;
    let sealed = match (&private, tenant.keys.get(id)) {
        _ if key.state == State::Retired => String::new(),
        (Some(private), _) => {
            data_key.seal(&key.place(&tenant.id), id, private).map_err(vault(&tenant.id))?
        }
        (None, Some(kept)) if kept.key.connection == key.connection => kept.sealed.clone(),
        (None, _) => return Err(fault(edit, "its private part is missing")),
    };
    tenant.keys.insert(id.to_owned(), StoredKey::new(key, sealed));
    Ok(())
}

/// The key and its private part.
fn read(document: &Value) -> Option<(Key, Option<Hidden<String>>)> {
    let mut document = document.clone();
    let private = document.as_object_mut()?.remove("private");
    let private = match private {
        Some(private) => Some(Hidden::new(private.get("value")?.as_str()?.to_owned())),
        None => None,
    };
    Some((Key::deserialize(document).ok()?, private))
}

fn fault(edit: &Edit, message: &str) -> ChangeError {
    ChangeError::Faulty(vec![PartFault { part: edit.part.clone(), fault: SettingsError::new("", message) }])
}

fn vault(tenant: &str) -> impl Fn(VaultError) -> ChangeError {
    move |source| StoreError::Vault { tenant: tenant.to_owned(), source }.into()
}

/// Drops the keys of connections that are no more.
pub(super) fn sweep(after: &mut StoredTenant) {
    let connections = &after.connections;
    let stands = |id: &String| connections.iter().any(|(known, _)| known == id);
    after.keys.retain(|_, stored| stored.key.connection.as_ref().is_none_or(stands));
}

/// Makes the keys that the tenant needs and has nowhere. They are the first of their places: nothing
/// is to be followed, so that they are in use at once.
pub(super) fn make_missing(
    store: &Store,
    after: &mut StoredTenant,
    tenant: &Tenant,
    data_key: &DataKey,
) -> Result<(), ChangeError> {
    let mut missing: Vec<(Option<String>, Purpose, KeyKind)> = Vec::new();
    for (algorithm, kind) in
        [(SigningAlgorithm::RS256, KeyKind::Rsa(2048)), (SigningAlgorithm::ES256, KeyKind::P256)]
    {
        if tenant.signing_key(algorithm).is_none() {
            missing.push((None, Purpose::Signing, kind));
        }
    }
    for connection in &tenant.connections {
        let kinds = missing_of(store, connection).into_iter();
        missing.extend(kinds.map(|(purpose, kind)| (Some(connection.id.clone()), purpose, kind)));
    }
    let stands = |(connection, purpose, kind): &(Option<String>, Purpose, KeyKind)| {
        let live = after.keys.values().map(|stored| &stored.key).filter(|key| key.state != State::Retired);
        let mut same = live.filter(|key| key.connection == *connection && key.purpose == *purpose);
        same.any(|key| *purpose != Purpose::Signing || key.kind.family() == kind.family())
    };
    // What is on its way, or was taken out of use on purpose, is nothing that is missing.
    missing.retain(|place| !stands(place));
    for (connection, purpose, kind) in missing {
        let now = store.ambient.now();
        let new = made(connection, purpose, kind, now).map_err(failed)?;
        let key = Key { state: State::Active, ..new.key };
        let id = store.ambient.id();
        let sealed = data_key.seal(&key.place(&tenant.id), &id, &new.private).map_err(vault(&tenant.id))?;
        after.keys.insert(id, StoredKey::new(key, sealed));
    }
    Ok(())
}

/// What a connection's settings need of keys that can be made, and it has not.
fn missing_of(store: &Store, connection: &Connection) -> Vec<(Purpose, KeyKind)> {
    let definition = store.providers.find(&connection.provider);
    let needs = definition.and_then(|definition| definition.needs(&connection.settings)).unwrap_or_default();
    let signs = |algorithm| {
        let parsed = |key| SigningKey::parse(key).is_ok_and(|key| key.supports(algorithm));
        connection.credentials.signing.iter().any(parsed)
    };
    let signing = needs.signing.filter(|algorithm| !signs(*algorithm)).map(|algorithm| match algorithm {
        SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => (Purpose::Signing, KeyKind::Rsa(2048)),
        SigningAlgorithm::ES256 => (Purpose::Signing, KeyKind::P256),
    });
    let opens = needs.decryption && connection.credentials.decryption.is_empty();
    let decryption = opens.then_some((Purpose::Decryption, KeyKind::Rsa(2048)));
    signing.into_iter().chain(decryption).collect()
}

fn failed(error: KeyError) -> ChangeError {
    let fault = SettingsError::new("/keys", error.to_string());
    ChangeError::Faulty(vec![PartFault { part: Part::Tenant, fault }])
}

impl StoredKey {
    pub(super) fn new(key: Key, sealed: String) -> Self {
        Self { row: Row { document: json!(key), revision: NEW }, key, sealed }
    }
}
