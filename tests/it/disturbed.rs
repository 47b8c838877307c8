//! An upstream that fails: its connection spares it and says so, and the others feel nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tunnus::sandbox::tenant::TENANT;
use url::Url;

use crate::support::{
    person::Person,
    sandbox::{Bench, RETURN, param},
};

/// Lets the upstreams of one provider commit a fault from now on, or none any more.
fn set_fault(bench: &Bench, provider: &str, fault: Option<&str>) {
    assert!(bench.sandbox.simulators[provider].set_fault(fault), "{provider} knows no {fault:?}");
}

/// How often an endpoint was called with this outcome.
fn calls(bench: &Bench, labels: &str) -> usize {
    let text = bench.sandbox.broker.metrics.render();
    let start = format!("tunnus_upstream_request_duration_seconds_count{{{labels}}} ");
    text.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()).unwrap_or_default()
}

/// How `id` is, as the app is told.
async fn health(bench: &Bench, id: &str) -> String {
    let (_, body) = bench.rest("GET", "connections", None).await;
    let all = body["connections"].as_array().unwrap();
    let one = all.iter().find(|connection| connection["id"] == id).unwrap();
    one["health"].as_str().unwrap().to_owned()
}

/// Logs in over a connection; where the way ends.
async fn log_in(bench: &Bench, connection: &str) -> Url {
    let door = bench.door(connection).await;
    bench.person().walk(&door, RETURN).await
}

/// So many at once.
async fn log_in_all(bench: &Arc<Bench>, connection: &'static str, count: usize) -> Vec<Url> {
    let mut logins = JoinSet::new();
    for _ in 0..count {
        let bench = Arc::clone(bench);
        logins.spawn(async move { log_in(&bench, connection).await });
    }
    logins.join_all().await
}

/// Fails at FTN's pushed requests until they are spared.
async fn disturb(bench: &Bench) {
    set_fault(bench, "signicat-ftn", Some("par_server_error"));
    for _ in 0..5 {
        let returned = log_in(bench, "ftn").await;
        assert_eq!(param(&returned, "error").as_deref(), Some("provider_unavailable"), "{returned}");
    }
}

