//! An end that the audit trail tells of and that may not have come to be.
//!
//! The end is recorded first and settled then: nothing is released that is not audited. Where the store
//! stays away, nobody knows whether it has the outcome still; once it answers, that is looked up, and an
//! end that never was is taken back. What a broker leaves so when it ends is not taken back: of several
//! ends of one identification the last one counts (`audit::records`).

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::{identification::Outcome, keep::Flows, persist::persist};
use crate::{
    audit::{Audit, event::Event},
    error::Error,
};

/// How long it is waited before each look at the store.
pub(super) const EVERY: Duration = Duration::from_secs(15);

/// An end in doubt.
pub(super) struct Doubt {
    /// The event that tells of it.
    pub(super) end: String,
    /// The event that takes it back.
    pub(super) discarded: Event,
    /// What was to be settled.
    pub(super) outcome: Outcome,
}

impl Doubt {
    /// Looks until the store answers, or the outcome would be kept no longer; `every` so often.
    pub(super) async fn resolved(self, flows: Flows, audit: Audit, every: Duration) {
        let identification = &self.outcome.identification;
        let until = self.outcome.finished_at.plus(flows.lifetimes.result());
        while flows.ambient.now() < until {
            sleep(every).await;
            let Ok(found) = flows.outcome(&identification.id).await else { continue };
            if found.is_some_and(|found| self.is_ours(&found)) {
                return;
            }
            match discard(&audit, &self.end, self.discarded.clone()).await {
                Ok(()) => return,
                Err(error) => error.log(&identification.trace_id),
            }
        }
    }

    fn is_ours(&self, found: &Outcome) -> bool {
        found.finished_at == self.outcome.finished_at && json!(found.result) == json!(self.outcome.result)
    }
}

/// Takes back that an identification has ended, as the event `end` tells.
pub(super) async fn discard(audit: &Audit, end: &str, event: Event) -> Result<(), Error> {
    let event = &event;
    let row = persist(|_| async move { Ok(audit.to_row_against(end, event.clone()).await?) }).await?;
    let row = &row;
    persist(|_| async move { Ok(audit.put(row).await?) }).await
}

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod tests;
