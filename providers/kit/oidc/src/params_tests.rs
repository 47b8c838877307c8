use serde_json::json;
use tunnus_sdk::SigningAlgorithm;

use super::*;
use crate::{TokenDemand, for_tests::profile};

fn params() -> AuthorizationParams {
    AuthorizationParams { scope: "openid email".to_owned(), ..AuthorizationParams::default() }
}

fn parameters(profile: &Profile, params: AuthorizationParams) -> Result<Parameters, ProviderError> {
    let redirect_uri = Url::parse("https://broker.example/return").unwrap();
    let (nonce, verifier) = ("n".into(), "v".into());
    let core = Core {
        redirect_uri: &redirect_uri,
        state: &"s".into(),
        nonce: profile.nonce.then_some(&nonce),
        verifier: profile.pkce.then_some(&verifier),
    };
    Parameters::new(profile, &core, params)
}

fn names(parameters: &Parameters) -> Vec<String> {
    parameters.to_fields().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_request_says_what_protects_it() {
    let object = parameters(&profile(), params()).unwrap().to_object();
    let expected = json!({
        "response_type": "code", "client_id": "client-1", "redirect_uri": "https://broker.example/return",
        "state": "s", "nonce": "n", "code_challenge": pkce::challenge("v"), "code_challenge_method": "S256",
        "scope": "openid email",
    });
    assert_eq!(Value::Object(object), expected);
}

#[test]
fn nonce_and_pkce_are_left_out_only_where_the_profile_says_so() {
    let profile = Profile { nonce: false, pkce: false, ..profile() };
    let names = names(&parameters(&profile, params()).unwrap());
    assert_eq!(names, ["response_type", "client_id", "redirect_uri", "state", "scope"]);
}

#[test]
fn the_response_mode_is_named_unless_it_is_the_default() {
    let demand = TokenDemand::Signed(vec![SigningAlgorithm::PS256]);
    for (response, mode) in [
        (ResponseMode::Query, None),
        (ResponseMode::FormPost, Some("form_post")),
        (ResponseMode::Jarm(demand), Some("jwt")),
    ] {
        let object = parameters(&Profile { response, ..profile() }, params()).unwrap().to_object();
        assert_eq!(object.get("response_mode").and_then(Value::as_str), mode);
    }
}

#[test]
fn optional_parameters_are_typed_inside_an_object_and_texts_outside() {
    let params = AuthorizationParams {
        acr_values: Some("idp:x loa:high".to_owned()),
        prompt: Some(String::new()),
        max_age: Some(60),
        login_hint: Some(LoginHint::List(vec!["subject-1".into(), "subject-2".into()])),
        ui_locales: Some("fi en".to_owned()),
        claims: Some(json!({ "userinfo": { "email": null } })),
        extra: vec![("identity_provider_id".to_owned(), "7".into())],
        ..params()
    };
    let parameters = parameters(&profile(), params).unwrap();
    let object = parameters.to_object();
    assert_eq!(object["max_age"], 60);
    assert_eq!(object["login_hint"], json!(["subject-1", "subject-2"]));
    assert_eq!(object["claims"], json!({ "userinfo": { "email": null } }));
    assert_eq!((&object["acr_values"], &object["ui_locales"]), (&json!("idp:x loa:high"), &json!("fi en")));
    assert!(!object.contains_key("prompt"), "an empty text is left out");
    let fields = parameters.to_fields();
    let all = |name: &str| -> Vec<&str> {
        let named = fields.iter().filter(|(present, _)| present == name);
        named.map(|(_, value)| value.expose_str()).collect()
    };
    assert_eq!(all("max_age"), ["60"]);
    assert_eq!(all("login_hint"), ["subject-1", "subject-2"]);
    assert_eq!(all("claims"), [r#"{"userinfo":{"email":null}}"#]);
    assert_eq!(all("identity_provider_id"), ["7"]);
}

#[test]
fn no_provider_overrides_what_the_engine_says() {
    for name in RESERVED_PARAMETERS {
        let params = AuthorizationParams { extra: vec![((*name).to_owned(), "x".into())], ..params() };
        assert_eq!(parameters(&profile(), params).err().unwrap().fault, Fault::Internal, "{name}");
    }
    assert!(RESERVED_PARAMETERS.is_sorted());
}

#[test]
fn a_request_without_openid_is_no_openid_request() {
    for scope in ["", "email", "openid2", "email,openid"] {
        let params = AuthorizationParams { scope: scope.to_owned(), ..params() };
        assert!(parameters(&profile(), params).is_err(), "{scope}");
    }
}

#[test]
fn debug_shows_no_hint() {
    let params = AuthorizationParams { login_hint: Some(LoginHint::Text("070770-905D".into())), ..params() };
    assert!(!format!("{params:?}").contains("070770"));
}

#[test]
fn a_hint_like_a_national_id_never_travels_in_the_open() {
    let login = |hint: &str| LoginRequest { login_hint: Some(hint.into()), ..crate::for_tests::login() };
    for hint in ["070770-905D", "subject-070770-905d", "07 07 70-905D", "197707072395", "01015000232"] {
        assert_eq!(LoginHint::of(&login(hint), false).unwrap_err().fault, Fault::RequestInvalid, "{hint}");
        assert_eq!(LoginHint::of(&login(hint), true).unwrap(), Some(LoginHint::Text(hint.into())));
    }
    for confidential in [true, false] {
        let hint = LoginHint::of(&login("sandbox:persona=onni"), confidential).unwrap();
        assert_eq!(hint, Some(LoginHint::Text("sandbox:persona=onni".into())));
        assert_eq!(LoginHint::of(&crate::for_tests::login(), confidential).unwrap(), None);
    }
}
