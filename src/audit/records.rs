//! Reads the trail: what happened lately, what concerns one person, order or transaction, what a month
//! came to.
//!
//! Whoever asks decides first whether the caller may: nothing here knows rights.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sqlx::{Row as _, any::AnyRow};
use tunnus_sdk::{Hidden, Timestamp};

use super::{
    Audit, AuditError,
    event::{Body, Kind, Personal},
    retention::Month,
    seal,
};
use crate::sql::Sql;

/// How many events one search finds at most.
const MOST: i64 = 1_000;
/// How many are read at a time where all are.
const PAGE: i64 = 1_000;
/// What a record is read from.
const COLUMNS: &str = "id, tenant, happened_at, seq, body, sealed_key";

/// What nothing has taken back.
const STANDS: &str = "NOT EXISTS (SELECT 1 FROM audit_events back WHERE back.id = audit_events.id || '~')";
/// What no later end of the same identification stands beside: a broker that broke off between
/// recording an end and settling it has left the identification to whoever came next.
const IS_LAST: &str = "
NOT EXISTS (SELECT 1 FROM audit_events later
             WHERE later.identification = audit_events.identification AND later.identification <> ''
               AND later.tenant = audit_events.tenant AND later.kind = 'identification_finished'
               AND audit_events.kind = later.kind AND later.id > audit_events.id
               AND NOT EXISTS (SELECT 1 FROM audit_events back WHERE back.id = later.id || '~'))";

/// An event as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its id; ids are in the order of time.
    pub id: String,
    /// The tenant; empty for the operator's own.
    pub tenant: String,
    /// When, RFC 3339.
    pub at: String,
    /// The same in seconds.
    #[serde(skip)]
    pub happened_at: Timestamp,
    /// Its place in the chain; none where it has none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
    /// Whom it leads to: opened where that was asked for and is kept still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal: Option<Personal>,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub enum Sought {
    /// The app's own order id, of one tenant.
    Reference(Hidden<String>),
    /// A person's subject, of one tenant.
    Subject(Hidden<String>),
    /// The trace id that pages, logs and bodies show.
    Trace(String),
    /// The upstream's id of the transaction.
    Transaction(String),
    /// An identification.
    Identification(String),
}

/// What a tenant's connection was used for in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The tenant.
    pub tenant: String,
    /// The connection.
    pub connection: String,
    /// Who authenticated the person; empty where nobody did.
    pub method: String,
    /// How many identifications ended with a record.
    pub completed: u64,
    /// How many attempts and identifications ended with an error.
    pub failed: u64,
}

/// The trail, to be read.
#[derive(Clone, Debug)]
pub struct Records {
    pub(super) audit: Audit,
    pub(super) sql: Sql,
}

impl Audit {
    /// The trail, to be read; none where it is only in memory.
    #[must_use]
    pub fn records(&self) -> Option<Records> {
        let sql = self.sql()?.clone();
        Some(Records { audit: self.clone(), sql })
    }
}

impl Records {
    /// The latest identifications of a tenant that have ended, the last first: `limit` of those before
    /// the event `before`. What was taken back is none. Leads to no person.
    ///
    /// # Errors
    /// Where the trail cannot be read.
    pub async fn recent(
        &self,
        tenant: &str,
        limit: u32,
        before: Option<&str>,
    ) -> Result<Vec<Record>, AuditError> {
        self.listed(tenant, Some(Kind::IdentificationFinished), limit, before).await
    }

    /// The latest events of a tenant of any kind, the last first; the operator's for the empty one.
    ///
    /// # Errors
    /// Where the trail cannot be read.
    pub async fn latest(
        &self,
        tenant: &str,
        limit: u32,
        before: Option<&str>,
    ) -> Result<Vec<Record>, AuditError> {
        self.listed(tenant, None, limit, before).await
    }

    /// The latest events of a tenant, of one kind or of any.
    async fn listed(
        &self,
        tenant: &str,
        kind: Option<Kind>,
        limit: u32,
        before: Option<&str>,
    ) -> Result<Vec<Record>, AuditError> {
        let of_kind = match kind {
            Some(_) => format!("AND kind = $4 AND {STANDS} AND {IS_LAST}"),
            None => String::new(),
        };
        let select = format!(
            "SELECT {COLUMNS} FROM audit_events
             WHERE tenant = $1 AND id < $2 {of_kind} ORDER BY id DESC LIMIT $3"
        );
        let select = sqlx::query(sqlx::AssertSqlSafe(select)).bind(tenant).bind(before.unwrap_or(LAST));
        let select = select.bind(i64::from(limit).min(MOST));
        let select = match kind {
            Some(kind) => select.bind(kind.name()),
            None => select,
        };
        let rows = select.fetch_all(self.sql.pool()).await?;
        rows.iter().map(|row| Ok(read(row)?.record)).collect()
    }

    /// All events of the identifications that `sought` leads to, in the order of time, with whom they
    /// lead to. A reference or a subject is a tenant's own: without a tenant nothing is found.
    ///
    /// # Errors
    /// Where the trail cannot be read.
    pub async fn find(&self, tenant: Option<&str>, sought: &Sought) -> Result<Vec<Record>, AuditError> {
        let Some((column, value)) = self.column(tenant, sought).await? else { return Ok(Vec::new()) };
        let mut found = BTreeMap::new();
        for read in self.by(column, &value, tenant).await? {
            found.insert(read.record.id.clone(), read);
        }
        let of = |read: &Read| read.record.body.identification.clone();
        let identifications: BTreeSet<String> = found.values().filter_map(of).collect();
        for identification in identifications {
            for read in self.by("identification", &identification, tenant).await? {
                found.insert(read.record.id.clone(), read);
            }
        }
        let mut records = Vec::with_capacity(found.len());
        for read in found.into_values() {
            records.push(self.opened(read).await?);
        }
        Ok(records)
    }

