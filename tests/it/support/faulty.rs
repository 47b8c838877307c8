//! A flow store that counts its calls and fails those that it is told to.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use tunnus::{
    ambient::Ambient,
    store::{FlowStore, Key, MemoryLimits, MemoryStore, StoreError, Taken},
};
use tunnus_sdk::async_trait;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done.
    Refused,
    /// It is done, and the answer is lost.
    Lost,
}

/// Which call fails.
enum When {
    /// The next one of this name.
    Call(String),
    /// Whichever comes after so many.
    After(usize),
}

/// A store in memory with faults.
pub struct Faulty {
    inner: MemoryStore,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    calls: Vec<String>,
    written: Vec<u8>,
    longest: usize,
    keys: BTreeSet<String>,
    failing: Option<(When, Fault)>,
}

impl Seen {
    /// How `call` fails; once.
    fn due(&mut self, call: &str) -> Option<Fault> {
        let is_due = match &mut self.failing.as_mut()?.0 {
            When::Call(name) => name == call,
            When::After(0) => true,
            When::After(left) => {
                *left -= 1;
                false
            }
        };
        if is_due { self.failing.take().map(|(_, fault)| fault) } else { None }
    }
}

impl Faulty {
    pub fn new() -> Arc<Self> {
        let inner = MemoryStore::new(MemoryLimits::default(), Ambient::system());
        Arc::new(Self { inner, seen: Mutex::default() })
    }

    /// Lets the next `call` fail: `put identification`.
    pub fn fail(&self, call: &str, fault: Fault) {
        self.seen.lock().unwrap().failing = Some((When::Call(call.to_owned()), fault));
    }

    /// Lets one call fail after `calls` others.
    pub fn fail_after(&self, calls: usize, fault: Fault) {
        self.seen.lock().unwrap().failing = Some((When::After(calls), fault));
    }

    /// Whether it has failed as it was told.
    pub fn has_failed(&self) -> bool {
        self.seen.lock().unwrap().failing.is_none()
    }

    /// The calls since this was asked before.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().calls)
    }

    /// All that was ever written, keys and values.
    pub fn written(&self) -> Vec<u8> {
        self.seen.lock().unwrap().written.clone()
    }

    /// How long the longest value was.
    pub fn longest(&self) -> usize {
        self.seen.lock().unwrap().longest
    }

    /// How many values of a kind stand there.
    pub fn count(&self, kind: &str) -> usize {
        let prefix = format!("{kind}:");
        self.seen.lock().unwrap().keys.iter().filter(|key| key.starts_with(&prefix)).count()
    }

    fn note(&self, key: &Key, value: &[u8]) {
        let mut seen = self.seen.lock().unwrap();
        seen.written.extend([key.as_str().as_bytes(), b"\n", value, b"\n"].concat());
        seen.longest = seen.longest.max(value.len());
    }

    async fn call<T>(
        &self,
        operation: &str,
        key: &Key,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let (kind, _) = key.as_str().split_once(':').unwrap();
        let call = format!("{operation} {kind}");
        let fault = {
            let mut seen = self.seen.lock().unwrap();
            let fault = seen.due(&call);
            seen.calls.push(call);
            if operation == "delete" {
                seen.keys.remove(key.as_str());
            } else if ["put", "create"].contains(&operation) && fault != Some(Fault::Refused) {
                seen.keys.insert(key.as_str().to_owned());
            }
            fault
        };
        match fault {
            None => work.await,
            Some(Fault::Refused) => Err(StoreError(None)),
            Some(Fault::Lost) => {
                work.await?;
                Err(StoreError(None))
            }
        }
    }
}

#[async_trait]
impl FlowStore for Faulty {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.note(key, value);
        self.call("put", key, self.inner.put(key, value, keep)).await
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        self.note(key, value);
        self.call("create", key, self.inner.create(key, value, keep)).await
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        self.call("look", key, self.inner.look(key)).await
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        self.call("take", key, self.inner.take(key)).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.call("delete", key, self.inner.delete(key)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }
}
