//! The store fails in the middle of it: once at each of its operations in turn.

use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use crate::support::{
    faulty::{Fault, Faulty},
    person::{Person, Shown},
    sandbox::{Bench, RETURN, param},
};

fn bench() -> (Bench, Arc<Faulty>) {
    let store = Faulty::new();
    (Bench::over(Arc::<Faulty>::clone(&store)), store)
}

/// Where a person goes on who waits where the page says so and tries again where it offers that.
fn on_from(bench: &Bench, shown: &Shown) -> Url {
    if let Some(again) = shown.refresh() {
        // Nobody is at work on it any more: the page says so in the end.
        bench.pass(121);
        return again;
    }
    let offered = shown.link("Try again");
    offered.unwrap_or_else(|| panic!("{} without a way on: {}", shown.status, shown.body))
}

/// Walks from the door to the app, however often it must try.
async fn patiently(bench: &Bench, person: &mut Person, door: &Url) -> Url {
    let mut next = door.clone();
    for _ in 0..6 {
        match person.try_walk(&next, RETURN).await {
            Ok(returned) => return returned,
            Err(shown) => next = on_from(bench, &shown),
        }
    }
    panic!("no end of it from {door}");
}

async fn login(bench: &Bench, connection: &str) -> (Person, Url) {
    let door = bench.door(connection).await;
    let mut person = bench.person();
    let returned = patiently(bench, &mut person, &door).await;
    (person, returned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_once_costs_no_login() {
    let (bench, store) = bench();
    // The longest way, over two legs, and one that begins at the chooser's single choice.
    for connection in ["idpartner", "ftn"] {
        let door = bench.door(connection).await;
        store.calls();
        bench.person().walk(&door, RETURN).await;
        let calls = store.calls().len();
        let failures = (0..calls).flat_map(|after| [Fault::Refused, Fault::Lost].map(|fault| (after, fault)));
        for (after, fault) in failures {
            let door = bench.door(connection).await;
            store.fail_after(after, fault);
            let returned = patiently(&bench, &mut bench.person(), &door).await;
            assert!(store.has_failed(), "{connection} {after} {fault:?}");
            let (status, body) = bench.result(&returned).await;
            assert_eq!(
                (status, &body["status"]),
                (200, &json!("completed")),
                "{connection} {after} {fault:?}: {body}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_the_store_did_not_keep_settles_nothing() {
    let (bench, store) = bench();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let door: Url = created["url"].as_str().unwrap().parse().unwrap();
    let mut person = bench.person();
    let once_more = person.get(&door).await.location().expect("the same door with a key");
    // Identification, claim, outcome: the fourth operation keeps the attempt.
    store.fail_after(3, Fault::Refused);
    let shown = person.get(&once_more).await;
    assert_eq!((shown.status, shown.location()), (503, None), "{}", shown.body);
    let path = format!("identifications/{}", created["id"].as_str().unwrap());
    assert_eq!(bench.rest("GET", &path, None).await.1["status"], "pending");
    let returned = person.walk(&shown.link("Try again").expect("a way to try again"), RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_worker_that_died_is_told_so_and_begins_anew() {
    let (bench, store) = bench();
    let door = bench.door("ftn").await;
    let mut person = bench.person();
    let back = person.walk(&door, &format!("{}/return/", bench.issuer())).await;
    // The answer to the take is lost, and the attempt with it.
    store.fail_after(0, Fault::Lost);
    assert_eq!(person.get(&back).await.status, 503);
    let mut wait = person.get(&back).await;
    for _ in 0..3 {
        bench.pass(50);
        let again = wait.refresh().unwrap_or_else(|| panic!("{}", wait.body));
        wait = person.get(&again).await;
        if wait.refresh().is_none() {
            break;
        }
    }
    assert_eq!((wait.status, wait.refresh()), (500, None), "it does not wait for ever: {}", wait.body);
    let returned = person.walk(&wait.link("Try again").expect("a way to begin anew"), RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_again_after_a_take_without_an_answer_waits_a_moment_only() {
    let (bench, store) = bench();
    let door = bench.door("ftn").await;
    let mut person = bench.person();
    let back = person.walk(&door, &format!("{}/return/", bench.issuer())).await;
    store.fail("take attempt", Fault::Lost);
    let away = person.get(&back).await;
    let wait = person.get(&away.link("Try again").expect("a way to try again")).await;
    let again = wait.refresh().expect("somebody may be at work");
    bench.pass(11);
    // A store that is away once more does not let the wait begin anew.
    store.fail_after(0, Fault::Refused);
    let away = person.get(&again).await;
    assert_eq!(away.status, 503, "{}", away.body);
    let ended = person.get(&away.link("Try again").expect("a way to try again")).await;
    assert_eq!((ended.status, ended.refresh()), (500, None), "{}", ended.body);
    let returned = person.walk(&ended.link("Try again").expect("a way to begin anew"), RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_attempt_leads_to_the_door_of_its_own_identification_whatever_its_cookie_says() {
    let (bench, store) = bench();
    let ftn = || json!({ "connection": "ftn" });
    let (theirs, own) = (bench.create(ftn()).await, bench.create(ftn()).await);
    let text = |created: &Value, name: &str| created[name].as_str().unwrap().to_owned();
    let door = |created: &Value| text(created, "url").parse::<Url>().unwrap();
    let mut stranger = bench.person();
    // A key to their door, made before they came: it has claimed nothing.
    stranger.get(&door(&theirs)).await;
    bench.person().open(&door(&theirs)).await;
    let back = stranger.walk(&door(&own), &format!("{}/return/", bench.issuer())).await;
    store.fail_after(0, Fault::Lost);
    assert_eq!(stranger.get(&back).await.status, 503);
    let again = stranger.get(&back).await.refresh().expect("a page that asks once more");
    bench.pass(121);
    let mut forger = stranger.forged(|value| value.replace(&text(&own, "id"), &text(&theirs, "id")));
    let refused = forger.get(&again).await;
    assert_eq!((refused.status, refused.link("Try again")), (400, None), "{}", refused.body);
    assert!(!refused.body.contains(door(&theirs).path()), "{}", refused.body);
    let offered = stranger.get(&again).await.link("Try again").expect("a way to begin anew");
    assert_eq!(offered.path(), door(&own).path());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_of_a_login_with_a_shaky_store_is_one() {
    let (bench, store) = bench();
    let (_, returned) = login(&bench, "ftn").await;
    let (_, first) = bench.result(&returned).await;
    store.fail_after(0, Fault::Refused);
    assert_eq!(bench.result(&returned).await.0, 503);
    assert_eq!(bench.result(&returned).await, (200, first));
    let id = param(&returned, "identification").unwrap();
    assert_eq!(
        bench.rest_as(("call-centre", "shop-secret"), "GET", &format!("identifications/{id}"), None).await.0,
        404
    );
}
