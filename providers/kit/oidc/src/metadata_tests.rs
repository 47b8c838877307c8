use serde_json::json;

use super::*;
use crate::{
    RequestProtection, RequestRoute,
    for_tests::{ISSUER, metadata_document, profile},
};

/// Judges the good document with these members changed; `null` takes one away.
fn judge_as(profile: &Profile, changes: &Value) -> Result<Metadata, MetadataError> {
    let mut document = metadata_document();
    let members = document.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    Metadata::judge(profile, document.to_string().as_bytes())
}

fn judge(changes: &Value) -> Result<Metadata, MetadataError> {
    judge_as(&profile(), changes)
}

fn mutual_tls() -> Profile {
    Profile {
        client_auth: ClientAuth::MutualTls,
        endpoint_hosts: vec!["mtls.op.example".to_owned()],
        document_endpoints: &["payment_details_info_endpoint"],
        ..profile()
    }
}

#[test]
fn a_good_document_names_its_endpoints() {
    let metadata = judge(&json!({})).unwrap();
    assert_eq!(metadata.token_endpoint.as_str(), "https://op.example/oidc/token");
    assert_eq!(metadata.supports("scopes_supported", "email"), Some(true));
    assert_eq!(metadata.supports("scopes_supported", "phone"), Some(false));
    assert_eq!(metadata.supports("claims_supported", "email"), None);
    assert!(metadata.documents.is_empty(), "none was asked for");
}

#[test]
fn another_issuer_is_refused() {
    for issuer in [json!("https://op.example/oidc/"), json!("https://OP.example/oidc"), json!(1)] {
        assert_eq!(judge(&json!({ "issuer": issuer })), Err(MetadataError::Issuer), "{issuer}");
    }
    assert_eq!(judge(&json!({ "issuer": null })), Err(MetadataError::NoIssuer));
}

#[test]
fn what_is_needed_may_not_be_missing() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "pushed_authorization_request_endpoint",
        "response_types_supported",
    ] {
        assert_eq!(judge(&json!({ name: null })), Err(MetadataError::Missing(name)));
    }
}

#[test]
fn what_is_not_needed_may_be_missing() {
    let profile = Profile {
        userinfo: UserinfoDemand::NotFetched,
        request: RequestRoute::get(RequestProtection::Plain),
        ..profile()
    };
    let changes = json!({ "userinfo_endpoint": null, "pushed_authorization_request_endpoint": null });
    assert!(judge_as(&profile, &changes).is_ok());
}

#[test]
fn every_endpoint_that_stands_there_is_checked() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "pushed_authorization_request_endpoint",
    ] {
        let evil = judge(&json!({ name: "https://evil.example/x" }));
        assert_eq!(evil, Err(MetadataError::Endpoint(name.to_owned(), EndpointError::Host)));
        assert_eq!(judge(&json!({ name: 7 })), Err(MetadataError::Type(name.to_owned())));
    }
}

#[test]
fn the_code_flow_must_be_offered() {
    let only = |types: Value| judge(&json!({ "response_types_supported": types }));
    assert_eq!(only(json!(["id_token"])), Err(MetadataError::CodeFlow));
    assert_eq!(only(json!("code")), Err(MetadataError::Type("response_types_supported".to_owned())));
    let scopes = judge(&json!({ "scopes_supported": [1] }));
    assert_eq!(scopes, Err(MetadataError::Type("scopes_supported".to_owned())));
}

#[test]
fn what_is_no_object_is_refused() {
    for body in ["", "<html>", "[]", r#"{"issuer":"a","issuer":"a"}"#] {
        assert_eq!(Metadata::judge(&profile(), body.as_bytes()), Err(MetadataError::Malformed), "{body}");
    }
}

#[test]
fn a_certificate_client_calls_the_aliases_and_the_browser_does_not() {
    let aliases = json!({
        "token_endpoint": "https://mtls.op.example/token",
        "userinfo_endpoint": "https://mtls.op.example/me",
        "pushed_authorization_request_endpoint": "https://mtls.op.example/request",
        "payment_details_info_endpoint": "https://mtls.op.example/pay",
        "authorization_endpoint": "https://mtls.op.example/auth",
    });
    let metadata = judge_as(&mutual_tls(), &json!({ "mtls_endpoint_aliases": aliases })).unwrap();
    let host = |url: &Url| url.host_str().unwrap().to_owned();
    assert_eq!(host(&metadata.token_endpoint), "mtls.op.example");
    assert_eq!(metadata.userinfo_endpoint.as_ref().map(host).as_deref(), Some("mtls.op.example"));
    assert_eq!(metadata.par_endpoint.as_ref().map(host).as_deref(), Some("mtls.op.example"));
    assert_eq!(host(&metadata.documents["payment_details_info_endpoint"]), "mtls.op.example");
    assert_eq!(host(&metadata.authorization_endpoint), "op.example");
    assert_eq!(host(&metadata.jwks_uri), "op.example");
}

#[test]
fn an_alias_that_is_missing_leaves_the_endpoint_and_a_bad_one_is_an_error() {
    let without = judge_as(&mutual_tls(), &json!({})).unwrap();
    assert_eq!(without.token_endpoint.as_str(), "https://op.example/oidc/token");
    let bad =
        judge_as(&mutual_tls(), &json!({ "mtls_endpoint_aliases": { "token_endpoint": "undefined/token" } }));
    let place = "mtls_endpoint_aliases.token_endpoint".to_owned();
    assert_eq!(bad, Err(MetadataError::Endpoint(place, EndpointError::NotAUrl)));
    let none = judge_as(&mutual_tls(), &json!({ "mtls_endpoint_aliases": "none" }));
    assert_eq!(none, Err(MetadataError::Type("mtls_endpoint_aliases".to_owned())));
}

#[test]
fn a_client_without_certificate_does_not_care_for_aliases() {
    let changes = json!({ "mtls_endpoint_aliases": { "token_endpoint": "undefined/token" } });
    assert_eq!(judge(&changes).unwrap().token_endpoint.as_str(), "https://op.example/oidc/token");
}

#[test]
fn the_document_stands_below_the_issuer() {
    let expected = "https://op.example/oidc/.well-known/openid-configuration";
    for issuer in [ISSUER, "https://op.example/oidc/"] {
        assert_eq!(location(issuer).unwrap().as_str(), expected);
    }
}

#[test]
fn an_error_says_who_must_act_and_names_no_value() {
    let error =
        ProviderError::from(judge(&json!({ "token_endpoint": "https://evil.example/" })).unwrap_err());
    assert_eq!((&error.fault, error.stage), (&Fault::ConnectionMisconfigured, Stage::Discovery));
    assert!(!error.source.unwrap().to_string().contains("evil"));
    let error = ProviderError::from(MetadataError::Issuer);
    assert_eq!(error.reason(), Some(Reason::Issuer));
}
