use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering},
    },
};

use async_trait::async_trait;
use tunnus_sdk::Hidden;

use super::*;
use crate::{
    ambient::Ambient,
    config::Lifetimes,
    flow::{
        for_tests::identification,
        identification::{Outcome, Report, Settled},
    },
    store::{FlowStore, Key, MasterKey, MemoryLimits, MemoryStore, Sealer, StoreError, Taken},
};

/// When nothing can end an identification of the tests any more, in seconds.
const OVER: i64 = 900 + 600 + 60;

/// A store that counts what it is asked, and may be away.
struct Shared {
    inner: MemoryStore,
    asked: AtomicI64,
    away: AtomicBool,
}

impl Shared {
    fn here(&self) -> Result<&MemoryStore, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) { Err(StoreError(None)) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl FlowStore for Shared {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.here()?.put(key, value, keep).await
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        self.here()?.create(key, value, keep).await
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        self.here()?.look(key).await
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        self.here()?.take(key).await
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.here()?.delete(key).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.here()?.ping().await
    }
}

/// Two brokers of one store.
struct Brokers {
    store: Arc<Shared>,
    clock: Arc<AtomicI64>,
    both: [(Flows, Metrics); 2],
}

impl Brokers {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(0));
        let (told, next) = (Arc::clone(&clock), AtomicU8::new(1));
        let ambient = Ambient::given(
            move || Timestamp(told.load(Ordering::SeqCst)),
            move |bytes| bytes.fill(next.fetch_add(1, Ordering::SeqCst)),
        );
        let inner = MemoryStore::new(MemoryLimits::default(), ambient.clone());
        let store = Arc::new(Shared { inner, asked: AtomicI64::new(0), away: AtomicBool::new(false) });
        let broker = || {
            let keys = vec![MasterKey::new("test", Hidden::new([7; 32])).unwrap()];
            let flows = Flows {
                store: store.clone(),
                sealer: Arc::new(Sealer::new(keys, ambient.clone()).unwrap()),
                ambient: ambient.clone(),
                lifetimes: Lifetimes::default(),
                waiting: Arc::default(),
                unfinished: Arc::default(),
            };
            (flows, Metrics::new(10, BTreeSet::new()).unwrap())
        };
        let both = [broker(), broker()];
        Self { store, clock, both }
    }

    fn flows(&self, broker: usize) -> &Flows {
        &self.both[broker].0
    }

    async fn look_at(&self, seconds: i64) {
        self.clock.store(seconds, Ordering::SeqCst);
        for (flows, metrics) in &self.both {
            flows.count_expired_by_now(metrics).await;
        }
    }

    /// The lines of what ended, of both brokers.
    fn ended(&self) -> Vec<String> {
        let texts = self.both.iter().map(|(_, metrics)| metrics.render());
        let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        lines.filter(|line| line.starts_with("tunnus_flows_finished_total{")).collect()
    }
}

fn expired(connection: &str) -> String {
    format!(
        "tunnus_flows_finished_total{{connection=\"{connection}\",outcome=\"flow_expired\",reason=\"\",tenant=\"acme\"}} 1"
    )
}

fn outcome(identification: &Identification) -> Outcome {
    let result = Settled::Failed(Report::from(&Error::new(Code::UserCancelled)));
    Outcome { identification: identification.clone(), finished_at: Timestamp(0), result }
}

#[tokio::test]
async fn who_never_comes_back_is_counted_once_when_it_is_too_late() {
    let brokers = Brokers::new();
    let asked = identification(&[], &[]);
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    brokers.look_at(OVER).await;
    assert_eq!(brokers.ended(), [""; 0], "a return may still be at work");
    for seconds in [OVER + 1, OVER + 2, OVER + 900] {
        brokers.look_at(seconds).await;
        assert_eq!(brokers.ended(), [expired("")]);
    }
}

#[tokio::test]
async fn it_is_counted_where_the_person_was_sent() {
    let brokers = Brokers::new();
    let asked = identification(&[], &[]);
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    brokers.flows(0).goes_over(&asked, "bank");
    brokers.flows(0).goes_over(&asked, "other");
    brokers.look_at(OVER + 1).await;
    assert_eq!(brokers.ended(), [expired("other")]);
}

#[tokio::test]
async fn what_ends_at_the_same_broker_costs_no_call_of_the_store() {
    let brokers = Brokers::new();
    let asked = identification(&[], &[]);
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    assert!(brokers.flows(0).settle(&outcome(&asked)).await.unwrap());
    let before = brokers.store.asked.load(Ordering::SeqCst);
    assert_eq!(before, 2);
    brokers.look_at(OVER + 1).await;
    assert_eq!(brokers.store.asked.load(Ordering::SeqCst), before);
    assert_eq!(brokers.ended(), [""; 0]);
}

#[tokio::test]
async fn what_ended_at_another_broker_is_not_counted_again() {
    let brokers = Brokers::new();
    let asked = identification(&[], &[]);
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    assert!(brokers.flows(1).settle(&outcome(&asked)).await.unwrap());
    brokers.look_at(OVER + 1).await;
    assert_eq!(brokers.ended(), [""; 0]);
    assert!(brokers.flows(0).unfinished.all().is_empty(), "and is forgotten");
}

#[tokio::test]
async fn who_comes_too_late_is_counted_by_whoever_is_first() {
    let brokers = Brokers::new();
    let asked = identification(&[], &[]);
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    brokers.look_at(601).await;
    assert!(brokers.flows(1).expires(&asked.id).await.unwrap(), "the browser was faster");
    assert!(!brokers.flows(1).expires(&asked.id).await.unwrap(), "and comes again");
    brokers.look_at(OVER + 1).await;
    assert_eq!(brokers.ended(), [""; 0]);

    let brokers = Brokers::new();
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    brokers.look_at(OVER + 1).await;
    assert_eq!(brokers.ended(), [expired("")]);
    assert!(!brokers.flows(1).expires(&asked.id).await.unwrap());
}

#[tokio::test]
async fn while_the_store_is_away_nothing_is_lost_and_nothing_made_up() {
    let brokers = Brokers::new();
    let asked = identification(&[], &[]);
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    brokers.store.away.store(true, Ordering::SeqCst);
    brokers.look_at(OVER + 1).await;
    assert_eq!(brokers.ended(), [""; 0]);
    brokers.store.away.store(false, Ordering::SeqCst);
    brokers.look_at(OVER + 800).await;
    assert_eq!(brokers.ended(), [expired("")]);

    let brokers = Brokers::new();
    brokers.flows(0).keep_identification(&asked).await.unwrap();
    // Whether it ended well the store may have forgotten by now.
    brokers.look_at(900 + 600 + 900).await;
    assert_eq!(brokers.ended(), [""; 0]);
    assert!(brokers.flows(0).unfinished.all().is_empty());
}

#[tokio::test]
async fn a_flood_of_logins_that_are_begun_and_left_takes_bounded_memory() {
    let brokers = Brokers::new();
    let flows = brokers.flows(0);
    for number in 0..REMEMBERED_MAX + 10 {
        flows.begun(&Identification { id: number.to_string(), ..identification(&[], &[]) });
    }
    assert_eq!(flows.unfinished.all().len(), REMEMBERED_MAX);
}
