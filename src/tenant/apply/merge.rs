//! A file, completed by the keys that the store has.

use serde_json::Value;
use tunnus_sdk::Hidden;

use super::with_values;
use crate::{
    config::{Fault, Reference, ReferenceError, References},
    tenant::{
        file::{
            self, Judge, Read,
            secrets::{Form, Secrets},
        },
        files::{Folder, Parsed, placed},
        store::{Store, StoreError, StoredSecrets, StoredTenant},
    },
    vault::Place,
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
) -> Result<Result<Value, Vec<Fault>>, StoreError> {
    let value = file.document.value();
    let (faults, read) = look(folder, &folder.references, value);
    if faults.is_empty() {
        return Ok(Ok(with_values(value, &read)));
    }
    let told = |faults: &[tunnus_sdk::SettingsError]| placed(faults, &file.path, &file.document).collect();
    let Some(stored) = stored else { return Ok(Err(told(&faults))) };
    let mut completed = value.clone();
    let pointers = faults.iter().map(|fault| fault.pointer.as_str());
    let filled = pointers.filter(|pointer| fill(&mut completed, pointer, stored)).count();
    if filled == 0 {
        return Ok(Err(told(&faults)));
    }
    let key = store.data_key(stored)?;
    let secrets = Both { references: &folder.references, stored: stored.secrets(&key) };
    let (faults, read) = look(folder, &secrets, &completed);
    Ok(if faults.is_empty() { Ok(with_values(&completed, &read)) } else { Err(told(&faults)) })
}

fn look(
    folder: &Folder,
    secrets: &dyn Secrets,
    value: &Value,
) -> (Vec<tunnus_sdk::SettingsError>, Vec<Read>) {
    let mut judge = Judge::new(&folder.providers, secrets);
    file::resolve(value, &mut judge);
    let read = judge.take_read();
    (judge.into_findings().0, read)
}

/// Takes the store's keys where the file has none at a place that needs some; whether it did.
fn fill(value: &mut Value, pointer: &str, stored: &StoredTenant) -> bool {
    if value.pointer(pointer).is_some() {
        return false;
    }
    let kept = kept(value, pointer, stored).cloned();
    let (Some(kept), Some((outer, name))) = (kept, pointer.rsplit_once('/')) else { return false };
    let Some((around, table)) = outer.rsplit_once('/') else { return false };
    // The table itself may be missing: `[keys]`, `credentials`.
    let Some(around) = value.pointer_mut(around).and_then(Value::as_object_mut) else { return false };
    let table = around.entry(table).or_insert_with(|| Value::Object(serde_json::Map::new()));
    table.as_object_mut().is_some_and(|table| table.insert(name.to_owned(), kept).is_none())
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
    stored: StoredSecrets<'a>,
}

impl Secrets for Both<'_> {
    fn secret(&self, place: &Place, reference: &Reference) -> Result<Hidden<String>, ReferenceError> {
        match reference {
            Reference::Stored(_) => self.stored.secret(place, reference),
            _ => self.references.secret(place, reference),
        }
    }

    fn form(&self) -> Form {
        Form::Completed
    }

    fn dir(&self) -> Option<&std::path::Path> {
        Secrets::dir(self.references)
    }
}
