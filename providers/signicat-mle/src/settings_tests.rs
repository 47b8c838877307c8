//! Settings as an admin writes them: the least, the faults, and what no setting can loosen.

use serde_json::{Value, json};
use tunnus_sdk::{Demand, Shape, erase};

use super::*;
use crate::SignicatMle;

fn with(changes: &Value) -> Value {
    let mut settings = json!({
        "issuer": "https://id.example.com/oidc",
        "client_id": "acme-prod",
        "acr": "urn:signicat:oidc:portal:ftn",
    });
    settings.as_object_mut().unwrap().append(&mut changes.as_object().unwrap().clone());
    settings
}

fn profile(changes: &Value) -> Profile {
    serde_json::from_value::<Settings>(with(changes)).unwrap().profile()
}

fn faults(changes: &Value, environment: Environment) -> Vec<String> {
    let faults = erase::<SignicatMle>().check(&with(changes), environment);
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn issuer_client_id_and_portal_are_enough() {
    assert_eq!(faults(&json!({}), Environment::Production), Vec::<String>::new());
}

#[test]
fn every_mistake_is_named_at_once() {
    let settings = json!({
        "issuer": "https://id.example.com/auth/open",
        "client_id": "",
        "acr": "urn:signicat:oidc:method:unknown",
        "response_encryption": [],
        "clock_skew_seconds": 255,
        "methods": {
            "method:nbid": { "level": "high" },
            "urn:signicat:oidc:method:a": { "level": "low", "id": "same" },
            "urn:signicat:oidc:method:b": { "level": "low", "id": "same" },
            "urn:signicat:oidc:method:c": {
                "level": "low", "id": "not one word", "national_id": { "country": "fi", "type": "" },
            },
        },
    });
    let expected = [
        "/issuer",
        "/client_id",
        "/acr",
        "/response_encryption",
        "/clock_skew_seconds",
        "/methods/method:nbid",
        "/methods/urn:signicat:oidc:method:b/id",
        "/methods/urn:signicat:oidc:method:c/id",
        "/methods/urn:signicat:oidc:method:c/national_id/country",
        "/methods/urn:signicat:oidc:method:c/national_id/type",
    ];
    assert_eq!(faults(&settings, Environment::Production), expected);
}

#[test]
fn the_test_environment_is_no_production() {
    let preprod = json!({ "issuer": "https://preprod.example.com/oidc" });
    assert_eq!(faults(&preprod, Environment::Production), ["/issuer"]);
    assert_eq!(faults(&preprod, Environment::Sandbox), Vec::<String>::new());
}

#[test]
fn a_content_encryption_is_listed_once() {
    let listed = |list: &[&str]| faults(&json!({ "response_encryption": list }), Environment::Production);
    assert_eq!(listed(&["A128CBC-HS256", "A256CBC-HS512"]), Vec::<String>::new());
    assert_eq!(listed(&["A128CBC-HS256", "A128CBC-HS256"]), ["/response_encryption"]);
    assert_eq!(listed(&["A128CBC-HS256", "A256CBC-HS512", "A128CBC-HS256"]), ["/response_encryption"]);
}

#[test]
fn what_the_types_do_not_know_is_refused() {
    let cases = [
        json!({ "encrypted": false }),
        json!({ "request_protection": "signed" }),
        json!({ "request_delivery": "pushed" }),
        json!({ "response_encryption": ["A128GCM"] }),
        json!({ "client_authentication": "none" }),
        json!({ "nonce": false }),
        json!({ "acr": null }),
    ];
    for change in &cases {
        assert_eq!(faults(change, Environment::Sandbox), [""], "{change}");
    }
}

#[test]
fn no_setting_lowers_the_floor_or_drops_the_nonce() {
    let demand = Demand {
        shape: Shape::Nested,
        signing: vec![SigningAlgorithm::RS256],
        key_encryption: vec![KeyEncryption::RsaOaep],
        content_encryption: vec![ContentEncryption::A128CbcHs256],
    };
    for protection in ["plain", "encrypted"] {
        for delivery in ["get", "post"] {
            for pkce in [true, false] {
                let profile = profile(&json!({
                    "request_protection": protection, "request_delivery": delivery, "pkce": pkce,
                }));
                let floor = profile.floor();
                assert_eq!(
                    (floor.id_token.as_ref(), floor.userinfo.as_ref()),
                    (Some(&demand), Some(&demand))
                );
                assert!(profile.nonce && profile.needs().decryption && profile.needs().client_secret);
                assert_eq!(profile.needs().signing, None);
            }
        }
    }
}

#[test]
fn the_default_is_an_encrypted_object_in_the_browsers_address() {
    let profile = profile(&json!({ "request_encryption": "A256CBC-HS512" }));
    let encryption = RequestEncryption {
        algorithm: KeyEncryption::RsaOaep,
        content: ContentEncryption::A256CbcHs512,
        typ: Some("JWE"),
    };
    assert_eq!(profile.request, RequestRoute::get(RequestProtection::Encrypted(encryption)));
    assert_eq!(profile.client_auth, ClientAuth::SecretBasic { client_id_in_body: true });
    assert!(profile.pkce);
}

#[test]
fn the_setup_sheet_asks_for_the_kid_that_signicat_assigns() {
    let steps = erase::<SignicatMle>().setup(&with(&json!({})));
    assert!(steps.iter().any(|step| step.place.ends_with("kid of the decryption key")));
    assert!(steps.iter().any(|step| step.value == "urn:signicat:oidc:portal:ftn"));
}

#[test]
fn every_setting_explains_itself() {
    let schema = erase::<SignicatMle>().schema().to_value();
    for (name, property) in schema["properties"].as_object().unwrap() {
        assert!(property["description"].is_string(), "{name}");
    }
    assert_eq!(schema["additionalProperties"], false);
}
