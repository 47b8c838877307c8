use serde_json::json;

use super::*;
use crate::{
    AuthorizationParams, Profile, RequestProtection, RequestRoute,
    for_tests::{CLIENT, json_response, metadata_document, profile, relying_party},
    params::Core,
};

async fn delivered(profile: Profile) -> BrowserRequest {
    let (rp, host) = relying_party(profile);
    let metadata = rp.metadata().await.unwrap();
    host.answer(Ok(json_response(201, &json!({ "request_uri": "urn:x:1", "expires_in": 60 }))));
    let redirect_uri = rp.redirect_uri();
    let core = Core { redirect_uri: &redirect_uri, state: &"a&b=c".into(), nonce: None, verifier: None };
    let params = AuthorizationParams { scope: "openid".to_owned(), ..AuthorizationParams::default() };
    let parameters = Parameters::new(&rp.profile, &core, params).unwrap();
    deliver(&rp, &metadata, &parameters).await.unwrap()
}

fn query(request: &BrowserRequest) -> Vec<(String, String)> {
    let BrowserRequest::Get(url) = request else { panic!("a GET is due") };
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_pushed_request_leaves_a_reference_to_the_browser() {
    let request = delivered(profile()).await;
    let expected = [("client_id", CLIENT), ("request_uri", "urn:x:1")];
    assert_eq!(query(&request), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_get_carries_the_parameters_encoded() {
    let request =
        delivered(Profile { request: RequestRoute::get(RequestProtection::Plain), ..profile() }).await;
    assert!(query(&request).contains(&("state".to_owned(), "a&b=c".to_owned())));
}

#[tokio::test]
async fn a_post_carries_them_in_a_form() {
    let request =
        delivered(Profile { request: RequestRoute::post(RequestProtection::Plain), ..profile() }).await;
    let BrowserRequest::Post { action, fields } = request else { panic!("a POST is due") };
    assert_eq!(action.as_str(), "https://op.example/oidc/auth");
    assert!(fields.contains(&("state".to_owned(), "a&b=c".to_owned())));
}

#[test]
fn the_endpoints_own_query_is_kept() {
    let endpoint = Url::parse("https://op.example/auth?tenant=1").unwrap();
    let url = reference(&endpoint, "c", &"urn:x:1".into());
    assert_eq!(url.as_str(), "https://op.example/auth?tenant=1&client_id=c&request_uri=urn%3Ax%3A1");
}

#[tokio::test]
async fn without_a_par_endpoint_the_profiles_other_route_is_taken() {
    let without_par = Some(RequestRoute::get(RequestProtection::Plain));
    let (rp, host) = relying_party(Profile { without_par, ..profile() });
    let mut document = metadata_document();
    document.as_object_mut().unwrap().remove("pushed_authorization_request_endpoint");
    let metadata = Metadata::judge(&rp.profile, document.to_string().as_bytes()).unwrap();
    let redirect_uri = rp.redirect_uri();
    let core = Core { redirect_uri: &redirect_uri, state: &"s".into(), nonce: None, verifier: None };
    let params = AuthorizationParams { scope: "openid".to_owned(), ..AuthorizationParams::default() };
    let parameters = Parameters::new(&rp.profile, &core, params).unwrap();
    let request = deliver(&rp, &metadata, &parameters).await.unwrap();
    assert!(query(&request).contains(&("scope".to_owned(), "openid".to_owned())));
    assert!(host.requests().is_empty());
}
