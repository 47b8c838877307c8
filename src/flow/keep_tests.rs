use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

use async_trait::async_trait;
use tunnus_sdk::{Hidden, Timestamp};

use super::*;
use crate::{
    flow::{
        for_tests::{attempt, identification},
        identification::{Report, Settled},
    },
    store::{MasterKey, MemoryLimits, MemoryStore},
};

/// A store that does the first `create` and loses its answer.
struct Mute {
    inner: MemoryStore,
    spoke: AtomicBool,
}

#[async_trait]
impl FlowStore for Mute {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.inner.put(key, value, keep).await
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        let created = self.inner.create(key, value, keep).await;
        if self.spoke.swap(true, Ordering::SeqCst) { created } else { Err(StoreError(None)) }
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
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

/// Flows over a store that loses its first answer, or does not, and their clock.
fn flows(mute: bool, lifetimes: Lifetimes) -> (Flows, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(0));
    let (told, next) = (Arc::clone(&clock), AtomicU8::new(1));
    let ambient = Ambient::given(
        move || Timestamp(told.load(Ordering::SeqCst)),
        move |bytes| bytes.fill(next.fetch_add(1, Ordering::SeqCst)),
    );
    let keys = vec![MasterKey::new("test", Hidden::new([7; 32])).unwrap()];
    let sealer = Arc::new(Sealer::new(keys, ambient.clone()).unwrap());
    let inner = MemoryStore::new(MemoryLimits::default(), ambient.clone());
    let store = Arc::new(Mute { inner, spoke: AtomicBool::new(!mute) });
    (Flows { store, sealer, ambient, lifetimes, waiting: Arc::default(), unfinished: Arc::default() }, clock)
}

fn outcome(finished_at: Timestamp) -> Outcome {
    let report = Report::from(&Error::new(Code::UserCancelled));
    Outcome { identification: identification(&[], &[]), finished_at, result: Settled::Failed(report) }
}

#[tokio::test]
async fn what_was_settled_without_an_answer_is_known_as_ones_own() {
    let (flows, _) = flows(true, Lifetimes::default());
    assert!(flows.settle(&outcome(Timestamp(0))).await.unwrap());
    assert!(!flows.settle(&outcome(Timestamp(0))).await.unwrap(), "the first wins");
}

#[tokio::test]
async fn what_another_has_settled_is_never_taken_for_ones_own() {
    let (flows, _) = flows(true, Lifetimes::default());
    flows.overrule(&outcome(Timestamp(0))).await.unwrap();
    assert!(!flows.settle(&outcome(Timestamp(0))).await.unwrap(), "the first wins, whose answer is lost too");
}

#[tokio::test]
async fn an_attempt_opens_for_its_own_browser_alone_and_is_taken_once() {
    let (flows, _) = flows(false, Lifetimes::default());
    let binding = flows.new_binding(&identification(&[], &[]), "bank").unwrap();
    flows.keep_attempt(&binding, &attempt()).await.unwrap();
    let without_the_cookie = Binding { secret: flows.ambient.secret(), ..binding.clone() };
    let of_another_state = Binding { state: flows.ambient.secret(), ..binding.clone() };
    for stranger in [&without_the_cookie, &of_another_state] {
        assert!(matches!(flows.attempt(stranger).await.unwrap(), TakenAttempt::Unknown));
    }
    assert!(matches!(flows.attempt(&binding).await.unwrap(), TakenAttempt::Ours(_)));
    assert!(matches!(flows.take_attempt(&binding).await.unwrap(), TakenAttempt::Ours(_)));
    assert!(matches!(flows.take_attempt(&binding).await.unwrap(), TakenAttempt::AtWork));
    assert!(matches!(flows.attempt(&binding).await.unwrap(), TakenAttempt::AtWork));
}

#[tokio::test]
async fn what_is_too_late_is_kept_until_its_browser_has_found_its_way_home_and_no_longer() {
    let (flows, clock) = flows(false, Lifetimes::default());
    let (asked, attempt) = (identification(&[], &[]), attempt());
    let binding = flows.new_binding(&asked, "bank").unwrap();
    flows.keep_identification(&asked).await.unwrap();
    assert!(flows.claim(&asked, "first").await.unwrap());
    flows.keep_attempt(&binding, &attempt).await.unwrap();
    for (late, kept) in [(-1, true), (0, false)] {
        clock.store(attempt.expires_at.plus(GRACE).0 + late, Ordering::SeqCst);
        let found = flows.attempt(&binding).await.unwrap();
        assert_eq!(matches!(found, TakenAttempt::Ours(_)), kept, "the attempt");
    }
    for (late, kept) in [(-1, true), (0, false)] {
        clock.store(asked.expires_at.plus(GRACE).0 + late, Ordering::SeqCst);
        assert_eq!(flows.identification(&asked.id).await.unwrap().is_some(), kept, "the identification");
        assert_eq!(flows.is_claimed(&asked.id).await.unwrap(), kept, "its owner");
    }
}

#[tokio::test]
async fn an_outcome_outlives_its_identification_however_short_its_own_time_is() {
    let (flows, clock) = flows(false, Lifetimes { result: 60, ..Lifetimes::default() });
    let first = outcome(Timestamp(0));
    assert!(flows.settle(&first).await.unwrap());
    flows.check_readable(&first).unwrap();
    clock.store(61, Ordering::SeqCst);
    assert_eq!(flows.check_readable(&first).unwrap_err().code, Code::IdentificationUnknown);
    // The last attempt may begin when the identification ends, and come home late.
    let last = first.identification.expires_at.plus(Lifetimes::default().attempt() + GRACE);
    for later in [61, first.identification.expires_at.0, last.0 - 1] {
        clock.store(later, Ordering::SeqCst);
        assert!(!flows.settle(&outcome(Timestamp(later))).await.unwrap(), "a second result after {later} s");
    }
}

#[tokio::test]
async fn the_first_key_claims_and_is_known_again() {
    let (flows, _) = flows(false, Lifetimes::default());
    let asked = identification(&[], &[]);
    assert!(!flows.is_claimed(&asked.id).await.unwrap());
    for (owner, ours) in [("first", true), ("second", false), ("first", true)] {
        assert_eq!(flows.claim(&asked, owner).await.unwrap(), ours, "{owner}");
    }
    assert!(flows.is_claimed(&asked.id).await.unwrap());
}
