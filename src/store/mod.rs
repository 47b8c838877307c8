//! The flow store: the short-lived state of logins under way.
//!
//! Owns the contract that memory and Redis fulfil. Values are sealed before they come here (`seal`);
//! what they mean is `flow`'s.

use std::time::Duration;

use async_trait::async_trait;
use tunnus_sdk::Finding;

mod memory;
mod metered;
mod open;
mod redis;
pub mod seal;
#[cfg(test)]
pub mod shape;

pub use memory::{MemoryLimits, MemoryStore};
pub use metered::MeteredStore;
pub use open::{OpenStoreError, open_store};
pub use redis::{RedisPlace, RedisStore, RedisTimeouts, RedisUrlError};
pub use seal::{MasterKey, SealError, Sealer};

/// The key of one value: what it is, and a hash or id that tells nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// The key `kind:name`. `name` is an id or a hash, never a secret.
    #[must_use]
    pub fn new(kind: &'static str, name: &str) -> Self {
        Self(format!("{kind}:{name}"))
    }

    /// As the store spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The store did not do what it was asked, or did not say so.
#[derive(Debug, thiserror::Error)]
#[error("the flow store is not available")]
pub struct StoreError(#[source] pub Option<Box<dyn std::error::Error + Send + Sync>>);

/// What a take found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The value; it is ours alone now.
    Value(Vec<u8>),
    /// Somebody has taken it and is at work.
    AlreadyTaken,
    /// Nothing.
    Missing,
}

/// Where flows are kept. Every operation is atomic on its one key, and bounded in time.
#[async_trait]
pub trait FlowStore: Send + Sync {
    /// Writes `value`, whatever stood there, for `keep`.
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError>;

    /// The same of what must outlive the server that takes it, as a `take` and a `create` must: where
    /// replicas confirm, an unconfirmed one has failed.
    async fn decide(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.put(key, value, keep).await
    }

    /// Writes `value` for `keep` where nothing stands yet; false where something does.
    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError>;

    /// What a take would find, untouched.
    async fn look(&self, key: &Key) -> Result<Taken, StoreError>;

    /// The value, untouched. `None` for a tombstone too.
    async fn read(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        match self.look(key).await? {
            Taken::Value(value) => Ok(Some(value)),
            Taken::AlreadyTaken | Taken::Missing => Ok(None),
        }
    }

    /// Takes the value and leaves a tombstone for the rest of its time. Never resent: a take whose
    /// answer is lost counts as taken.
    async fn take(&self, key: &Key) -> Result<Taken, StoreError>;

    /// Removes the value or the tombstone.
    async fn delete(&self, key: &Key) -> Result<(), StoreError>;

    /// Adds to a number that all brokers of the store see, and says what it is now; it is gone once nobody
    /// has added to it for `keep`. None where there are no other brokers.
    async fn add(&self, _key: &Key, _more: u64, _keep: Duration) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// What an operator should know about the servers behind it; an error where one does not answer.
    async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        self.ping().await.map(|()| Vec::new())
    }
}
