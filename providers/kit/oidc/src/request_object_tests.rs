use std::time::Duration;

use serde_json::Value;
use tunnus_sdk::{ContentEncryption, KeyEncryption, SigningAlgorithm};

use super::*;
use crate::{
    AuthorizationParams, LoginHint, Profile, RequestRoute,
    for_tests::{CLIENT, ISSUER, NOW, ScriptedHost, metadata, profile, relying_party},
    params::Core,
};

const ENCRYPTION: RequestEncryption = RequestEncryption {
    algorithm: KeyEncryption::RsaOaep,
    content: ContentEncryption::A128CbcHs256,
    typ: Some("JWE"),
};

fn signed() -> SignedRequest {
    SignedRequest::new(SigningAlgorithm::RS256)
}

async fn protected(protection: RequestProtection) -> (Vec<(String, String)>, std::sync::Arc<ScriptedHost>) {
    let (rp, host) = relying_party(Profile { request: RequestRoute::get(protection), ..profile() });
    let redirect_uri = rp.redirect_uri();
    let core = Core { redirect_uri: &redirect_uri, state: &"s".into(), nonce: None, verifier: None };
    let params = AuthorizationParams {
        scope: "openid".to_owned(),
        login_hint: Some(LoginHint::List(vec!["subject-070770-905D".into()])),
        ..AuthorizationParams::default()
    };
    let parameters = Parameters::new(&rp.profile, &core, params).unwrap();
    let fields = protect(&rp, &metadata(&rp.profile), &parameters).await.unwrap();
    (fields.into_iter().map(|(name, value)| (name, value.expose().clone())).collect(), host)
}

fn names(fields: &[(String, String)]) -> Vec<&str> {
    fields.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn a_signed_request_says_who_to_whom_how_long_and_once() {
    let (fields, host) = protected(RequestProtection::Signed(signed())).await;
    assert_eq!(names(&fields), ["client_id", "request"]);
    let (signing, claims) = host.signed.lock().unwrap().pop().unwrap();
    assert_eq!((signing.algorithm, signing.typ), (SigningAlgorithm::RS256, Some("oauth-authz-req+jwt")));
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(CLIENT), Some(ISSUER)));
    assert_eq!((number("iat"), number("nbf"), number("exp")), (Some(NOW), Some(NOW), Some(NOW + 600)));
    assert_eq!(claims["jti"], "random-0");
    assert_eq!((claims["state"].as_str(), claims["scope"].as_str()), (Some("s"), Some("openid")));
    assert!(!claims.contains_key("sub"), "it could pass for a client assertion (RFC 9101, section 10.8)");
}

#[tokio::test]
async fn type_lifetime_and_not_before_are_the_profiles_to_say() {
    let lifetime = Duration::from_secs(60);
    let request = SignedRequest { typ: None, not_before: false, lifetime, ..signed() };
    let (_, host) = protected(RequestProtection::Signed(request)).await;
    let (signing, claims) = host.signed.lock().unwrap().pop().unwrap();
    assert_eq!(signing.typ, None);
    assert_eq!(claims["exp"].as_i64(), Some(NOW + 60));
    assert!(!claims.contains_key("nbf"));
}

#[tokio::test]
async fn what_openid_wants_repeated_stands_outside_too() {
    let request = SignedRequest { repeat_outside: true, ..signed() };
    let (fields, _) = protected(RequestProtection::Signed(request)).await;
    assert_eq!(names(&fields), ["response_type", "client_id", "scope", "request"]);
}

#[tokio::test]
async fn a_nested_request_is_signed_first_and_says_that_it_holds_a_jwt() {
    let (fields, host) = protected(RequestProtection::SignedThenEncrypted(signed(), ENCRYPTION)).await;
    assert_eq!(names(&fields), ["client_id", "request"]);
    let (to, payload) = host.encrypted.lock().unwrap().pop().unwrap();
    assert!(payload.starts_with("signed:"));
    assert_eq!((to.issuer.as_str(), to.jwks_uri.as_str()), (ISSUER, "https://op.example/oidc/jwks"));
    assert_eq!((to.algorithm, to.content), (KeyEncryption::RsaOaep, ContentEncryption::A128CbcHs256));
    assert_eq!((to.typ, to.cty), (Some("JWE"), Some("JWT")));
}

#[tokio::test]
async fn an_unsigned_encrypted_request_is_all_that_the_browser_carries() {
    let (fields, host) = protected(RequestProtection::Encrypted(ENCRYPTION)).await;
    assert_eq!(names(&fields), ["request"]);
    let (to, payload) = host.encrypted.lock().unwrap().pop().unwrap();
    assert_eq!(to.cty, None);
    let object: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(object["login_hint"], serde_json::json!(["subject-070770-905D"]));
    assert_eq!(object["client_id"], CLIENT);
    assert!(object.get("aud").is_none() && object.get("jti").is_none());
    assert!(host.signed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_plain_request_is_its_parameters() {
    let (fields, _) = protected(RequestProtection::Plain).await;
    assert_eq!(
        names(&fields),
        ["response_type", "client_id", "redirect_uri", "state", "scope", "login_hint"]
    );
}
