//! What an issuer publishes, and how several fetches make one set.

use serde_json::{Value, json};
use tunnus_jose::{KeyUse, Operations, PublicKeys, Rejected, SigningKey, VerifyError, generate, verify};
use tunnus_sdk::{KeyEncryption, Reason, SigningAlgorithm};

use crate::forge::{
    ISSUER_JWKS, SIGNING_KEY_P256, encode, keys, our_public_jwk, published, rsa_signer, sign, signed, signer,
};

fn new_key(kid: &str) -> SigningKey {
    signer(generate::p256(KeyUse::Signature).unwrap().expose_str()).with_kid(kid)
}

fn is_verified_by(keys: &PublicKeys, key: &SigningKey) -> bool {
    let token = sign(key, SigningAlgorithm::ES256);
    verify(&Operations::new(), &[SigningAlgorithm::ES256], keys, &token).is_ok()
}

fn marked(mut jwk: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        jwk[name] = value.clone();
    }
    jwk
}

fn said(keys: &PublicKeys, token: &str) -> VerifyError {
    let all = [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
    verify(&Operations::new(), &all, keys, token).unwrap_err()
}

#[test]
fn the_sample_set_is_read() {
    let keys = PublicKeys::parse(ISSUER_JWKS.as_bytes()).unwrap();
    assert_eq!(keys.len(), 3);
    assert!(!keys.is_empty() && keys.replaced().is_empty());
    assert!(verify(&Operations::new(), &[SigningAlgorithm::RS256], &keys, &signed()).is_ok());
    let encryption = keys.encryption_key(KeyEncryption::RsaOaep).unwrap();
    assert_eq!(encryption.kid(), Some("sandbox-encryption-key-0eb954d0e12b824b80a3c5664232320a"));
    assert!(keys.encryption_key(KeyEncryption::RsaOaep256).is_none());
    assert!(PublicKeys::empty().is_empty());
}

#[test]
fn what_is_no_jwk_set_is_refused() {
    let empty = PublicKeys::parse(br#"{"keys":[]}"#).unwrap();
    assert!(empty.is_empty());
    for document in
        ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, r#"{"keys":[],"keys":[]}"#, "<html>"]
    {
        assert_eq!(
            PublicKeys::parse(document.as_bytes()).unwrap_err(),
            Rejected(Reason::Malformed),
            "{document}"
        );
    }
    let most = json!({"keys": vec![json!({}); 100]}).to_string();
    assert!(PublicKeys::parse(most.as_bytes()).is_ok());
    let many = json!({"keys": vec![json!({}); 101]}).to_string();
    assert_eq!(PublicKeys::parse(many.as_bytes()).unwrap_err(), Rejected(Reason::TooLarge));
    let huge = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(300_000));
    assert_eq!(PublicKeys::parse(huge.as_bytes()).unwrap_err(), Rejected(Reason::TooLarge));
}

#[test]
fn keys_that_are_of_no_use_are_skipped_and_the_rest_is_kept() {
    let (rsa, point) = (rsa_signer().public_jwk(), signer(SIGNING_KEY_P256).public_jwk());
    let private: Value = serde_json::from_str(SIGNING_KEY_P256).unwrap();
    let useless = [
        json!(null),
        json!(1),
        json!("key"),
        json!([]),
        json!({}),
        json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
        json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}),
        marked(point.clone(), &json!({"crv": "secp256k1"})),
        marked(point.clone(), &json!({"x": "AA"})),
        marked(point.clone(), &json!({"y": point["x"]})),
        marked(point.clone(), &json!({"kid": 7})),
        marked(point.clone(), &json!({"use": "enc"})),
        marked(point.clone(), &json!({"alg": "ES384"})),
        marked(point.clone(), &json!({"key_ops": ["sign"]})),
        marked(rsa.clone(), &json!({"n": "AQAB"})),
        marked(rsa.clone(), &json!({"e": "AQ"})),
        marked(rsa.clone(), &json!({"e": "AA"})),
        marked(rsa.clone(), &json!({"n": null})),
        marked(rsa.clone(), &json!({"alg": "HS256"})),
        marked(rsa.clone(), &json!({"alg": "none"})),
        marked(rsa.clone(), &json!({"alg": "RS512"})),
        marked(rsa.clone(), &json!({"alg": "RSA1_5", "use": "enc"})),
        marked(rsa.clone(), &json!({"use": "tls"})),
        marked(rsa.clone(), &json!({"key_ops": []})),
        private,
    ];
    for jwk in &useless {
        assert!(published(std::slice::from_ref(jwk)).is_empty(), "{jwk}");
    }
    let keys = published(&[&useless[..], &[rsa, point]].concat());
    assert_eq!(keys.len(), 2);
    assert!(verify(&Operations::new(), &[SigningAlgorithm::RS256], &keys, &signed()).is_ok());
}

