//! The flow store in the program's own memory: for one process, the sandbox and tests.
//!
//! Owns the bounds: a number of values and a number of bytes. A full store refuses what is new; it
//! never throws out a login that is under way, or a flood of new ones would end everybody's.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tunnus_sdk::Timestamp;

use crate::{
    ambient::Ambient,
    store::{FlowStore, Key, StoreError, Taken},
};

/// Locks are spread over so many maps.
const SHARDS: usize = 16;

/// What an entry costs beside its key and value, roughly.
const OVERHEAD: usize = 128;

/// How often a map is freed of what has expired, in passing.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// How much the store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimits {
    /// The number of values.
    pub entries: usize,
    /// The bytes of all keys and values, with what it costs to keep them.
    pub bytes: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self { entries: 200_000, bytes: 256 * 1024 * 1024 }
    }
}

/// A flow store that ends with the process.
pub struct MemoryStore {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    usage: Usage,
    ambient: Ambient,
}

struct Shard {
    entries: HashMap<Key, Entry>,
    swept: Timestamp,
}

struct Entry {
    /// `None` is the tombstone of a value that was taken.
    value: Option<Vec<u8>>,
    expires: Timestamp,
}

/// What is used of the limits.
struct Usage {
    limits: MemoryLimits,
    entries: AtomicUsize,
    bytes: AtomicUsize,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(limits: MemoryLimits, ambient: Ambient) -> Self {
        let swept = ambient.now();
        let shards = std::array::from_fn(|_| Mutex::new(Shard { entries: HashMap::new(), swept }));
        let usage = Usage { limits, entries: AtomicUsize::new(0), bytes: AtomicUsize::new(0) };
        Self { shards, hasher: RandomState::new(), usage, ambient }
    }

    #[expect(clippy::indexing_slicing, reason = "a remainder is below its divisor")]
    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        locked(&self.shards[index])
    }

    /// Writes `value`; `over` says whether over a live value too. `None`: there is no room.
    fn try_write(&self, key: &Key, value: &[u8], keep: Duration, over: bool) -> Option<bool> {
        let now = self.ambient.now();
        let mut shard = self.shard(key);
        if shard.swept.plus(SWEEP_EVERY) <= now {
            shard.sweep(now, &self.usage);
        }
        if !over && shard.live(key, now).is_some() {
            return Some(false);
        }
        let entry = Entry { value: Some(value.to_vec()), expires: now.plus(keep) };
        if !self.usage.reserve(entry.cost(key)) {
            return None;
        }
        if let Some(old) = shard.entries.insert(key.clone(), entry) {
            self.usage.release(old.cost(key));
        }
        Some(true)
    }

    fn write(&self, key: &Key, value: &[u8], keep: Duration, over: bool) -> Result<bool, StoreError> {
        if let Some(written) = self.try_write(key, value, keep, over) {
            return Ok(written);
        }
        self.sweep();
        self.try_write(key, value, keep, over).ok_or_else(|| StoreError(Some("the store is full".into())))
    }

    /// Frees every map of what has expired; once in a second is enough, or a flood would sweep on
    /// each of its requests.
    fn sweep(&self) {
        let now = self.ambient.now();
        for shard in &self.shards {
            let mut shard = locked(shard);
            if shard.swept < now {
                shard.sweep(now, &self.usage);
            }
        }
    }
}

impl Shard {
    fn live(&mut self, key: &Key, now: Timestamp) -> Option<&mut Entry> {
        self.entries.get_mut(key).filter(|entry| entry.expires > now)
    }

    fn sweep(&mut self, now: Timestamp, usage: &Usage) {
        self.entries.retain(|key, entry| {
            let live = entry.expires > now;
            if !live {
                usage.release(entry.cost(key));
            }
            live
        });
        self.swept = now;
    }
}

impl Entry {
    fn cost(&self, key: &Key) -> usize {
        OVERHEAD + key.as_str().len() + self.value.as_ref().map_or(0, Vec::len)
    }
}

impl Usage {
    /// Takes room for one entry; false where there is none.
    fn reserve(&self, cost: usize) -> bool {
        let entries = self.entries.fetch_add(1, Ordering::Relaxed);
        let bytes = self.bytes.fetch_add(cost, Ordering::Relaxed);
        let fits = entries < self.limits.entries && bytes.saturating_add(cost) <= self.limits.bytes;
        if !fits {
            self.release(cost);
        }
        fits
    }

    fn release(&self, cost: usize) {
        self.entries.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(cost, Ordering::Relaxed);
    }
}

/// Nothing in here panics while it holds a lock, so a poisoned one is as good as any.
fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl FlowStore for MemoryStore {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.write(key, value, keep, true).map(drop)
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        self.write(key, value, keep, false)
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        let now = self.ambient.now();
        let mut shard = self.shard(key);
        let Some(entry) = shard.live(key, now) else { return Ok(Taken::Missing) };
        Ok(entry.value.clone().map_or(Taken::AlreadyTaken, Taken::Value))
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        let now = self.ambient.now();
        let mut shard = self.shard(key);
        let Some(entry) = shard.live(key, now) else { return Ok(Taken::Missing) };
        let Some(value) = entry.value.take() else { return Ok(Taken::AlreadyTaken) };
        self.usage.bytes.fetch_sub(value.len(), Ordering::Relaxed);
        Ok(Taken::Value(value))
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        if let Some(entry) = self.shard(key).entries.remove(key) {
            self.usage.release(entry.cost(key));
        }
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
