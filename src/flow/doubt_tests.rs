use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use tunnus_sdk::{Hidden, Timestamp};

use super::*;
use crate::{
    ambient::Ambient,
    audit::{
        event::{Body, Kind},
        store::MemoryEvents,
    },
    config::Lifetimes,
    error::Code,
    flow::{
        for_tests::identification,
        identification::{Report, Settled},
        progress::Progress,
    },
    store::{FlowStore, Key, MasterKey, MemoryLimits, MemoryStore, Sealer, StoreError, Taken},
};

/// A store that does not answer for so many looks; a quarter of an hour passes at each.
struct Away {
    inner: MemoryStore,
    looks: AtomicI64,
    clock: Arc<AtomicI64>,
}

#[async_trait]
impl FlowStore for Away {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.inner.put(key, value, keep).await
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        self.inner.create(key, value, keep).await
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        self.clock.fetch_add(900, Ordering::SeqCst);
        if self.looks.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err(StoreError(None));
        }
        self.inner.look(key).await
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        self.inner.take(key).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }
}

fn flows(looks: i64) -> Flows {
    let (clock, system) = (Arc::new(AtomicI64::new(0)), Ambient::system());
    let told = Arc::clone(&clock);
    let fill = move |bytes: &mut [u8]| bytes.fill_with(|| system.bytes::<1>()[0]);
    let ambient = Ambient::given(move || Timestamp(told.load(Ordering::SeqCst)), fill);
    let keys = vec![MasterKey::new("test", Hidden::new([7; 32])).unwrap()];
    let sealer = Arc::new(Sealer::new(keys, ambient.clone()).unwrap());
    let inner = MemoryStore::new(MemoryLimits::default(), ambient.clone());
    let store = Arc::new(Away { inner, looks: AtomicI64::new(looks), clock });
    let lifetimes = Lifetimes { result: 3_600, ..Lifetimes::default() };
    Flows { store, sealer, ambient, lifetimes, waiting: Arc::default(), unfinished: Arc::default() }
}

fn outcome(code: Code) -> Outcome {
    let result = Settled::Failed(Report::from(&Error::new(code)));
    Outcome { identification: identification(&[], &[]), finished_at: Timestamp(0), result }
}

/// What the trail says once the doubt about an end is resolved, with this outcome in the store.
async fn told(looks: i64, kept: Option<Outcome>) -> Vec<(String, Body)> {
    let (flows, events) = (flows(looks), Arc::new(MemoryEvents::default()));
    let audit = Audit::sandboxed(events.clone(), &Ambient::system()).unwrap();
    if let Some(kept) = kept {
        assert!(flows.settle(&kept).await.unwrap());
    }
    let outcome = outcome(Code::UserCancelled);
    let progress = Progress::at_the_door(&outcome.identification);
    let discarded = progress.to_discarded(&outcome.identification, &Code::StoreUnavailable.into());
    Doubt { end: "end".to_owned(), discarded, outcome }.resolved(flows, audit, Duration::ZERO).await;
    let read = |body: &str| serde_json::from_str(body).unwrap();
    events.rows().iter().map(|row| (row.entry.id.clone(), read(&row.entry.body))).collect()
}

#[tokio::test]
async fn an_end_that_never_was_is_taken_back_once_the_store_answers() {
    for kept in [None, Some(outcome(Code::FlowExpired))] {
        let told = told(3, kept).await;
        let [(id, body)] = &told[..] else { panic!("one event, not {told:?}") };
        assert_eq!((id.as_str(), body.kind), ("end~", Kind::IdentificationDiscarded));
        assert_eq!(body.outcome.as_deref(), Some("store_unavailable"));
    }
}

#[tokio::test]
async fn an_end_of_which_only_the_answer_was_lost_stands() {
    assert_eq!(told(0, Some(outcome(Code::UserCancelled))).await, []);
}

#[tokio::test]
async fn a_store_that_stays_away_is_not_asked_for_ever() {
    assert_eq!(told(i64::MAX, None).await, []);
}
