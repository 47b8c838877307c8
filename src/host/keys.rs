//! The pool on which private keys are used.
//!
//! An RSA operation keeps a core busy for a third of a millisecond. As many run at once as there are
//! cores; a bounded number waits; whoever comes then is told so at once. Bursts of logins, or an
//! attacker's tokens, never hold up the threads that serve everybody.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};

/// Why an operation did not run to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolError {
    /// The queue is full.
    Busy,
    /// The operation panicked.
    Failed,
}

/// The pool.
#[derive(Debug)]
pub(super) struct KeyPool {
    /// One permit for each operation that runs or waits.
    places: Arc<Semaphore>,
    /// One permit for each that runs.
    turns: Arc<Semaphore>,
}

impl KeyPool {
    /// A pool that runs `threads` operations at once and lets `queue` more wait.
    pub(super) fn new(threads: usize, queue: usize) -> Self {
        let places = threads.saturating_add(queue).min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), turns: Arc::new(Semaphore::new(threads)) }
    }

    /// Runs `operation` in its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PoolError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| PoolError::Busy)?;
        // The permits go along: a caller that hangs up does not make room while the core is busy.
        let running = spawn_blocking(move || {
            let _permits = (place, turn);
            operation()
        });
        running.await.map_err(|_| PoolError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_is_said_at_once_and_an_empty_one_works_again() {
        let pool = Arc::new(KeyPool::new(1, 1));
        let (go, wait) = channel::<()>();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                let blocked = move || {
                    started.send(()).unwrap();
                    wait.recv()
                };
                pool.run(blocked).await
            }
        });
        has_started.await.unwrap();
        let second = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(|| 2).await }
        });
        while pool.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| 3).await, Err(PoolError::Busy));
        go.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        assert_eq!(second.await.unwrap(), Ok(2));
        assert_eq!(pool.run(|| 4).await, Ok(4));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_leaves_the_pool_whole() {
        let pool = KeyPool::new(1, 0);
        assert_eq!(pool.run(|| panic!("as a library may")).await, Err::<(), _>(PoolError::Failed));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }
}
