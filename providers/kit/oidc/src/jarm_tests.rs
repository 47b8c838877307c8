use serde_json::{Value, json};
use tunnus_sdk::{Fault, SigningAlgorithm};

use super::*;
use crate::{
    ResponseMode,
    for_tests::{CLIENT, ISSUER, NOW, object, profile, relying_party},
};

fn judge(changes: Value) -> Result<Hidden<String>, ProviderError> {
    let mut claims = object(json!({
        "iss": ISSUER, "aud": CLIENT, "exp": NOW + 120, "state": "state-1", "code": "code-1",
    }));
    for (name, value) in object(changes) {
        if value.is_null() { drop(claims.remove(&name)) } else { drop(claims.insert(name, value)) }
    }
    let clock = Clock { now: tunnus_sdk::Timestamp(NOW), skew: Duration::from_secs(30) };
    check(&profile(), &"state-1".into(), clock, &claims)
}

#[test]
fn a_good_response_gives_its_code() {
    for changes in [
        json!({}),
        json!({ "aud": [CLIENT], "iat": NOW, "nbf": NOW, "session_state": "x" }),
        json!({ "iat": NOW + 30, "exp": NOW + 630 }),
        json!({ "exp": NOW - 29 }),
    ] {
        assert_eq!(judge(changes).unwrap().expose(), "code-1");
    }
}

#[test]
fn every_check_fails_for_its_own_reason() {
    for (changes, reason) in [
        (json!({ "iss": null }), Reason::Issuer),
        (json!({ "iss": "https://evil.example" }), Reason::Issuer),
        (json!({ "aud": null }), Reason::Audience),
        (json!({ "aud": [CLIENT, "another"] }), Reason::Audience),
        (json!({ "exp": null }), Reason::Expired),
        (json!({ "exp": NOW - 30 }), Reason::Expired),
        (json!({ "exp": NOW + 631 }), Reason::Expired),
        (json!({ "exp": "soon" }), Reason::Malformed),
        (json!({ "nbf": NOW + 31 }), Reason::NotYetValid),
        (json!({ "iat": NOW + 31 }), Reason::NotYetValid),
        (json!({ "state": null }), Reason::State),
        (json!({ "state": "state-2" }), Reason::State),
        (json!({ "state": ["state-1"] }), Reason::State),
        (json!({ "code": null }), Reason::Malformed),
        (json!({ "code": "" }), Reason::Malformed),
        (json!({ "code": 7 }), Reason::Malformed),
        (json!({ "error": "access_denied" }), Reason::Malformed),
        (json!({ "code": null, "error": 7 }), Reason::Malformed),
    ] {
        assert_eq!(judge(changes.clone()).unwrap_err().reason(), Some(reason), "{changes}");
    }
}

#[test]
fn an_error_is_checked_like_a_success_and_then_believed() {
    let cancelled = json!({ "code": null, "error": "access_denied" });
    let error = judge(cancelled).unwrap_err();
    assert_eq!((error.fault, error.upstream_code.as_deref()), (Fault::UserCancelled, Some("access_denied")));
    let forged = json!({ "code": null, "error": "access_denied", "state": "another" });
    assert_eq!(judge(forged).unwrap_err().reason(), Some(Reason::State));
}

fn read(params: &[(&str, &str)]) -> Result<String, Option<Reason>> {
    let params = params.iter().copied().collect();
    response(&profile(), &params).map(str::to_owned).map_err(|error| error.reason())
}

#[test]
fn one_response_and_nothing_beside_it() {
    assert_eq!(read(&[("response", "x")]), Ok("x".to_owned()));
    assert_eq!(read(&[("response", "x"), ("iss", ISSUER)]), Ok("x".to_owned()));
    let largest = "x".repeat(32 * 1024);
    assert!(read(&[("response", largest.as_str())]).is_ok());
    let large = format!("{largest}x");
    for (params, reason) in [
        (vec![], Reason::NotJarm),
        (vec![("code", "c"), ("state", "state-1")], Reason::NotJarm),
        (vec![("error", "access_denied"), ("state", "state-1")], Reason::NotJarm),
        (vec![("response", "x"), ("response", "x")], Reason::NotJarm),
        (vec![("response", "")], Reason::NotJarm),
        (vec![("response", "x"), ("code", "c")], Reason::Malformed),
        (vec![("response", "x"), ("error", "c")], Reason::Malformed),
        (vec![("response", "x"), ("id_token", "c")], Reason::Malformed),
        (vec![("response", "x"), ("access_token", "c")], Reason::Malformed),
        (vec![("response", "x"), ("state", "state-1")], Reason::Malformed),
        (vec![("response", "x"), ("iss", "https://evil.example")], Reason::Issuer),
        (vec![("response", "x"), ("iss", ISSUER), ("iss", ISSUER)], Reason::Issuer),
        (vec![("response", large.as_str())], Reason::TooLarge),
    ] {
        assert_eq!(read(&params), Err(Some(reason)), "{params:.40?}");
    }
}

#[test]
fn the_code_of_a_plain_error_is_kept_for_who_looks_for_the_cause() {
    let params = [("error", "invalid_request")].into_iter().collect();
    let error = response(&profile(), &params).unwrap_err();
    assert_eq!(error.upstream_code.as_deref(), Some("invalid_request"));
    assert_eq!(error.reason(), Some(Reason::NotJarm));
}

#[tokio::test]
async fn the_host_is_told_that_anybody_may_have_written_it() {
    let demand = TokenDemand::Signed(vec![SigningAlgorithm::PS256]);
    let (rp, host) = relying_party(Profile { response: ResponseMode::Jarm(demand.clone()), ..profile() });
    let keys = KeySource {
        issuer: ISSUER.to_owned(),
        jwks_uri: "https://op.example/oidc/jwks".parse().unwrap(),
        channel: tunnus_sdk::Channel::Browser,
    };
    let params = [("response", "signed:{}")].into_iter().collect();
    open(&rp, &demand, keys.clone(), &params).await.unwrap();
    let expect = host.opened().pop().unwrap();
    assert_eq!(expect.kind, TokenKind::AuthorizationResponse);
    assert_eq!(expect.protection, demand.protection(keys));
}