#[test]
fn a_key_verifies_only_what_its_marks_say() {
    let rsa = rsa_signer().public_jwk();
    for (marks, algorithm, is_verified) in [
        (json!({}), SigningAlgorithm::RS256, true),
        (json!({}), SigningAlgorithm::PS256, true),
        (json!({"alg": "RS256"}), SigningAlgorithm::RS256, true),
        (json!({"alg": "PS256"}), SigningAlgorithm::RS256, false),
        (json!({"alg": "RS256"}), SigningAlgorithm::PS256, false),
        (json!({"use": "enc"}), SigningAlgorithm::RS256, false),
        (json!({"use": "enc", "alg": "RS256"}), SigningAlgorithm::RS256, false),
        (json!({"key_ops": ["encrypt"]}), SigningAlgorithm::RS256, false),
        (json!({"key_ops": ["verify"]}), SigningAlgorithm::RS256, true),
    ] {
        let keys = published(&[marked(rsa.clone(), &marks)]);
        let token = sign(&rsa_signer(), algorithm);
        let verified = verify(&Operations::new(), &[algorithm], &keys, &token);
        assert_eq!(verified.is_ok(), is_verified, "{marks} {algorithm:?}");
    }
}

#[test]
fn an_unknown_kid_asks_for_other_keys_and_costs_no_operation() {
    let operations = Operations::new();
    let token = sign(&new_key("unheard of"), SigningAlgorithm::ES256);
    let answer = verify(&operations, &[SigningAlgorithm::ES256], &keys(), &token);
    assert_eq!(answer.unwrap_err(), VerifyError::KeyUnknown);
    assert_eq!(operations.counts().verify, 0);
    assert_eq!(said(&PublicKeys::empty(), &token), VerifyError::KeyUnknown);
}

#[test]
fn a_known_kid_for_another_purpose_or_kind_is_no_reason_to_fetch_again() {
    let reason = VerifyError::Rejected(Reason::Algorithm);
    assert_eq!(said(&keys(), &sign(&rsa_signer().with_kid("mykey-123"), SigningAlgorithm::RS256)), reason);
    assert_eq!(said(&keys(), &sign(&new_key("abc123321cba"), SigningAlgorithm::ES256)), reason);
}

#[test]
fn a_token_without_a_kid_is_tried_against_keys_of_its_kind_eight_at_most() {
    let (own, token) = (signer(SIGNING_KEY_P256), without_kid());
    let others: Vec<Value> = (0..20).map(|n| new_key(&n.to_string()).public_jwk()).collect();
    let tried = |before: usize| {
        let keys: Vec<Value> = [rsa_signer().public_jwk(), our_public_jwk()]
            .into_iter()
            .chain(others.iter().take(before).cloned())
            .chain([own.public_jwk()])
            .collect();
        let operations = Operations::new();
        let verified = verify(&operations, &[SigningAlgorithm::ES256], &published(&keys), &token);
        (verified.is_ok(), operations.counts().verify)
    };
    assert_eq!(tried(0), (true, 1));
    assert_eq!(tried(7), (true, 8));
    assert_eq!(tried(8), (false, 8));
    assert_eq!(tried(20), (false, 8));
}

