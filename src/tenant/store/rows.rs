//! A tenant's rows, read as one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sqlx::{Row as _, any::AnyRow};
use tunnus_sdk::{CredentialNeeds, Hidden, Timestamp};

use super::{Store, StoreError};
use crate::{
    config::{Reference, ReferenceError, given},
    digest::sha256,
    keyring::{Duties, Key, Ring},
    sql::Sql,
    tenant::file::secrets::{Form, RingKey, Secrets},
    vault::{DataKey, Holder, Place},
};

/// Everything of one tenant in one statement: so it is of one moment, and costs one round trip.
const READ: &str = "
SELECT 'at' AS kind, '' AS id, '' AS content, '' AS place, '' AS fingerprint, '' AS set_by,
       value AS number, 0 AS position
  FROM counters WHERE name = 'changes'
UNION ALL SELECT 'key', tenant, sealed, '', '', '', 0, 0 FROM data_keys WHERE tenant = $1
UNION ALL SELECT 'tenant', id, document, '', '', '', revision, version FROM tenants WHERE id = $1
UNION ALL SELECT 'app', id, document, '', '', '', revision, 0 FROM apps WHERE tenant = $1
UNION ALL SELECT 'connection', id, document, '', '', '', revision, position FROM connections WHERE tenant = $1
UNION ALL SELECT 'ring', id, document, sealed, '', '', revision, 0 FROM keys WHERE tenant = $1
UNION ALL SELECT 'secret', id, sealed, place, fingerprint, set_by, set_at, 0 FROM secrets WHERE tenant = $1
ORDER BY kind, position, id";

/// What one row holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// A part of a tenant's file, with `{ stored = "ID" }` for secrets.
    pub document: Value,
    /// The change that wrote it.
    pub revision: i64,
}

/// A secret that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// Where it belongs: `connections/bank/credentials/client_secret`.
    pub place: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// Who set it.
    pub set_by: String,
    pub(super) sealed: String,
    pub(super) fingerprint: String,
}

/// A key of the tenant's ring that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredKey {
    /// The key without its private part.
    pub key: Key,
    /// The same as it stands in the row.
    pub row: Row,
    /// The private part; empty once it is destroyed.
    pub(super) sealed: String,
}

/// A tenant as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTenant {
    /// Its id.
    pub id: String,
    /// The tables `tenant` and `keys`.
    pub row: Row,
    /// Its apps, by id.
    pub apps: BTreeMap<String, Row>,
    /// Its connections, in the order of the chooser.
    pub connections: Vec<(String, Row)>,
    /// Its secrets, by id.
    pub secrets: BTreeMap<String, StoredSecret>,
    /// The keys of its ring, by id.
    pub keys: BTreeMap<String, StoredKey>,
    /// The last change of anything of it.
    pub version: i64,
    /// The data key, sealed.
    pub(super) data_key: String,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The number of the last change of all.
    pub(super) at: i64,
    /// The data key, which may be there without a tenant.
    pub(super) data_key: Option<String>,
    pub(super) tenant: Option<StoredTenant>,
}

/// Reads a tenant.
pub(super) async fn read(sql: &Sql, id: &str) -> Result<Reading, StoreError> {
    let rows = sqlx::query(READ).bind(id).fetch_all(sql.pool()).await?;
    let mut reading = Reading::default();
    let mut rest = Vec::new();
    for row in rows {
        let number: i64 = row.try_get("number")?;
        match row.try_get::<String, _>("kind")?.as_str() {
            "at" => reading.at = number,
            "key" => reading.data_key = Some(row.try_get("content")?),
            "tenant" => reading.tenant = Some(tenant(id, &row)?),
            _ => rest.push(row),
        }
    }
    if let Some(tenant) = &mut reading.tenant {
        tenant.data_key = reading.data_key.clone().ok_or_else(|| StoreError::Row(id.to_owned()))?;
        rest.iter().try_for_each(|row| tenant.take(row))?;
    }
    Ok(reading)
}

fn tenant(id: &str, row: &AnyRow) -> Result<StoredTenant, StoreError> {
    Ok(StoredTenant {
        id: id.to_owned(),
        row: part(id, row)?,
        apps: BTreeMap::new(),
        connections: Vec::new(),
        secrets: BTreeMap::new(),
        keys: BTreeMap::new(),
        version: row.try_get("position")?,
        data_key: String::new(),
    })
}

fn part(tenant: &str, row: &AnyRow) -> Result<Row, StoreError> {
    let document: String = row.try_get("content")?;
    let document = serde_json::from_str(&document).map_err(|_| StoreError::Row(tenant.to_owned()))?;
    Ok(Row { document, revision: row.try_get("number")? })
}

impl StoredSecret {
    pub(super) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            place: row.try_get("place")?,
            set_at: Timestamp(row.try_get("number")?),
            set_by: row.try_get("set_by")?,
            sealed: row.try_get("content")?,
            fingerprint: row.try_get("fingerprint")?,
        })
    }
}

impl Store {
    /// What the settings of a connection need of keys and secrets; none known where they are faulty.
    #[must_use]
    pub fn needs_of(&self, stored: &StoredTenant, connection: &str) -> Option<CredentialNeeds> {
        let document = &stored.connection(connection)?.document;
        let provider = document.get("provider").and_then(Value::as_str)?;
        self.providers.find(provider)?.needs(document.get("settings")?)
    }
}

