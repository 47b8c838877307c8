use tunnus_sdk::ProviderError;

use super::*;

fn metrics() -> Metrics {
    Metrics::new(2, BTreeSet::from(["fi-op".to_owned()])).unwrap()
}

fn lines_of<'a>(text: &'a str, family: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(family)).collect()
}

#[test]
fn every_family_of_the_contract_is_there_with_its_help() {
    let metrics = metrics();
    metrics.step("acme", "ftn", FlowStep::Started);
    metrics.identified("acme", "ftn", Some("fi-op"));
    metrics.upstream_request("generic", Stage::Token, CallOutcome::Status(200), Duration::from_millis(20));
    metrics.jose_operation(JoseOperation::Decrypt, Duration::from_micros(330));
    metrics.store_operation("take", true, Duration::from_micros(90));
    let ends = [4_102_444_800, 1_795_256_803].map(|end| (Credential::Certificate, Timestamp(end)));
    metrics.credentials("acme", "ftn", &ends);
    metrics.connection_build_failed("acme", "ftn", true);
    metrics.tenants_reloaded(false);
    metrics.key_conflict("acme", "ftn");
    metrics.limited("address", "starts");
    metrics.http_request("/t/{tenant}/token", "POST", 200, Duration::from_millis(3));
    let text = metrics.render();
    for line in [
        "# HELP tunnus_flow_steps_total Steps that logins reached.",
        r#"tunnus_flow_steps_total{connection="ftn",step="started",tenant="acme"} 1"#,
        r#"tunnus_flows_finished_total{connection="ftn",outcome="completed",reason="",tenant="acme"} 1"#,
        r#"tunnus_identifications_total{connection="ftn",method="fi-op",tenant="acme"} 1"#,
        r#"tunnus_upstream_request_duration_seconds_bucket{endpoint="token",outcome="2xx",provider="generic",le="0.025"} 1"#,
        r#"tunnus_jose_operation_duration_seconds_bucket{operation="decrypt",le="0.00025"} 0"#,
        r#"tunnus_jose_operation_duration_seconds_bucket{operation="decrypt",le="0.0005"} 1"#,
        r#"tunnus_flow_store_operation_duration_seconds_count{operation="take",outcome="ok"} 1"#,
        r#"tunnus_credential_expiry_timestamp_seconds{connection="ftn",credential="certificate",tenant="acme"} 1795256803"#,
        r#"tunnus_connection_build_failed{connection="ftn",tenant="acme"} 1"#,
        r#"tunnus_tenants_reloads_total{outcome="refused"} 1"#,
        r#"tunnus_upstream_key_conflicts_total{connection="ftn",tenant="acme"} 1"#,
        r#"tunnus_requests_limited_total{class="starts",subject="address"} 1"#,
        r#"tunnus_http_request_duration_seconds_count{method="POST",route="/t/{tenant}/token",status="200"} 1"#,
        r#"tunnus_build_info{version=""#,
    ] {
        assert!(text.lines().any(|other| other.starts_with(line)), "{line}\n{text}");
    }
}

#[test]
fn tenants_beyond_the_bound_are_one() {
    let metrics = metrics();
    for tenant in ["acme", "beta", "gamma", "delta", "acme"] {
        metrics.step(tenant, "ftn", FlowStep::Sent);
    }
    let text = metrics.render();
    let lines = lines_of(&text, "tunnus_flow_steps_total");
    assert_eq!(
        lines,
        [
            r#"tunnus_flow_steps_total{connection="_other",step="sent",tenant="_other"} 2"#,
            r#"tunnus_flow_steps_total{connection="ftn",step="sent",tenant="acme"} 2"#,
            r#"tunnus_flow_steps_total{connection="ftn",step="sent",tenant="beta"} 1"#,
        ]
    );
}

#[test]
fn a_made_up_method_is_no_label() {
    let metrics = metrics();
    for method in [Some("fi-op"), Some("070770-905D"), Some("{evil}"), None] {
        metrics.identified("acme", "ftn", method);
    }
    metrics.http_request("/t", "BREW", 405, Duration::ZERO);
    let text = metrics.render();
    assert_eq!(lines_of(&text, "tunnus_identifications_total").len(), 3);
    assert!(!text.contains("070770") && !text.contains("BREW"));
}

#[test]
fn a_failure_counts_by_its_code_and_the_failed_check() {
    let metrics = metrics();
    let error = ProviderError::rejected(Reason::NotEncrypted, Stage::IdToken);
    metrics.failed("acme", "ftn", &error.into());
    let text = metrics.render();
    assert_eq!(
        lines_of(&text, "tunnus_flows_finished_total"),
        [
            r#"tunnus_flows_finished_total{connection="ftn",outcome="provider_response_rejected",reason="not_encrypted",tenant="acme"} 1"#,
        ]
    );
}

#[test]
fn what_is_gone_is_forgotten_and_makes_room() {
    let metrics = metrics();
    for (tenant, connection) in [("acme", "ftn"), ("acme", "mle"), ("beta", "ftn"), ("gamma", "ftn")] {
        metrics.step(tenant, connection, FlowStep::Sent);
        metrics.credentials(tenant, connection, &[(Credential::Certificate, Timestamp(7))]);
    }
    metrics.retain(&|tenant, connection| tenant == "acme" && connection.is_none_or(|id| id == "mle"));
    metrics.credentials("acme", "mle", &[]);
    metrics.step("delta", "ftn", FlowStep::Sent);
    let text = metrics.render();
    assert_eq!(
        lines_of(&text, "tunnus_flow_steps_total"),
        [
            r#"tunnus_flow_steps_total{connection="_other",step="sent",tenant="_other"} 1"#,
            r#"tunnus_flow_steps_total{connection="ftn",step="sent",tenant="delta"} 1"#,
            r#"tunnus_flow_steps_total{connection="mle",step="sent",tenant="acme"} 1"#,
        ]
    );
    assert!(!text.contains("credential_expiry"), "{text}");
}
