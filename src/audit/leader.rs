//! The one broker that chains events and signs checkpoints, for all that record.
//!
//! A lease says who it is. Each step holds the lease in the transaction that it writes in: who has
//! stalled past the end of its lease writes nothing, and no two write at once. What is not chained yet
//! is found by looking, so that whatever a broker has recorded before it ended is chained by the next.
//! A tenant whose chain cannot go on keeps no other waiting.

use std::{collections::BTreeMap, mem, time::Duration};

use sqlx::Row as _;
use tokio::time::sleep;
use tunnus_jose::SigningKey;
use tunnus_sdk::Timestamp;

use super::{
    Audit, AuditError,
    chain::{Entry, hash},
    checkpoint::{Checkpoint, signing_key},
    event::{Class, OPERATOR},
    records::Records,
    retention::Retention,
};
use crate::{
    ambient::Ambient,
    error::Error,
    sql::{Lease, Sql, Write},
};

/// How often it looks.
const EVERY: Duration = Duration::from_millis(400);
/// How long a broker that has ended without a word keeps the others waiting.
const LEASE: Duration = Duration::from_secs(5);
/// How many events of a tenant are chained in one transaction.
const AT_ONCE: i64 = 500;
/// How often a chain that grows is signed.
const SIGNED_EVERY: Duration = Duration::from_secs(60);
/// How often what is over is looked for.
const ERASED_EVERY: Duration = Duration::from_secs(3600);

/// A broker that chains and signs while the lease is its own.
pub struct Leader {
    audit: Audit,
    sql: Sql,
    lease: Lease,
    ambient: Ambient,
    retention: Retention,
    key: Option<SigningKey>,
    /// When it last looked for what is over.
    erased_at: Option<Timestamp>,
    /// Whether the trail answered the last time.
    answers: bool,
    /// Whose chains could not go on the last time, and why.
    stuck: BTreeMap<String, String>,
}

/// What one look came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// How many events were chained.
    pub chained: usize,
    /// Which chains were signed.
    pub signed: Vec<Checkpoint>,
    /// How many events lost whom they led to, their time being over.
    pub erased: u64,
}

/// The last link of a chain.
struct Head {
    seq: i64,
    hash: String,
}

impl Leader {
    /// One that may lead the trail; none where the trail is only in memory.
    #[must_use]
    pub fn of(audit: &Audit, ambient: &Ambient, retention: Retention) -> Option<Self> {
        let Records { audit, sql } = audit.records()?;
        let lease = Lease { name: "audit", holder: ambient.id(), lasts: LEASE };
        let (key, erased_at, ambient) = (None, None, ambient.clone());
        Some(Self {
            audit,
            sql,
            lease,
            ambient,
            retention,
            key,
            erased_at,
            answers: true,
            stuck: BTreeMap::new(),
        })
    }

    /// Leads until dropped, whenever the lease is its own; `told` hears whether the trail answers and
    /// every chain goes on.
    pub async fn run(&mut self, told: impl Fn(bool) + Send) {
        loop {
            self.look_and_tell().await;
            told(self.answers && self.stuck.is_empty());
            sleep(EVERY).await;
        }
    }

    /// Looks once.
    ///
    /// # Errors
    /// Where the trail cannot be read or written; nothing is lost.
    pub async fn look(&mut self) -> Result<Looked, AuditError> {
        let mut looked = Looked::default();
        let stuck = mem::take(&mut self.stuck);
        let now = self.ambient.now();
        let is_due = self.erased_at.is_none_or(|at| now >= at.plus(ERASED_EVERY));
        if !is_due && !self.has_work(now).await? {
            return Ok(looked);
        }
        if !self.lease.take(&self.sql, now).await? {
            return Ok(looked);
        }
        looked.chained = self.chain_all().await?;
        for (tenant, causes) in self.stuck.iter().filter(|(tenant, _)| !stuck.contains_key(*tenant)) {
            tracing::error!(tenant, causes, "a tenant's audit events cannot be chained; none is lost");
        }
        looked.signed = self.sign(SIGNED_EVERY).await?;
        if is_due {
            looked.erased = self.end_retention(now).await?;
            self.erased_at = Some(now);
        }
        Ok(looked)
    }

