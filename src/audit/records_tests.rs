use super::*;
use crate::{
    audit::{
        event::{Actor, Event},
        for_tests::{BEGIN, RETENTION, World},
        retention::Retention,
    },
    sql::{SqlUrl, postgres_for_tests::PostgresServer},
};

fn ids(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.body.identification.as_deref().unwrap()).collect()
}

#[tokio::test]
async fn one_that_is_sought_is_found_from_start_to_end_with_whom_it_leads_to() {
    let world = World::new().await;
    for (identification, reference) in [("a", "order 1"), ("b", "order 2"), ("c", "order 1")] {
        world.login("acme", identification, reference, COMPLETED).await;
    }
    let records = world.records();
    let found = async |sought| records.find(Some("acme"), &sought).await.unwrap();
    let order = found(Sought::Reference("order 1".into())).await;
    assert_eq!(ids(&order), ["a", "a", "c", "c"]);
    let personal = order[1].personal.as_ref().unwrap();
    assert_eq!(personal.reference, Some("order 1".into()));
    assert_eq!(personal.subject, Some("somebody".into()));
    assert_eq!(ids(&found(Sought::Trace("trace-b".to_owned())).await), ["b", "b"]);
    let transaction = found(Sought::Transaction("tx-b".to_owned())).await;
    assert_eq!(ids(&transaction), ["b", "b"], "the start too, which knew of no transaction yet");
    assert_eq!(ids(&found(Sought::Subject("somebody".into())).await), ["a", "a", "b", "b", "c", "c"]);
    assert!(found(Sought::Reference("order 3".into())).await.is_empty());
    assert!(found(Sought::Trace(String::new())).await.is_empty(), "what is empty is nowhere");
}

#[tokio::test]
async fn a_tenants_search_finds_its_own_alone() {
    let world = World::new().await;
    world.login("acme", "a", "order 1", COMPLETED).await;
    world.login("other", "b", "order 1", COMPLETED).await;
    let records = world.records();
    let order = Sought::Reference("order 1".into());
    assert_eq!(ids(&records.find(Some("other"), &order).await.unwrap()), ["b", "b"]);
    let theirs = Sought::Trace("trace-a".to_owned());
    assert!(records.find(Some("other"), &theirs).await.unwrap().is_empty());
    assert_eq!(records.find(None, &theirs).await.unwrap().len(), 2, "the operator's finds any");
    assert!(records.find(None, &order).await.unwrap().is_empty(), "but a reference is a tenant's");
    assert!(records.find(Some("nobody"), &order).await.unwrap().is_empty());
    let keys: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM data_keys").fetch_one(records.sql.pool()).await.unwrap();
    assert_eq!(keys, 2, "who only looks makes nothing");
}

