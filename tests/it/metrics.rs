//! What `/metrics` shows after logins, and what no request can bring into it.

use std::sync::Arc;

use serde_json::json;
use tunnus::{
    sandbox::{once, tenant::TENANT},
    tenant::{
        model::{Connection, Tenant},
        set::TenantSet,
    },
};

use crate::support::sandbox::{Bench, RETURN};

/// The series of the contract, section 6, that a login over every connection leaves.
const SERIES: [&str; 10] = [
    "tunnus_flow_steps_total",
    "tunnus_flows_finished_total",
    "tunnus_identifications_total",
    "tunnus_upstream_request_duration_seconds",
    "tunnus_jose_operation_duration_seconds",
    "tunnus_flow_store_operation_duration_seconds",
    "tunnus_circuit_open",
    "tunnus_credential_expiry_timestamp_seconds",
    "tunnus_http_request_duration_seconds",
    "tunnus_build_info",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_series_of_the_contract_is_there_in_base_units() {
    let bench = Bench::start();
    let sandbox = &bench.sandbox;
    let mut out = Vec::new();
    let all = once::run(&sandbox.relying, &sandbox.connections, true, &mut out).await.unwrap();
    assert!(all, "{}", String::from_utf8_lossy(&out));
    sandbox.broker.connections.show_circuits();
    let text = sandbox.broker.metrics.render();
    let kinds: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    for series in SERIES {
        assert!(kinds.iter().any(|kind| kind.split(' ').next() == Some(series)), "{series}\n{kinds:?}");
        assert!(text.contains(&format!("# HELP {series} ")), "{series}");
    }
    for kind in kinds {
        let (name, kind) = kind.split_once(' ').unwrap();
        let fits = match kind {
            "counter" => name.ends_with("_total"),
            "histogram" => name.ends_with("_seconds"),
            "gauge" => !name.ends_with("_total") && !name.ends_with("_milliseconds"),
            _ => false,
        };
        assert!(fits && name.starts_with("tunnus_"), "{name} {kind}");
    }
    for connection in &sandbox.connections {
        let label = format!("connection=\"{}\"", connection.id);
        for step in ["started", "sent", "returned", "exchanged", "finished"] {
            let reached = |line: &&str| line.contains(&label) && line.contains(&format!("step=\"{step}\""));
            assert!(text.lines().any(|line| reached(&line)), "{} {step}", connection.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_names_is_no_label() {
    let bench = Bench::start();
    let person = &bench.sandbox.relying.http;
    let issuer = bench.issuer();
    let base = issuer.rsplit_once('/').unwrap().0;
    for url in [
        format!("{base}/made-up/jwks"),
        format!("{base}/made-up/authorize?client_id=made-up"),
        format!("{issuer}/connections/made-up/jwks"),
        format!("{issuer}/return/made-up/callback?state=made-up"),
        format!("{issuer}/return/ftn/made-up?state=made-up"),
        format!("{issuer}/identify/made-up"),
        format!("{issuer}/authorize?client_id=shop&connection=made-up"),
        format!("{issuer}/made-up"),
    ] {
        assert!(person.get(&url).send().await.unwrap().status().as_u16() >= 300, "{url}");
        let method = "MADE-UP".parse().unwrap();
        person.request(method, &url).send().await.unwrap();
    }
    let text = bench.sandbox.broker.metrics.render();
    assert!(text.contains("tunnus_http_request_duration_seconds_count"));
    assert!(!text.to_lowercase().contains("made-up"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_carry_a_tag_and_those_of_nobody_are_not_found() {
    let bench = Bench::start();
    let get = async |path: &str| {
        let response =
            bench.sandbox.relying.http.get(format!("{}{path}", bench.issuer())).send().await.unwrap();
        (response.status().as_u16(), response.headers().get("ETag").cloned())
    };
    let (status, tag) = get("/jwks").await;
    assert_eq!((status, tag.is_some()), (200, true));
    let (status, tag) = get("/connections/ftn/jwks").await;
    assert_eq!((status, tag.is_some()), (200, true));
    assert_eq!(get("/connections/none/jwks").await, (404, None));
    let tenants = &bench.sandbox.tenants;
    let mut tenant = Tenant::clone(&tenants.tenant(TENANT).unwrap());
    for connection in &mut tenant.connections {
        *connection = Arc::new(Connection { enabled: false, ..Connection::clone(connection) });
    }
    tenants.replace(TenantSet::from_iter([tenant]));
    assert_eq!(get("/connections/ftn/jwks").await, (404, None), "switched off");
}

/// How many logins over FTN have ended so.
fn ended(bench: &Bench, outcome: &str) -> u64 {
    let text = bench.sandbox.broker.metrics.render();
    let name = format!("tunnus_flows_finished_total{{connection=\"ftn\",outcome=\"{outcome}\",");
    text.lines()
        .filter(|line| line.starts_with(&name))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_takes_back_is_counted_once_and_what_had_ended_not_again() {
    let bench = Bench::start();
    let open = bench.create(json!({ "connection": "ftn" })).await;
    let path = format!("identifications/{}", open["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(bench.rest("DELETE", &path, None).await.0, 204);
    }
    let done = bench.create(json!({ "connection": "ftn" })).await;
    bench.person().walk(&done["url"].as_str().unwrap().parse().unwrap(), RETURN).await;
    let path = format!("identifications/{}", done["id"].as_str().unwrap());
    assert_eq!(bench.rest("DELETE", &path, None).await.0, 204);
    bench.pass(1_600);
    bench.sandbox.broker.flows.count_expired_by_now(&bench.sandbox.broker.metrics).await;
    let counted = ["cancelled_by_app", "completed", "flow_expired"].map(|outcome| ended(&bench, outcome));
    assert_eq!(counted, [1, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_too_late_or_never_is_counted_once() {
    let bench = Bench::start();
    let broker = &bench.sandbox.broker;
    let back = format!("{}/return/", bench.issuer());
    // The browser is faster than the count, and the count than the browser; the third never comes.
    let door = bench.door("ftn").await;
    let mut first = bench.person();
    let returned = first.walk(&door, &back).await;
    bench.pass(601);
    for _ in 0..2 {
        first.get(&returned).await;
    }
    assert_eq!(ended(&bench, "flow_expired"), 1);
    let (door, _) = (bench.door("ftn").await, bench.door("ftn").await);
    bench.pass(800);
    let mut second = bench.person();
    let returned = second.walk(&door, &back).await;
    bench.pass(800);
    for _ in 0..2 {
        broker.flows.count_expired_by_now(&broker.metrics).await;
        assert_eq!(ended(&bench, "flow_expired"), 3);
    }
    let home = second.get(&returned).await.location().expect("the way home");
    assert!(home.as_str().starts_with(RETURN), "{home}");
    assert_eq!(ended(&bench, "flow_expired"), 3);
}
