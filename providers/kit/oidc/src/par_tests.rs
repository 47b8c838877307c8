use serde_json::{Value, json};

use super::*;
use crate::{
    AuthorizationParams,
    for_tests::{field, form, json_response, profile, relying_party, text_response},
    params::Core,
};

fn judge(body: &Value) -> Result<Hidden<String>, ProviderError> {
    open_response(&profile(), &json_response(201, body))
}

#[test]
fn a_reference_with_a_lifetime_is_taken() {
    let body = json!({ "request_uri": "urn:ietf:params:oauth:request_uri:x", "expires_in": 60 });
    for status in [200, 201] {
        let uri = open_response(&profile(), &json_response(status, &body)).unwrap();
        assert_eq!(uri.expose(), "urn:ietf:params:oauth:request_uri:x");
    }
}

#[test]
fn anything_else_is_refused() {
    for body in [
        json!({ "expires_in": 60 }),
        json!({ "request_uri": "urn:x:y" }),
        json!({ "request_uri": "urn:x:y", "expires_in": 0 }),
        json!({ "request_uri": "urn:x:y", "expires_in": "60" }),
        json!({ "request_uri": "", "expires_in": 60 }),
        json!({ "request_uri": "no uri", "expires_in": 60 }),
        json!({ "request_uri": "no-uri", "expires_in": 60 }),
        json!({ "request_uri": "urn:x:y\n", "expires_in": 60 }),
        json!({ "request_uri": format!("urn:x:{}", "y".repeat(REQUEST_URI_MAX)), "expires_in": 60 }),
        json!({ "request_uri": ["urn:x:y"], "expires_in": 60 }),
    ] {
        assert_eq!(judge(&body).unwrap_err().reason(), Some(Reason::Malformed), "{body:.80}");
    }
    let text = text_response(201, r#"{"request_uri":"urn:x:y","expires_in":60}"#);
    assert_eq!(open_response(&profile(), &text).unwrap_err().reason(), Some(Reason::Malformed));
}

#[test]
fn a_refusal_names_the_upstreams_code() {
    let response = json_response(400, &json!({ "error": "invalid_request_object" }));
    let error = open_response(&profile(), &response).unwrap_err();
    assert_eq!(error.fault, Fault::ConnectionMisconfigured);
    assert_eq!(error.upstream_code.as_deref(), Some("invalid_request_object"));
}

async fn pushed(
    answers: Vec<Result<Response, SendError>>,
) -> (Result<Hidden<String>, ProviderError>, Vec<String>) {
    let (rp, host) = relying_party(profile());
    let metadata = rp.metadata().await.unwrap();
    for answer in answers {
        host.answer(answer);
    }
    let redirect_uri = rp.redirect_uri();
    let core = Core { redirect_uri: &redirect_uri, state: &"s".into(), nonce: None, verifier: None };
    let params = AuthorizationParams { scope: "openid".to_owned(), ..AuthorizationParams::default() };
    let parameters = Parameters::new(&rp.profile, &core, params).unwrap();
    let outcome = push(&rp, &metadata, &parameters).await;
    let sent = host.requests().into_iter().skip(1);
    (outcome, sent.map(|request| field(&form(&request), "request").unwrap().to_owned()).collect())
}

fn accepted() -> Response {
    json_response(201, &json!({ "request_uri": "urn:x:y", "expires_in": 60 }))
}

#[tokio::test]
async fn without_a_connection_it_is_pushed_once_more_with_new_ids() {
    let (outcome, sent) = pushed(vec![Err(SendError::Unreachable(None)), Ok(accepted())]).await;
    assert!(outcome.is_ok());
    assert_eq!(sent.len(), 2);
    let jti = |request: &str| {
        let claims: Value = serde_json::from_str(request.strip_prefix("signed:").unwrap()).unwrap();
        claims["jti"].as_str().unwrap().to_owned()
    };
    assert_ne!(jti(&sent[0]), jti(&sent[1]));
}

#[tokio::test]
async fn nothing_else_is_pushed_twice() {
    let down = || Err(SendError::Unreachable(None));
    let (outcome, sent) = pushed(vec![down(), down(), Ok(accepted())]).await;
    assert_eq!((outcome.unwrap_err().fault, sent.len()), (Fault::ProviderUnavailable, 2));
    for failure in [SendError::TimedOut, SendError::TooLarge, SendError::Forbidden] {
        let (outcome, sent) = pushed(vec![Err(failure), Ok(accepted())]).await;
        assert!(outcome.is_err());
        assert_eq!(sent.len(), 1);
    }
    let (outcome, sent) = pushed(vec![Ok(text_response(503, "")), Ok(accepted())]).await;
    assert_eq!((outcome.unwrap_err().fault, sent.len()), (Fault::ProviderUnavailable, 1));
}
