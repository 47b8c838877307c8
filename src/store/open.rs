//! From `flow_store.url` to a store.

use std::sync::Arc;

use rustls::crypto::ring;

use crate::{
    ambient::Ambient,
    store::{FlowStore, MemoryLimits, MemoryStore, RedisPlace, RedisStore, RedisTimeouts, RedisUrlError},
};

/// Why `flow_store.url` opens no store. The URL may hold a password and is not shown.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// Of no kind known here.
    #[error("the flow store's URL leads to no store")]
    Url(#[from] RedisUrlError),
    /// The file of the CA that vouches for Redis cannot be read.
    #[error("the file that the flow store's URL names as `ca` cannot be read")]
    Ca(#[source] std::io::Error),
    /// No client can be made of it.
    #[error("the flow store's URL does not lead to a Redis server")]
    Redis(#[source] ::redis::RedisError),
}

/// The store at `url`: `memory:`, bounded by `memory`, or a [Redis](RedisPlace).
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
    if url == "memory:" {
        return Ok(Arc::new(MemoryStore::new(memory, ambient.clone())));
    }
    let place = RedisPlace::parse(url)?;
    // The client takes its TLS from the process; whoever installed one before us keeps it.
    drop(ring::default_provider().install_default());
    let ca = place.ca.as_ref().map(std::fs::read).transpose().map_err(OpenStoreError::Ca)?;
    let store = RedisStore::open(&place, ca.as_deref(), RedisTimeouts::default());
    Ok(Arc::new(store.map_err(OpenStoreError::Redis)?))
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
