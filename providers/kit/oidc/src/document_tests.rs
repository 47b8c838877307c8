use serde_json::json;
use tunnus_sdk::{Authentication, Fault};

use super::*;
use crate::for_tests::{json_response, profile, relying_party, text_response};

async fn fetched(response: Response) -> Result<Option<Value>, ProviderError> {
    let (rp, host) = relying_party(profile());
    let _ = rp.metadata().await.unwrap();
    host.answer(Ok(response));
    let url = Url::parse("https://op.example/oidc/payment_details").unwrap();
    let outcome = fetch(&rp, url, &"access".into()).await;
    let request = host.requests().pop().unwrap();
    assert_eq!(request.authentication, Authentication::Bearer("access".into()));
    assert_eq!(request.stage, Stage::PaymentDetails);
    outcome
}

#[tokio::test]
async fn an_array_or_an_object_is_taken_whole() {
    for document in [json!([{ "bankId": "1" }]), json!({ "bankId": "1" }), json!([])] {
        assert_eq!(fetched(json_response(200, &document)).await.unwrap(), Some(document));
    }
}

#[tokio::test]
async fn nothing_to_say_is_none() {
    assert_eq!(fetched(text_response(204, "")).await.unwrap(), None);
}

#[tokio::test]
async fn anything_else_is_refused() {
    let mut twice = json_response(200, &json!({}));
    twice.body = br#"{"a":1,"a":2}"#.to_vec();
    let mut escaping = json_response(200, &json!({}));
    escaping.body = br#"[],"other":[]"#.to_vec();
    let mut binary = json_response(200, &json!({}));
    binary.body = vec![0xff];
    let mut empty = json_response(200, &json!({}));
    empty.body = Vec::new();
    for response in [twice, escaping, binary, empty, text_response(200, "[]")] {
        assert_eq!(fetched(response).await.unwrap_err().reason(), Some(Reason::Malformed));
    }
    assert_eq!(fetched(text_response(503, "")).await.unwrap_err().fault, Fault::ProviderUnavailable);
}
