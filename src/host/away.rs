//! How much of a leg's time is not the broker's own: waiting for the upstream, and work with keys.
//!
//! A provider has its host for good and knows nothing of legs: as with the [`super::ledger`], the leg is
//! the task that runs it.

use std::{cell::Cell, time::Duration};

tokio::task_local! {
    static AWAY: Cell<Duration>;
}

/// Runs a leg; what its host spent with upstreams and keys meanwhile.
pub async fn away<F: Future>(leg: F) -> (F::Output, Duration) {
    AWAY.scope(Cell::default(), async {
        let done = leg.await;
        (done, AWAY.with(Cell::get))
    })
    .await
}

/// So much went to an upstream or a key.
pub(super) fn add(took: Duration) {
    // What is done outside of a leg is nobody's.
    AWAY.try_with(|away| away.set(away.get() + took)).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_leg_is_told_of_its_own_upstreams_alone() {
        let second = Duration::from_secs(1);
        let one = away(async {
            add(second);
            tokio::task::yield_now().await;
            add(second);
        });
        let other = away(async { add(second) });
        let (((), one), ((), other)) = tokio::join!(one, other);
        assert_eq!((one, other), (2 * second, second));
        add(second);
    }
}
