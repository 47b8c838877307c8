//! Settings as an admin writes them: the least, the faults, and what no setting can loosen.

use serde_json::{Value, json};
use tunnus_oidc::ClientAuth;
use tunnus_sdk::{Demand, Shape, erase};

use super::*;
use crate::SignicatFtn;

fn least() -> Value {
    json!({ "issuer": "https://login.example.fi/auth/open", "client_id": "prod-brave-otter-123" })
}

fn with(changes: &Value) -> Value {
    let mut settings = least();
    settings.as_object_mut().unwrap().append(&mut changes.as_object().unwrap().clone());
    settings
}

fn faults(settings: &Value, environment: Environment) -> Vec<String> {
    erase::<SignicatFtn>().check(settings, environment).into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn issuer_and_client_id_are_enough() {
    assert_eq!(faults(&least(), Environment::Production), Vec::<String>::new());
}

#[test]
fn every_mistake_is_named_at_once() {
    let settings = with(&json!({
        "issuer": "https://login.example.fi/auth/open/",
        "client_id": "",
        "response_encryption": [],
        "default_level": "high",
        "service_name": { "fi": "Kauppa <3", "sv": "Butiken" },
        "clock_skew_seconds": 121,
    }));
    let expected = [
        "/issuer",
        "/client_id",
        "/response_encryption",
        "/default_level",
        "/clock_skew_seconds",
        "/service_name/fi",
    ];
    assert_eq!(faults(&settings, Environment::Production), expected);
}

#[test]
fn each_other_mistake_is_a_fault_of_its_own() {
    let cases = [
        (json!({ "issuer": "http://login.example.fi/auth/open" }), "/issuer"),
        (json!({ "issuer": "http://localhost:4010/auth/open" }), "/issuer"),
        (json!({ "issuer": "https://preprod.example.com/oidc" }), "/issuer"),
        (json!({ "issuer": "https://login.example.fi/AUTH/OPEN" }), "/issuer"),
        (json!({ "response_encryption": ["A128CBC-HS256", "A128CBC-HS256"] }), "/response_encryption"),
        (json!({ "endpoint_hosts": ["mtls.example.fi", "https://x"] }), "/endpoint_hosts/1"),
        (json!({ "assurance": { " ": "low" } }), "/assurance"),
        (json!({ "method_names": { "fi-aktia": "" } }), "/method_names"),
        (
            json!({ "service_name": { "en": "The Shop" }, "service_name_placement": "acr_values" }),
            "/service_name/en",
        ),
    ];
    for (change, pointer) in &cases {
        assert_eq!(faults(&with(change), Environment::Production), [*pointer], "{change}");
    }
}

#[test]
fn plain_http_on_loopback_is_for_the_sandbox() {
    let settings = with(&json!({ "issuer": "http://localhost:4010/signicat-ftn/auth/open" }));
    assert_eq!(faults(&settings, Environment::Sandbox), Vec::<String>::new());
}

#[test]
fn what_the_types_do_not_know_is_refused() {
    let cases = [
        json!({ "encrypted": false }),
        json!({ "request_protection": "plain" }),
        json!({ "request_protection": "encrypted" }),
        json!({ "response_encryption": ["A256GCM"] }),
        json!({ "response_encryption": ["A128CBC-HS256", "none"] }),
        json!({ "request_encryption": "A128GCM" }),
        json!({ "client_authentication": "none" }),
        json!({ "signing_algorithm": "HS256" }),
        json!({ "pkce": false }),
        json!({ "nonce": false }),
        json!({ "userinfo": "plain" }),
        json!({ "callback_iss": "if_present" }),
    ];
    for change in &cases {
        assert_eq!(faults(&with(change), Environment::Sandbox), [""], "{change}");
    }
}

/// Every value of every setting that touches protection.
fn every_combination() -> Vec<Settings> {
    let deliveries = ["pushed", "post", "get"];
    let protections = ["signed", "signed_then_encrypted"];
    let authentications = ["private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth"];
    let mut all = Vec::new();
    for delivery in deliveries {
        for protection in protections {
            for authentication in authentications {
                let settings = with(&json!({
                    "request_delivery": delivery,
                    "request_protection": protection,
                    "client_authentication": authentication,
                    "response_encryption": ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"],
                    "sandbox_flag": "if_present",
                }));
                all.push(serde_json::from_value(settings).unwrap());
            }
        }
    }
    all
}

#[test]
fn no_setting_lowers_the_floor() {
    let demand = Demand {
        shape: Shape::Nested,
        signing: vec![SigningAlgorithm::RS256],
        key_encryption: vec![KeyEncryption::RsaOaep],
        content_encryption: vec![
            ContentEncryption::A128CbcHs256,
            ContentEncryption::A192CbcHs384,
            ContentEncryption::A256CbcHs512,
        ],
    };
    for settings in every_combination() {
        let profile = settings.profile();
        let floor = profile.floor();
        assert_eq!((floor.id_token.as_ref(), floor.userinfo.as_ref()), (Some(&demand), Some(&demand)));
        assert_eq!((floor.authorization_response, floor.document), (None, None));
        assert!(profile.needs().decryption && profile.needs().signing.is_some());
    }
}

#[test]
fn no_setting_drops_signature_pkce_nonce_or_issuer_of_the_return() {
    for settings in every_combination() {
        let profile = settings.profile();
        assert!(profile.request.protection.signed().is_some());
        assert!(profile.pkce && profile.nonce);
        assert_eq!((profile.callback_iss, profile.auth_time), (Presence::Required, AuthTime::Always));
    }
}

#[test]
fn the_defaults_are_a_pushed_signed_request_and_an_assertion_for_the_issuer() {
    let settings: Settings = serde_json::from_value(least()).unwrap();
    let profile = settings.profile();
    assert_eq!(profile.request.delivery, Delivery::Pushed);
    assert_eq!(
        profile.client_auth,
        ClientAuth::PrivateKeyJwt { algorithm: SigningAlgorithm::RS256, audience: AssertionAudience::Issuer }
    );
    let floor = profile.floor().id_token.unwrap();
    assert_eq!(floor.content_encryption, [ContentEncryption::A128CbcHs256]);
}

#[test]
fn credentials_follow_from_the_authentication() {
    let needs = |authentication: &str| {
        let settings =
            with(&json!({ "client_authentication": authentication, "signing_algorithm": "ES256" }));
        erase::<SignicatFtn>().needs(&settings).unwrap()
    };
    assert!(needs("client_secret_basic").client_secret && needs("client_secret_post").client_secret);
    assert!(needs("tls_client_auth").certificate && !needs("tls_client_auth").client_secret);
    let assertion = needs("private_key_jwt");
    assert!(!assertion.client_secret && !assertion.certificate);
    assert_eq!(assertion.signing, Some(SigningAlgorithm::ES256));
}

#[test]
fn the_setup_sheet_names_what_the_hub_must_encrypt() {
    let settings = with(&json!({ "response_encryption": ["A256CBC-HS512"] }));
    let steps = erase::<SignicatFtn>().setup(&settings);
    let value = |end: &str| {
        steps
            .iter()
            .find(|step| step.place.ends_with(end))
            .map(|step| step.value.as_str())
            .unwrap_or_default()
    };
    assert_eq!(value("User Info Response Type"), "SignedAndEncrypted");
    assert_eq!(value("Encrypt ID Tokens"), "on");
    assert_eq!(value("Content encryption"), "A256CBC-HS512");
    assert_eq!(value("Requires PAR"), "on");
    assert!(steps.iter().all(|step| step.place.contains("prod-brave-otter-123")));
}

#[test]
fn every_setting_explains_itself() {
    let schema = erase::<SignicatFtn>().schema().to_value();
    let properties = schema["properties"].as_object().unwrap();
    assert!(properties.len() >= 17);
    for (name, property) in properties {
        assert!(property["description"].is_string(), "{name}");
    }
    assert_eq!(schema["additionalProperties"], false);
}
