//! What a request asks for. Nothing is sent here: the journeys are in `tests/`.

use serde_json::{Value, json};
use tunnus_sdk::{Fault, Level, Locale};

use super::*;
use crate::settings::tests::settings;

fn login() -> LoginRequest {
    LoginRequest { claims: [Member::Email].into(), locale: Locale::Sv, ..LoginRequest::new("state-1".into()) }
}

#[test]
fn a_request_says_what_the_login_wants() {
    let settings = settings(&json!({
        "acr_values": { "substantial": "loa2" }, "claims_parameter": "id_token",
        "method_parameter": "idp", "service_name_parameter": "sp_name", "parameters": { "tenant": "7" },
    }));
    let params = settings.params(&LoginRequest {
        minimum_assurance: Level::Low,
        max_age: Some(60),
        login_hint: Some("onni@example.org".into()),
        method: Some("bank-1".to_owned()),
        service_name: Some("Shop & Co".to_owned()),
        ..login()
    });
    let params = params.unwrap();
    assert_eq!((params.scope.as_str(), params.max_age), ("openid email", Some(60)));
    assert_eq!((params.acr_values.as_deref(), params.prompt.as_deref()), (Some("loa2"), Some("login")));
    assert_eq!(params.ui_locales.as_deref(), Some("sv"));
    assert_eq!(params.login_hint, Some(LoginHint::Text("onni@example.org".into())));
    let claims = json!({ "id_token": { "email": null, "email_verified": null } });
    assert_eq!(params.claims, Some(claims));
    let extra = [("tenant", "7"), ("idp", "bank-1"), ("sp_name", "Shop & Co")];
    assert_eq!(params.extra, extra.map(|(name, value)| (name.to_owned(), value.into())));
}

#[test]
fn what_the_settings_leave_out_is_not_sent() {
    let settings = settings(&json!({ "prompt": null, "ui_locales": false, "login_hint": "off" }));
    let login = LoginRequest { login_hint: Some("070770-905D".into()), ..login() };
    let params = settings.params(&login).unwrap();
    assert_eq!((params.prompt, params.ui_locales, params.login_hint), (None, None, None));
    assert_eq!((params.acr_values, params.claims, params.max_age), (None, None, None));
    assert!(params.extra.is_empty());
}

#[test]
fn a_method_that_cannot_be_asked_for_is_refused() {
    let login = LoginRequest { method: Some("bank-1".to_owned()), ..login() };
    assert_eq!(settings(&json!({})).params(&login).unwrap_err().fault, Fault::RequestInvalid);
}

#[test]
fn a_national_id_travels_pushed_or_encrypted_only() {
    let login = LoginRequest { login_hint: Some("070770-905D".into()), ..login() };
    for (delivery, protection, fits) in [
        ("get", "plain", false),
        ("get", "signed", false),
        ("post", "signed", false),
        ("post", "encrypted", true),
        ("get", "signed_then_encrypted", true),
        ("pushed", "plain", true),
    ] {
        let changes = json!({ "request_delivery": delivery, "request_protection": protection });
        assert_eq!(settings(&changes).params(&login).is_ok(), fits, "{changes}");
    }
}

#[test]
fn the_setup_sheet_names_what_must_be_registered() {
    let places = |changes: Value| -> Vec<String> {
        GenericOidc::setup(&settings(&changes)).into_iter().map(|step| step.place).collect()
    };
    let strict = places(json!({}));
    for place in ["redirect_uris", "jwks_uri", "require_pushed_authorization_requests"] {
        assert!(strict.iter().any(|named| named == place), "{place}");
    }
    let plain = places(json!({
        "request_delivery": "get", "request_protection": "plain", "client_authentication": "client_secret_post",
    }));
    assert!(!plain.iter().any(|place| place == "jwks_uri" || place == "request_object_signing_alg"));
}
