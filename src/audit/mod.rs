//! The audit trail: every identification and every change of an admin is an event, and stays.
//!
//! [`Audit`] records: one plain insert. An event is chained by hash within a second, by one broker for
//! all ([`chain`]), so that what was changed, removed, inserted or moved is found. Each tenant has a
//! chain of its own, so that its auditor needs no other's; what concerns no tenant alone is in the
//! operator's, whose tenant is empty. Personal references are sealed ([`seal`]); erasing them leaves
//! the chain whole.
//!
//! Owns what is recorded and how. What an event tells of is the caller's: `flow`'s, the tenants
//! store's, the admin's.

pub mod chain;
pub mod checkpoint;
mod erase;
pub mod event;
pub mod export;
#[cfg(test)]
mod for_tests;
pub mod leader;
pub mod leading;
pub mod records;
pub mod retention;
pub mod seal;
pub mod store;
mod together;
pub mod verify;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use tunnus_sdk::Hidden;

use self::{
    chain::Entry,
    event::{Event, Personal},
    seal::SealedPersonal,
    store::{EventRow, EventStore, Filed, SqlEvents},
};
use crate::{
    ambient::Ambient,
    error::{Code, Error},
    sql::{Sql, SqlError, SqlUrl, Write},
    vault::{DataKey, DataKeys, DataKeysError, Vault, VaultError},
};

/// What the id of an event ends in that takes another back; the other's id stands before it.
const TAKES_BACK: &str = "~";

/// How many data keys are held open; where there are more, all are forgotten.
const KEYS_HELD: usize = 10_000;

/// Why an event was not recorded, or the trail not read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database.
    #[error("the audit trail is not available")]
    Sql(#[from] SqlError),
    /// The database, for several events that were to be put down together.
    #[error("the audit trail is not available")]
    Together(#[source] Arc<SqlError>),
    /// Nobody knows whether an event was put down.
    #[error("the audit trail has not said whether it put the event down")]
    Unsaid,
    /// The data keys.
    #[error(transparent)]
    DataKeys(#[from] DataKeysError),
    /// A key does not open, or nothing can be sealed.
    #[error("the audit trail's keys cannot be used")]
    Vault(#[from] VaultError),
    /// The key of checkpoints cannot be made, or does not sign.
    #[error("the key of the audit trail's checkpoints cannot be used")]
    Key,
    /// What stands in a row is not what was written there.
    #[error("a row of the audit trail cannot be read")]
    Row,
}

impl From<sqlx::Error> for AuditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error.into())
    }
}

impl From<AuditError> for Error {
    fn from(error: AuditError) -> Self {
        Self::new(Code::StoreUnavailable).because(error)
    }
}

/// Records events.
#[derive(Clone)]
pub struct Audit(Arc<Shared>);

struct Shared {
    store: Arc<dyn EventStore>,
    vault: Vault,
    ambient: Ambient,
    /// Puts the events of one second in their order.
    count: AtomicU32,
    keys: Mutex<BTreeMap<String, DataKey>>,
}

