#![expect(clippy::cognitive_complexity, reason = "each assertion counts")]

use tempfile::TempDir;

use super::*;
use crate::{
    audit::{
        chain::{ChainFault, Verified},
        for_tests::{BEGIN, World},
        records::COMPLETED,
    },
    sql::{SqlUrl, postgres_for_tests::PostgresServer},
};

async fn verify(world: &World, tenant: &str) -> Verified {
    world.records().verify(tenant).await.unwrap()
}

async fn each_tenants_events_are_chained_and_signed(url: SqlUrl) {
    let world = World::at(&url).await;
    for identification in ["a", "b"] {
        world.login("acme", identification, "order", COMPLETED).await;
    }
    world.login("other", "c", "order", COMPLETED).await;
    assert_eq!(verify(&world, "acme").await.unchained, 4);
    let mut leader = world.leader();
    let looked = leader.look().await.unwrap();
    assert_eq!((looked.chained, looked.signed.len()), (6, 2));
    let verified = verify(&world, "acme").await;
    assert!(verified.is_sound(), "{:?}", verified.faults);
    assert_eq!((verified.events, verified.signed, verified.unchained), (4, 4, 0));
    assert_eq!(world.records().tenants().await.unwrap(), ["acme", "other"]);
    // Chained at once, signed once a minute.
    world.login("acme", "d", "order", COMPLETED).await;
    assert_eq!(leader.look().await.unwrap(), Looked { chained: 2, ..Looked::default() });
    assert_eq!(verify(&world, "acme").await.signed, 4);
    world.pass(60);
    assert_eq!(leader.look().await.unwrap().signed.len(), 1);
    assert_eq!(leader.look().await.unwrap(), Looked::default(), "nothing is left to do");
    let verified = verify(&world, "acme").await;
    assert_eq!((verified.is_sound(), verified.events, verified.signed), (true, 6, 6));
}

async fn brokers_that_record_at_once_and_change_the_lead_lose_nothing(url: SqlUrl) {
    let one = World::at(&url).await;
    let other = one.another(&url).await;
    let (mut first, mut second) = (one.leader(), other.leader());
    let recording = |world: World, name: &'static str| {
        tokio::spawn(async move {
            for n in 0..20 {
                world.login("acme", &format!("{name}{n}"), "order", COMPLETED).await;
            }
        })
    };
    let ambient = one.ambient.clone();
    let both = [recording(one.another(&url).await, "x"), recording(other.another(&url).await, "y")];
    let mut led = [0, 0];
    while !both.iter().all(tokio::task::JoinHandle::is_finished) {
        led[0] += first.look().await.unwrap().chained;
        led[1] += second.look().await.unwrap().chained;
        first.lease.give_back(&one.sql).await.unwrap();
        led[1] += second.look().await.unwrap().chained;
        second.lease.give_back(&one.sql).await.unwrap();
    }
    for done in both {
        done.await.unwrap();
    }
    assert!(ambient.now() > Timestamp(BEGIN));
    led[0] += first.look().await.unwrap().chained;
    assert_eq!(led[0] + led[1], 80);
    let verified = verify(&one, "acme").await;
    assert!(verified.is_sound(), "{:?}", verified.faults);
    assert_eq!((verified.events, verified.unchained), (80, 0));
}

async fn a_leader_that_stalls_past_its_lease_chains_and_signs_nothing(url: SqlUrl) {
    let world = World::at(&url).await;
    world.login("acme", "a", "order", COMPLETED).await;
    let (mut stalled, mut next) = (world.leader(), world.leader());
    assert!(stalled.lease.take(&world.sql, world.ambient.now()).await.unwrap());
    assert_eq!(next.look().await.unwrap(), Looked::default(), "another leads");
    world.pass(6);
    assert_eq!(next.look().await.unwrap().chained, 2);
    world.login("acme", "b", "order", COMPLETED).await;
    world.pass(60);
    next.lease.take(&world.sql, world.ambient.now()).await.unwrap();
    assert_eq!(stalled.chain().await.unwrap(), 0);
    assert!(stalled.sign(Duration::ZERO).await.unwrap().is_empty());
    assert_eq!(next.look().await.unwrap().chained, 2);
    assert!(verify(&world, "acme").await.is_sound());
}

