//! Tokens that another library made, with published keys.

use serde_json::{Value, json};
use tunnus_jose::{Operations, decrypt, verify};
use tunnus_sdk::{Claims, ContentEncryption, Encryption, KeyEncryption, SigningAlgorithm};

use crate::forge::{keys, ring};

const NESTED: &str = include_str!("../vectors/nested.json");

fn key_encryption(name: &Value) -> KeyEncryption {
    serde_json::from_value(name.clone()).unwrap()
}

fn content(name: &Value) -> ContentEncryption {
    serde_json::from_value(name.clone()).unwrap()
}

fn vectors() -> (Claims, Vec<Value>) {
    let vectors: Value = serde_json::from_str(NESTED).unwrap();
    (vectors["claims"].as_object().unwrap().clone(), vectors["tokens"].as_array().unwrap().clone())
}

#[test]
fn every_token_of_another_library_opens_to_its_claims() {
    let (claims, tokens) = vectors();
    assert_eq!(tokens.len(), 10);
    for vector in tokens {
        let operations = Operations::new();
        let demand =
            Encryption { algorithm: key_encryption(&vector["alg"]), contents: vec![content(&vector["enc"])] };
        let inner = decrypt(&operations, &demand, &ring(), vector["token"].as_str().unwrap()).unwrap();
        assert_eq!(inner.expose_str(), vector["signed"]);
        let signing: SigningAlgorithm = serde_json::from_value(vector["signing"].clone()).unwrap();
        let verified = verify(&operations, &[signing], &keys(), inner.expose_str()).unwrap();
        assert_eq!(verified.claims, claims);
        assert_eq!(verified.typ.as_deref(), Some("JWT"));
        assert_eq!((operations.counts().decrypt, operations.counts().verify), (1, 1));
    }
}

#[test]
fn no_token_opens_under_a_demand_that_is_not_its_own() {
    let (_, tokens) = vectors();
    let all: Vec<_> = tokens.iter().map(|vector| (vector["alg"].clone(), vector["enc"].clone())).collect();
    for vector in &tokens {
        let own = (vector["alg"].clone(), vector["enc"].clone());
        for (alg, enc) in all.iter().filter(|pair| **pair != own) {
            let operations = Operations::new();
            let demand = Encryption { algorithm: key_encryption(alg), contents: vec![content(enc)] };
            let opened = decrypt(&operations, &demand, &ring(), vector["token"].as_str().unwrap());
            assert_eq!(opened.unwrap_err().0, tunnus_sdk::Reason::Algorithm, "{own:?} as {alg} {enc}");
            assert_eq!(operations.counts().decrypt, 0);
        }
    }
}

#[test]
fn no_signature_counts_for_an_algorithm_that_is_not_its_own() {
    let (_, tokens) = vectors();
    for vector in &tokens {
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256] {
            let is_own = json!(algorithm) == vector["signing"];
            let token = vector["signed"].as_str().unwrap();
            assert_eq!(verify(&Operations::new(), &[algorithm], &keys(), token).is_ok(), is_own);
        }
    }
}
