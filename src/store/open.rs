//! From `flow_store.url` to a store.

use std::sync::Arc;

use rustls::crypto::ring;
use url::Url;

use crate::{
    ambient::Ambient,
    store::{FlowStore, MemoryLimits, MemoryStore, RedisStore, RedisTimeouts},
};

/// Why `flow_store.url` opens no store. The URL may hold a password and is not shown.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// Not a URL, or of no kind known here.
    #[error("the flow store's URL must be `memory:`, or begin with `redis://` or `rediss://`")]
    Url,
    /// Not a URL of a Redis server.
    #[error("the flow store's URL does not lead to a Redis server")]
    Redis(#[source] ::redis::RedisError),
}

/// The store at `url`: `memory:`, bounded by `memory`, or `redis://` and `rediss://`.
///
/// Redis is not called yet: whether it answers is [`FlowStore::ping`]'s to say.
///
/// # Errors
/// When the URL names no store.
pub fn open_store(
    url: &str,
    memory: MemoryLimits,
    ambient: &Ambient,
) -> Result<Arc<dyn FlowStore>, OpenStoreError> {
    let url = Url::parse(url).map_err(|_| OpenStoreError::Url)?;
    match url.scheme() {
        "memory" => Ok(Arc::new(MemoryStore::new(memory, ambient.clone()))),
        "redis" | "rediss" => {
            // The client takes its TLS from the process; whoever installed one before us keeps it.
            drop(ring::default_provider().install_default());
            let store = RedisStore::open(&url, RedisTimeouts::default()).map_err(OpenStoreError::Redis)?;
            Ok(Arc::new(store))
        }
        _ => Err(OpenStoreError::Url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(url: &str) -> Result<Arc<dyn FlowStore>, OpenStoreError> {
        open_store(url, MemoryLimits::default(), &Ambient::system())
    }

    #[test]
    fn memory_and_redis_open_without_a_network() {
        for url in ["memory:", "redis://127.0.0.1:1", "rediss://user:password@redis.internal/2?prefix=acme:"]
        {
            assert!(open(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused_and_not_shown() {
        for url in ["", "memcached://h", "redis", "redis://:hunter2@h/x", "rediss://:hunter2@h/#insecure"] {
            let error = open(url).err().unwrap();
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            assert!(!format!("{error} {cause:?}").contains("hunter2"), "{url}");
        }
    }
}