    /// Chains and signs what there is, where it leads, and lets another lead at once.
    pub async fn leave(&mut self) {
        self.look_and_tell().await;
        if let Err(error) = self.hand_over().await {
            let causes = Error::from(error).causes();
            tracing::warn!(causes, "the audit trail's end is not signed yet; another broker does it");
        }
    }

    async fn hand_over(&mut self) -> Result<(), AuditError> {
        self.sign(Duration::ZERO).await?;
        Ok(self.lease.give_back(&self.sql).await?)
    }

    /// Whether there is an event to chain or a chain to sign: what is asked while nothing happens.
    async fn has_work(&self, now: Timestamp) -> Result<bool, AuditError> {
        let work =
            "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM audit_events WHERE seq = 0 LIMIT 1) AS waiting)
                    + (SELECT COUNT(*) FROM (SELECT 1 FROM audit_heads
                                             WHERE seq > signed_seq AND (signed_at <= $1 OR signed_at > $2)
                                             LIMIT 1) AS unsigned)";
        let work = sqlx::query_scalar::<_, i64>(work);
        let work = work.bind(now.minus(SIGNED_EVERY).0).bind(now.plus(SIGNED_EVERY).0);
        Ok(work.fetch_one(self.sql.pool()).await? > 0)
    }

    /// A transaction that only the leader has; none where it leads no more.
    async fn lead(&self) -> Result<Option<Write>, AuditError> {
        let mut write = self.sql.write().await?;
        let ours = self.lease.hold(&mut write, self.ambient.now()).await?;
        Ok(ours.then_some(write))
    }

    /// Chains all that waits; how many events that were.
    async fn chain_all(&mut self) -> Result<usize, AuditError> {
        let mut count = 0;
        loop {
            let chained = self.chain().await?;
            count += chained;
            if i64::try_from(chained).unwrap_or(i64::MAX) < AT_ONCE {
                return Ok(count);
            }
        }
    }

    /// Chains what waits, at most [`AT_ONCE`] of each tenant; how many that were.
    async fn chain(&mut self) -> Result<usize, AuditError> {
        let waiting = "SELECT DISTINCT tenant FROM audit_events WHERE seq = 0";
        let tenants: Vec<String> = sqlx::query_scalar(waiting).fetch_all(self.sql.pool()).await?;
        let mut count = 0;
        for tenant in tenants {
            let Some(write) = self.lead().await? else { break };
            match extend(write, &tenant).await {
                Ok(chained) => count += chained,
                Err(error) => drop(self.stuck.insert(tenant, Error::from(error).causes())),
            }
        }
        Ok(count)
    }

    /// Erases whom events lead to whose time is over; how many events that were.
    async fn end_retention(&self, now: Timestamp) -> Result<u64, AuditError> {
        let mut count = 0;
        for class in [Class::Identification, Class::Administration] {
            let Some(before) = self.retention.ended_before(class, now) else { continue };
            loop {
                // Whoever leads by now goes on with it.
                let Some(write) = self.lead().await? else { return Ok(count) };
                let erased = self.audit.end_retention(&self.sql, write, (class, before)).await?;
                count += erased;
                if erased == 0 {
                    break;
                }
            }
        }
        Ok(count)
    }

    /// Signs each chain that has grown and was not signed for so long, or by a clock as far ahead.
    async fn sign(&mut self, every: Duration) -> Result<Vec<Checkpoint>, AuditError> {
        let now = self.ambient.now();
        let unsigned = "SELECT tenant, seq, hash FROM audit_heads
                        WHERE seq > signed_seq AND (signed_at <= $1 OR signed_at > $2)
                        ORDER BY signed_at LIMIT 100";
        let unsigned = sqlx::query_as::<_, (String, i64, String)>(unsigned);
        let unsigned = unsigned.bind(now.minus(every).0).bind(now.plus(every).0);
        let unsigned = unsigned.fetch_all(self.sql.pool()).await?;
        let mut signed = Vec::new();
        for (tenant, seq, hash) in unsigned {
            let checkpoint = Checkpoint { tenant, seq, hash, at: now };
            let jws = checkpoint.sign(self.key().await?)?;
            let Some(mut write) = self.lead().await? else { break };
            put_checkpoint(&mut write, &checkpoint, &jws).await?;
            write.commit().await?;
            let Checkpoint { tenant, seq, hash, .. } = &checkpoint;
            // Outside of the store: who cuts off a trail's end cannot cut it off here.
            tracing::info!(tenant, seq, hash, jws, "audit checkpoint");
            signed.push(checkpoint);
        }
        Ok(signed)
    }

