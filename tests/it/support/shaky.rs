//! A store that fails where a test says so.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tunnus::store::{FlowStore, Key, StoreError, Taken};

/// One failure to come.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// After how many operations from now.
    pub after: usize,
    /// Whether the operation is done and only its answer lost.
    pub done: bool,
}

/// A store that fails once, and counts.
pub struct Shaky {
    inner: Arc<dyn FlowStore>,
    next: Mutex<Option<Failure>>,
    operations: AtomicUsize,
}

impl Shaky {
    /// Over a store that never fails.
    pub fn over(inner: Arc<dyn FlowStore>) -> Arc<Self> {
        Arc::new(Self { inner, next: Mutex::default(), operations: AtomicUsize::new(0) })
    }

    /// Lets one operation to come fail.
    pub fn fail(&self, failure: Failure) {
        *self.next.lock().unwrap() = Some(failure);
    }

    /// Whether it has failed as it was told.
    pub fn has_failed(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }

    /// How many operations there were.
    pub fn operations(&self) -> usize {
        self.operations.load(Ordering::SeqCst)
    }

    /// Does `operation`, or fails as told.
    async fn ask<T>(&self, operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.operations.fetch_add(1, Ordering::SeqCst);
        let due = {
            let mut next = self.next.lock().unwrap();
            match &mut *next {
                Some(failure) if failure.after > 0 => {
                    failure.after -= 1;
                    None
                }
                Some(_) | None => next.take(),
            }
        };
        match due {
            None => operation.await,
            Some(Failure { done: false, .. }) => Err(StoreError(None)),
            Some(Failure { done: true, .. }) => operation.await.and(Err(StoreError(None))),
        }
    }
}

#[async_trait]
impl FlowStore for Shaky {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.ask(self.inner.put(key, value, keep)).await
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        self.ask(self.inner.create(key, value, keep)).await
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        self.ask(self.inner.look(key)).await
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        self.ask(self.inner.take(key)).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.ask(self.inner.delete(key)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask(self.inner.ping()).await
    }
}
