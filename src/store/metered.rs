//! A store whose operations are measured.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tracing::Instrument;
use tunnus_sdk::Finding;

use crate::{
    metrics::Metrics,
    store::{FlowStore, Key, StoreError, Taken},
    telemetry::spans,
};

/// Passes every operation on and records how long it took and whether it succeeded.
pub struct MeteredStore {
    inner: Arc<dyn FlowStore>,
    metrics: Arc<Metrics>,
}

impl MeteredStore {
    /// Measures `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn FlowStore>, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }

    async fn measured<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let span = spans::store(operation);
        let result = work.instrument(span.clone()).await;
        if result.is_err() {
            spans::failed(&span);
        }
        self.metrics.store_operation(operation, result.is_ok(), begun.elapsed());
        result
    }
}

#[async_trait]
impl FlowStore for MeteredStore {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.measured("put", self.inner.put(key, value, keep)).await
    }

    async fn decide(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.measured("put", self.inner.decide(key, value, keep)).await
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        self.measured("create", self.inner.create(key, value, keep)).await
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        self.measured("look", self.inner.look(key)).await
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        self.measured("take", self.inner.take(key)).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.measured("delete", self.inner.delete(key)).await
    }

    async fn add(&self, key: &Key, more: u64, keep: Duration) -> Result<Option<u64>, StoreError> {
        self.measured("add", self.inner.add(key, more, keep)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.measured("ping", self.inner.ping()).await
    }

    async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.examine().await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        ambient::Ambient,
        store::{MemoryLimits, MemoryStore},
    };

    #[tokio::test]
    async fn every_operation_is_recorded_with_its_outcome() {
        let metrics = Arc::new(Metrics::new(1, BTreeSet::new()).unwrap());
        let memory = MemoryStore::new(MemoryLimits { entries: 1, bytes: 1000 }, Ambient::system());
        let store = MeteredStore::new(Arc::new(memory), Arc::clone(&metrics));
        let (key, minute) = (Key::new("attempt", "a"), Duration::from_secs(60));
        store.ping().await.unwrap();
        store.create(&key, b"one", minute).await.unwrap();
        store.put(&key, &[0; 2000], minute).await.unwrap_err();
        store.read(&key).await.unwrap();
        store.take(&key).await.unwrap();
        store.delete(&key).await.unwrap();
        let text = metrics.render();
        for (operation, outcome) in [
            ("ping", "ok"),
            ("create", "ok"),
            ("put", "error"),
            ("look", "ok"),
            ("take", "ok"),
            ("delete", "ok"),
        ] {
            let line = format!(
                "tunnus_flow_store_operation_duration_seconds_count\
                 {{operation=\"{operation}\",outcome=\"{outcome}\"}} 1"
            );
            assert!(text.contains(&line), "{line}");
        }
    }
}
