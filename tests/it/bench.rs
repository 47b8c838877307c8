//! `tunnus bench`: that it measures whole logins and states what they did. How fast is no test's matter.

use serde_json::{Value, json};

use crate::support::program::Release;

/// What the shortest run prints of one scenario.
fn figures(scenario: &str) -> Value {
    let run = ["bench", "--json", "--seconds", "1", "--flows", "20", "--scenario", scenario];
    let output = Release::This.program().args(run).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let figures: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!((&figures["scenario"], lines.next()), (&json!(scenario), None));
    for figure in [
        "logins_per_second",
        "cpu_ms_per_login",
        "crypto_ms_per_login",
        "ratio",
        "p50_ms",
        "p99_ms",
        "rss_mib",
        "ready_ms",
    ] {
        assert!(figures[figure].as_f64().is_some_and(|value| value > 0.0), "{figure}: {figures}");
    }
    figures
}

/// Content keys unwrapped, signatures made and examined, content keys wrapped.
fn counts(figures: &Value) -> Value {
    json!(["decrypt", "sign", "verify", "encrypt"].map(|operation| &figures[operation]))
}

#[test]
fn a_login_through_the_hub_is_measured_with_its_exact_operations() {
    let measured = figures("signicat-ftn/redis/es256/ec");
    assert_eq!(counts(&measured), json!([2, 4, 2, 0]));
    let trips = measured["redis_round_trips"].as_f64().unwrap();
    assert!((1.0..=8.0).contains(&trips), "{measured}");
}

#[test]
fn a_login_through_the_older_service_is_measured_with_its_exact_operations() {
    let measured = figures("signicat-mle/memory/rs256");
    assert_eq!(counts(&measured), json!([2, 1, 2, 1]));
    assert_eq!(measured["redis_round_trips"], Value::Null);
}

#[test]
fn a_login_through_a_selector_is_measured_with_its_exact_operations() {
    assert_eq!(counts(&figures("idpartner/memory/es256")), json!([2, 2, 2, 0]));
}

#[test]
fn a_scenario_that_there_is_not_is_refused_with_those_that_there_are() {
    let output = Release::This.program().args(["bench", "--scenario", "acme"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("acme") && told.contains("signicat-ftn/memory/es256"), "{told}");
}