impl StoredTenant {
    /// Takes one more row in.
    fn take(&mut self, row: &AnyRow) -> Result<(), StoreError> {
        let id: String = row.try_get("id")?;
        match row.try_get::<String, _>("kind")?.as_str() {
            "app" => drop(self.apps.insert(id, part(&self.id, row)?)),
            "connection" => self.connections.push((id, part(&self.id, row)?)),
            "ring" => {
                let kept = part(&self.id, row)?;
                let key = Key::deserialize(&kept.document).map_err(|_| StoreError::Row(self.id.clone()))?;
                self.keys.insert(id, StoredKey { key, row: kept, sealed: row.try_get("place")? });
            }
            _ => {
                self.secrets.insert(id, StoredSecret::read(row)?);
            }
        }
        Ok(())
    }

    /// A tenant as a file says it. What stands for its revisions changes whenever the file does.
    #[must_use]
    pub fn of_file(id: &str, file: &Value) -> Self {
        let list = |name: &str| file.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let id_of = |entry: &Value| entry.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let row = |document: Value| {
            let hash = sha256(document.to_string());
            let first = hash.first_chunk().copied().map_or(0, i64::from_be_bytes);
            Row { document, revision: first & i64::MAX }
        };
        let tables = file.as_object().into_iter().flatten();
        let tables = tables.filter(|(name, _)| !["apps", "connections"].contains(&name.as_str()));
        let tables = tables.map(|(name, table)| (name.clone(), table.clone()));
        let row_of = |entry: Value| (id_of(&entry), row(entry));
        Self {
            id: id.to_owned(),
            row: row(Value::Object(tables.collect())),
            apps: list("apps").into_iter().map(row_of).collect(),
            connections: list("connections").into_iter().map(row_of).collect(),
            secrets: BTreeMap::new(),
            keys: BTreeMap::new(),
            version: 0,
            data_key: String::new(),
        }
    }

    /// The connection of this id.
    #[must_use]
    pub fn connection(&self, id: &str) -> Option<&Row> {
        self.connections.iter().find(|(known, _)| known == id).map(|(_, row)| row)
    }

    /// The whole tenant, as a file would say it.
    #[must_use]
    pub fn value(&self) -> Value {
        let mut value = self.row.document.as_object().cloned().unwrap_or_else(Map::new);
        let apps: Vec<_> = self.apps.values().map(|row| row.document.clone()).collect();
        let connections: Vec<_> = self.connections.iter().map(|(_, row)| row.document.clone()).collect();
        value.insert("apps".to_owned(), json!(apps));
        value.insert("connections".to_owned(), json!(connections));
        Value::Object(value)
    }

    /// Its secrets, to be opened with its data key.
    pub(in crate::tenant) fn secrets<'a>(&'a self, key: &'a DataKey) -> StoredSecrets<'a> {
        StoredSecrets { key, secrets: &self.secrets, keys: &self.keys, tenant: &self.id }
    }

    /// Its ring, without private parts.
    #[must_use]
    pub fn ring(&self) -> Ring {
        self.keys.iter().map(|(id, stored)| (id.clone(), stored.key.clone())).collect()
    }
}

impl Store {
    /// The private part of a key that is kept.
    ///
    /// # Errors
    /// Where it is destroyed, or does not open.
    pub fn private_of(&self, stored: &StoredTenant, id: &str) -> Result<Hidden<String>, StoreError> {
        let kept = stored.keys.get(id).ok_or_else(|| StoreError::Row(stored.id.clone()))?;
        let opened = self.data_key(stored)?.open(&kept.key.place(&stored.id), id, &kept.sealed);
        opened.map_err(|source| StoreError::Vault { tenant: stored.id.clone(), source })
    }

    /// The data key of a tenant.
    pub(in crate::tenant) fn data_key(&self, stored: &StoredTenant) -> Result<DataKey, StoreError> {
        let opened = self.vault.open_data_key(&stored.id, &stored.data_key);
        opened.map_err(|source| StoreError::Vault { tenant: stored.id.clone(), source })
    }
}

/// The secrets of a tenant that is stored, or is about to be.
pub(in crate::tenant) struct StoredSecrets<'a> {
    pub(super) key: &'a DataKey,
    pub(super) secrets: &'a BTreeMap<String, StoredSecret>,
    pub(super) keys: &'a BTreeMap<String, StoredKey>,
    pub(super) tenant: &'a str,
}

impl<'a> StoredSecrets<'a> {
    /// Those of a platform, which has no keys in a ring.
    pub(super) const fn of_platform(
        holder: &'a str,
        key: &'a DataKey,
        secrets: &'a BTreeMap<String, StoredSecret>,
    ) -> Self {
        static NONE: BTreeMap<String, StoredKey> = BTreeMap::new();
        Self { key, secrets, keys: &NONE, tenant: holder }
    }
}

impl Secrets for StoredSecrets<'_> {
    fn secret(&self, place: &Place, reference: &Reference) -> Result<Hidden<String>, ReferenceError> {
        match reference {
            Reference::Stored(id) => {
                let secret = self.secrets.get(id).ok_or(ReferenceError::NotStored)?;
                Ok(self.key.open(place, id, &secret.sealed)?)
            }
            Reference::Value(secret) => given(secret),
            Reference::Env(_) | Reference::File(_) | Reference::Sealed(_) => Err(ReferenceError::Misplaced),
        }
    }

    fn form(&self) -> Form {
        Form::Stored
    }

    fn ring(&self, holder: &Holder) -> Vec<RingKey> {
        let own = self.keys.iter().filter(|(_, stored)| stored.key.holder() == *holder);
        let opened = own.map(|(id, StoredKey { key, sealed, .. })| {
            let Duties { signs, opens, .. } = key.duties();
            let open = || self.key.open(&key.place(self.tenant), id, sealed);
            RingKey { id: id.clone(), key: key.clone(), private: (signs || opens).then(open) }
        });
        opened.collect()
    }
}
