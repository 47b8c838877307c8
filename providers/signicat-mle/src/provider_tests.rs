//! What a request asks for. Nothing is sent here: the journeys are in `tests/`.

use serde_json::{Value, json};
use tunnus_sdk::{Fault, Level, Locale, Member, Stage};

use super::*;

fn settings(changes: &Value) -> Settings {
    let mut all = json!({
        "issuer": "https://id.example.com/oidc",
        "client_id": "acme-prod",
        "acr": "urn:signicat:oidc:portal:ftn",
    });
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn login(claims: &[Member]) -> LoginRequest {
    LoginRequest {
        claims: claims.iter().copied().collect(),
        minimum_assurance: Level::Substantial,
        locale: Locale::Fi,
        ..LoginRequest::new("state".into())
    }
}

fn chosen(method: &str) -> LoginRequest {
    LoginRequest { method: Some(method.to_owned()), ..login(&[]) }
}

fn hinted(hint: &str) -> LoginRequest {
    LoginRequest { login_hint: Some(hint.into()), ..login(&[]) }
}

fn params(login: &LoginRequest) -> AuthorizationParams {
    settings(&json!({})).params(login).unwrap()
}

#[test]
fn scopes_follow_from_what_is_asked_for() {
    let scope = |claims: &[Member]| params(&login(claims)).scope;
    assert_eq!(scope(&[]), "openid ftn");
    assert_eq!(scope(&[Member::OtherIds]), "openid ftn");
    assert_eq!(scope(&[Member::AgeOver(18)]), "openid profile ftn");
    let all = [Member::FullName, Member::NationalId, Member::Phone];
    assert_eq!(scope(&all), "openid profile signicat.national_id phone ftn");
}

#[test]
fn a_method_that_is_not_finnish_needs_no_finnish_scope() {
    assert_eq!(params(&chosen("sbid")).scope, "openid");
    assert_eq!(params(&chosen("fi-op")).scope, "openid ftn");
}

#[test]
fn a_chosen_method_is_asked_for_by_its_urn() {
    let acr = |login: &LoginRequest| params(login).acr_values.unwrap();
    assert_eq!(acr(&login(&[])), "urn:signicat:oidc:portal:ftn");
    assert_eq!(acr(&chosen("fi-op")), "urn:signicat:oidc:method:ftn-op-auth");
    assert_eq!(acr(&chosen("nbid")), "urn:signicat:oidc:method:nbid");
    for unknown in ["fi-unknown", "urn:signicat:oidc:method:nbid", ""] {
        let error = settings(&json!({})).params(&chosen(unknown)).unwrap_err();
        assert_eq!((error.fault, error.stage), (Fault::RequestInvalid, Stage::Par), "{unknown}");
    }
}

#[test]
fn the_person_is_always_asked_to_log_in() {
    let login = LoginRequest { max_age: Some(60), ..login(&[]) };
    let params = params(&login);
    assert_eq!((params.prompt.as_deref(), params.max_age), (Some("login"), Some(60)));
    assert_eq!(params.ui_locales.as_deref(), Some("fi"));
}

#[test]
fn a_hint_is_a_list_and_a_finnish_number_a_subject() {
    let hint = |text: &str| params(&hinted(text)).login_hint;
    let list = |text: &str| Some(LoginHint::List(vec![text.into()]));
    assert_eq!(hint("070770-905d"), list("subject-070770-905D"));
    assert_eq!(hint("subject-070770-905D"), list("subject-070770-905D"));
    assert_eq!(hint("subject-01015000232"), list("subject-01015000232"));
    assert_eq!(hint("sandbox:persona=onni"), list("sandbox:persona=onni"));
    assert_eq!(params(&login(&[])).login_hint, None);
}

#[test]
fn a_hint_like_a_national_id_travels_only_encrypted() {
    for delivery in ["get", "post"] {
        let plain = settings(&json!({ "request_protection": "plain", "request_delivery": delivery }));
        for hint in ["070770-905D", "subject-070770-905D", "197707072395", "01015000232"] {
            assert_eq!(plain.params(&hinted(hint)).unwrap_err().fault, Fault::RequestInvalid, "{hint}");
        }
        assert!(plain.params(&hinted("sandbox:persona=onni")).is_ok());
    }
}
