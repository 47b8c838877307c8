//! What we make, we open: every algorithm, every size, every way to find the key.

use josekit::jws::{self, JwsVerifier};
use serde_json::{Value, json};
use tunnus_jose::{
    DecryptionRing, KeyUse, OperationCounts, Operations, PublicKeys, SignError, decrypt, generate, verify,
};
use tunnus_sdk::{ContentEncryption, Encryption, Hidden, KeyEncryption, Reason, SigningAlgorithm};

use crate::forge::{
    DECRYPTION_KEY, HEADER, SIGNING_KEY, SIGNING_KEY_P256, Token, claims, decode, demand, nested,
    our_public_jwk, published, ring, rsa_signer, sign, signed, signer, with,
};

const CONTENTS: [ContentEncryption; 5] = [
    ContentEncryption::A128CbcHs256,
    ContentEncryption::A192CbcHs384,
    ContentEncryption::A256CbcHs512,
    ContentEncryption::A128Gcm,
    ContentEncryption::A256Gcm,
];

fn key_sets(bits: u32) -> (DecryptionRing, PublicKeys) {
    let ring = DecryptionRing::parse(&[generate::rsa(bits, KeyUse::Encryption).unwrap()]).unwrap();
    let keys = published(&ring.public_jwks());
    (ring, keys)
}

#[test]
fn every_key_encryption_content_encryption_and_size_opens_again() {
    for bits in [2048, 2056, 3072, 4096] {
        let (ring, keys) = key_sets(bits);
        for algorithm in [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256] {
            let key = keys.encryption_key(algorithm).unwrap();
            for content in CONTENTS {
                let operations = Operations::new();
                let token = key.encrypt(&operations, content, None, Some("jwt"), &signed()).unwrap();
                let demand = Encryption { algorithm, contents: CONTENTS.to_vec() };
                let opened = decrypt(&operations, &demand, &ring, token.expose_str()).unwrap();
                assert_eq!(opened.expose_str(), signed());
                let expected = OperationCounts { decrypt: 1, encrypt: 1, ..OperationCounts::default() };
                assert_eq!(operations.counts(), expected);
            }
        }
    }
}

#[test]
fn every_signature_verifies_here_and_with_another_library() {
    use josekit::jws::{ES256, PS256, RS256};
    let (rsa, point) = (rsa_signer(), signer(SIGNING_KEY_P256));
    let keys = published(&[rsa.public_jwk(), point.public_jwk()]);
    let (rsa_pem, point_pem) = (rsa.public_pem().unwrap(), point.public_pem().unwrap());
    let cases: [(_, _, Box<dyn JwsVerifier>); 3] = [
        (SigningAlgorithm::RS256, &rsa, Box::new(RS256.verifier_from_pem(&rsa_pem).unwrap())),
        (SigningAlgorithm::PS256, &rsa, Box::new(PS256.verifier_from_der(pem_body(&rsa_pem)).unwrap())),
        (SigningAlgorithm::ES256, &point, Box::new(ES256.verifier_from_pem(&point_pem).unwrap())),
    ];
    for (algorithm, key, other) in cases {
        // Often enough to meet numbers of a point with leading zeros.
        for _ in 0..64 {
            let operations = Operations::new();
            let token = key.sign(&operations, algorithm, Some("JWT"), &claims()).unwrap();
            let verified = verify(&operations, &[algorithm], &keys, token.expose_str()).unwrap();
            assert_eq!((verified.claims, verified.typ.as_deref()), (claims(), Some("JWT")));
            assert_eq!(verified.kid.as_deref(), Some(key.kid()));
            let expected = OperationCounts { sign: 1, verify: 1, ..OperationCounts::default() };
            assert_eq!(operations.counts(), expected);
            jws::deserialize_compact(token.expose_str(), other.as_ref()).unwrap();
        }
    }
}

fn pem_body(pem: &str) -> Vec<u8> {
    openssl::pkey::PKey::public_key_from_pem(pem.as_bytes()).unwrap().public_key_to_der().unwrap()
}