/// A token of the sample key whose header names no key.
fn without_kid() -> String {
    use josekit::jws::{ES256, JwsSigner as _};
    let key = josekit::jwk::Jwk::from_bytes(SIGNING_KEY_P256).unwrap();
    let input = format!("{}.{}", encode(r#"{"alg":"ES256"}"#), encode("{}"));
    let signature = ES256.signer_from_jwk(&key).unwrap().sign(input.as_bytes()).unwrap();
    format!("{input}.{}", encode(signature))
}

#[test]
fn later_fetches_add_keys_and_take_none_away() {
    let (first, second) = (new_key("1"), new_key("2"));
    let (older, newer) = (published(&[first.public_jwk()]), published(&[second.public_jwk()]));
    let merged = older.merged_with(&newer);
    assert_eq!(merged.len(), 2);
    assert!(is_verified_by(&merged, &first) && is_verified_by(&merged, &second));
    assert!(merged.replaced().is_empty());
    assert_eq!(merged.merged_with(&newer).merged_with(&older).len(), 2);
    let unnamed = published(&[marked(first.public_jwk(), &json!({"kid": null}))]);
    assert_eq!(unnamed.merged_with(&unnamed).len(), 1);
    assert_eq!(unnamed.merged_with(&merged).merged_with(&unnamed).len(), 3);
}

#[test]
fn of_two_materials_under_one_kid_the_newer_counts_and_it_is_reported() {
    let (first, second) = (new_key("same"), new_key("same"));
    let (older, newer) = (published(&[first.public_jwk()]), published(&[second.public_jwk()]));
    let merged = older.merged_with(&newer);
    assert_eq!(merged.len(), 1);
    assert_eq!(merged.replaced(), ["same"]);
    assert!(!is_verified_by(&merged, &first) && is_verified_by(&merged, &second));
    // The report is of this merge, not of all that were.
    assert!(merged.merged_with(&newer).replaced().is_empty());
}

#[test]
fn two_materials_under_one_kid_in_one_document_are_reported() {
    let (first, second) = (new_key("same"), new_key("same"));
    let keys = published(&[first.public_jwk(), second.public_jwk()]);
    assert_eq!(keys.replaced(), ["same"]);
    let rsa = rsa_signer().with_kid("same").public_jwk();
    let encryption = marked(our_public_jwk(), &json!({"kid": "same"}));
    // Keys of two kinds, and of two uses, may share a name.
    assert!(published(&[first.public_jwk(), rsa, encryption]).replaced().is_empty());
}

#[test]
fn a_key_whose_marks_change_is_marked_as_it_is_now() {
    let rsa = rsa_signer().public_jwk();
    let older = published(std::slice::from_ref(&rsa));
    let newer = published(&[marked(rsa, &json!({"use": "enc"}))]);
    let merged = older.merged_with(&newer);
    assert_eq!(said(&merged, &signed()), VerifyError::Rejected(Reason::Algorithm));
    assert!(merged.replaced().is_empty());
}

#[test]
fn a_set_holds_a_hundred_keys_and_drops_the_oldest() {
    let named = |kid: usize| signer(SIGNING_KEY_P256).with_kid(&kid.to_string());
    let batch = |kids: std::ops::Range<usize>| {
        published(&kids.map(|kid| named(kid).public_jwk()).collect::<Vec<Value>>())
    };
    let merged = batch(0..60).merged_with(&batch(100..160));
    assert_eq!(merged.len(), 100);
    let known: Vec<usize> = (0..200).filter(|kid| is_verified_by(&merged, &named(*kid))).collect();
    assert_eq!(known, (0..40).chain(100..160).collect::<Vec<_>>());
}

#[test]
fn the_key_to_encrypt_to_is_rather_a_marked_one() {
    let jwk = our_public_jwk();
    let named = |kid: &str, marks: &Value| {
        let mut jwk = marked(jwk.clone(), marks);
        jwk["kid"] = json!(kid);
        jwk
    };
    let unmarked = named("unmarked", &json!({"use": null}));
    let used = named("used", &json!({}));
    let full = named("full", &json!({"alg": "RSA-OAEP"}));
    let other = named("other", &json!({"alg": "RSA-OAEP-256"}));
    let signing = named("signing", &json!({"use": "sig"}));
    let choose = |keys: &[&Value]| {
        let keys: Vec<Value> = keys.iter().map(|key| (*key).clone()).collect();
        published(&keys).encryption_key(KeyEncryption::RsaOaep).and_then(|key| key.kid().map(str::to_owned))
    };
    assert_eq!(choose(&[&signing, &unmarked, &used, &full, &other]).as_deref(), Some("full"));
    assert_eq!(choose(&[&signing, &unmarked, &used]).as_deref(), Some("used"));
    assert_eq!(choose(&[&signing, &unmarked]).as_deref(), Some("unmarked"));
    assert_eq!(choose(&[&signing, &other]), None);
    let newer = published(&[named("newest", &json!({"alg": "RSA-OAEP"}))]);
    let merged = published(&[full]).merged_with(&newer);
    assert_eq!(merged.encryption_key(KeyEncryption::RsaOaep).unwrap().kid(), Some("newest"));
}
