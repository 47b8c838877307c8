use tunnus_sdk::{LocalizedText, SigningAlgorithm};

use super::*;
use crate::tenant::model::{RedirectUri, Release};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn app(authentication: AppAuthentication, pkce_optional: bool) -> App {
    App {
        id: "shop".to_owned(),
        name: LocalizedText::default(),
        authentication,
        redirect_uris: vec![RedirectUri::Exact("https://shop.example/cb".to_owned())],
        return_urls: Vec::new(),
        home_url: None,
        origins: Vec::new(),
        pkce_optional,
        id_token_algorithm: SigningAlgorithm::RS256,
        claims: [Member::FullName, Member::NationalId, Member::Email, Member::AgeOver(18)].into(),
        connections: BTreeSet::new(),
        minimum_assurance: Level::Unspecified,
        service_name: LocalizedText::default(),
        release: Release::Code,
    }
}

fn confidential() -> App {
    app(AppAuthentication::SecretBasic(Vec::new()), false)
}

fn destination() -> Destination {
    let redirect_uri = "https://shop.example/cb".to_owned();
    Destination { redirect_uri, response_mode: ResponseMode::Query, state: None }
}

fn judged(app: &App, changes: &[(&str, Option<&str>)]) -> Result<Asked, &'static str> {
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", "shop"),
        ("redirect_uri", "https://shop.example/cb"),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        params.retain(|(known, _)| known != name);
        params.extend(value.map(|value| (*name, value)));
    }
    let params: Params = params.into_iter().collect();
    judge(app, &destination(), &params, "trace").map_err(|refused| refused.oauth_error)
}

#[test]
fn a_plain_request_asks_for_nothing_but_the_subject() {
    let asked = judged(&confidential(), &[]).unwrap();
    assert!(asked.required.is_empty() && asked.optional == Some(BTreeSet::new()));
}

#[test]
fn each_fault_has_the_standard_s_error() {
    let faults: [(&str, Option<&str>, &str); 19] = [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code id_token"), "unsupported_response_type"),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("scope", None, "invalid_scope"),
        ("scope", Some("profile"), "invalid_scope"),
        ("scope", Some("openidx"), "invalid_scope"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("prompt", Some("none"), "login_required"),
        ("prompt", Some("login none"), "login_required"),
        ("request", Some("x"), "request_not_supported"),
        ("request_uri", Some("x"), "request_uri_not_supported"),
        ("acr_values", Some("substantial urn:other"), "invalid_request"),
        ("max_age", Some("-1"), "invalid_request"),
        ("claims", Some("{\"id_token\":[]}"), "invalid_request"),
        ("claims", Some("{\"userinfo\":{},\"userinfo\":{}}"), "invalid_request"),
    ];
    for (name, value, expected) in faults {
        assert_eq!(judged(&confidential(), &[(name, value)]).err(), Some(expected), "{name} {value:?}");
    }
}

#[test]
fn a_long_parameter_is_refused() {
    let long = "x".repeat(OPAQUE_MAX + 1);
    for name in ["state", "nonce", "login_hint", "reference", "connection"] {
        assert_eq!(judged(&confidential(), &[(name, Some(&long))]).err(), Some("invalid_request"), "{name}");
    }
}

#[test]
fn a_doubled_parameter_is_refused() {
    let twice: Params = [("response_type", "code"), ("scope", "openid"), ("nonce", "a"), ("nonce", "a")]
        .into_iter()
        .collect();
    assert_eq!(
        judge(&confidential(), &destination(), &twice, "trace").err().map(|r| r.oauth_error),
        Some("invalid_request")
    );
}

#[test]
fn pkce_may_be_left_out_only_by_a_confidential_app_that_is_set_so() {
    let without = [("code_challenge", None), ("code_challenge_method", None)];
    assert!(judged(&app(AppAuthentication::SecretBasic(Vec::new()), true), &without).is_ok());
    assert!(judged(&app(AppAuthentication::SecretBasic(Vec::new()), false), &without).is_err());
    assert!(judged(&app(AppAuthentication::Public, true), &without).is_err());
}

#[test]
fn acr_values_is_a_floor() {
    let floor = |values| judged(&confidential(), &[("acr_values", Some(values))]).unwrap().minimum_assurance;
    assert_eq!(floor("http://eidas.europa.eu/LoA/high"), Level::High);
    assert_eq!(floor("high substantial"), Level::Substantial);
}

#[test]
fn scopes_and_claims_ask_for_members_that_the_app_may_have() {
    let claims =
        r#"{"userinfo":{"email":{"essential":true},"unknown":null},"id_token":{"national_id":null}}"#;
    let asked =
        judged(&confidential(), &[("scope", Some("openid profile age")), ("claims", Some(claims))]).unwrap();
    assert_eq!(asked.required, BTreeSet::from([Member::Email]));
    assert_eq!(
        asked.optional,
        Some(BTreeSet::from([Member::FullName, Member::AgeOver(18), Member::NationalId]))
    );
    let Face::OpenId(request) = asked.face else { panic!("the OpenID face") };
    assert_eq!(request.in_id_token, BTreeSet::from([Member::NationalId]));
}

#[test]
fn the_language_is_the_first_one_that_we_know() {
    let locale = |tags| judged(&confidential(), &[("ui_locales", Some(tags))]).unwrap().locale;
    assert_eq!(locale("de sv-FI fi"), Some(Locale::Sv));
    assert_eq!(locale("de"), None);
}
