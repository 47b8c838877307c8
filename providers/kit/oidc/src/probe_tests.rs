use serde_json::json;
use tunnus_sdk::{ContentEncryption, Encryption, KeyEncryption, Response, SendError};

use super::*;
use crate::{
    RequestEncryption, RequestProtection, RequestRoute, SignedRequest,
    for_tests::{NOW, ScriptedHost, json_response, metadata_document, profile, relying_party, text_response},
};

async fn probed_as(profile: Profile, metadata: &Value, keys: Result<Response, SendError>) -> Vec<Finding> {
    let host = ScriptedHost::new();
    host.answer(Ok(json_response(200, metadata)));
    host.answer(keys);
    RelyingParty::new(profile, host).probe().await
}

async fn probed(metadata: &Value, keys: Result<Response, SendError>) -> Vec<Finding> {
    probed_as(profile(), metadata, keys).await
}

fn rsa() -> Response {
    json_response(200, &json!({ "keys": [{ "kty": "RSA", "use": "sig" }] }))
}

fn severities(findings: &[Finding]) -> Vec<(Severity, &str)> {
    findings.iter().map(|finding| (finding.severity, finding.subject.as_str())).collect()
}

fn warnings(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
}

#[tokio::test]
async fn a_healthy_upstream_is_fine() {
    let findings = probed(&metadata_document(), Ok(rsa())).await;
    assert_eq!(severities(&findings), [(Severity::Fine, "metadata"), (Severity::Fine, "keys")]);
    assert!(findings.iter().all(|finding| finding.remedy.is_none()));
}

#[tokio::test]
async fn keys_that_do_not_serve_or_are_out_of_reach_are_a_fault() {
    for keys in [
        Ok(json_response(200, &json!({ "keys": [] }))),
        Ok(json_response(200, &json!({ "keys": [{ "kty": "RSA", "use": "enc" }, { "kty": "EC" }, 7] }))),
        Ok(json_response(200, &json!({ "keys": {} }))),
        Ok(json_response(200, &json!({}))),
        Ok(text_response(404, "")),
        Err(SendError::TimedOut),
    ] {
        let findings = probed(&metadata_document(), keys).await;
        assert_eq!(severities(&findings)[1], (Severity::Fault, "keys"));
        assert!(findings[1].remedy.is_some());
    }
}

fn sealing() -> Profile {
    let encryption = RequestEncryption {
        algorithm: KeyEncryption::RsaOaep,
        content: ContentEncryption::A128CbcHs256,
        typ: None,
    };
    let signed = SignedRequest::new(SigningAlgorithm::PS256);
    let request = RequestRoute::pushed(RequestProtection::SignedThenEncrypted(signed, encryption));
    Profile { request, ..profile() }
}

#[tokio::test]
async fn a_request_that_is_encrypted_needs_a_key_to_encrypt_to() {
    let findings = probed_as(sealing(), &metadata_document(), Ok(rsa())).await;
    assert_eq!(severities(&findings)[1], (Severity::Fault, "keys"));
    let both = json!({ "keys": [{ "kty": "RSA" }] });
    let findings = probed_as(sealing(), &metadata_document(), Ok(json_response(200, &both))).await;
    assert_eq!(severities(&findings)[1], (Severity::Fine, "keys"));
}

#[tokio::test]
async fn what_the_upstream_does_not_advertise_is_a_warning() {
    let document = |name: &str, value: Value| {
        let mut document = metadata_document();
        document[name] = value;
        document
    };
    let encryption =
        Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A256CbcHs512] };
    let token = TokenDemand::Nested(encryption, vec![SigningAlgorithm::PS256, SigningAlgorithm::ES256]);
    let all = || Profile {
        id_token: token.clone(),
        userinfo: UserinfoDemand::Protected {
            token: token.clone(),
            issuer_and_audience: Presence::Required,
            any_media_type: false,
        },
        response: ResponseMode::Jarm(token.clone()),
        ..sealing()
    };
    for name in [
        "code_challenge_methods_supported",
        "token_endpoint_auth_methods_supported",
        "request_object_signing_alg_values_supported",
        "request_object_encryption_alg_values_supported",
        "request_object_encryption_enc_values_supported",
        "id_token_signing_alg_values_supported",
        "id_token_encryption_alg_values_supported",
        "id_token_encryption_enc_values_supported",
        "userinfo_signing_alg_values_supported",
        "authorization_signing_alg_values_supported",
        "response_modes_supported",
    ] {
        let findings = probed_as(all(), &document(name, json!(["another"])), Ok(rsa())).await;
        assert_eq!(warnings(&findings), 1, "{name}");
    }
    let one_of_two = document("id_token_signing_alg_values_supported", json!(["ES256"]));
    assert_eq!(warnings(&probed_as(all(), &one_of_two, Ok(rsa())).await), 0);
    let unnamed = document("authorization_response_iss_parameter_supported", json!(false));
    assert_eq!(warnings(&probed(&unnamed, Ok(rsa())).await), 1);
    assert_eq!(warnings(&probed_as(all(), &unnamed, Ok(rsa())).await), 0, "JARM names it inside");
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

#[tokio::test]
async fn a_clock_that_is_off_is_told_before_tokens_fail() {
    let profile = profile();
    let leeway = i64::try_from(profile.clock_skew.as_secs()).unwrap();
    for (off, severity) in [
        (0, None),
        (leeway / 2, None),
        (leeway / 2 + 1, Some(Severity::Warning)),
        (-leeway, Some(Severity::Warning)),
        (leeway + 1, Some(Severity::Fault)),
        (-leeway - 1, Some(Severity::Fault)),
        (i64::MAX / 2, Some(Severity::Fault)),
    ] {
        let keys = Response { date: Some(Timestamp(NOW + off)), ..rsa() };
        let findings = probed(&metadata_document(), Ok(keys)).await;
        let clock = findings.iter().find(|finding| finding.subject == "clock");
        assert_eq!(clock.map(|finding| finding.severity), severity, "{off}");
        let told = if off > 0 { "behind the upstream's" } else { "ahead of the upstream's" };
        assert!(clock.is_none_or(|finding| finding.text.ends_with(told)), "{clock:?}");
    }
}
