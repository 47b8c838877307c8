use serde_json::{Value, json};
use tunnus_oidc::{ClientAuth, Profile, RequestProtection, RequestRoute, SignedRequest, TokenDemand};
use tunnus_sdk::{CredentialNeeds, Definition as _, KeyEncryption, Shape};

use super::*;
use crate::GenericOidc;

pub(crate) fn settings(changes: &Value) -> Settings {
    let mut settings = json!({ "issuer": "https://op.example", "client_id": "client-1" });
    for (name, value) in changes.as_object().unwrap() {
        settings[name] = value.clone();
    }
    serde_json::from_value(settings).unwrap()
}

fn pointers(changes: &Value) -> Vec<String> {
    let faults = GenericOidc::check(&settings(changes), Environment::Production);
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn the_defaults_are_the_toolkits_strict_ones_with_rs256() {
    let profile = settings(&json!({})).profile();
    let strict = Profile::new("https://op.example", "client-1");
    let rs256 = SigningAlgorithm::RS256;
    let expected = Profile {
        request: RequestRoute::pushed(RequestProtection::Signed(SignedRequest::new(rs256))),
        client_auth: ClientAuth::PrivateKeyJwt { algorithm: rs256, audience: AssertionAudience::Issuer },
        id_token: TokenDemand::Signed(vec![rs256]),
        ..strict
    };
    assert_eq!(profile, expected);
    assert_eq!(pointers(&json!({})), Vec::<String>::new());
}

#[test]
fn every_protection_can_be_set() {
    let encryption = json!({ "algorithm": "RSA-OAEP-256", "contents": ["A256GCM"] });
    let token = json!({ "signing": ["ES256"], "encryption": encryption });
    let profile = settings(&json!({
        "request_delivery": "post", "request_protection": "signed_then_encrypted", "request_type": "none",
        "request_lifetime_seconds": 60, "request_not_before": false, "request_repeats_outside": true,
        "request_encryption": { "algorithm": "RSA-OAEP-256", "content": "A256GCM" },
        "signing_algorithm": "ES256", "nonce": false,
        "client_authentication": "tls_client_auth",
        "response": "jwt", "response_protection": token, "id_token": token,
        "userinfo": "jwt", "userinfo_protection": token, "userinfo_issuer": "if_present",
        "at_hash": "required", "auth_time": "always", "clock_skew_seconds": 5,
    }))
    .profile();
    let RequestProtection::SignedThenEncrypted(signed, sealing) = &profile.request.protection else {
        panic!("both are due")
    };
    assert_eq!((signed.typ, signed.not_before, signed.repeat_outside), (None, false, true));
    assert_eq!(sealing.algorithm, KeyEncryption::RsaOaep256);
    assert_eq!(profile.client_auth, ClientAuth::MutualTls);
    assert!(!profile.nonce && profile.pkce);
    let floor = profile.floor();
    for demand in [floor.id_token, floor.userinfo, floor.authorization_response] {
        let demand = demand.unwrap();
        assert_eq!((demand.shape, demand.signing), (Shape::Nested, vec![SigningAlgorithm::ES256]));
    }
}

#[test]
fn the_credentials_follow_from_the_settings() {
    let needs = |changes: Value| GenericOidc::needs(&settings(&changes));
    let rs256 = Some(SigningAlgorithm::RS256);
    assert_eq!(needs(json!({})), CredentialNeeds { signing: rs256, ..CredentialNeeds::default() });
    let plain = json!({ "request_protection": "plain", "client_authentication": "client_secret_basic" });
    assert_eq!(needs(plain), CredentialNeeds { client_secret: true, ..CredentialNeeds::default() });
    let encryption = json!({ "algorithm": "RSA-OAEP", "contents": ["A128CBC-HS256"] });
    let sealed = json!({
        "client_authentication": "tls_client_auth",
        "id_token": { "encryption": encryption },
    });
    let expected =
        CredentialNeeds { client_secret: false, signing: rs256, decryption: true, certificate: true };
    assert_eq!(needs(sealed), expected);
}

#[test]
fn every_fault_is_named_at_its_place() {
    let encryption = json!({ "algorithm": "RSA-OAEP", "contents": [] });
    for (changes, pointer) in [
        (json!({ "issuer": "http://op.example" }), "/issuer"),
        (json!({ "client_id": "" }), "/client_id"),
        (json!({ "endpoint_hosts": ["a.example", "https://b.example"] }), "/endpoint_hosts/1"),
        (json!({ "scopes": ["a b c", "d\""] }), "/scopes/1"),
        (json!({ "pkce": false, "nonce": false }), "/pkce"),
        (json!({ "id_token": { "signing": [] } }), "/id_token"),
        (json!({ "id_token": { "encryption": encryption } }), "/id_token"),
        (json!({ "response_protection": { "signing": [] } }), "/response_protection"),
        (json!({ "userinfo_protection": { "signing": [] } }), "/userinfo_protection"),
        (json!({ "request_lifetime_seconds": 59 }), "/request_lifetime_seconds"),
        (json!({ "request_lifetime_seconds": 3601 }), "/request_lifetime_seconds"),
        (json!({ "clock_skew_seconds": 121 }), "/clock_skew_seconds"),
        (json!({ "method_parameter": "state" }), "/method_parameter"),
        (json!({ "service_name_parameter": "" }), "/service_name_parameter"),
        (json!({ "parameters": { "redirect_uri": "x" } }), "/parameters/redirect_uri"),
        (json!({ "userinfo": "not_fetched", "claims_parameter": "userinfo" }), "/claims_parameter"),
        (json!({ "claims": [{ "claim": "", "member": "email" }] }), "/claims/0/claim"),
        (json!({ "claims": [{ "claim": "x", "member": "payment_details" }] }), "/claims/0/member"),
        (json!({ "claims": [{ "claim": "x", "member": "national_id" }] }), "/claims/0/country"),
        (json!({ "claims": [{ "claim": "x", "member": "national_id", "country": "SE" }] }), "/claims/0/kind"),
        (json!({ "claims": [{ "claim": "x", "member": "email", "kind": "y" }] }), "/claims/0/kind"),
        (
            json!({ "claims": [{ "claim": "x", "member": "name.full", "verified": "y" }] }),
            "/claims/0/verified",
        ),
        (json!({ "claims": [{ "claim": "x", "member": "email", "scope": "" }] }), "/claims/0/scope"),
    ] {
        assert_eq!(pointers(&changes), [pointer], "{changes}");
    }
    let both = pointers(&json!({ "issuer": "x", "clock_skew_seconds": 255 }));
    assert_eq!(both, ["/issuer", "/clock_skew_seconds"], "all faults at once");
}

#[test]
fn what_is_not_a_setting_is_refused() {
    let unknown = json!({ "issuer": "https://op.example", "client_id": "c", "pcke": true });
    assert!(serde_json::from_value::<Settings>(unknown).is_err());
}