    async fn key(&mut self) -> Result<&SigningKey, AuditError> {
        let key = if let Some(key) = self.key.take() {
            key
        } else {
            let data_key = self.audit.data_key(OPERATOR).await?;
            signing_key(&self.sql, &data_key, &self.ambient).await?
        };
        Ok(self.key.insert(key))
    }

    /// Looks, and tells once that the trail does not answer, or does again.
    async fn look_and_tell(&mut self) {
        let looked = self.look().await;
        let answered = looked.is_ok();
        if let (Err(error), true) = (looked, self.answers) {
            let causes = Error::from(error).causes();
            tracing::error!(causes, "audit events are not chained now; none is lost");
        }
        self.answers = answered;
    }
}

/// Chains what waits of a tenant, at most [`AT_ONCE`]; how many that were.
async fn extend(mut write: Write, tenant: &str) -> Result<usize, AuditError> {
    let waiting = waiting(&mut write, tenant).await?;
    let mut head = head(&mut write, tenant).await?;
    for entry in &waiting {
        append(&mut write, &mut head, entry).await?;
    }
    put_head(&mut write, tenant, &head).await?;
    write.commit().await?;
    Ok(waiting.len())
}

/// What of a tenant waits to be chained, in the order of time.
async fn waiting(write: &mut Write, tenant: &str) -> Result<Vec<Entry>, AuditError> {
    let waiting = "SELECT id, tenant, happened_at, class, body FROM audit_events
                   WHERE seq = 0 AND tenant = $1 ORDER BY id LIMIT $2";
    let rows = sqlx::query(waiting).bind(tenant).bind(AT_ONCE).fetch_all(&mut **write).await?;
    rows.iter().map(super::store::entry).collect()
}

async fn head(write: &mut Write, tenant: &str) -> Result<Head, AuditError> {
    let head = sqlx::query("SELECT seq, hash FROM audit_heads WHERE tenant = $1").bind(tenant);
    match head.fetch_optional(&mut **write).await? {
        Some(row) => Ok(Head { seq: row.try_get("seq")?, hash: row.try_get("hash")? }),
        None => Ok(Head { seq: 0, hash: String::new() }),
    }
}

/// Gives an event the next place. That another has the place is refused by the table itself.
async fn append(write: &mut Write, head: &mut Head, entry: &Entry) -> Result<(), AuditError> {
    let seq = head.seq + 1;
    *head = Head { seq, hash: hash(&head.hash, seq, entry) };
    let update = sqlx::query("UPDATE audit_events SET seq = $1, hash = $2 WHERE id = $3 AND seq = 0");
    let done = update.bind(seq).bind(&head.hash).bind(&entry.id).execute(&mut **write).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(AuditError::Row) }
}

async fn put_head(write: &mut Write, tenant: &str, head: &Head) -> Result<(), AuditError> {
    let put = "INSERT INTO audit_heads (tenant, seq, hash, signed_seq, signed_at) VALUES ($1, $2, $3, 0, 0)
               ON CONFLICT (tenant) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
    sqlx::query(put).bind(tenant).bind(head.seq).bind(&head.hash).execute(&mut **write).await?;
    Ok(())
}

async fn put_checkpoint(write: &mut Write, checkpoint: &Checkpoint, jws: &str) -> Result<(), AuditError> {
    let Checkpoint { tenant, seq, at, .. } = checkpoint;
    let insert = "INSERT INTO audit_checkpoints (tenant, seq, jws) VALUES ($1, $2, $3)
                  ON CONFLICT (tenant, seq) DO NOTHING";
    sqlx::query(insert).bind(tenant).bind(seq).bind(jws).execute(&mut **write).await?;
    let update = "UPDATE audit_heads SET signed_seq = $2, signed_at = $3 WHERE tenant = $1";
    sqlx::query(update).bind(tenant).bind(seq).bind(at.0).execute(&mut **write).await?;
    Ok(())
}

#[cfg(test)]
#[path = "leader_tests.rs"]
mod tests;
