use serde_json::{Value, json};
use tunnus_sdk::{Fault, SendError};

use super::*;
use crate::{
    AuthorizationParams,
    for_tests::{field, form, json_response, metadata, profile, relying_party, text_response},
};

fn body(changes: &Value) -> Value {
    let mut body = json!({ "access_token": "a", "id_token": "i", "token_type": "Bearer", "expires_in": 60 });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn a_good_answer_gives_both_tokens() {
    for changes in [json!({}), json!({ "token_type": "bearer", "refresh_token": "r", "scope": "openid" })] {
        let tokens = open_response(&profile(), &json_response(200, &body(&changes))).unwrap();
        assert_eq!((tokens.access_token.expose_str(), tokens.id_token.expose_str()), ("a", "i"));
    }
    let largest = "x".repeat(64 * 1024);
    let tokens = json_response(200, &body(&json!({ "access_token": largest, "id_token": largest })));
    assert!(open_response(&profile(), &tokens).is_ok());
}

#[test]
fn anything_else_is_refused() {
    let long = "x".repeat(64 * 1024 + 1);
    for changes in [
        json!({ "access_token": null }),
        json!({ "access_token": "" }),
        json!({ "access_token": "a b" }),
        json!({ "access_token": long }),
        json!({ "id_token": null }),
        json!({ "id_token": "" }),
        json!({ "id_token": long }),
        json!({ "id_token": ["i"] }),
        json!({ "token_type": null }),
        json!({ "token_type": "DPoP" }),
    ] {
        let error = open_response(&profile(), &json_response(200, &body(&changes))).err().unwrap();
        assert_eq!(error.reason(), Some(Reason::Malformed), "{changes:.60}");
    }
    let twice = r#"{"access_token":"a","id_token":"i","id_token":"j","token_type":"Bearer"}"#;
    let mut response = text_response(200, twice);
    assert!(open_response(&profile(), &response).is_err());
    response.content_type = Some("application/json".to_owned());
    assert_eq!(open_response(&profile(), &response).err().unwrap().reason(), Some(Reason::Malformed));
    let created = json_response(201, &body(&json!({})));
    assert_eq!(open_response(&profile(), &created).err().unwrap().reason(), Some(Reason::Malformed));
}

async fn exchanged(answer: Result<Response, SendError>) -> (Result<Tokens, ProviderError>, usize) {
    let (rp, host) = relying_party(profile());
    let pending = Pending::new(&rp, &rp.metadata().await.unwrap(), &AuthorizationParams::default());
    host.answer(answer);
    let outcome = exchange(&rp, &pending, &"code-1".into()).await;
    (outcome, host.requests().len() - 1)
}

#[tokio::test]
async fn a_code_is_never_sent_twice() {
    for failure in [SendError::Unreachable(None), SendError::TimedOut, SendError::TooLarge] {
        let (outcome, sent) = exchanged(Err(failure)).await;
        assert!(outcome.is_err());
        assert_eq!(sent, 1);
    }
    let refused = json_response(400, &json!({ "error": "invalid_grant" }));
    let (outcome, sent) = exchanged(Ok(refused)).await;
    assert_eq!((outcome.err().unwrap().fault, sent), (Fault::ProviderRefused, 1));
}

#[tokio::test]
async fn the_exchange_carries_code_redirect_uri_and_verifier() {
    let (rp, host) = relying_party(profile());
    let pending = Pending::new(&rp, &metadata(&rp.profile), &AuthorizationParams::default());
    let _ = exchange(&rp, &pending, &"code-1".into()).await;
    let request = host.requests().pop().unwrap();
    assert_eq!((request.url.as_str(), request.stage), ("https://op.example/oidc/token", Stage::Token));
    let form = form(&request);
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "code-1"),
        ("redirect_uri", "https://broker.example/t/acme/return/bank/callback"),
        ("code_verifier", "random-1"),
    ] {
        assert_eq!(field(&form, name), Some(value), "{name}");
    }
}
