use super::*;
use crate::audit::{
    for_tests::{RETENTION, World},
    records::COMPLETED,
};

fn somebody() -> Sought {
    Sought::Subject("somebody".into())
}

#[tokio::test]
async fn what_a_law_demands_is_not_erased_before_its_date() {
    let world = World::new().await;
    world.chained("acme", 1).await;
    let by = Actor::operator("ada");
    let refused = world.records().erase_all("acme", &somebody(), &by, RETENTION).await.unwrap_err();
    assert_eq!(refused.to_string(), "the law demands that it is kept until 2032-01-01; nothing was erased");
    assert_eq!(world.records().find(Some("acme"), &somebody()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn who_was_erased_is_found_no_more_and_the_chain_still_verifies() {
    let world = World::new().await;
    world.chained("acme", 2).await;
    let records = world.records();
    let free = Retention { statutory: false, ..RETENTION };
    let one = Sought::Reference("order 1".into());
    let by = Actor::operator("ada");
    assert_eq!(records.erase_all("other", &one, &by, free).await.unwrap(), 0, "another tenant's");
    assert_eq!(records.erase_all("acme", &one, &by, free).await.unwrap(), 2, "the start and the end");
    assert!(records.find(Some("acme"), &one).await.unwrap().is_empty());
    let trace = records.find(Some("acme"), &Sought::Trace("trace-acme1".to_owned())).await.unwrap();
    assert_eq!(trace.len(), 2, "the events are there");
    assert!(trace.iter().all(|record| record.personal.is_none()));
    assert_eq!(records.find(Some("acme"), &somebody()).await.unwrap().len(), 2, "the other login's");
    assert_eq!(records.erase_all("acme", &one, &by, free).await.unwrap(), 0);
    world.pass(61);
    world.leader().look().await.unwrap();
    let verified = records.verify("acme").await.unwrap();
    assert!(verified.is_sound(), "{:?}", verified.faults);
    assert_eq!(verified.events, 5, "and that it was erased is one more");
}

#[tokio::test]
async fn when_its_time_is_over_nobody_is_led_to_any_more() {
    let world = World::new().await;
    world.chained("acme", 2).await;
    let mut leader = world.leader();
    // 2031-12-31T23:00:00Z, and the next year.
    world.set(1_956_524_400);
    assert_eq!(leader.look().await.unwrap().erased, 0);
    world.login("acme", "late", "order 7", COMPLETED).await;
    world.pass(3_600);
    assert_eq!(leader.look().await.unwrap().erased, 4);
    let found = world.records().find(Some("acme"), &somebody()).await.unwrap();
    assert_eq!(found.len(), 2, "the late one's");
    leader.look().await.unwrap();
    world.pass(61);
    leader.look().await.unwrap();
    assert!(world.records().verify("acme").await.unwrap().is_sound());
    let told = world.records().latest(OPERATOR, 1, None).await.unwrap();
    assert_eq!(told[0].body.changes, ["4 events of the class identification before 2027-01-01"]);
}

#[tokio::test]
async fn nothing_of_whom_an_event_leads_to_is_in_the_database_in_the_clear() {
    let world = World::new().await;
    world.chained("acme", 3).await;
    let bytes = world.bytes();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("trace-acme1") && holds("identification_finished"), "it is looked at where it is");
    assert!(!holds("order 1") && !holds("somebody"));
}
