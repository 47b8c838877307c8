//! A connection that is paused: nobody starts over it, who is on the way arrives.

use serde_json::{Value, json};
use tunnus::tenant::model::{Connection, Tenant};
use tunnus_sdk::LocalizedText;

use crate::support::sandbox::{Bench, RETURN, param};

const NOTICE: &str = "Back at noon.";

/// Pauses these connections.
fn pause(bench: &Bench, ids: &[&str]) {
    bench.change(|tenant| {
        change_each(tenant, |connection| {
            let notice = LocalizedText { en: Some(NOTICE.to_owned()), ..LocalizedText::default() };
            connection.paused = ids.contains(&connection.id.as_str()).then_some(notice);
        });
    });
}

fn change_each(tenant: &mut Tenant, change: impl Fn(&mut Connection)) {
    for connection in &mut tenant.connections {
        let mut changed = Connection::clone(connection);
        change(&mut changed);
        *connection = changed.into();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_it_is_told_so_on_both_faces() {
    let bench = Bench::start();
    pause(&bench, &["ftn"]);
    let body = json!({ "connection": "ftn", "return_url": RETURN });
    let (status, body) = bench.rest("POST", "identifications", Some(body)).await;
    assert_eq!((status, &body["error"]["code"]), (503, &json!("connection_paused")), "{body}");
    let returned =
        bench.person().walk(&bench.authorize(&[("ui_locales", "en"), ("connection", "ftn")]), RETURN).await;
    assert_eq!(param(&returned, "error").as_deref(), Some("temporarily_unavailable"));
    assert!(param(&returned, "error_description").unwrap().starts_with("connection_paused ["));
    pause(&bench, &[]);
    assert!(bench.create(json!({ "connection": "ftn" })).await["url"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chooser_tells_why_and_offers_the_others() {
    let bench = Bench::start();
    pause(&bench, &["ftn"]);
    let mut person = bench.person();
    let shown = person.try_walk(&bench.authorize(&[("ui_locales", "en")]), RETURN).await.unwrap_err();
    assert!(shown.body.contains(NOTICE), "{}", shown.body);
    assert!(!shown.body.contains("connection=ftn\""), "{}", shown.body);
    assert!(shown.body.contains("connection=mle"), "{}", shown.body);
    // Who names it by the address nevertheless is offered the others.
    let mut named = shown.url.clone();
    named.query_pairs_mut().append_pair("connection", "ftn").append_pair("proceed", "1");
    let told = person.get_with(&named, &[("Sec-Fetch-Site", "same-origin")]).await;
    assert!(told.location().is_none() && told.body.contains("proceed=1"), "{}", told.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_are_paused_the_person_is_told_and_so_is_the_app() {
    let bench = Bench::start();
    let all: Vec<_> = bench.sandbox.connections.iter().map(|offered| offered.id.as_str()).collect();
    pause(&bench, &all);
    let mut person = bench.person();
    let shown = person.try_walk(&bench.authorize(&[("ui_locales", "en")]), RETURN).await.unwrap_err();
    assert_eq!(shown.body.matches(NOTICE).count(), all.len());
    assert!(shown.body.contains("abandon=connection_paused"), "{}", shown.body);
    let mut back = shown.url.clone();
    back.query_pairs_mut().append_pair("abandon", "connection_paused");
    let told = person.get_with(&back, &[("Sec-Fetch-Site", "same-origin")]).await;
    let returned = told.location().unwrap();
    assert_eq!(param(&returned, "error").as_deref(), Some("temporarily_unavailable"), "{returned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_connection_of_an_app_tells_why_it_is_paused() {
    let bench = Bench::start();
    bench.change(|tenant| tenant.connections.retain(|connection| connection.id == "ftn"));
    pause(&bench, &["ftn"]);
    let shown = bench.person().try_walk(&bench.authorize(&[("ui_locales", "en")]), RETURN).await.unwrap_err();
    assert!(shown.body.contains(NOTICE), "{}", shown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_the_way_arrives_and_who_is_at_the_door_does_not_leave() {
    let bench = Bench::start();
    let (leaving, waiting) = (bench.door("ftn").await, bench.door("ftn").await);
    let mut person = bench.person();
    let upstream = person.open(&leaving).await.location().unwrap();
    pause(&bench, &["ftn"]);
    let returned = person.walk(&upstream, RETURN).await;
    let (status, body) = bench.result(&returned).await;
    assert_eq!((status, &body["success"]), (200, &json!(true)), "{body}");
    let refused = bench.person().walk(&waiting, RETURN).await;
    assert_eq!(param(&refused, "error").as_deref(), Some("connection_paused"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_asks_for_its_connections_is_told() {
    let bench = Bench::start();
    pause(&bench, &["ftn"]);
    let (_, body) = bench.rest("GET", "connections", None).await;
    let of = |id: &str| -> Value {
        let all = body["connections"].as_array().unwrap();
        all.iter().find(|connection| connection["id"] == id).unwrap().clone()
    };
    assert_eq!((&of("ftn")["health"], &of("ftn")["notice"]["en"]), (&json!("paused"), &json!(NOTICE)));
    assert_eq!((&of("mle")["health"], of("mle").get("notice")), (&json!("ok"), None));
}
