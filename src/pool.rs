//! A pool for what keeps a core busy: the use of private keys, and their making.
//!
//! An RSA operation takes a third of a millisecond, a new RSA key some hundred. As many run at once as
//! the pool has threads; a bounded number waits; whoever comes then is told so at once. Bursts of
//! logins, an attacker's tokens, or many changes of tenants never hold up the threads that serve
//! everybody.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};

/// Why an operation did not run to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The queue is full.
    #[error("too much is being worked on at once: try again in a moment")]
    Busy,
    /// The operation panicked.
    #[error("the work broke off")]
    Failed,
}

/// The pool.
#[derive(Debug)]
pub struct Pool {
    /// One permit for each operation that runs or waits.
    places: Arc<Semaphore>,
    /// One permit for each that runs.
    turns: Arc<Semaphore>,
}

impl Pool {
    /// A pool that runs `threads` operations at once and lets `queue` more wait.
    #[must_use]
    pub fn new(threads: usize, queue: usize) -> Self {
        let places = threads.saturating_add(queue).min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), turns: Arc::new(Semaphore::new(threads)) }
    }

    /// Runs `operation` in its turn.
    ///
    /// # Errors
    /// Where the queue is full, or the operation panics.
    pub async fn run<T: Send + 'static>(
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
impl Pool {
    /// Takes every place that is free, as long as what is answered is held.
    pub(crate) fn filled(&self) -> tokio::sync::OwnedSemaphorePermit {
        let free = u32::try_from(self.places.available_permits()).unwrap();
        Arc::clone(&self.places).try_acquire_many_owned(free).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_is_said_at_once_and_an_empty_one_works_again() {
        let pool = Arc::new(Pool::new(1, 1));
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
        let pool = Pool::new(1, 0);
        assert_eq!(pool.run(|| panic!("as a library may")).await, Err::<(), _>(PoolError::Failed));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }
}
