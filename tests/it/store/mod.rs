//! What every flow store must do, run over each of them; and what Redis does when it is ill.

use std::{sync::Arc, time::Duration};

use tunnus::{
    ambient::Ambient,
    store::{FlowStore, Key, MemoryLimits, MemoryStore, RedisPlace, RedisStore, RedisTimeouts, Taken},
};

use crate::support::redis::{RedisServer, cluster::RedisCluster, sentinel::Watched};

mod failover;
mod secured;

const MINUTE: Duration = Duration::from_secs(60);

/// Short, so that a test of an ill server is over soon.
const TIMEOUTS: RedisTimeouts =
    RedisTimeouts { connect: Duration::from_millis(150), response: Duration::from_millis(150) };

/// Longer than several servers of a test need, so that only a fault runs into it.
const PATIENT: RedisTimeouts =
    RedisTimeouts { connect: Duration::from_secs(1), response: Duration::from_secs(3) };

fn memory() -> (Arc<dyn FlowStore>, ()) {
    (Arc::new(MemoryStore::new(MemoryLimits::default(), Ambient::system())), ())
}

fn store_at(url: &str, timeouts: RedisTimeouts) -> RedisStore {
    RedisStore::open(&RedisPlace::parse(url).unwrap(), None, timeouts).unwrap()
}

fn redis() -> (Arc<dyn FlowStore>, RedisServer) {
    let server = RedisServer::start(&[]);
    (Arc::new(store_at(server.url().as_str(), RedisTimeouts::default())), server)
}

/// The suite: each contract by its name, once a store.
macro_rules! every_store {
    ($($name:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $name() { let (store, _kept) = super::memory(); super::$name(store).await; })*
        }
        mod in_redis {
            $(#[tokio::test] async fn $name() { let (store, _kept) = super::redis(); super::$name(store).await; })*
        }
        /// Over the servers at one URL, each contract with keys of its own.
        async fn every_contract(url: impl Fn(&str) -> String) {
            $(
                let place = url(concat!("prefix=", stringify!($name), ":"));
                $name(Arc::new(store_at(&place, PATIENT))).await;
            )*
        }
    };
}

every_store![
    what_is_put_is_read,
    put_replaces,
    create_writes_once,
    a_value_is_taken_once,
    of_many_takers_one_gets_the_value,
    of_many_creators_one_succeeds,
    a_taken_value_may_be_put_back,
    a_tombstone_is_not_a_value,
    delete_removes_values_and_tombstones,
    keys_do_not_mix,
    any_bytes_are_a_value,
    a_value_ends_with_its_time,
    a_number_is_the_sum_of_what_was_added_where_others_see_it,
    the_store_answers,
];

#[tokio::test]
async fn a_cluster_is_a_store() {
    let cluster = RedisCluster::with_replicas().await;
    every_contract(|query| cluster.url(query)).await;
}

#[tokio::test]
async fn a_primary_behind_sentinels_is_a_store() {
    let watched = Watched::start().await;
    every_contract(|query| watched.url(query)).await;
}

fn key(name: &str) -> Key {
    Key::new("attempt", name)
}

async fn what_is_put_is_read(store: Arc<dyn FlowStore>) {
    assert_eq!(store.read(&key("a")).await.unwrap(), None);
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    for _ in 0..2 {
        assert_eq!(store.read(&key("a")).await.unwrap(), Some(b"one".to_vec()));
    }
}

async fn a_number_is_the_sum_of_what_was_added_where_others_see_it(store: Arc<dyn FlowStore>) {
    let first = store.add(&key("n"), 3, MINUTE).await.unwrap();
    assert!(matches!(first, None | Some(3)), "{first:?}");
    let second = store.add(&key("n"), 4, MINUTE).await.unwrap();
    assert_eq!(second, first.map(|_| 7));
    assert_eq!(store.add(&key("m"), 1, MINUTE).await.unwrap(), first.map(|_| 1));
}

