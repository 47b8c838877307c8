//! What a request asks for. Nothing is sent here: the journeys are in `tests/`.

use serde_json::{Value, json};
use tunnus_sdk::{Fault, Locale, Member, Stage};

use super::*;

fn settings(changes: &Value) -> Settings {
    let mut all =
        json!({ "issuer": "https://login.example.fi/auth/open", "client_id": "prod-brave-otter-123" });
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn login(claims: &[Member]) -> LoginRequest {
    LoginRequest {
        claims: claims.iter().copied().collect(),
        locale: Locale::Sv,
        ..LoginRequest::new("state".into())
    }
}

fn hinted(hint: &str) -> LoginRequest {
    LoginRequest { login_hint: Some(hint.into()), ..login(&[]) }
}

fn named(name: &str) -> LoginRequest {
    LoginRequest { service_name: Some(name.to_owned()), ..login(&[]) }
}

#[test]
fn scopes_follow_from_what_is_asked_for() {
    let scope = |claims: &[Member]| settings(&json!({})).params(&login(claims)).unwrap().scope;
    assert_eq!(scope(&[]), "openid ftn-extra");
    assert_eq!(scope(&[Member::OtherIds]), "openid ftn-extra");
    assert_eq!(scope(&[Member::AgeOver(18)]), "openid profile ftn-extra");
    assert_eq!(scope(&[Member::NationalId]), "openid nin ftn-extra");
    let both = [Member::FullName, Member::BirthDate, Member::NationalId];
    assert_eq!(scope(&both), "openid profile nin ftn-extra");
    assert_eq!(scope(&[Member::Email]), "openid ftn-extra");
}

#[test]
fn the_level_asked_for_follows_the_eid() {
    let acr = |level: Level| {
        let login = LoginRequest { minimum_assurance: level, ..login(&[]) };
        settings(&json!({})).params(&login).unwrap().acr_values.unwrap()
    };
    assert_eq!(acr(Level::Unspecified), "idp:ftn");
    assert_eq!(acr(Level::Low), "idp:ftn");
    assert_eq!(acr(Level::Substantial), "idp:ftn loa:substantial");
    assert_eq!(acr(Level::High), "idp:ftn loa:high");
}

#[test]
fn the_person_is_always_asked_to_log_in() {
    let login = LoginRequest { max_age: Some(300), ..login(&[]) };
    let params = settings(&json!({})).params(&login).unwrap();
    assert_eq!((params.prompt.as_deref(), params.max_age), (Some("login"), Some(300)));
    assert_eq!(params.ui_locales.as_deref(), Some("sv"));
}

#[test]
fn a_hint_like_a_national_id_travels_only_encrypted() {
    for delivery in ["pushed", "post", "get"] {
        let signed = settings(&json!({ "request_delivery": delivery }));
        for hint in ["070770-905D", "subject-070770-905d", "07 07 70-905D", "197707072395"] {
            let error = signed.params(&hinted(hint)).unwrap_err();
            assert_eq!((error.fault, error.stage), (Fault::RequestInvalid, Stage::Par), "{delivery} {hint}");
        }
        let encrypted =
            settings(&json!({ "request_delivery": delivery, "request_protection": "signed_then_encrypted" }));
        let hint = encrypted.params(&hinted("070770-905D")).unwrap().login_hint;
        assert_eq!(hint, Some(LoginHint::Text("070770-905D".into())));
    }
}

#[test]
fn another_hint_travels_as_it_is() {
    let hint = settings(&json!({})).params(&hinted("sandbox:persona=onni")).unwrap().login_hint;
    assert_eq!(hint, Some(LoginHint::Text("sandbox:persona=onni".into())));
}

#[test]
fn a_bank_cannot_be_chosen_beforehand() {
    let login = LoginRequest { method: Some("fi-op".to_owned()), ..login(&[]) };
    assert_eq!(settings(&json!({})).params(&login).unwrap_err().fault, Fault::RequestInvalid);
}

#[test]
fn the_service_name_stays_at_home_unless_it_has_a_place() {
    let own = json!({ "service_name": { "fi": "Kauppa", "sv": "Butiken" } });
    let params = settings(&own).params(&named("Verkkokauppa")).unwrap();
    assert_eq!((params.acr_values.as_deref(), params.extra.len()), (Some("idp:ftn"), 0));
}

#[test]
fn the_apps_name_comes_before_the_connections_in_the_persons_language() {
    let own =
        json!({ "service_name": { "fi": "Kauppa", "sv": "Butiken" }, "service_name_placement": "parameter" });
    let extra = |login: &LoginRequest| settings(&own).params(login).unwrap().extra;
    assert_eq!(extra(&named("Oy Verkko Ab")), [("ftn_sp_name".to_owned(), "Oy Verkko Ab".into())]);
    assert_eq!(extra(&login(&[])), [("ftn_sp_name".to_owned(), "Butiken".into())]);
    let nameless = settings(&json!({ "service_name_placement": "parameter" }));
    assert_eq!(nameless.params(&login(&[])).unwrap().extra, []);
}

#[test]
fn the_name_can_be_a_key_of_acr_values() {
    let settings = settings(&json!({ "service_name_placement": "acr_values" }));
    let acr = settings.params(&named("Verkkokauppa")).unwrap().acr_values;
    assert_eq!(acr.as_deref(), Some("idp:ftn ftn_sp_name:Verkkokauppa"));
    assert_eq!(settings.params(&login(&[])).unwrap().acr_values.as_deref(), Some("idp:ftn"));
    assert_eq!(settings.params(&named("idp:sbid x")).unwrap_err().fault, Fault::RequestInvalid);
}

#[test]
fn a_name_against_the_rules_is_not_sent() {
    let settings = settings(&json!({ "service_name_placement": "parameter" }));
    for name in ["", "Kauppa=1", "Kauppa;", &"x".repeat(65)] {
        assert_eq!(settings.params(&named(name)).unwrap_err().fault, Fault::RequestInvalid, "{name}");
    }
}
