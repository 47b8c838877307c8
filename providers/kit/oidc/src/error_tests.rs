use serde_json::json;

use super::*;
use crate::for_tests::{json_response, profile, text_response};

#[test]
fn each_known_code_says_who_must_act() {
    let profile = Profile { cancel_codes: vec!["IDP-3200".to_owned()], ..profile() };
    for (code, fault) in [
        ("access_denied", Fault::UserCancelled),
        ("ACCESS_DENIED", Fault::UserCancelled),
        ("idp-3200", Fault::UserCancelled),
        ("consent_required", Fault::ConsentDenied),
        ("login_required", Fault::ProviderRefused),
        ("temporarily_unavailable", Fault::ProviderUnavailable),
        ("server_error", Fault::ProviderUnavailable),
        ("invalid_client", Fault::ConnectionMisconfigured),
        ("unauthorized_client", Fault::ConnectionMisconfigured),
        ("invalid_request_object", Fault::ConnectionMisconfigured),
        ("INVALID_SCOPE", Fault::ConnectionMisconfigured),
        ("unmet_authentication_requirements", Fault::AssuranceTooLow),
        ("invalid_grant", Fault::ProviderRefused),
        ("IDP-9999", Fault::ProviderRefused),
        ("", Fault::ProviderRefused),
    ] {
        assert_eq!(fault_of(&profile, code), fault, "{code}");
    }
}

#[test]
fn only_a_browser_brings_a_persons_no() {
    let of = |stage| upstream_error(&profile(), "access_denied", stage).fault;
    assert_eq!(of(Stage::Callback), Fault::UserCancelled);
    for stage in [Stage::Par, Stage::Token, Stage::Userinfo] {
        assert_eq!(of(stage), Fault::ProviderRefused);
    }
}

#[test]
fn an_answer_without_a_code_is_judged_by_its_status() {
    let of = |status, stage| refusal(&profile(), &text_response(status, "<html>"), stage).fault;
    assert_eq!(of(401, Stage::Token), Fault::ConnectionMisconfigured);
    assert_eq!(of(401, Stage::Userinfo), Fault::ProviderRefused);
    assert_eq!(of(403, Stage::Token), Fault::ProviderRefused);
    assert_eq!(of(429, Stage::Par), Fault::ProviderUnavailable);
    assert_eq!(of(503, Stage::Token), Fault::ProviderUnavailable);
    for status in [204, 302, 600] {
        assert_eq!(of(status, Stage::Token), Fault::ResponseRejected(Reason::Malformed), "{status}");
    }
}

#[test]
fn the_upstreams_code_is_taken_from_the_body_or_the_challenge() {
    let body = json_response(400, &json!({ "error": "invalid_grant", "error_description": "person's data" }));
    let error = refusal(&profile(), &body, Stage::Token);
    assert_eq!((error.upstream_code.as_deref(), error.stage), (Some("invalid_grant"), Stage::Token));
    let mut challenge = text_response(401, "");
    challenge.www_authenticate = Some(r#"Bearer realm="x", error="invalid_token""#.to_owned());
    let error = refusal(&profile(), &challenge, Stage::Userinfo);
    assert_eq!(error.upstream_code.as_deref(), Some("invalid_token"));
    let redirect = json_response(302, &json!({ "error": "access_denied" }));
    assert_eq!(refusal(&profile(), &redirect, Stage::Token).reason(), Some(Reason::Malformed));
}
