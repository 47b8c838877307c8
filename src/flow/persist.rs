//! Does again what may not be lost, while the store is away.
//!
//! An upstream's code is good once: what came of it is in our hands and nowhere else until the store
//! has it.

use std::time::Duration;

use crate::error::{Code, Error};

/// How long the first wait is; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// After so many waits it gives up: the person waits too.
const WAITS: u32 = 7;

/// Does `operation`, which is told how often it was tried before, until the store takes part.
///
/// # Errors
/// [`Code::StoreUnavailable`] where the store stays away, and at once any other error.
pub(super) async fn persist<T, F>(operation: impl Fn(u32) -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for tries in 0..WAITS {
        match operation(tries).await {
            Err(error) if error.code == Code::StoreUnavailable => tokio::time::sleep(wait(tries)).await,
            done => return done,
        }
    }
    operation(WAITS).await
}

fn wait(tries: u32) -> Duration {
    FIRST_WAIT * 2_u32.pow(tries)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_fails_is_done_again_when_the_store_is_back() {
        let done = persist(|tries| async move {
            if tries == 0 { Err(Code::StoreUnavailable.into()) } else { Ok(tries) }
        });
        assert_eq!(done.await.unwrap(), 1);
    }

    #[tokio::test]
    async fn another_failure_is_no_reason_to_wait() {
        let tried = AtomicU32::new(0);
        let operation = |_| async {
            tried.fetch_add(1, Ordering::Relaxed);
            Err::<(), Error>(Code::Internal.into())
        };
        assert_eq!(persist(operation).await.unwrap_err().code, Code::Internal);
        assert_eq!(tried.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_store_that_stays_away_is_waited_for_as_long_as_a_person_waits() {
        let in_all: Duration = (0..WAITS).map(wait).sum();
        assert_eq!(in_all, Duration::from_millis(12_700));
    }
}