async fn put_replaces(store: Arc<dyn FlowStore>) {
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    store.put(&key("a"), b"two", MINUTE).await.unwrap();
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Value(b"two".to_vec()));
}

async fn create_writes_once(store: Arc<dyn FlowStore>) {
    assert!(store.create(&key("a"), b"one", MINUTE).await.unwrap());
    assert!(!store.create(&key("a"), b"two", MINUTE).await.unwrap());
    assert_eq!(store.read(&key("a")).await.unwrap(), Some(b"one".to_vec()));
}

async fn a_value_is_taken_once(store: Arc<dyn FlowStore>) {
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Missing);
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Missing, "a take of nothing leaves nothing");
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Value(b"one".to_vec()));
    for _ in 0..2 {
        assert_eq!(store.take(&key("a")).await.unwrap(), Taken::AlreadyTaken);
    }
}

async fn of_many_takers_one_gets_the_value(store: Arc<dyn FlowStore>) {
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    let takers: Vec<_> = (0..32)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.take(&key("a")).await.unwrap() })
        })
        .collect();
    let mut values = 0;
    for taker in takers {
        match taker.await.unwrap() {
            Taken::Value(value) => {
                assert_eq!(value, b"one");
                values += 1;
            }
            Taken::AlreadyTaken => {}
            Taken::Missing => panic!("the value was there"),
        }
    }
    assert_eq!(values, 1);
}

async fn of_many_creators_one_succeeds(store: Arc<dyn FlowStore>) {
    let creators: Vec<_> = (0..32_u8)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.create(&key("a"), &[n], MINUTE).await.unwrap() })
        })
        .collect();
    let mut created = 0;
    for creator in creators {
        created += usize::from(creator.await.unwrap());
    }
    assert_eq!(created, 1);
}

async fn a_taken_value_may_be_put_back(store: Arc<dyn FlowStore>) {
    store.put(&key("a"), b"leg 1", MINUTE).await.unwrap();
    store.take(&key("a")).await.unwrap();
    store.put(&key("a"), b"leg 2", MINUTE).await.unwrap();
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Value(b"leg 2".to_vec()));
}

async fn a_tombstone_is_not_a_value(store: Arc<dyn FlowStore>) {
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    store.take(&key("a")).await.unwrap();
    assert_eq!(store.read(&key("a")).await.unwrap(), None);
    assert!(!store.create(&key("a"), b"two", MINUTE).await.unwrap());
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::AlreadyTaken);
}

async fn delete_removes_values_and_tombstones(store: Arc<dyn FlowStore>) {
    store.delete(&key("a")).await.unwrap();
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    store.delete(&key("a")).await.unwrap();
    assert_eq!(store.read(&key("a")).await.unwrap(), None);
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    store.take(&key("a")).await.unwrap();
    store.delete(&key("a")).await.unwrap();
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Missing);
}

async fn keys_do_not_mix(store: Arc<dyn FlowStore>) {
    store.put(&Key::new("attempt", "a"), b"one", MINUTE).await.unwrap();
    store.put(&Key::new("result", "a"), b"two", MINUTE).await.unwrap();
    store.delete(&Key::new("attempt", "b")).await.unwrap();
    assert_eq!(store.take(&Key::new("attempt", "a")).await.unwrap(), Taken::Value(b"one".to_vec()));
    assert_eq!(store.take(&Key::new("result", "a")).await.unwrap(), Taken::Value(b"two".to_vec()));
}

async fn any_bytes_are_a_value(store: Arc<dyn FlowStore>) {
    let value: Vec<u8> = (0..=u8::MAX).cycle().skip(1).take(100_000).collect();
    store.put(&key("a"), &value, MINUTE).await.unwrap();
    assert_eq!(store.read(&key("a")).await.unwrap().as_ref(), Some(&value));
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Value(value));
}

