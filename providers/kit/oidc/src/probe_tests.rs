use serde_json::json;
use tunnus_sdk::{Response, SendError};

use super::*;
use crate::testing::{json_response, metadata_document, profile, relying_party, text_response};

async fn probed(metadata: &Value, keys: Result<Response, SendError>) -> Vec<Finding> {
    let host = crate::testing::ScriptedHost::new();
    host.answer(Ok(json_response(200, metadata)));
    host.answer(keys);
    let rp = RelyingParty::new(profile(), host);
    rp.probe().await
}

fn severities(findings: &[Finding]) -> Vec<(Severity, &str)> {
    findings.iter().map(|finding| (finding.severity, finding.subject.as_str())).collect()
}

#[tokio::test]
async fn a_healthy_upstream_is_fine() {
    let findings = probed(&metadata_document(), Ok(json_response(200, &json!({ "keys": [{}] })))).await;
    assert_eq!(severities(&findings), [(Severity::Fine, "metadata"), (Severity::Fine, "keys")]);
    assert!(findings.iter().all(|finding| finding.remedy.is_none()));
}

#[tokio::test]
async fn keys_that_are_missing_or_out_of_reach_are_a_fault() {
    for keys in [
        Ok(json_response(200, &json!({ "keys": [] }))),
        Ok(json_response(200, &json!({}))),
        Ok(text_response(404, "")),
        Err(SendError::TimedOut),
    ] {
        let findings = probed(&metadata_document(), keys).await;
        assert_eq!(severities(&findings)[1], (Severity::Fault, "keys"));
        assert!(findings[1].remedy.is_some());
    }
}

#[tokio::test]
async fn what_the_upstream_does_not_advertise_is_a_warning() {
    let mut document = metadata_document();
    document["code_challenge_methods_supported"] = json!(["plain"]);
    document["token_endpoint_auth_methods_supported"] = json!(["client_secret_basic"]);
    document["id_token_signing_alg_values_supported"] = json!(["RS256"]);
    document["request_object_signing_alg_values_supported"] = json!(["RS256"]);
    let findings = probed(&document, Ok(json_response(200, &json!({ "keys": [{}] })))).await;
    let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning);
    assert_eq!(warnings.count(), 4);
}

#[tokio::test]
async fn metadata_that_cannot_be_used_is_the_only_finding_and_says_why() {
    let mut document = metadata_document();
    document["issuer"] = "https://op.example/oidc/".into();
    let findings = probed(&document, Err(SendError::TimedOut)).await;
    assert_eq!(severities(&findings), [(Severity::Fault, "metadata")]);
    assert_eq!(findings[0].text, "the metadata's issuer is not the connection's");
    let (rp, host) = relying_party(profile());
    rp.metadata().await.unwrap();
    host.answer(Err(SendError::TimedOut));
    assert_eq!(severities(&rp.probe().await), [(Severity::Fault, "metadata")], "the cache is passed by");
}
