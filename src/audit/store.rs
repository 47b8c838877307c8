//! Where events are put: a database, or the memory of a sandbox.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _, any::AnyRow};

use super::{AuditError, chain::Entry, event::Body, together::Together};
use crate::{
    sql::{Sql, SqlError},
    vault::master_key_of,
};

/// How many events memory holds; older ones make room.
const IN_MEMORY: usize = 10_000;

/// An event as it is put down: not chained yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// What is chained.
    pub entry: Entry,
    /// What finds it.
    pub filed: Filed,
    /// What opens its personal references; empty where it has none.
    pub sealed_key: String,
    /// What finds its app's reference.
    pub reference: String,
    /// What finds its subject.
    pub subject: String,
}

/// What an event is found by, as its body says it; empty where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// What happened.
    pub kind: String,
    /// The identification.
    pub identification: String,
    /// The trace id.
    pub trace_id: String,
    /// The upstream's transaction.
    pub transaction_id: String,
}

impl Filed {
    /// Where an event that says this belongs.
    #[must_use]
    pub fn of(body: &Body) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            kind: body.kind.name().to_owned(),
            identification: text(&body.identification),
            trace_id: text(&body.trace_id),
            transaction_id: text(&body.transaction_id),
        }
    }
}

/// Where events are put.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// The sealed data key of a tenant: `fresh` where it had none and one is given.
    async fn data_key(&self, tenant: &str, fresh: Option<&str>) -> Result<Option<String>, AuditError>;

    /// Puts an event down. Once more is the same as once.
    async fn insert(&self, row: &EventRow) -> Result<(), AuditError>;

    /// The database, where it is one.
    fn sql(&self) -> Option<&Sql>;
}

/// Events in a database.
#[derive(Clone)]
pub struct SqlEvents(Together);

impl SqlEvents {
    /// Those in `sql`. Must be called on the runtime that lasts as long as they shall.
    #[must_use]
    pub fn new(sql: Sql) -> Self {
        Self(Together::new(sql))
    }
}

#[async_trait]
impl EventStore for SqlEvents {
    async fn data_key(&self, tenant: &str, fresh: Option<&str>) -> Result<Option<String>, AuditError> {
        let found = "SELECT sealed FROM data_keys WHERE tenant = $1";
        let known: Option<String> =
            sqlx::query_scalar(found).bind(tenant).fetch_optional(self.0.sql().pool()).await?;
        let (None, Some(fresh)) = (&known, fresh) else { return Ok(known) };
        let insert = "INSERT INTO data_keys (tenant, sealed, master_key) VALUES ($1, $2, $3)
                      ON CONFLICT (tenant) DO NOTHING";
        let insert = sqlx::query(insert).bind(tenant).bind(fresh);
        insert.bind(master_key_of(fresh).unwrap_or_default()).execute(self.0.sql().pool()).await?;
        Ok(sqlx::query_scalar(found).bind(tenant).fetch_optional(self.0.sql().pool()).await?)
    }

    async fn insert(&self, row: &EventRow) -> Result<(), AuditError> {
        self.0.put(row).await
    }

    fn sql(&self) -> Option<&Sql> {
        Some(self.0.sql())
    }
}

/// How many members of a row are bound.
const BOUND: usize = 12;

/// Puts events down, all or none, perhaps as a part of what they tell of.
pub(super) async fn insert(connection: &mut AnyConnection, rows: &[EventRow]) -> Result<(), SqlError> {
    let statement = statement(rows.len());
    let mut insert = sqlx::query(AssertSqlSafe(statement));
    for EventRow { entry, filed, sealed_key, reference, subject } in rows {
        insert = insert.bind(&entry.id).bind(&entry.tenant).bind(entry.at);
        insert = insert.bind(&entry.class).bind(&entry.body).bind(&filed.kind);
        insert = insert.bind(&filed.identification).bind(&filed.trace_id).bind(&filed.transaction_id);
        insert = insert.bind(sealed_key).bind(reference).bind(subject);
    }
    insert.execute(connection).await?;
    Ok(())
}

/// Puts so many rows down, whose members are parameters one after the other.
fn statement(rows: usize) -> String {
    let row = |row: usize| {
        let parameters: Vec<_> = (1..=BOUND).map(|n| format!("${}", row * BOUND + n)).collect();
        format!("({}, 0, '')", parameters.join(", "))
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO audit_events (id, tenant, happened_at, class, body, kind, identification, trace_id,
             transaction_id, sealed_key, reference, subject, seq, hash)
         VALUES {} ON CONFLICT (id) DO NOTHING",
        rows.join(", ")
    )
}

/// What of a row is chained.
pub(super) fn entry(row: &AnyRow) -> Result<Entry, AuditError> {
    Ok(Entry {
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        at: row.try_get("happened_at")?,
        class: row.try_get("class")?,
        body: row.try_get("body")?,
    })
}

/// Events in memory, the latest of them: a sandbox's, gone with it and never chained.
#[derive(Debug, Default)]
pub struct MemoryEvents {
    data_keys: Mutex<BTreeMap<String, String>>,
    rows: Mutex<VecDeque<EventRow>>,
}

impl MemoryEvents {
    /// The events, the oldest first.
    #[must_use]
    pub fn rows(&self) -> Vec<EventRow> {
        locked(&self.rows).iter().cloned().collect()
    }
}

#[async_trait]
impl EventStore for MemoryEvents {
    async fn data_key(&self, tenant: &str, fresh: Option<&str>) -> Result<Option<String>, AuditError> {
        let mut keys = locked(&self.data_keys);
        if let Some(fresh) = fresh {
            keys.entry(tenant.to_owned()).or_insert_with(|| fresh.to_owned());
        }
        Ok(keys.get(tenant).cloned())
    }

    async fn insert(&self, row: &EventRow) -> Result<(), AuditError> {
        let mut rows = locked(&self.rows);
        if rows.len() >= IN_MEMORY {
            rows.pop_front();
        }
        rows.push_back(row.clone());
        Ok(())
    }

    fn sql(&self) -> Option<&Sql> {
        None
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
