//! Whether an operation may be done with a key, as things stand.

use tunnus_jose::KeyUse;

use super::{Registered, Wanted};
use crate::{
    keyring::{Key, KeyKind, KeyringError, Purpose, Ring, Slot, State, life},
    tenant::store::StoredTenant,
};

pub(super) fn find<'a>(stored: &'a StoredTenant, id: &str) -> Result<&'a Key, KeyringError> {
    let found = stored.keys.get(id).map(|stored| &stored.key);
    found.ok_or_else(|| KeyringError::NoKey(id.to_owned()))
}

pub(super) fn slot_of(wanted: &Wanted) -> Slot {
    let family = (wanted.purpose == Purpose::Signing).then(|| wanted.kind.family());
    Slot { connection: wanted.connection.clone(), purpose: wanted.purpose, family }
}

pub(super) const fn use_of(purpose: Purpose) -> KeyUse {
    match purpose {
        Purpose::Signing | Purpose::Certificate => KeyUse::Signature,
        Purpose::Decryption => KeyUse::Encryption,
    }
}

pub(super) fn wrong(key: &Key, needed: &'static str) -> KeyringError {
    KeyringError::State { state: key.state.name(), needed }
}

pub(super) fn check_purpose(
    connection: Option<&String>,
    purpose: Purpose,
    kind: KeyKind,
) -> Result<(), KeyringError> {
    match (connection, purpose, kind) {
        (None, Purpose::Decryption | Purpose::Certificate, _) => Err(KeyringError::Purpose),
        (_, Purpose::Decryption, KeyKind::P256) => Err(KeyringError::Kind),
        _ => Ok(()),
    }
}

/// Whether there is such a place, and it takes one more key.
pub(super) fn check_place(stored: &StoredTenant, slot: &Slot) -> Result<(), KeyringError> {
    let ring = stored.ring();
    if let Some(id) = &slot.connection {
        if stored.connection(id).is_none() {
            return Err(KeyringError::NoConnection(id.clone()));
        }
        let named = in_settings(stored, slot);
        if slot.purpose == Purpose::Decryption && life::live(&ring, id) + named >= life::MOST_LIVE {
            return Err(KeyringError::Full);
        }
    }
    match life::successor(&ring, slot) {
        Some((id, _)) => Err(KeyringError::UnderWay(id.clone())),
        None => Ok(()),
    }
}

/// How many keys the tenant's settings name for a place.
pub(super) fn in_settings(stored: &StoredTenant, slot: &Slot) -> usize {
    let (document, pointer) = match &slot.connection {
        None => (Some(&stored.row.document), "/keys/signing".to_owned()),
        Some(id) => {
            let document = stored.connection(id).map(|row| &row.document);
            (document, format!("/credentials/{}", slot.purpose.name()))
        }
    };
    let named = document.and_then(|document| document.pointer(&pointer));
    named.map_or(0, |named| named.as_array().map_or(1, Vec::len))
}

/// Whether nothing is in use in a place, so that a new key has nobody to follow.
pub(super) fn is_empty(stored: &StoredTenant, slot: &Slot) -> bool {
    life::active(&stored.ring(), slot).is_none() && in_settings(stored, slot) == 0
}

/// Two keys of one holder are not called the same: a token that names one would be opened by neither.
pub(super) fn check_name(ring: &Ring, id: &str, key: &Key) -> Result<(), KeyringError> {
    let same = |(other, known): (&String, &Key)| {
        let live = known.state != State::Retired && known.connection == key.connection;
        other != id && live && known.purpose == key.purpose && known.kid == key.kid
    };
    if ring.iter().any(same) { Err(KeyringError::Name(key.kid.clone())) } else { Ok(()) }
}

/// Names as a certificate can have them.
pub(super) fn check_names<'a>(mut names: impl Iterator<Item = &'a String>) -> Result<(), KeyringError> {
    let fits =
        |name: &String| (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if names.all(fits) { Ok(()) } else { Err(KeyringError::Subject) }
}

pub(super) fn check_registered(
    stored: &StoredTenant,
    (id, key): (&str, &Key),
    file: &Registered,
) -> Result<(), KeyringError> {
    if key.connection.is_none() || key.purpose == Purpose::Certificate || key.state == State::Retired {
        return Err(wrong(key, "only a connection's signing and decryption keys are registered"));
    }
    let named = file.kid.clone().unwrap_or_else(|| key.kid.clone());
    check_name(&stored.ring(), id, &Key { kid: named, ..key.clone() })
}

pub(super) fn check_rotation(stored: &StoredTenant, key: &Key) -> Result<(), KeyringError> {
    if key.purpose == Purpose::Certificate {
        return Err(wrong(key, "a certificate is followed by a new request: `tunnus keys csr`"));
    }
    if key.state != State::Active {
        return Err(wrong(key, "only a key in use is rotated"));
    }
    check_place(stored, &key.slot())
}

pub(super) fn check_retirement(key: &Key) -> Result<(), KeyringError> {
    match key.state {
        State::Active => Err(wrong(key, "it is in use: rotate it first")),
        State::Retired => Err(wrong(key, "there is nothing left to end")),
        State::Created | State::AwaitingRegistration | State::WarmUp | State::Cooldown => Ok(()),
    }
}
