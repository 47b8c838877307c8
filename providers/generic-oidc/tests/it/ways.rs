//! Every way of the toolkit to carry a request, to authenticate a client and to take an answer: the
//! simulated upstream takes a login only in the form that its client is registered for.

use serde_json::{Value, json};

use crate::{onni_logs_in, with};

async fn logs_in(changes: &Value) {
    let identity = onni_logs_in(&with(changes)).await.unwrap_or_else(|error| panic!("{changes}: {error}"));
    let name = identity.attributes.name.full.unwrap();
    assert_eq!(name.expose(), "Onni Juhani Korhonen", "{changes}");
}

fn nested(signing: &str, algorithm: &str, content: &str) -> Value {
    json!({ "signing": [signing], "encryption": { "algorithm": algorithm, "contents": [content] } })
}

#[tokio::test]
async fn requests_travel_in_every_way_under_every_protection() {
    for delivery in ["pushed", "post", "get"] {
        for protection in ["plain", "signed", "signed_then_encrypted", "encrypted"] {
            logs_in(&json!({ "request_delivery": delivery, "request_protection": protection })).await;
        }
    }
}

#[tokio::test]
async fn requests_are_signed_and_encrypted_with_every_algorithm() {
    for signing in ["RS256", "PS256", "ES256"] {
        logs_in(&json!({ "signing_algorithm": signing })).await;
    }
    for algorithm in ["RSA-OAEP", "RSA-OAEP-256"] {
        for content in ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A256GCM"] {
            let encryption = json!({ "algorithm": algorithm, "content": content });
            let protection = "signed_then_encrypted";
            logs_in(&json!({ "request_protection": protection, "request_encryption": encryption })).await;
        }
    }
}

#[tokio::test]
async fn a_request_objects_particulars_are_taken() {
    for changes in [
        json!({ "request_type": "JWT" }),
        json!({ "request_type": "none", "request_lifetime_seconds": 60 }),
        json!({ "request_repeats_outside": true, "request_delivery": "get" }),
    ] {
        logs_in(&changes).await;
    }
    let without_nbf = with(&json!({ "request_not_before": false }));
    assert!(onni_logs_in(&without_nbf).await.is_err(), "this upstream demands it");
}

#[tokio::test]
async fn the_client_authenticates_in_every_way() {
    for changes in [
        json!({ "client_authentication": "private_key_jwt" }),
        json!({ "client_authentication": "private_key_jwt", "assertion_audience": "token_endpoint" }),
        json!({ "client_authentication": "client_secret_basic" }),
        json!({ "client_authentication": "client_secret_basic", "client_id_in_body": true }),
        json!({ "client_authentication": "client_secret_post" }),
        json!({ "client_authentication": "tls_client_auth" }),
    ] {
        logs_in(&changes).await;
    }
}

#[tokio::test]
async fn the_response_comes_in_every_form() {
    for changes in [
        json!({ "response": "form_post" }),
        json!({ "response": "jwt" }),
        json!({ "response": "jwt", "response_protection": { "signing": ["ES256"] } }),
        json!({ "response": "jwt", "response_protection": nested("PS256", "RSA-OAEP", "A256CBC-HS512") }),
    ] {
        logs_in(&changes).await;
    }
}

#[tokio::test]
async fn tokens_come_in_every_protection() {
    for signing in ["RS256", "PS256", "ES256"] {
        logs_in(&json!({ "id_token": { "signing": [signing] } })).await;
        for (algorithm, content) in
            [("RSA-OAEP", "A128CBC-HS256"), ("RSA-OAEP", "A192CBC-HS384"), ("RSA-OAEP-256", "A128GCM")]
        {
            logs_in(&json!({ "id_token": nested(signing, algorithm, content) })).await;
        }
    }
}

#[tokio::test]
async fn userinfo_comes_in_every_form() {
    for changes in [
        json!({ "userinfo": "jwt" }),
        json!({ "userinfo": "jwt", "userinfo_protection": nested("RS256", "RSA-OAEP", "A128CBC-HS256") }),
        json!({ "userinfo": "not_fetched", "claims_parameter": "id_token" }),
        json!({ "claims_parameter": "userinfo" }),
    ] {
        logs_in(&changes).await;
    }
}

#[tokio::test]
async fn the_access_tokens_hash_and_the_time_of_authentication_can_be_demanded() {
    logs_in(&json!({ "at_hash": "required", "auth_time": "always" })).await;
}
