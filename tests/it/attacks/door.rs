//! Who learns the ticket: the first browser through the door owns the identification.

use serde_json::{Value, json};
use tunnus::sandbox::tenant::{APP_SECRET, POLLING_APP};
use url::Url;

use crate::support::{
    person::{Person, Shown},
    sandbox::{Bench, RETURN, param},
};

/// What somebody may try who knows the address.
const TRIES: [&str; 4] = ["", "?abandon=user_cancelled", "?connection=ftn", "?proceed=1"];

fn door_of(created: &Value) -> Url {
    created["url"].as_str().unwrap_or_else(|| panic!("a door in {created}")).parse().unwrap()
}

/// Opens the door with each of the tries, as often as a page asks for it; nothing comes of it.
async fn try_in_vain(stranger: &mut Person, door: &Url) {
    for query in TRIES {
        let mut shown = stranger.get(&format!("{door}{query}").parse().unwrap()).await;
        while let Some(again) = shown.refresh() {
            shown = stranger.get(&again).await;
        }
        assert_eq!((shown.status, shown.location()), (400, None), "{query}: {}", shown.body);
        assert!(shown.body.contains("started in another browser"), "{}", shown.body);
    }
}

/// A browser with a key to the same door that it has made itself.
fn forger(owner: &Person) -> Person {
    owner.forged(|value| {
        let (public, _) = value.rsplit_once('.').expect("a secret at the end");
        format!("{public}.{}", "A".repeat(43))
    })
}