async fn a_leader_that_stalls_past_its_lease_erases_nobody(url: SqlUrl) {
    let world = World::at(&url).await;
    world.login("acme", "a", "order", COMPLETED).await;
    let (stalled, mut next) = (world.leader(), world.leader());
    world.set(BEGIN + 10 * 366 * 86_400);
    let now = world.ambient.now();
    assert!(stalled.lease.take(&world.sql, now).await.unwrap());
    world.pass(6);
    assert!(next.lease.take(&world.sql, world.ambient.now()).await.unwrap());
    assert_eq!(stalled.end_retention(now).await.unwrap(), 0);
    let of_operator = async || world.records().latest(OPERATOR, 9, None).await.unwrap().len();
    assert_eq!(of_operator().await, 0);
    assert_eq!(next.look().await.unwrap().erased, 2);
    assert_eq!(of_operator().await, 1);
}

async fn nobody_is_erased_where_that_cannot_be_told(url: SqlUrl) {
    let world = World::at(&url).await;
    world.login("acme", "a", "order", COMPLETED).await;
    world.set(BEGIN + 10 * 366 * 86_400);
    let mut leader = world.leader();
    assert!(leader.lease.take(&world.sql, world.ambient.now()).await.unwrap());
    // On one connection: SQLite's others learn of a new name only when they read next.
    let mut connection = world.sql.pool().acquire().await.unwrap();
    let refuse = "ALTER TABLE audit_events RENAME COLUMN hash TO other";
    sqlx::query(refuse).execute(&mut *connection).await.unwrap();
    assert!(leader.end_retention(world.ambient.now()).await.is_err());
    let back = "ALTER TABLE audit_events RENAME COLUMN other TO hash";
    sqlx::query(back).execute(&mut *connection).await.unwrap();
    assert_eq!(leader.look().await.unwrap().erased, 2, "they were all there still");
}

async fn no_two_events_get_one_place_whatever_a_leader_believes(url: SqlUrl) {
    let world = World::at(&url).await;
    world.login("acme", "a", "order", COMPLETED).await;
    let mut leader = world.leader();
    leader.look().await.unwrap();
    world.tamper("UPDATE audit_heads SET seq = 1").await;
    world.login("acme", "b", "order", COMPLETED).await;
    world.login("other", "c", "order", COMPLETED).await;
    assert_eq!(leader.look().await.unwrap().chained, 2);
    assert_eq!(leader.stuck.keys().collect::<Vec<_>>(), ["acme"]);
    let verified = verify(&world, "acme").await;
    assert_eq!((verified.events, verified.unchained), (2, 2), "nothing is lost");
    let other = verify(&world, "other").await;
    assert_eq!(
        (other.is_sound(), other.events, other.unchained),
        (true, 2, 0),
        "nor is another kept waiting"
    );
    world.tamper("UPDATE audit_heads SET seq = 2 WHERE tenant = 'acme'").await;
    assert_eq!(leader.look().await.unwrap().chained, 2);
    assert!(leader.stuck.is_empty() && verify(&world, "acme").await.is_sound());
}

#[tokio::test]
async fn a_chain_that_a_clock_far_ahead_has_signed_is_signed_again_by_ours() {
    let world = World::new().await;
    let mut leader = world.leader();
    world.login("acme", "a", "order", COMPLETED).await;
    leader.look().await.unwrap();
    world.tamper("UPDATE audit_heads SET signed_at = 9999999999").await;
    world.login("acme", "b", "order", COMPLETED).await;
    assert_eq!(leader.look().await.unwrap().signed.len(), 1);
    assert_eq!(verify(&world, "acme").await.signed, 4);
}

#[tokio::test]
async fn who_leaves_signs_the_end_and_lets_another_lead_at_once() {
    let world = World::new().await;
    let (mut leader, mut next) = (world.leader(), world.leader());
    world.login("acme", "a", "order", COMPLETED).await;
    leader.look().await.unwrap();
    world.login("acme", "b", "order", COMPLETED).await;
    leader.leave().await;
    assert_eq!(verify(&world, "acme").await.signed, 4);
    world.login("acme", "c", "order", COMPLETED).await;
    assert_eq!(next.look().await.unwrap().chained, 2);
}

