//! What a store of several servers does when one of them fails: nothing that it has confirmed is lost,
//! nothing is taken twice, nothing hangs, and it is back by itself.

use std::time::{Duration, Instant};

use redis::cmd;
use tunnus::store::{FlowStore, StoreError, Taken};
use tunnus_sdk::{Finding, Severity};

use super::{MINUTE, PATIENT, key, store_at};
use crate::support::redis::{
    cluster::{RedisCluster, set_slot},
    sentinel::Watched,
};

/// An operation that does not hang: it ends within a connection and an answer.
async fn soon<T>(operation: impl Future<Output = T>) -> T {
    let most = 2 * (PATIENT.connect + PATIENT.response);
    tokio::time::timeout(most, operation).await.expect("the operation hung")
}

/// Until `operation` succeeds.
async fn until<T, F>(mut operation: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    let start = Instant::now();
    loop {
        match soon(operation()).await {
            Ok(value) => return value,
            Err(error) if start.elapsed() > Duration::from_secs(30) => {
                panic!("not back by itself: {error:?}")
            }
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// Until `operation` fails.
async fn until_not<T, F>(mut operation: impl FnMut() -> F)
where
    F: Future<Output = Result<T, StoreError>>,
{
    let failing = async { while soon(operation()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), failing).await.expect("it goes on without the servers");
}

/// Keys `a…` that fall to each of the three primaries.
async fn one_key_each(cluster: &RedisCluster) -> [String; 3] {
    let mut found = [const { None }; 3];
    for n in 0.. {
        let name = format!("a{n}");
        let owner = cluster.owner(&format!("tunnus:attempt:{name}")).await;
        found[owner].get_or_insert(name);
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    found.map(Option::unwrap)
}

#[tokio::test]
async fn what_a_dead_primary_had_confirmed_stands_on_its_replica() {
    let mut cluster = RedisCluster::with_replicas().await;
    let store = store_at(&cluster.url(""), PATIENT);
    let names = one_key_each(&cluster).await;
    for name in &names {
        assert!(store.create(&key(name), b"one", MINUTE).await.unwrap());
    }
    assert_eq!(store.take(&key(&names[0])).await.unwrap(), Taken::Value(b"one".to_vec()));
    cluster.servers[0].kill();
    assert_eq!(
        soon(store.take(&key(&names[1]))).await.unwrap(),
        Taken::Value(b"one".to_vec()),
        "the other primaries go on"
    );
    assert!(soon(store.take(&key(&names[0]))).await.is_err());
    cluster.servers[3].is_primary().await;
    assert_eq!(until(async || store.look(&key(&names[0])).await).await, Taken::AlreadyTaken);
    cluster.servers[0].restart();
    cluster.servers[0].is_replica().await;
    assert_eq!(until(async || store.take(&key(&names[0])).await).await, Taken::AlreadyTaken);
    until(async || store.ping().await).await;
}

#[tokio::test]
async fn a_take_that_no_replica_has_is_no_success() {
    let mut cluster = RedisCluster::with_replicas().await;
    let store = store_at(&cluster.url(""), PATIENT);
    let [name, ..] = one_key_each(&cluster).await;
    assert!(store.create(&key(&name), b"one", MINUTE).await.unwrap());
    // Its replica loses contact before the take.
    cluster.servers[3].stop();
    let _: u64 = cluster.servers[0].ask(cmd("CLIENT").arg("KILL").arg("TYPE").arg("REPLICA")).await;
    assert!(soon(store.take(&key(&name))).await.is_err());
    cluster.servers[0].kill();
    cluster.servers[3].go_on();
    cluster.servers[3].is_primary().await;
    cluster.servers[0].restart();
    cluster.servers[0].is_replica().await;
    let promoted = until(async || store.take(&key(&name)).await).await;
    assert_eq!(promoted, Taken::Value(b"one".to_vec()), "the first take was refused: this is the only one");
    assert_eq!(until(async || store.take(&key(&name)).await).await, Taken::AlreadyTaken);
}

#[tokio::test]
async fn a_paused_primary_delays_its_own_keys_only() {
    let cluster = RedisCluster::with_replicas().await;
    let store = store_at(&cluster.url(""), PATIENT);
    let names = one_key_each(&cluster).await;
    for name in &names {
        assert!(store.create(&key(name), b"one", MINUTE).await.unwrap());
    }
    cluster.servers[0].stop();
    let [paused, second, third] = names.each_ref().map(|name| key(name));
    let one = || Taken::Value(b"one".to_vec());
    let others = async {
        assert_eq!(soon(store.take(&second)).await.unwrap(), one());
        assert_eq!(soon(store.take(&third)).await.unwrap(), one());
    };
    let (paused, ()) = tokio::join!(soon(store.take(&paused)), others);
    assert!(paused.is_err());
    cluster.servers[3].is_primary().await;
    cluster.servers[0].go_on();
    cluster.servers[0].is_replica().await;
    // The take that the paused server was sent may have been done there, never on the promoted one.
    assert_eq!(until(async || store.take(&key(&names[0])).await).await, Taken::Value(b"one".to_vec()));
    assert_eq!(until(async || store.take(&key(&names[0])).await).await, Taken::AlreadyTaken);
}

#[tokio::test]
async fn a_slot_that_moves_is_followed() {
    let cluster = RedisCluster::start().await;
    let store = store_at(&cluster.url("replicas=0"), PATIENT);
    let [name, ..] = one_key_each(&cluster).await;
    let full = format!("tunnus:attempt:{name}");
    store.put(&key(&name), b"one", MINUTE).await.unwrap();
    let [from, to, third] = &cluster.servers[..] else { panic!("three servers") };
    let slot: u16 = from.ask(cmd("CLUSTER").arg("KEYSLOT").arg(&full)).await;
    set_slot(to, slot, "IMPORTING", from).await;
    set_slot(from, slot, "MIGRATING", to).await;
    assert_eq!(store.read(&key(&name)).await.unwrap(), Some(b"one".to_vec()), "it has not moved yet");
    let mut migrate = cmd("MIGRATE");
    migrate.arg("127.0.0.1").arg(to.port()).arg(&full).arg(0).arg(5000);
    let _: () = from.ask(&migrate).await;
    assert_eq!(store.take(&key(&name)).await.unwrap(), Taken::Value(b"one".to_vec()), "it has moved: ASK");
    for server in [to, from, third] {
        set_slot(server, slot, "NODE", to).await;
    }
    assert_eq!(store.take(&key(&name)).await.unwrap(), Taken::AlreadyTaken, "its slot has moved: MOVED");
    assert_eq!(store.take(&key(&name)).await.unwrap(), Taken::AlreadyTaken);
}

#[tokio::test]
async fn a_cluster_that_is_not_whole_is_not_ready() {
    let mut cluster = RedisCluster::start().await;
    let store = store_at(&cluster.url("replicas=0"), PATIENT);
    store.ping().await.unwrap();
    cluster.servers[0].kill();
    until_not(async || store.ping().await).await;
}

#[tokio::test]
async fn the_sentinels_lead_to_the_promoted_replica() {
    let mut watched = Watched::start().await;
    let store = store_at(&watched.url(""), PATIENT);
    for name in ["a", "b"] {
        assert!(store.create(&key(name), b"one", MINUTE).await.unwrap());
    }
    assert_eq!(store.take(&key("a")).await.unwrap(), Taken::Value(b"one".to_vec()));
    watched.primary.kill();
    assert!(soon(store.take(&key("a"))).await.is_err());
    watched.replica.is_primary().await;
    // The promoted server has no replica of its own now: nothing is confirmed, and takes fail closed.
    until(async || store.ping().await).await;
    assert_eq!(soon(store.look(&key("a"))).await.unwrap(), Taken::AlreadyTaken);
    assert!(soon(store.take(&key("b"))).await.is_err());
    let unconfirmed = store_at(&watched.url("replicas=0"), PATIENT);
    assert_eq!(soon(unconfirmed.take(&key("b"))).await.unwrap(), Taken::AlreadyTaken, "never given twice");
}

#[tokio::test]
async fn a_primary_that_was_paused_is_left_for_the_new_one() {
    let watched = Watched::start().await;
    let store = store_at(&watched.url(""), PATIENT);
    assert!(store.create(&key("a"), b"one", MINUTE).await.unwrap());
    watched.primary.stop();
    assert!(soon(store.take(&key("a"))).await.is_err());
    watched.replica.is_primary().await;
    watched.primary.go_on();
    watched.primary.is_replica().await;
    assert_eq!(until(async || store.take(&key("a")).await).await, Taken::Value(b"one".to_vec()));
    assert_eq!(until(async || store.take(&key("a")).await).await, Taken::AlreadyTaken);
}

#[tokio::test]
async fn a_primary_whose_takes_nobody_confirms_is_left_though_it_answers() {
    let watched = Watched::start().await;
    let store = store_at(&watched.url(""), PATIENT);
    assert!(store.create(&key("a"), b"one", MINUTE).await.unwrap());
    watched.primary.stop();
    watched.replica.is_primary().await;
    for sentinel in &watched.sentinels {
        sentinel.names(&watched.replica).await;
    }
    // It believes itself the primary still, and its connections stand.
    watched.primary.go_on();
    assert!(soon(store.take(&key("a"))).await.is_err());
    soon(store.put(&key("b"), b"two", MINUTE)).await.unwrap();
    let written: bool = watched.replica.ask(cmd("EXISTS").arg("tunnus:attempt:b")).await;
    assert!(written, "the promoted one has it");
}

#[tokio::test]
async fn a_server_without_the_replicas_that_it_demands_refuses_takes() {
    let watched = Watched::start().await;
    let store = store_at(watched.primary.url().as_str(), PATIENT);
    store.put(&key("a"), b"one", MINUTE).await.unwrap();
    let mut demand = cmd("CONFIG");
    demand.arg("SET").arg("min-replicas-to-write").arg(1).arg("min-replicas-max-lag").arg(1);
    let _: () = watched.primary.ask(&demand).await;
    watched.replica.stop();
    until_not(async || store.put(&key("b"), b"two", MINUTE).await).await;
    assert!(store.take(&key("a")).await.is_err());
    assert_eq!(store.look(&key("a")).await.unwrap(), Taken::Value(b"one".to_vec()));
}

#[tokio::test]
async fn the_doctor_looks_at_every_primary() {
    let cluster = RedisCluster::start().await;
    let alone = store_at(&cluster.url("replicas=0"), PATIENT);
    let found = alone.examine().await.unwrap();
    assert_eq!(found.len(), 6, "{found:?}");
    assert!(found.iter().all(|finding| finding.severity == Severity::Fine), "{found:?}");
    let _: () =
        cluster.servers[2].ask(cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg("allkeys-lru")).await;
    let faults =
        |found: Vec<Finding>| found.into_iter().filter(|finding| finding.severity == Severity::Fault).count();
    assert_eq!(faults(alone.examine().await.unwrap()), 1);
    let confirmed = store_at(&cluster.url(""), PATIENT);
    assert_eq!(faults(confirmed.examine().await.unwrap()), 4, "and none has a replica");
}

#[tokio::test]
async fn what_is_decided_is_confirmed_also_where_something_stood() {
    let mut watched = Watched::start().await;
    let store = store_at(&watched.url(""), PATIENT);
    assert!(store.create(&key("a"), b"one", MINUTE).await.unwrap());
    watched.replica.kill();
    soon(store.put(&key("b"), b"two", MINUTE)).await.expect("nothing hangs on it");
    assert!(soon(store.decide(&key("a"), b"two", MINUTE)).await.is_err());
    assert!(soon(store.create(&key("a"), b"two", MINUTE)).await.is_err(), "not even that it is there");
}