async fn status(bench: &Bench, created: &Value) -> Value {
    let path = format!("identifications/{}", created["id"].as_str().unwrap());
    bench.rest("GET", &path, None).await.1["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_learns_the_ticket_can_neither_cancel_nor_choose_nor_go_on() {
    let bench = Bench::start();
    let created = bench.create(json!({})).await;
    let door = door_of(&created);
    let mut person = bench.person();
    let chooser = person.open(&door).await;
    for mut stranger in [bench.person(), forger(&person)] {
        try_in_vain(&mut stranger, &door).await;
    }
    assert_eq!(status(&bench, &created).await, "pending");
    let choice = chooser.links().into_iter().find(|link| param(link, "connection").as_deref() == Some("ftn"));
    let returns = format!("{}/return/", bench.issuer());
    let back = person.walk(&choice.expect("FTN is offered"), &returns).await;
    try_in_vain(&mut bench.person(), &door).await;
    let returned = person.walk(&back, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_that_brings_the_request_owns_the_identification() {
    let bench = Bench::start();
    let pending = bench.sandbox.relying.begin(RETURN, &[]).await.unwrap();
    let mut person = bench.person();
    let door = person.get(&pending.url).await.location().expect("our own door");
    for mut stranger in [bench.person(), forger(&person)] {
        try_in_vain(&mut stranger, &door).await;
    }
    let chooser = person.get(&door).await;
    assert_eq!((chooser.status, chooser.location()), (200, None));
    let way_home = chooser.links().into_iter().find(|link| param(link, "abandon").is_some());
    let home = person.get(&way_home.unwrap()).await.location().expect("back to the app");
    assert_eq!(param(&home, "error").as_deref(), Some("access_denied"));
    let counted = bench.sandbox.broker.metrics.render();
    let given_up = "tunnus_flows_finished_total{connection=\"\",outcome=\"user_cancelled\",reason=\"\",tenant=\"demo\"} 1";
    assert!(counted.contains(given_up), "{counted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_got_lost_claims_nothing() {
    let bench = Bench::start();
    let door = bench.door("ftn").await;
    let mut person = bench.person();
    // The first navigation of a double click: its answer is thrown away, cookies and all.
    let lost = bench.person().get(&door).await;
    assert!(lost.location().is_some());
    let returned = person.walk(&door, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_opened_at_once_are_one_browser() {
    let bench = Bench::start();
    let door = door_of(&bench.create(json!({})).await);
    let (mut first, mut second) = (bench.person(), bench.person());
    let once_more = [first.get(&door).await.location().unwrap(), second.get(&door).await.location().unwrap()];
    assert!(is_chooser(&first.get(&once_more[0]).await));
    let wait = second.get(&once_more[1]).await;
    let again = wait.refresh().expect("a page that asks once more");
    // Both tabs have one jar: the answer to the first has set its key once more.
    second = first.clone();
    assert!(is_chooser(&second.get(&again).await));
}

fn is_chooser(shown: &Shown) -> bool {
    shown.status == 200 && shown.links().iter().any(|link| param(link, "connection").is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_cookies_is_told_so_and_burns_nothing() {
    let bench = Bench::start();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let door = door_of(&created);
    let once_more = bench.person().get(&door).await.location().expect("once more with a key");
    let told = bench.person().get(&once_more).await;
    assert_eq!((told.status, told.location()), (400, None));
    assert!(told.body.contains("does not keep cookies"), "{}", told.body);
    assert!(told.links().contains(&door), "the way to try again");
    let returned = bench.person().walk(&door, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

/// An identification of the app that polls.
async fn by_link(bench: &Bench) -> Url {
    let body = json!({ "connection": "ftn", "login_hint": "sandbox:persona=onni" });
    let created = bench.rest_as((POLLING_APP, APP_SECRET), "POST", "identifications", Some(body)).await.1;
    door_of(&created)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_landing_page_is_owned_by_who_clicks_first() {
    let bench = Bench::start();
    let door = by_link(&bench).await;
    let (mut idle, mut person) = (bench.person(), bench.person());
    let landing = idle.get(&door).await;
    let proceed =
        landing.links().into_iter().find(|link| param(link, "proceed").is_some()).expect("a way on");
    let end = person.try_walk(&proceed, RETURN).await.expect_err("the browser stays");
    assert_eq!(end.status, 200);
    let late = idle.open(&proceed).await;
    let late = idle.get(&late.refresh().expect("asked once more")).await;
    assert_eq!((late.status, late.location()), (400, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_from_elsewhere_clicks_for_nobody() {
    let bench = Bench::start();
    let elsewhere = |site: &'static str| [("Sec-Fetch-Site", site)];
    for (site, query) in [("none", "?proceed=1"), ("cross-site", "?proceed=1"), ("none", "?connection=ftn")] {
        let link = format!("{}{query}", by_link(&bench).await).parse().unwrap();
        let shown = bench.person().get_with(&link, &elsewhere(site)).await;
        assert_eq!((shown.status, shown.location()), (200, None), "{site} {query}");
    }
    let created = bench.create(json!({})).await;
    let mut person = bench.person();
    person.open(&door_of(&created)).await;
    let give_up = format!("{}?abandon=user_cancelled", door_of(&created)).parse().unwrap();
    let shown = person.get_with(&give_up, &elsewhere("cross-site")).await;
    assert!(is_chooser(&shown), "{}", shown.body);
    assert_eq!(status(&bench, &created).await, "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_twice_is_answered_the_same_for_a_minute_and_nobody_else_is() {
    let bench = Bench::start();
    let created = bench.create(json!({})).await;
    let mut person = bench.person();
    person.open(&door_of(&created)).await;
    let give_up: Url = format!("{}?abandon=user_cancelled", door_of(&created)).parse().unwrap();
    let first = person.get(&give_up).await.location().expect("back to the app");
    assert_eq!(param(&first, "error").as_deref(), Some("user_cancelled"));
    assert_eq!(person.get(&give_up).await.location(), Some(first));
    try_in_vain(&mut bench.person(), &door_of(&created)).await;
    let other = format!("{}?abandon=provider_unavailable", door_of(&created)).parse().unwrap();
    for (seconds, url) in [(0, &other), (0, &door_of(&created)), (61, &give_up)] {
        bench.pass(seconds);
        let over = person.get(url).await;
        assert_eq!((over.status, over.location()), (400, None), "{url} after {seconds} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_link_to_somebody_else_gets_no_identity() {
    let bench = Bench::start();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let door = door_of(&created);
    let returned = bench.person().walk(&door, RETURN).await;
    assert!(param(&returned, "code").is_some(), "only the victim's browser has the code");
    let (_, seen) =
        bench.rest("GET", &format!("identifications/{}", created["id"].as_str().unwrap()), None).await;
    assert_eq!(seen.get("identity"), None, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_failures_in_a_row_end_in_a_page() {
    let bench = Bench::start();
    let mut person = bench.person();
    for round in 1..=3 {
        let body = bench.create(json!({ "connection": "ftn", "login_hint": "sandbox:fault=cancel" })).await;
        let door = body["url"].as_str().unwrap().parse().unwrap();
        let ended = person.try_walk(&door, RETURN).await;
        assert_eq!(ended.is_ok(), round < 3, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_place_of_a_loop_leads_back_by_the_form_that_the_app_asked_for() {
    let bench = Bench::start();
    let mut person = bench.person();
    let more =
        [("connection", "ftn"), ("login_hint", "sandbox:fault=cancel"), ("response_mode", "form_post")];
    for round in 1..=3 {
        let pending = bench.sandbox.relying.begin(RETURN, &more).await.unwrap();
        let back = person.walk(&pending.url, &format!("{}/return/", bench.issuer())).await;
        let shown = person.get(&back).await;
        let (action, fields) = shown.form().unwrap_or_else(|| panic!("{}", shown.body));
        assert!(action.as_str().starts_with(RETURN));
        assert!(fields.contains(&("error".to_owned(), "access_denied".to_owned())), "{fields:?}");
        assert_eq!(shown.body.contains("<script"), round < 3, "round {round}: it waits for a click");
    }
}