/// Each of these is done to a sound trail of three logins of acme and one of another.
const TAMPERED: [(&str, &str); 11] = [
    ("UPDATE audit_events SET body = REPLACE(body, 'completed', 'cancelled') WHERE seq = 4", "event 4 ("),
    ("UPDATE audit_events SET happened_at = 1 WHERE tenant = 'acme' AND seq = 2", "event 2 ("),
    ("DELETE FROM audit_events WHERE tenant = 'acme' AND seq = 3", "event 3 is missing"),
    ("DELETE FROM audit_events WHERE tenant = 'acme' AND seq > 4", "the end was cut off"),
    ("DELETE FROM audit_events WHERE tenant = 'acme'", "the end was cut off"),
    ("UPDATE audit_events SET seq = 11 - seq WHERE tenant = 'acme' AND seq IN (5, 6)", "event 5 ("),
    ("UPDATE audit_events SET tenant = 'acme', seq = 7 WHERE tenant = 'other' AND seq = 1", "event 7 ("),
    ("UPDATE audit_events SET trace_id = 'x' WHERE tenant = 'acme' AND seq = 2", "is filed under"),
    ("UPDATE audit_checkpoints SET jws = (SELECT jws FROM audit_checkpoints WHERE tenant = 'other')
      WHERE tenant = 'acme'", "the checkpoint at 6"),
    ("DELETE FROM audit_checkpoints WHERE tenant = 'acme'", "the checkpoint at 6"),
    ("INSERT INTO audit_events SELECT 'x', tenant, happened_at, class, body, 7, hash, kind, identification,
          trace_id, transaction_id, '', '', '' FROM audit_events WHERE tenant = 'acme' AND seq = 6",
     "event 7 ("),
];

async fn whatever_is_tampered_with_is_found(world: &World, statement: &'static str, told: &str) {
    world.chained("acme", 3).await;
    world.chained("other", 1).await;
    assert!(verify(world, "acme").await.is_sound());
    // Two rows cannot change places at once where no two may have one.
    if statement.contains("11 - seq") {
        world.tamper("UPDATE audit_events SET seq = seq + 100 WHERE tenant = 'acme' AND seq IN (5, 6)").await;
        world.tamper("UPDATE audit_events SET seq = 111 - seq WHERE tenant = 'acme' AND seq > 100").await;
    } else {
        world.tamper(statement).await;
    }
    let verified = verify(world, "acme").await;
    let faults: Vec<_> = verified.faults.iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|fault| fault.contains(told)), "{statement}: {faults:?}");
}

#[tokio::test]
async fn a_trail_that_was_tampered_with_is_not_sound() {
    for (statement, told) in TAMPERED {
        whatever_is_tampered_with_is_found(&World::new().await, statement, told).await;
    }
}

#[tokio::test]
async fn a_trail_that_was_made_anew_with_a_strangers_key_is_not_sound() {
    let (world, forger) = (World::new().await, World::new().await);
    world.chained("acme", 3).await;
    forger.chained("acme", 3).await;
    let jws: String =
        sqlx::query_scalar("SELECT jws FROM audit_checkpoints").fetch_one(forger.sql.pool()).await.unwrap();
    sqlx::query("UPDATE audit_checkpoints SET jws = $1").bind(jws).execute(world.sql.pool()).await.unwrap();
    let verified = verify(&world, "acme").await;
    assert_eq!(verified.faults[0], ChainFault::Checkpoint { seq: 6 }, "{:?}", verified.faults);
}

macro_rules! on_both {
    ($($case:ident)*) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let dir = super::TempDir::new().unwrap();
                    super::$case(crate::sql::SqlUrl::Sqlite(dir.path().join("db"))).await;
                }
            )*
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn all_of_it_holds_on_postgresql() {
            let server = PostgresServer::start();
            $(
                $case(SqlUrl::parse(&server.database()).unwrap()).await;
            )*
            for (statement, told) in TAMPERED {
                let world = World::at(&SqlUrl::parse(&server.database()).unwrap()).await;
                whatever_is_tampered_with_is_found(&world, statement, told).await;
            }
        }
    };
}

on_both! {
    each_tenants_events_are_chained_and_signed
    brokers_that_record_at_once_and_change_the_lead_lose_nothing
    a_leader_that_stalls_past_its_lease_chains_and_signs_nothing
    a_leader_that_stalls_past_its_lease_erases_nobody
    nobody_is_erased_where_that_cannot_be_told
    no_two_events_get_one_place_whatever_a_leader_believes
}