const FAILED: &str = r#"endpoint="par",outcome="5xx",provider="signicat-ftn""#;

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_again_and_again_is_spared_tried_once_and_used_again() {
    let bench = Bench::start();
    disturb(&bench).await;
    assert_eq!(calls(&bench, FAILED), 5);
    let body = bench.create(json!({ "connection": "ftn" })).await;
    let refused = bench.person().walk(&body["url"].as_str().unwrap().parse().unwrap(), RETURN).await;
    assert_eq!(param(&refused, "error").as_deref(), Some("provider_unavailable"), "{refused}");
    assert_eq!(calls(&bench, FAILED), 5, "nobody was called");
    let path = format!("identifications/{}", body["id"].as_str().unwrap());
    let (_, told) = bench.rest("GET", &path, None).await;
    let error = &told["error"];
    assert_eq!((&error["stage"], &error["retryable"]), (&json!("par"), &json!(true)), "{told}");
    bench.pass(15);
    log_in(&bench, "ftn").await;
    log_in(&bench, "ftn").await;
    assert_eq!(calls(&bench, FAILED), 6, "one has tried");
    set_fault(&bench, "signicat-ftn", None);
    bench.pass(30);
    for _ in 0..2 {
        let (_, body) = bench.result(&log_in(&bench, "ftn").await).await;
        assert_eq!(body["success"], json!(true), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_metrics_are_told_which_connection_is_disturbed() {
    let bench = Bench::start();
    let broker = &bench.sandbox.broker;
    let open = |value: u8| {
        broker.connections.show_circuits();
        let series = format!(r#"circuit_open{{connection="ftn",endpoint="par",tenant="{TENANT}"}} {value}"#);
        broker.metrics.render().contains(&series)
    };
    assert!(!open(0) && !open(1), "it was never called");
    disturb(&bench).await;
    assert!(open(1));
    assert_eq!((health(&bench, "ftn").await, health(&bench, "mle").await), ("disturbed".into(), "ok".into()));
    bench.pass(15);
    assert!(open(0), "it waits for somebody to try");
    assert_eq!(health(&bench, "ftn").await, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chooser_says_so_and_offers_the_others_and_so_does_the_failures_page() {
    let bench = Bench::start();
    disturb(&bench).await;
    let mut person = bench.person();
    let shown = person
        .try_walk(&bench.authorize(&[("ui_locales", "en"), ("login_hint", "sandbox:persona=onni")]), RETURN)
        .await
        .unwrap_err();
    assert_eq!(shown.body.matches("This way is disturbed right now").count(), 1, "{}", shown.body);
    let named = |id: &str| {
        let mut url = shown.url.clone();
        url.query_pairs_mut().append_pair("connection", id).append_pair("proceed", "1");
        url
    };
    let failed = click(&mut person, &named("ftn")).await.unwrap_err();
    assert!(failed.contains("proceed=1") && failed.contains("abandon=provider_unavailable"), "{failed}");
    let upstream = click(&mut person, &named("mle")).await.unwrap();
    let returned = person.walk(&upstream, RETURN).await;
    assert!(param(&returned, "code").is_some(), "{returned}");
}

/// Follows a link of ours: to an upstream, or to a page.
async fn click(person: &mut Person, url: &Url) -> Result<Url, String> {
    let answer = person.get_with(url, &[("Sec-Fetch-Site", "same-origin")]).await;
    answer.location().ok_or(answer.body)
}

/// What an app is told of a login over FTN, were it by now completed or failed.
async fn outcome(bench: &Bench) -> Value {
    let returned = log_in(bench, "ftn").await;
    let path = format!("identifications/{}", param(&returned, "identification").unwrap());
    let (_, told) = bench.rest("GET", &path, None).await;
    if told["success"] == json!(true) { json!("success") } else { told["error"]["stage"].clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_and_keys_at_hand_serve_for_a_day_while_the_upstream_is_away() {
    for (fault, stage) in [("discovery_server_error", "discovery"), ("jwks_server_error", "jwks")] {
        let bench = Bench::start();
        assert_eq!(outcome(&bench).await, "success");
        set_fault(&bench, "signicat-ftn", Some(fault));
        for seconds in [3_600, 3_600, 24 * 3_600 - 7_300] {
            bench.pass(seconds);
            assert_eq!(outcome(&bench).await, "success", "{fault}");
        }
        bench.pass(101);
        assert_eq!(outcome(&bench).await, stage, "{fault}");
        set_fault(&bench, "signicat-ftn", None);
        bench.pass(30);
        assert_eq!(outcome(&bench).await, "success", "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_knows_nothing_yet_says_that_discovery_fails() {
    let bench = Bench::start();
    set_fault(&bench, "signicat-ftn", Some("discovery_server_error"));
    for _ in 0..7 {
        assert_eq!(outcome(&bench).await, "discovery");
    }
    assert_eq!(calls(&bench, r#"endpoint="discovery",outcome="5xx",provider="signicat-ftn""#), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_logins_use_is_fetched_ahead_of_its_end_beside_them() {
    let bench = Bench::start();
    let fetched = || {
        ["discovery", "jwks"].map(|endpoint| {
            calls(&bench, &format!(r#"endpoint="{endpoint}",outcome="2xx",provider="signicat-ftn""#))
        })
    };
    assert_eq!(outcome(&bench).await, "success");
    let [discovery, jwks] = fetched();
    bench.pass(3_000);
    bench.sandbox.broker.connections.refresh().await;
    assert_eq!(fetched(), [discovery + 1, jwks], "of the keys nobody has made use for a while");
    assert_eq!(outcome(&bench).await, "success");
    let [discovery, jwks] = fetched();
    bench.pass(250);
    bench.sandbox.broker.connections.refresh().await;
    assert_eq!(fetched(), [discovery, jwks + 1]);
    bench.pass(250);
    assert_eq!(outcome(&bench).await, "success");
    assert_eq!(fetched(), [discovery, jwks + 1], "no login has waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_hangs_costs_another_nothing() {
    let bench = Arc::new(Bench::start());
    set_fault(&bench, "signicat-ftn", Some("par_slow"));
    let (hung, worked) = tokio::join!(log_in_all(&bench, "ftn", 20), log_in_all(&bench, "mle", 50));
    assert_eq!((hung.len(), worked.len()), (20, 50));
    for returned in hung {
        assert_eq!(param(&returned, "error").as_deref(), Some("provider_unavailable"), "{returned}");
    }
    for returned in worked {
        let (_, body) = bench.result(&returned).await;
        assert_eq!(body["success"], json!(true), "{body}");
    }
    assert_eq!(health(&bench, "mle").await, "ok");
}