async fn a_value_ends_with_its_time(store: Arc<dyn FlowStore>) {
    store.put(&key("a"), b"one", Duration::from_millis(1)).await.unwrap();
    store.create(&key("b"), b"one", Duration::from_millis(1)).await.unwrap();
    let gone = async {
        while store.read(&key("a")).await.unwrap().is_some()
            || store.take(&key("b")).await.unwrap() != Taken::Missing
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the values end");
}

async fn the_store_answers(store: Arc<dyn FlowStore>) {
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_tombstone_keeps_the_time_of_the_value() {
    let (store, server) = redis();
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    store.take(&key("a")).await.unwrap();
    let left: i64 = server.ask(redis::cmd("PTTL").arg("tunnus:attempt:a")).await;
    assert!((1..=60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn the_url_may_name_a_prefix_for_all_keys() {
    let server = RedisServer::start(&[]);
    let mut url = server.url();
    url.set_query(Some("prefix=acme:"));
    let store = store_at(url.as_str(), TIMEOUTS);
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    let keys: Vec<String> = server.ask(redis::cmd("KEYS").arg("*")).await;
    assert_eq!(keys, ["acme:attempt:a"]);
}

#[tokio::test]
async fn a_slow_redis_is_an_error_within_the_time_out() {
    let server = RedisServer::start(&[]);
    let store = store_at(server.url().as_str(), TIMEOUTS);
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    server.stop();
    fails_at_once(&store).await;
    fails_at_once(&store).await;
    server.go_on();
    recovers(&store).await;
}

#[tokio::test]
async fn a_take_whose_answer_was_lost_is_not_sent_again() {
    let server = RedisServer::start(&[]);
    let store = store_at(server.url().as_str(), TIMEOUTS);
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    server.stop();
    assert!(store.take(&key("a")).await.is_err());
    server.go_on();
    recovers(&store).await;
    let sets: String = server.ask(redis::cmd("INFO").arg("commandstats")).await;
    assert!(sets.contains("cmdstat_set:calls=2,"), "one put, one take: {sets}");
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::AlreadyTaken);
}

#[tokio::test]
async fn a_redis_that_is_gone_is_an_error_at_once_and_its_return_is_noticed_at_once() {
    let mut server = RedisServer::start(&[]);
    let store = store_at(server.url().as_str(), TIMEOUTS);
    store.ping().await.unwrap();
    server.kill();
    fails_at_once(&store).await;
    fails_at_once(&store).await;
    server.restart();
    store.ping().await.expect("the first operation after the outage succeeds");
}

#[tokio::test]
async fn a_redis_that_was_never_there_is_an_error_and_not_a_hang() {
    let mut server = RedisServer::start(&[]);
    server.kill();
    let store = store_at(server.url().as_str(), TIMEOUTS);
    fails_at_once(&store).await;
}

#[tokio::test]
async fn a_full_redis_refuses_what_is_new_and_keeps_what_it_has() {
    let server = RedisServer::start(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
    let store = store_at(server.url().as_str(), RedisTimeouts::default());
    store.put(&key("live"), b"one", MINUTE).await.unwrap();
    let large = vec![7; 20_000];
    let mut full = None;
    for n in 0..1000 {
        if let Err(error) = store.put(&key(&n.to_string()), &large, MINUTE).await {
            full = Some(error);
            break;
        }
    }
    assert!(full.is_some(), "20 MB do not fit into 3");
    assert!(store.create(&key("new"), &large, MINUTE).await.is_err());
    assert_eq!(store.read(&key("live")).await.unwrap(), Some(b"one".to_vec()));
    store.delete(&key("0")).await.expect("a full store can still be emptied");
}

/// Every operation fails, well within a second.
async fn fails_at_once(store: &RedisStore) {
    let all = async {
        assert!(store.ping().await.is_err());
        assert!(store.read(&key("a")).await.is_err());
        assert!(store.put(&key("b"), b"two", MINUTE).await.is_err());
    };
    let most = 4 * (TIMEOUTS.connect + TIMEOUTS.response);
    tokio::time::timeout(most, all).await.expect("an operation hung");
}

async fn recovers(store: &RedisStore) {
    let answers = async {
        while store.ping().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), answers).await.expect("the store recovers");
}