impl Audit {
    /// A trail in `store`, its personal references sealed by `vault`.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, vault: Vault, ambient: Ambient) -> Self {
        let (count, keys) = (AtomicU32::default(), Mutex::default());
        Self(Arc::new(Shared { store, vault, ambient, count, keys }))
    }

    /// The trail in the database at `url`. Must be called on the runtime that its connections shall
    /// live on.
    ///
    /// # Errors
    /// Where the database cannot be used, or a master key is missing that a data key needs.
    pub async fn open(url: &SqlUrl, vault: Vault, ambient: Ambient) -> Result<Self, AuditError> {
        let sql = Sql::open(url).await?;
        DataKeys { sql: &sql, vault: &vault }.check().await?;
        Ok(Self::new(Arc::new(SqlEvents::new(sql)), vault, ambient))
    }

    /// Seals every data key of the trail's database under the active master key, while brokers run; how
    /// many there were.
    ///
    /// # Errors
    /// Where the database does not answer, or a data key does not open.
    pub async fn rewrap(&self) -> Result<u64, AuditError> {
        match self.sql() {
            Some(sql) => Ok(DataKeys { sql, vault: &self.0.vault }.rewrap().await?),
            None => Ok(0),
        }
    }

    /// A trail that lasts as long as its process: a random key seals it.
    ///
    /// # Errors
    /// Where nothing can be sealed.
    pub fn sandboxed(store: Arc<dyn EventStore>, ambient: &Ambient) -> Result<Self, VaultError> {
        let key = ("sandbox".to_owned(), Hidden::new(ambient.bytes::<32>()));
        Ok(Self::new(store, Vault::new([key], ambient.clone())?, ambient.clone()))
    }

    /// Makes the row of an event, now. The same row recorded once more is no second event.
    ///
    /// # Errors
    /// Where its personal references cannot be sealed.
    pub async fn to_row(&self, event: Event) -> Result<EventRow, AuditError> {
        let at = self.0.ambient.now().0;
        // In the order of time, and of this broker within a second.
        let count = self.0.count.fetch_add(1, Ordering::Relaxed);
        self.row(format!("{at:010x}{count:08x}{}", self.0.ambient.id()), event).await
    }

    /// Makes the row of an event that takes the event `id` back. It has the place behind that one: however
    /// often it is recorded it is one, and who reads the one finds the other.
    ///
    /// # Errors
    /// Where its personal references cannot be sealed.
    pub async fn to_row_against(&self, id: &str, event: Event) -> Result<EventRow, AuditError> {
        self.row(format!("{id}{TAKES_BACK}"), event).await
    }

    async fn row(&self, id: String, event: Event) -> Result<EventRow, AuditError> {
        let Event { tenant, mut body, personal } = event;
        let at = self.0.ambient.now().0;
        let sealed = self.seal(&tenant, &id, &personal).await?;
        body.sealed = sealed.sealed;
        let class = body.kind.class().name().to_owned();
        let filed = Filed::of(&body);
        let body = serde_json::to_string(&body).map_err(|_| AuditError::Row)?;
        let SealedPersonal { key: sealed_key, reference, subject, .. } = sealed;
        Ok(EventRow { entry: Entry { id, tenant, at, class, body }, filed, sealed_key, reference, subject })
    }

    /// Records an event.
    ///
    /// # Errors
    /// Where it was not, or nobody said that it was.
    pub async fn record(&self, event: Event) -> Result<(), AuditError> {
        let row = self.to_row(event).await?;
        self.put(&row).await
    }

    /// Puts down a row that [`Self::to_row`] made.
    ///
    /// # Errors
    /// Where it was not put down, or nobody said that it was: it may be put down again.
    pub async fn put(&self, row: &EventRow) -> Result<(), AuditError> {
        self.0.store.insert(row).await
    }

    /// Records an event as a part of what it tells of, written in `sql`: both are, or neither. Where
    /// the trail is elsewhere, the event is recorded before: nothing happens without it.
    ///
    /// # Errors
    /// Where it was not recorded; then nothing else shall be written either.
    pub async fn record_in(&self, sql: &Sql, write: &mut Write, event: Event) -> Result<(), AuditError> {
        let row = self.to_row(event).await?;
        if self.sql().is_some_and(|own| own.url() == sql.url()) {
            return Ok(store::insert(write, std::slice::from_ref(&row)).await?);
        }
        self.put(&row).await
    }

    async fn seal(&self, tenant: &str, id: &str, personal: &Personal) -> Result<SealedPersonal, AuditError> {
        if personal.is_empty() {
            return Ok(SealedPersonal::default());
        }
        let key = self.data_key(tenant).await?;
        Ok(seal::seal(&key, &self.0.ambient, tenant, id, personal)?)
    }

    /// The data key of a tenant, made where there is none.
    async fn data_key(&self, tenant: &str) -> Result<DataKey, AuditError> {
        if let Some(key) = self.known_data_key(tenant).await? {
            return Ok(key);
        }
        let (_, fresh) = self.0.vault.new_data_key(tenant)?;
        let sealed = self.0.store.data_key(tenant, Some(&fresh)).await?;
        self.hold(tenant, &sealed.ok_or(AuditError::Row)?)
    }

    /// The data key of a tenant; none where there is none.
    async fn known_data_key(&self, tenant: &str) -> Result<Option<DataKey>, AuditError> {
        let held = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned();
        if held.is_some() {
            return Ok(held);
        }
        let sealed = self.0.store.data_key(tenant, None).await?;
        sealed.map(|sealed| self.hold(tenant, &sealed)).transpose()
    }

    /// Opens a data key, once for all events to come.
    fn hold(&self, tenant: &str, sealed: &str) -> Result<DataKey, AuditError> {
        let key = self.0.vault.open_data_key(tenant, sealed)?;
        let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_HELD {
            keys.clear();
        }
        keys.insert(tenant.to_owned(), key.clone());
        Ok(key)
    }

    /// The database that it is in, where it is in one.
    fn sql(&self) -> Option<&Sql> {
        self.0.store.sql()
    }

    fn open_personal(
        &self,
        key: &DataKey,
        tenant: &str,
        id: &str,
        kept: (&str, &str),
    ) -> Result<Personal, AuditError> {
        Ok(seal::open(key, &self.0.ambient, tenant, id, kept)?)
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit")
    }
}
