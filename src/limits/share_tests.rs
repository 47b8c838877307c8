use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;

use super::*;
use crate::{config::Limits, limits::Ticks, store::Taken};

/// Numbers that all brokers see; nothing else.
#[derive(Default)]
struct Numbers {
    values: Mutex<HashMap<String, u64>>,
    away: AtomicBool,
    calls: AtomicU64,
}

#[async_trait]
impl FlowStore for Numbers {
    async fn add(&self, key: &Key, more: u64, _: Duration) -> Result<Option<u64>, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError(None));
        }
        let mut values = self.values.lock().unwrap();
        let value = values.entry(key.as_str().to_owned()).or_default();
        *value += more;
        Ok(Some(*value))
    }

    async fn put(&self, _: &Key, _: &[u8], _: Duration) -> Result<(), StoreError> {
        unreachable!()
    }

    async fn create(&self, _: &Key, _: &[u8], _: Duration) -> Result<bool, StoreError> {
        unreachable!()
    }

    async fn look(&self, _: &Key) -> Result<Taken, StoreError> {
        unreachable!()
    }

    async fn take(&self, _: &Key) -> Result<Taken, StoreError> {
        unreachable!()
    }

    async fn delete(&self, _: &Key) -> Result<(), StoreError> {
        unreachable!()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        unreachable!()
    }
}

/// Brokers on one store, in a time that the test tells.
struct World {
    store: Numbers,
    brokers: Vec<(Limiter, Sharing)>,
    millis: Arc<AtomicU64>,
}

impl World {
    /// Ten a second and twenty at once for an address, at each of `count` brokers.
    fn new(count: usize) -> Self {
        let millis = Arc::new(AtomicU64::new(1));
        let told = Arc::clone(&millis);
        let ticks = Ticks::given(move || Duration::from_millis(told.load(Ordering::SeqCst)));
        let limits = Limits { burst_seconds: 2, address_starts: 10, ..Limits::none() };
        let broker = |_| (Limiter::new(&limits, &ticks).shared(), Sharing::new(&[7; 32]));
        Self { store: Numbers::default(), brokers: (0..count).map(broker).collect(), millis }
    }

    /// A second in which `subject` asks each broker 50 times; how much is let through in all.
    async fn second(&mut self, subject: Subject<'_>) -> usize {
        let mut admitted = 0;
        for _ in 0..50 {
            self.millis.fetch_add(20, Ordering::SeqCst);
            let all = self.brokers.iter().filter(|(limiter, _)| limiter.admit(&subject, Class::Start));
            admitted += all.count();
        }
        for (limiter, sharing) in &mut self.brokers {
            // Away is not for ever: the next round tells.
            drop(sharing.tell(limiter, &self.store).await);
        }
        admitted
    }
}

fn address(text: &str) -> Subject<'static> {
    Subject::Address(text.parse::<IpAddr>().unwrap().into())
}

#[tokio::test]
async fn three_brokers_let_through_what_one_would() {
    let mut world = World::new(3);
    let mut admitted = 0;
    for _ in 0..120 {
        admitted += world.second(address("192.0.2.1")).await;
    }
    // Ten a second; and at first a burst, and a second without news, at each.
    let most = 120 * 10 + 3 * (20 + 10) + 120;
    assert!((1_000..=most).contains(&admitted), "{admitted}");
    assert!(world.second(address("192.0.2.2")).await >= 20, "the others are not charged");
}

#[tokio::test]
async fn a_broker_whose_store_is_away_limits_alone_and_later_together_again() {
    let mut world = World::new(2);
    world.store.away.store(true, Ordering::SeqCst);
    let mut alone = 0;
    for _ in 0..60 {
        alone += world.second(address("192.0.2.1")).await;
    }
    assert!((1_200..=1_300).contains(&alone), "{alone}");
    world.store.away.store(false, Ordering::SeqCst);
    let mut together = 0;
    for _ in 0..60 {
        together += world.second(address("192.0.2.1")).await;
    }
    assert!(together <= 60 * 10 + 120, "{together}");
}

#[tokio::test]
async fn who_asks_little_costs_the_store_nothing() {
    let mut world = World::new(1);
    let (limiter, sharing) = &mut world.brokers[0];
    for number in 0..30_000_u32 {
        assert!(limiter.admit(&Subject::Address(IpAddr::from(number.to_be_bytes()).into()), Class::Start));
    }
    sharing.tell(limiter, &world.store).await.unwrap();
    assert_eq!(world.store.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn however_many_ask_much_a_round_tells_of_a_bounded_number() {
    let mut world = World::new(1);
    let (limiter, sharing) = &mut world.brokers[0];
    for number in 0..4_000_u32 {
        let subject = Subject::Address(IpAddr::from((number % 1_000).to_be_bytes()).into());
        assert!(limiter.admit(&subject, Class::Start));
    }
    sharing.tell(limiter, &world.store).await.unwrap();
    assert_eq!(world.store.calls.load(Ordering::SeqCst), TOLD_MAX as u64);
    assert!(sharing.known.len() <= TOLD_MAX);
}

#[tokio::test]
async fn the_store_learns_nobodys_address_and_no_name() {
    let mut world = World::new(1);
    for subject in
        [address("192.0.2.1"), Subject::App { tenant: "acme", app: "shop" }, Subject::Tenant("acme")]
    {
        world.second(subject).await;
    }
    let names: BTreeSet<String> = world.store.values.lock().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), 1, "apps and tenants have no limit here");
    for name in &names {
        assert!(name.starts_with("limit:") && name.len() == "limit:".len() + 43, "{name}");
    }
    let other = Sharing::new(&[8; 32]);
    let busy =
        Busy { subject: super::super::tally::Named::Tenant("acme".to_owned()), class: Class::Call, count: 1 };
    assert_ne!(other.name(&busy), Sharing::new(&[7; 32]).name(&busy), "the names are of the master key");
}