    /// What each connection was used for in `month`: of one tenant, or of all. An identification ends
    /// once.
    ///
    /// # Errors
    /// Where the trail cannot be read.
    pub async fn usage(&self, month: Month, tenant: Option<&str>) -> Result<Vec<Usage>, AuditError> {
        let mut usage: BTreeMap<(String, String, String), Usage> = BTreeMap::new();
        let (mut after, end) = (first_id(month.begin()), first_id(month.end()));
        loop {
            let page = self.ended(&after, &end, tenant).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for Record { tenant, body, .. } in page {
                let (connection, method) =
                    (body.connection.unwrap_or_default(), body.method.unwrap_or_default());
                let key = (tenant.clone(), connection.clone(), method.clone());
                let none = Usage { tenant, connection, method, completed: 0, failed: 0 };
                let usage = usage.entry(key).or_insert(none);
                match body.outcome.as_deref() {
                    Some(COMPLETED) => usage.completed += 1,
                    Some(_) | None => usage.failed += 1,
                }
            }
        }
        Ok(usage.into_values().collect())
    }

    /// A page of what has ended between two ids.
    async fn ended(&self, after: &str, end: &str, tenant: Option<&str>) -> Result<Vec<Record>, AuditError> {
        let select = format!(
            "SELECT {COLUMNS} FROM audit_events
             WHERE id > $1 AND id < $2 AND kind IN ($3, $4) AND (tenant = $5 OR $6 = 1)
               AND {STANDS} AND {IS_LAST} ORDER BY id LIMIT $7"
        );
        let select = sqlx::query(sqlx::AssertSqlSafe(select)).bind(after).bind(end);
        let select = select.bind(Kind::IdentificationFinished.name()).bind(Kind::AttemptFailed.name());
        let select = select.bind(tenant.unwrap_or_default()).bind(i64::from(tenant.is_none()));
        let rows = select.bind(PAGE).fetch_all(self.sql.pool()).await?;
        rows.iter().map(|row| Ok(read(row)?.record)).collect()
    }

    /// Which column finds it, with which value.
    pub(super) async fn column(
        &self,
        tenant: Option<&str>,
        sought: &Sought,
    ) -> Result<Option<(&'static str, String)>, AuditError> {
        let (name, value) = match sought {
            Sought::Trace(trace) => return Ok(Some(("trace_id", trace.clone()))),
            Sought::Transaction(id) => return Ok(Some(("transaction_id", id.clone()))),
            Sought::Identification(id) => return Ok(Some(("identification", id.clone()))),
            Sought::Reference(reference) => ("reference", reference),
            Sought::Subject(subject) => ("subject", subject),
        };
        let Some(tenant) = tenant else { return Ok(None) };
        let Some(key) = self.audit.known_data_key(tenant).await? else { return Ok(None) };
        Ok(Some((name, seal::index(&key, tenant, name, value)?)))
    }

    async fn by(
        &self,
        column: &'static str,
        value: &str,
        tenant: Option<&str>,
    ) -> Result<Vec<Read>, AuditError> {
        if value.is_empty() {
            return Ok(Vec::new());
        }
        // The second condition is said for the indices, which hold nothing empty.
        let select = format!(
            "SELECT {COLUMNS} FROM audit_events
             WHERE {column} = $1 AND {column} <> '' AND (tenant = $2 OR $3 = 1) ORDER BY id LIMIT $4"
        );
        let select = sqlx::query(sqlx::AssertSqlSafe(select)).bind(value);
        let select = select.bind(tenant.unwrap_or_default()).bind(i64::from(tenant.is_none()));
        select.bind(MOST).fetch_all(self.sql.pool()).await?.iter().map(read).collect()
    }

    /// The record with whom it leads to, where that is kept still.
    async fn opened(&self, read: Read) -> Result<Record, AuditError> {
        let Read { mut record, key } = read;
        let (Some(sealed), false) = (&record.body.sealed, key.is_empty()) else { return Ok(record) };
        if let Some(data_key) = self.audit.known_data_key(&record.tenant).await? {
            let kept = (key.as_str(), sealed.as_str());
            record.personal = Some(self.audit.open_personal(&data_key, &record.tenant, &record.id, kept)?);
        }
        Ok(record)
    }
}

/// The outcome of what ended with a record.
pub const COMPLETED: &str = "completed";
/// Behind every id.
const LAST: &str = "~";

/// The first id that an event of this time can have.
fn first_id(at: Timestamp) -> String {
    format!("{:010x}", at.0)
}

/// A record with what opens it.
pub(super) struct Read {
    record: Record,
    key: String,
}

fn read(row: &AnyRow) -> Result<Read, AuditError> {
    let (at, seq): (i64, i64) = (row.try_get("happened_at")?, row.try_get("seq")?);
    let body: String = row.try_get("body")?;
    let record = Record {
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        at: Timestamp(at).to_rfc3339().ok_or(AuditError::Row)?,
        happened_at: Timestamp(at),
        seq: (seq > 0).then_some(seq),
        body: serde_json::from_str(&body).map_err(|_| AuditError::Row)?,
        personal: None,
    };
    Ok(Read { record, key: row.try_get("sealed_key")? })
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