#[test]
fn a_signed_header_names_algorithm_key_and_type_only() {
    let header = |token: &str| String::from_utf8(decode(token.split('.').next().unwrap())).unwrap();
    let token = sign(&signer(SIGNING_KEY), SigningAlgorithm::RS256);
    assert_eq!(header(&token), r#"{"alg":"RS256","kid":"abc123321cba"}"#);
    let key = signer(SIGNING_KEY_P256).with_kid("\"},\u{1}ä");
    let token = key.sign(&Operations::new(), SigningAlgorithm::ES256, Some("at+jwt"), &claims()).unwrap();
    let header: Value = serde_json::from_str(&header(token.expose_str())).unwrap();
    assert_eq!(header, json!({"alg": "ES256", "kid": "\"},\u{1}ä", "typ": "at+jwt"}));
}

#[test]
fn a_key_signs_with_no_algorithm_but_its_own() {
    let cases = [
        (signer(SIGNING_KEY), SigningAlgorithm::PS256),
        (signer(SIGNING_KEY), SigningAlgorithm::ES256),
        (signer(SIGNING_KEY_P256), SigningAlgorithm::RS256),
        (signer(SIGNING_KEY_P256), SigningAlgorithm::PS256),
    ];
    for (key, algorithm) in cases {
        let operations = Operations::new();
        assert!(!key.supports(algorithm));
        assert_eq!(key.sign(&operations, algorithm, None, &claims()).unwrap_err(), SignError::Algorithm);
        assert_eq!(operations.counts(), OperationCounts::default());
    }
}

/// A ring of our key and of others, in an order of the caller's choice.
fn ring_of(kids: &[&str]) -> DecryptionRing {
    let keys: Vec<Hidden<String>> = kids
        .iter()
        .map(|kid| match *kid {
            "mykey-123" => Hidden::from(DECRYPTION_KEY),
            kid => Hidden::new(with(
                generate::rsa(2048, KeyUse::Encryption).unwrap().expose_str(),
                &json!({"kid": kid}),
            )),
        })
        .collect();
    DecryptionRing::parse(&keys).unwrap()
}

fn tried(ring: &DecryptionRing, token: &str) -> (bool, u64) {
    let operations = Operations::new();
    let opened = decrypt(&operations, &demand(ContentEncryption::A256CbcHs512), ring, token);
    (opened.is_ok(), operations.counts().decrypt)
}

#[test]
fn the_key_named_is_the_only_one_tried_and_without_a_known_name_all_are() {
    let ring = ring_of(&["a", "b", "c", "mykey-123"]);
    let named = |kid: Value| Token::new(&with(HEADER, &json!({"kid": kid})), signed()).text();
    assert_eq!(tried(&ring, &named(json!("mykey-123"))), (true, 1));
    assert_eq!(tried(&ring, &named(Value::Null)), (true, 4));
    assert_eq!(tried(&ring, &named(json!("their own name for it"))), (true, 4));
    assert_eq!(tried(&ring, &named(json!("a"))), (false, 1));
    assert_eq!(tried(&ring_of(&["mykey-123", "a"]), &named(Value::Null)), (true, 1));
    assert_eq!(tried(&ring_of(&["a", "b"]), &named(Value::Null)), (false, 2));
    assert_eq!(tried(&DecryptionRing::default(), &named(Value::Null)), (false, 0));
}

#[test]
fn a_key_of_another_size_costs_no_operation() {
    let (big, _) = key_sets(3072);
    assert_eq!(tried(&big, &nested().text()), (false, 0));
}

#[test]
fn a_key_marked_for_the_other_key_encryption_opens_nothing() {
    let other = with(DECRYPTION_KEY, &json!({"alg": "RSA-OAEP-256"}));
    let ring = DecryptionRing::parse(&[Hidden::new(other)]).unwrap();
    assert_eq!(tried(&ring, &nested().text()), (false, 0));
    assert_eq!(ring.public_jwks()[0]["alg"], "RSA-OAEP-256");
}

#[test]
fn an_encrypted_request_of_plain_parameters_can_be_made_but_is_no_nested_token() {
    let keys = published(&[our_public_jwk()]);
    let key = keys.encryption_key(KeyEncryption::RsaOaep).unwrap();
    let content = ContentEncryption::A256CbcHs512;
    let token = key.encrypt(&Operations::new(), content, Some("JWT"), None, r#"{"a":1}"#).unwrap();
    let header: Value =
        serde_json::from_slice(&decode(token.expose_str().split('.').next().unwrap())).unwrap();
    assert_eq!((&header["typ"], header.get("cty")), (&json!("JWT"), None));
    let opened = decrypt(&Operations::new(), &demand(content), &ring(), token.expose_str());
    assert_eq!(opened.unwrap_err().0, Reason::Malformed);
}

#[test]
fn no_two_encryptions_of_one_text_are_alike() {
    let key = published(&[our_public_jwk()]).encryption_key(KeyEncryption::RsaOaep).unwrap();
    for content in CONTENTS {
        let [one, other] = [(); 2].map(|()| {
            key.encrypt(&Operations::new(), content, None, Some("JWT"), &signed()).unwrap().expose().clone()
        });
        for (part, (one, other)) in one.split('.').zip(other.split('.')).enumerate().skip(1) {
            assert_ne!(one, other, "part {part}");
        }
    }
}
