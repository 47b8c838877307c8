//! A file, completed by the keys that the store has.

use serde_json::Value;
use tunnus_sdk::Hidden;

use super::{Beside, with_values};
use crate::{
    config::{Fault, Reference, ReferenceError, References},
    tenant::{
        file::{
            self, Judge, Read,
            secrets::{Form, RingKey, Secrets},
        },
        files::{Folder, Parsed, placed},
        store::{Store, StoreError, StoredSecrets, StoredTenant},
    },
    vault::{Holder, Place},
};

/// The keys that a file may leave to the store.
const OF_A_TENANT: [&str; 2] = ["/keys/signing", "/keys/subject"];
const OF_A_CONNECTION: [&str; 2] = ["/credentials/signing", "/credentials/decryption"];

/// The file with its secrets as values, good by the rules of a file; else its faults.
pub(super) fn judged(
    folder: &Folder,
    store: &Store,
    file: &Parsed,
    stored: Option<&StoredTenant>,
    beside: Beside<'_>,
) -> Result<Result<Value, Vec<Fault>>, StoreError> {
    let value = file.document.value();
    let (faults, read) = look(folder, &folder.references, value, beside);
    if faults.is_empty() {
        return Ok(Ok(with_values(value, &read)));
    }
    let told = |faults: &[tunnus_sdk::SettingsError]| placed(faults, &file.path, &file.document).collect();
    let mut completed = value.clone();
    for fault in &faults {
        if let Some(stored) = stored {
            fill(&mut completed, &fault.pointer, stored);
        }
    }
    let key = stored.map(|stored| store.data_key(stored)).transpose()?;
    let stored = stored.zip(key.as_ref()).map(|(stored, key)| stored.secrets(key));
    // What neither has, the store makes.
    let secrets = Both { references: &folder.references, stored };
    let (faults, read) = look(folder, &secrets, &completed, beside);
    Ok(if faults.is_empty() { Ok(with_values(&completed, &read)) } else { Err(told(&faults)) })
}

fn look(
    folder: &Folder,
    secrets: &dyn Secrets,
    value: &Value,
    beside: Beside<'_>,
) -> (Vec<tunnus_sdk::SettingsError>, Vec<Read>) {
    let mut judge = Judge::new(&folder.providers, secrets).among(beside.platforms).tolerant(beside.tolerant);
    file::resolve(value, &mut judge);
    let read = judge.take_read();
    (judge.into_findings().0, read)
}

/// Takes the store's keys where the file has none at a place that needs some.
fn fill(value: &mut Value, pointer: &str, stored: &StoredTenant) {
    if value.pointer(pointer).is_some() {
        return;
    }
    let kept = kept(value, pointer, stored).cloned();
    let (Some(kept), Some((outer, name))) = (kept, pointer.rsplit_once('/')) else { return };
    let Some((around, table)) = outer.rsplit_once('/') else { return };
    // The table itself may be missing: `[keys]`, `credentials`.
    let Some(around) = value.pointer_mut(around).and_then(Value::as_object_mut) else { return };
    let table = around.entry(table).or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(table) = table.as_object_mut() {
        table.insert(name.to_owned(), kept);
    }
}

/// What the store has where the file has nothing.
fn kept<'a>(value: &Value, pointer: &str, stored: &'a StoredTenant) -> Option<&'a Value> {
    if OF_A_TENANT.contains(&pointer) {
        return stored.row.document.pointer(pointer);
    }
    let name = OF_A_CONNECTION.into_iter().find(|name| pointer.ends_with(name))?;
    let entry = value.pointer(pointer.strip_suffix(name)?)?;
    stored.connection(entry.get("id")?.as_str()?)?.document.pointer(name)
}

/// An operator's references, and the names of what a store has.
struct Both<'a> {
    references: &'a References,
    /// None where the tenant is new.
    stored: Option<StoredSecrets<'a>>,
}

impl Secrets for Both<'_> {
    fn secret(&self, place: &Place, reference: &Reference) -> Result<Hidden<String>, ReferenceError> {
        match reference {
            Reference::Stored(_) => match &self.stored {
                Some(stored) => stored.secret(place, reference),
                None => Err(ReferenceError::NotStored),
            },
            _ => self.references.secret(place, reference),
        }
    }

    fn form(&self) -> Form {
        Form::Completed
    }

    fn ring(&self, holder: &Holder) -> Vec<RingKey> {
        self.stored.as_ref().map(|stored| stored.ring(holder)).unwrap_or_default()
    }

    fn dir(&self) -> Option<&std::path::Path> {
        Secrets::dir(self.references)
    }
}