#[tokio::test]
async fn the_latest_come_first_and_page_by_page_and_lead_to_nobody() {
    let world = World::new().await;
    for identification in ["a", "b", "c"] {
        world.login("acme", identification, "order", COMPLETED).await;
    }
    let records = world.records();
    let page = records.recent("acme", 2, None).await.unwrap();
    assert_eq!(ids(&page), ["c", "b"]);
    assert!(page.iter().all(|record| record.personal.is_none()));
    let next = records.recent("acme", 2, Some(&page[1].id)).await.unwrap();
    assert_eq!(ids(&next), ["a"]);
    assert_eq!(records.latest("acme", 10, None).await.unwrap().len(), 6);
    assert!(records.recent("other", 2, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_months_use_is_counted_by_tenant_connection_and_method() {
    let world = World::new().await;
    world.login("acme", "a", "order", COMPLETED).await;
    world.login("acme", "b", "order", COMPLETED).await;
    world.login("acme", "c", "order", "user_cancelled").await;
    world.login("other", "d", "order", COMPLETED).await;
    world.set(BEGIN + 10 * 86_400);
    world.login("acme", "e", "order", COMPLETED).await;
    let records = world.records();
    let usage =
        async |month: &str, tenant| records.usage(Month::parse(month).unwrap(), tenant).await.unwrap();
    let of = |tenant: &str, completed, failed| Usage {
        tenant: tenant.to_owned(),
        connection: "ftn".to_owned(),
        method: "fi-op".to_owned(),
        completed,
        failed,
    };
    assert_eq!(usage("2026-11", None).await, [of("acme", 2, 1), of("other", 1, 0)]);
    assert_eq!(usage("2026-11", Some("other")).await, [of("other", 1, 0)]);
    assert_eq!(usage("2026-12", None).await, [of("acme", 1, 0)]);
    assert!(usage("2026-10", None).await.is_empty());
}

#[tokio::test]
async fn an_identification_ends_once_however_many_ends_are_told() {
    ends_once(&World::new().await).await;
}

/// Has the trail tell of more ends than there were.
async fn ends_once(world: &World) {
    let records = world.records();
    // A broker broke off before it settled, and the person came again.
    world.login("once", "a", "order", "provider_unavailable").await;
    world.login("once", "a", "order", COMPLETED).await;
    // What came second was discarded.
    world.login("once", "b", "order", COMPLETED).await;
    world.login("once", "b", "order", COMPLETED).await;
    let second = take_back_the_last(world, "b").await;
    // What came alone was discarded too.
    world.login("once", "c", "order", COMPLETED).await;
    let alone = take_back_the_last(world, "c").await;
    let used = records.usage(Month::parse("2026-11").unwrap(), Some("once")).await.unwrap();
    assert_eq!(used.iter().map(|one| (one.completed, one.failed)).collect::<Vec<_>>(), [(2, 0)]);
    let recent = records.recent("once", 10, None).await.unwrap();
    assert_eq!(ids(&recent), ["b", "a"]);
    assert!(!recent.iter().any(|one| [&second, &alone].contains(&&one.id)));
    let latest = records.latest("once", 20, None).await.unwrap();
    assert_eq!(latest.len(), 12, "what was taken back is told still, and what takes it back, once");
}

/// Takes the last end back, twice; its id.
async fn take_back_the_last(world: &World, identification: &str) -> String {
    let end = world.records().recent("once", 1, None).await.unwrap().remove(0);
    let mut event = Event::new("once", Kind::IdentificationDiscarded);
    event.body.identification = Some(identification.to_owned());
    for _ in 0..2 {
        let row = world.audit.to_row_against(&end.id, event.clone()).await.unwrap();
        world.audit.put(&row).await.unwrap();
    }
    end.id
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_read_counted_and_erased_on_postgresql_too() {
    let server = PostgresServer::start();
    let world = World::at(&SqlUrl::parse(&server.database()).unwrap()).await;
    world.chained("acme", 2).await;
    world.chained("other", 1).await;
    is_read_and_counted(&world.records()).await;
    is_erased(&world).await;
    world.set(BEGIN);
    ends_once(&world).await;
}

async fn is_read_and_counted(records: &Records) {
    let order = Sought::Reference("order 1".into());
    assert_eq!(ids(&records.find(Some("acme"), &order).await.unwrap()), ["acme1", "acme1"]);
    let trace = Sought::Trace("trace-other0".to_owned());
    assert_eq!(records.find(None, &trace).await.unwrap().len(), 2);
    assert_eq!(ids(&records.recent("acme", 1, None).await.unwrap()), ["acme1"]);
    assert_eq!(records.latest("acme", 10, None).await.unwrap().len(), 4);
    let november = Month::parse("2026-11").unwrap();
    let completed = |usage: Vec<Usage>| usage.iter().map(|one| one.completed).collect::<Vec<_>>();
    assert_eq!(completed(records.usage(november, None).await.unwrap()), [2, 1]);
    assert_eq!(completed(records.usage(november, Some("acme")).await.unwrap()), [2]);
}

async fn is_erased(world: &World) {
    let (records, order) = (world.records(), Sought::Reference("order 1".into()));
    let (by, free) = (Actor::operator("ada"), Retention { statutory: false, ..RETENTION });
    assert_eq!(records.erase_all("acme", &order, &by, free).await.unwrap(), 2);
    world.set(BEGIN + 10 * 366 * 86_400);
    assert_eq!(world.leader().look().await.unwrap().erased, 4);
    world.pass(61);
    world.leader().look().await.unwrap();
    for tenant in ["acme", "other", ""] {
        assert!(records.verify(tenant).await.unwrap().is_sound(), "{tenant}");
    }
}
