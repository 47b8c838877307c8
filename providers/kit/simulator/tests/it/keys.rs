//! The published keys and the metadata.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desk::{Desk, Fields, body};

fn kids(desk: &Desk) -> Vec<String> {
    let document = body(&desk.get("/op/jwks", &Fields::new()));
    let keys = document["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

fn count(desk: &Desk, usage: &str) -> usize {
    let document = body(&desk.get("/op/jwks", &Fields::new()));
    document["keys"].as_array().expect("keys").iter().filter(|key| key["use"] == usage).count()
}

/// The `kid` that the modest client's ID token is signed with.
fn signing_kid(desk: &Desk) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let answer = body(&desk.post("/op/token", &desk.modest_exchange(desk.modest_code())));
    let token = answer["id_token"].as_str().expect("an ID token");
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a kid").to_owned()
}

#[test]
fn the_keys_change_from_call_to_call_and_the_signing_key_is_not_always_there() {
    let desk = Desk::new();
    let signing = signing_kid(&desk);
    let calls: Vec<_> = (0..6).map(|_| kids(&desk)).collect();
    let listed: Vec<bool> = calls.iter().map(|kids| kids.contains(&signing)).collect();
    assert_eq!(listed, [false, true, true, false, true, true]);
    let orders: BTreeSet<_> = calls.iter().collect();
    assert_eq!(orders.len(), calls.len(), "no two documents are the same");
    assert!(calls.iter().all(|kids| (8..30).contains(&kids.len())));
}

#[test]
fn each_document_has_one_of_several_keys_to_encrypt_to() {
    let desk = Desk::new();
    assert!((0..4).all(|_| count(&desk, "enc") == 1));
}

#[test]
fn the_metadata_follows_from_the_profile() {
    let desk = Desk::new();
    let document = body(&desk.get("/op/.well-known/openid-configuration", &Fields::new()));
    let issuer = desk.issuer();
    assert_eq!(document["issuer"], json!(issuer));
    assert_eq!(document["token_endpoint"], json!(format!("{issuer}/token")));
    let alias = &document["mtls_endpoint_aliases"]["token_endpoint"];
    assert_eq!(alias, &json!("https://localhost:4011/upstream/op/token"));
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["ES256", "PS256", "RS256"]));
    assert_eq!(document["authorization_encryption_enc_values_supported"], json!(["A256CBC-HS512"]));
    assert_eq!(
        document["token_endpoint_auth_methods_supported"],
        json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"])
    );
}
