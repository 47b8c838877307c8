//! Erasing whom events lead to: the key and what finds them, never the event.

use sqlx::AnyConnection;
use tunnus_sdk::Timestamp;

use super::{
    Audit, AuditError,
    event::{Actor, Class, Event, Kind, OPERATOR},
    records::{Record, Records, Sought},
    retention::Retention,
};
use crate::sql::{Sql, Write};

/// How many events are erased in one transaction.
const AT_ONCE: i64 = 1_000;

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// A law demands that it is kept still.
    #[error("the law demands that it is kept until {0}; nothing was erased")]
    Kept(String),
    /// The trail.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

impl From<sqlx::Error> for EraseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Audit(error.into())
    }
}

impl Records {
    /// Erases whom the events lead to that `sought` finds in the trail of `tenant`, and says so there;
    /// how many events that were.
    ///
    /// # Errors
    /// Where one of them must be kept still; where the trail cannot be written.
    pub async fn erase_all(
        &self,
        tenant: &str,
        sought: &Sought,
        by: &Actor,
        retention: Retention,
    ) -> Result<usize, EraseError> {
        let mut count = 0;
        loop {
            // As many at a time as one search finds.
            let erased = self.erase(tenant, sought, by, retention).await?;
            count += erased;
            if erased == 0 {
                return Ok(count);
            }
        }
    }

    /// The same for as many as one search finds.
    async fn erase(
        &self,
        tenant: &str,
        sought: &Sought,
        by: &Actor,
        retention: Retention,
    ) -> Result<usize, EraseError> {
        let found = self.find(Some(tenant), sought).await?;
        let led: Vec<_> = found.into_iter().filter(|record| record.personal.is_some()).collect();
        if led.is_empty() {
            return Ok(0);
        }
        self.check_kept(&led, retention)?;
        let mut write = self.sql.write().await.map_err(AuditError::from)?;
        for record in &led {
            forget(&mut write, &record.id).await?;
        }
        let told = vec![format!("{} events lead to nobody any more", led.len())];
        let event = Event::by(by, tenant, Kind::PersonErased, told);
        self.audit.record_in(&self.sql, &mut write, event).await?;
        write.commit().await?;
        Ok(led.len())
    }

    /// What a law demands to be kept is not erased.
    fn check_kept(&self, led: &[Record], retention: Retention) -> Result<(), EraseError> {
        let end = |record: &Record| retention.end(record.body.kind.class(), record.happened_at);
        let now = self.audit.0.ambient.now();
        let last = led.iter().filter_map(end).max().filter(|last| retention.statutory && now < *last);
        last.map_or(Ok(()), |last| Err(EraseError::Kept(last.to_date().unwrap_or_default())))
    }
}

async fn forget(write: &mut AnyConnection, id: &str) -> Result<(), EraseError> {
    let forget = "UPDATE audit_events SET sealed_key = '', reference = '', subject = '' WHERE id = $1";
    sqlx::query(forget).bind(id).execute(write).await?;
    Ok(())
}

impl Audit {
    /// Erases whom events of a class lead to that happened before, as many as one transaction takes, and
    /// says so in the same transaction; how many events that were.
    pub(super) async fn end_retention(
        &self,
        sql: &Sql,
        mut write: Write,
        (class, before): (Class, Timestamp),
    ) -> Result<u64, AuditError> {
        let forget = "UPDATE audit_events SET sealed_key = '', reference = '', subject = ''
                      WHERE id IN (SELECT id FROM audit_events
                                   WHERE class = $1 AND happened_at < $2 AND sealed_key <> '' LIMIT $3)";
        let forget = sqlx::query(forget).bind(class.name()).bind(before.0).bind(AT_ONCE);
        let erased = forget.execute(&mut *write).await?.rows_affected();
        if erased > 0 {
            let until = before.to_date().unwrap_or_default();
            let told = format!("{erased} events of the class {} before {until}", class.name());
            let event = Event::by(&Actor::broker("retention"), OPERATOR, Kind::RetentionEnded, vec![told]);
            self.record_in(sql, &mut write, event).await?;
            write.commit().await?;
        }
        Ok(erased)
    }
}

#[cfg(test)]
#[path = "erase_tests.rs"]
mod tests;
