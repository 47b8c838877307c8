//! Logins in which somebody or something is in the way.

use std::time::Duration;

use serde_json::{Value, json};
use tunnus_sdk::{Candidate, Correlation, Fault, LoginRequest, Reason, Stage};
use tunnus_simulator::{Click, Setup, bench::resume_at};

use crate::{bench, onni_logs_in, with};

const ONNI: Click<'static> = Click::Persona("onni");

#[tokio::test]
async fn the_metadata_is_asked_for_once_and_serves_while_the_upstream_is_away() {
    let bench = with(&json!({}));
    for _ in 0..3 {
        onni_logs_in(&bench).await.unwrap();
    }
    assert_eq!(bench.host.sends(Stage::Discovery), 1);
    bench.clock.advance(Duration::from_secs(3600));
    bench.simulator.set_fault(Some("discovery_server_error"));
    onni_logs_in(&bench).await.unwrap();
    assert_eq!(bench.host.sends(Stage::Discovery), 2);
    bench.simulator.set_fault(None);
    bench.clock.advance(Duration::from_secs(60));
    onni_logs_in(&bench).await.unwrap();
    assert_eq!(bench.host.sends(Stage::Discovery), 3);
}

#[tokio::test]
async fn another_process_finishes_what_one_began_and_asks_for_no_metadata() {
    let bench = bench(&json!({}));
    let [here, there] = [(); 2].map(|()| bench.open("variant").unwrap());
    let waiting = here.walk(here.login_for_all(), ONNI).await.unwrap();
    there.resume(waiting).await.unwrap();
    assert_eq!((there.host.sends(Stage::Discovery), there.host.sends(Stage::Token)), (0, 1));
}

/// The connection's settings with one of them another.
fn changed(bench: &Setup, name: &str, value: Value) -> Value {
    let mut settings = bench.connection.settings.clone();
    settings[name] = value;
    settings
}

#[tokio::test]
async fn settings_changed_in_mid_flow_end_the_login_before_its_code_is_redeemed() {
    let bench = with(&json!({}));
    for (name, value) in [
        ("client_id", json!("another")),
        ("issuer", json!("http://localhost:4010/another")),
        ("at_hash", json!("required")),
        ("id_token", json!({ "signing": ["ES256"] })),
        ("client_authentication", json!("client_secret_post")),
        ("endpoint_hosts", json!(["other.example"])),
    ] {
        let waiting = bench.walk(bench.login_for_all(), ONNI).await.unwrap();
        let changed = bench.rebuilt(&changed(&bench, name, value)).unwrap();
        let error = resume_at(changed.as_ref(), waiting).await.unwrap_err();
        assert_eq!(error.fault, Fault::ConnectionMisconfigured, "{name}");
    }
    assert_eq!(bench.host.sends(Stage::Token), 0);
    let waiting = bench.walk(bench.login_for_all(), ONNI).await.unwrap();
    let same = bench.rebuilt(&changed(&bench, "prompt", json!("consent"))).unwrap();
    assert!(resume_at(same.as_ref(), waiting).await.is_ok(), "what a request asks may change");
}

#[tokio::test]
async fn a_code_is_redeemed_once_even_when_the_answer_is_lost() {
    let bench = with(&json!({}));
    let waiting = bench.walk(bench.login_for_all(), ONNI).await.unwrap();
    bench.simulator.set_fault(Some("token_cut_off"));
    assert_eq!(bench.resume(waiting).await.unwrap_err().fault, Fault::ProviderUnavailable);
    assert_eq!(bench.host.sends(Stage::Token), 1);
}

#[tokio::test]
async fn a_pushed_request_is_sent_once_more_where_no_connection_came_about() {
    let bench = with(&json!({}));
    bench.simulator.set_fault(Some("par_cut_off"));
    assert!(bench.start(&bench.login_for_all()).await.is_err());
    assert_eq!(bench.host.sends(Stage::Par), 2);
}

#[tokio::test]
async fn jarm_returns_find_their_attempt_by_the_state_inside() {
    let encryption = json!({ "algorithm": "RSA-OAEP", "contents": ["A128CBC-HS256"] });
    let protection = json!({ "signing": ["PS256"], "encryption": encryption });
    let bench = with(&json!({ "response": "jwt", "response_protection": protection }));
    let one = bench.walk(bench.login_for_all(), ONNI).await.unwrap();
    let other = bench.walk(bench.login_for_all(), Click::Persona("aada")).await.unwrap();
    assert_eq!(bench.provider.correlate(&other.inbound), Correlation::FromBrowser);
    let candidates = [&one, &other].map(|waiting| Candidate { login: &waiting.login, state: &waiting.state });
    let before = bench.host.operations();
    assert_eq!(bench.provider.choose(&candidates, &other.inbound).await, Some(1));
    let after = bench.host.operations();
    assert_eq!((after.decrypt - before.decrypt, after.verify - before.verify), (1, 1));
    let evidence = bench.resume(other).await.unwrap();
    assert_eq!(evidence.userinfo.unwrap()["given_name"], "Aada Säde");
    assert!(bench.resume(one).await.is_ok(), "the other attempt goes on");
}

#[tokio::test]
async fn a_return_of_another_attempt_is_refused_before_anything_is_redeemed() {
    for changes in [json!({}), json!({ "response": "jwt" })] {
        let bench = with(&changes);
        let mut one = bench.walk(bench.login_for_all(), ONNI).await.unwrap();
        one.inbound = bench.walk(bench.login_for_all(), Click::Persona("aada")).await.unwrap().inbound;
        assert_eq!(bench.resume(one).await.unwrap_err().reason(), Some(Reason::State));
        assert_eq!(bench.host.sends(Stage::Token), 0);
    }
}

#[tokio::test]
async fn max_age_goes_upstream_and_is_checked() {
    let bench = with(&json!({ "prompt": null }));
    let login = LoginRequest { max_age: Some(0), ..bench.login_for_all() };
    let waiting = bench.walk(login, ONNI).await.unwrap();
    let evidence = bench.resume(waiting).await.unwrap();
    assert!(evidence.id_token.contains_key("auth_time"));
}

#[tokio::test]
async fn a_fault_of_one_login_is_told_with_its_stage_and_without_personal_data() {
    let bench = with(&json!({}));
    let hint = Some("sandbox:fault=userinfo_invalid_token".into());
    let waiting = bench.walk(LoginRequest { login_hint: hint, ..bench.login_for_all() }, ONNI).await.unwrap();
    let error = bench.resume(waiting).await.unwrap_err();
    assert_eq!((&error.fault, error.stage), (&Fault::ProviderRefused, Stage::Userinfo));
    assert_eq!(error.upstream_code.as_deref(), Some("invalid_token"));
    assert_eq!(error.to_string(), "the provider refused (stage userinfo)");
}

#[tokio::test]
async fn a_healthy_upstream_gives_the_doctor_nothing_to_do() {
    let sealed = json!({
        "request_protection": "signed_then_encrypted", "response": "jwt",
        "client_authentication": "tls_client_auth",
    });
    for changes in [json!({}), sealed] {
        let findings = with(&changes).provider.probe().await;
        assert!(findings.iter().all(|finding| finding.remedy.is_none()), "{findings:?}");
    }
}
