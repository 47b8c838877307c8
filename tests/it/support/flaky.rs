//! A store of events that fails those writes that it is told to.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tunnus::{
    audit::{
        AuditError,
        event::Body,
        store::{EventRow, EventStore, MemoryEvents},
    },
    sql::Sql,
};
use tunnus_sdk::async_trait;

use super::faulty::Fault;

/// Events in memory, with faults.
#[derive(Default)]
pub struct Flaky {
    inner: MemoryEvents,
    /// How many writes still fail without being done.
    refused: AtomicUsize,
    /// How many are done, and then the answer is lost.
    lost: AtomicUsize,
}

impl Flaky {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Lets the next `count` writes fail.
    pub fn fail(&self, fault: Fault, count: usize) {
        self.counter(fault).store(count, Ordering::SeqCst);
    }

    /// The events, the oldest first.
    pub fn events(&self) -> Vec<(EventRow, Body)> {
        let mut seen = std::collections::BTreeSet::new();
        let rows = self.inner.rows().into_iter().filter(|row| seen.insert(row.entry.id.clone()));
        rows.map(|row| (row.clone(), serde_json::from_str(&row.entry.body).unwrap())).collect()
    }

    fn counter(&self, fault: Fault) -> &AtomicUsize {
        match fault {
            Fault::Refused => &self.refused,
            Fault::Lost => &self.lost,
        }
    }

    fn is_due(&self, fault: Fault) -> bool {
        let less = |count: usize| count.checked_sub(1);
        self.counter(fault).fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
    }
}

#[async_trait]
impl EventStore for Flaky {
    async fn data_key(&self, tenant: &str, fresh: Option<&str>) -> Result<Option<String>, AuditError> {
        self.inner.data_key(tenant, fresh).await
    }

    async fn insert(&self, row: &EventRow) -> Result<(), AuditError> {
        if self.is_due(Fault::Refused) {
            return Err(AuditError::Row);
        }
        self.inner.insert(row).await?;
        if self.is_due(Fault::Lost) { Err(AuditError::Row) } else { Ok(()) }
    }

    fn sql(&self) -> Option<&Sql> {
        None
    }
}
