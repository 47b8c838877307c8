//! A leader at work beside what a broker serves.

use std::sync::Arc;

use tokio::{sync::oneshot, task::JoinHandle};

use super::{Audit, leader::Leader, retention::Retention};
use crate::{ambient::Ambient, metrics::Metrics};

/// A leader at work.
pub struct Leading {
    ending: oneshot::Sender<()>,
    work: JoinHandle<()>,
}

impl Leading {
    /// Begins, and shows whether the trail answers; none where the trail is only in memory.
    #[must_use]
    pub fn begin(
        audit: &Audit,
        ambient: &Ambient,
        retention: Retention,
        metrics: Arc<Metrics>,
    ) -> Option<Self> {
        let mut leader = Leader::of(audit, ambient, retention)?;
        let (ending, ended) = oneshot::channel::<()>();
        let work = tokio::spawn(async move {
            tokio::select! {
                () = leader.run(|answers| metrics.audit_trail(answers)) => {}
                _ = ended => {}
            }
            leader.leave().await;
        });
        Some(Self { ending, work })
    }

    /// Chains what the last requests have left, and lets another lead.
    pub async fn end(self) {
        drop(self.ending);
        if let Err(error) = self.work.await {
            tracing::error!(%error, "the audit trail's leader has not ended in order; another goes on");
        }
    }
}
