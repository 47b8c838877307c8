//! What holds for all inputs.

use proptest::{collection::vec, prelude::*};
use serde_json::json;
use tunnus_jose::{DecryptionRing, Operations, PublicKeys, SigningKey, VerifyError, verify};
use tunnus_sdk::{ContentEncryption, Hidden, Reason, SigningAlgorithm, json::parse_object};

use crate::forge::{
    DECRYPTION_KEY, HEADER, ISSUER_JWKS, SIGNING_KEY, SIGNING_KEY_P256, Token, claims, compact, encode, keys,
    nested, open, open_as, rsa_signer, sign, signed, signer, verify_signed, with,
};

const ALL: [SigningAlgorithm; 3] =
    [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];

/// Names from the registries of algorithms, with those that are allowed somewhere among them.
const NAMES: &[&str] = &[
    "none",
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "ES256",
    "ES384",
    "ES256K",
    "EdDSA",
    "Ed25519",
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-512",
    "dir",
    "A128KW",
    "A256KW",
    "A256GCMKW",
    "ECDH-ES",
    "ECDH-ES+A256KW",
    "PBES2-HS256+A128KW",
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
    "A128GCM",
    "A192GCM",
    "A256GCM",
];

fn algorithm_name() -> impl Strategy<Value = String> {
    prop_oneof![proptest::sample::select(NAMES).prop_map(str::to_owned), "[ -~]{0,20}"]
}

/// A character of the token's alphabet, or one that has no place there.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![proptest::char::range('!', '~'), Just('.'), Just('A'), Just('-'), Just('\n'), Just('ä')]
}

/// The token with the character at `index` of its length replaced, and whether that changed it.
fn replaced(token: &str, index: prop::sample::Index, by: char) -> Option<String> {
    let index = index.index(token.len());
    let mut changed = token.to_owned();
    changed.replace_range(index..=index, by.encode_utf8(&mut [0; 4]));
    (changed != token).then_some(changed)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_text_makes_anything_panic(text in ".{0,400}") {
        prop_assert!(open(&text).0.is_err());
        prop_assert!(verify_signed(&Operations::new(), &text).is_err());
        prop_assert!(SigningKey::parse(&Hidden::from(text.as_str())).is_err());
        prop_assert!(DecryptionRing::parse(&[Hidden::from(text.as_str())]).is_err());
        let _ = PublicKeys::parse(text.as_bytes());
    }

    #[test]
    fn no_bytes_make_json_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _ = parse_object(&bytes);
        let _ = PublicKeys::parse(&bytes);
    }

    #[test]
    fn no_parts_make_a_token_panic(parts in vec(vec(any::<u8>(), 0..300), 0..7)) {
        let token = parts.iter().map(encode).collect::<Vec<_>>().join(".");
        prop_assert!(open(&token).0.is_err());
        prop_assert!(verify_signed(&Operations::new(), &token).is_err());
    }

    #[test]
    fn no_parts_under_a_good_header_open(parts in proptest::array::uniform4(vec(any::<u8>(), 0..300)), fit in any::<bool>()) {
        let [mut key, mut iv, mut text, mut tag] = parts;
        if fit {
            for (part, len) in [(&mut key, 256), (&mut iv, 16), (&mut text, 64), (&mut tag, 32)] {
                part.resize(len, 0);
            }
        }
        let token = Token([HEADER.as_bytes().to_vec(), key, iv, text, tag]).text();
        let (opened, operations) = open(&token);
        prop_assert!(opened.is_err());
        prop_assert_eq!(operations, u64::from(fit));
    }

    #[test]
    fn a_nested_token_with_one_character_changed_never_opens(index in any::<prop::sample::Index>(), by in character()) {
        if let Some(changed) = replaced(&nested().text(), index, by) {
            prop_assert!(open(&changed).0.is_err());
        }
        if let Some(changed) = replaced(&Token::gcm(signed()).text(), index, by) {
            prop_assert!(open_as(ContentEncryption::A256Gcm, &changed).0.is_err());
        }
    }

    #[test]
    fn a_signed_token_with_one_character_changed_never_verifies(index in any::<prop::sample::Index>(), by in character()) {
        for (key, algorithm) in [
            (rsa_signer(), SigningAlgorithm::RS256),
            (rsa_signer(), SigningAlgorithm::PS256),
            (signer(SIGNING_KEY_P256), SigningAlgorithm::ES256),
        ] {
            if let Some(changed) = replaced(&sign(&key, algorithm), index, by) {
                prop_assert!(verify(&Operations::new(), &ALL, &keys(), &changed).is_err());
            }
        }
    }

    #[test]
    fn a_token_cut_or_lengthened_anywhere_never_opens(at in any::<prop::sample::Index>(), more in "[A-Za-z0-9_.-]{1,8}") {
        let token = nested().text();
        prop_assert!(open(&token[..at.index(token.len())]).0.is_err());
        let mut longer = token;
        longer.insert_str(at.index(longer.len() + 1), &more);
        prop_assert!(open(&longer).0.is_err());
    }

    #[test]
    fn no_algorithms_but_the_demanded_reach_a_private_key(alg in algorithm_name(), enc in algorithm_name()) {
        prop_assume!((alg.as_str(), enc.as_str()) != ("RSA-OAEP", "A256CBC-HS512"));
        let header = with(HEADER, &json!({"alg": alg, "enc": enc}));
        prop_assert_eq!(open(&Token::new(&header, signed()).text()), (Err(Reason::Algorithm), 0));
    }

    #[test]
    fn no_signature_algorithm_but_the_allowed_reaches_a_key(alg in algorithm_name(), kid in proptest::option::of("[a-z0-9-]{0,12}")) {
        prop_assume!(alg != "RS256");
        let operations = Operations::new();
        let header = json!({"alg": alg, "kid": kid.unwrap_or_else(|| "abc123321cba".to_owned())}).to_string();
        let token = compact(&header, r#"{"sub":"a"}"#, [7; 256]);
        let reason = verify_signed(&operations, &token).unwrap_err();
        prop_assert!(matches!(reason, Reason::Algorithm | Reason::NotSigned), "{}", reason);
        prop_assert_eq!(operations.counts().verify, 0);
    }

    #[test]
    fn nothing_inside_an_encrypted_token_counts_unless_the_issuer_signed_it(inside in "[!-~]{0,300}") {
        prop_assert!(open(&Token::new(HEADER, &inside).text()).0.is_err());
    }

    #[test]
    fn an_unknown_member_of_the_header_is_ignored_and_a_dangerous_one_is_not(name in "[a-z0-9]{1,4}") {
        let header = with(HEADER, &json!({name.as_str(): "x"}));
        let opened = open(&Token::new(&header, signed()).text()).0;
        let is_known = ["alg", "enc", "cty", "zip", "crit", "jku", "jwk", "x5u", "x5c", "p2c", "b64"].contains(&name.as_str());
        prop_assert_eq!(opened.is_ok(), !is_known);
    }

    #[test]
    fn what_json_writes_is_read_back(members in proptest::collection::btree_map("[^\"\\\\]{0,8}", any::<(i64, u64, bool, String)>(), 0..12)) {
        let written = serde_json::to_vec(&members).unwrap();
        let read = parse_object(&written).unwrap();
        prop_assert_eq!(serde_json::to_value(&members).unwrap(), serde_json::Value::Object(read));
    }

    #[test]
    fn a_private_key_with_one_character_changed_never_becomes_another(index in any::<prop::sample::Index>(), by in proptest::char::range('!', '~')) {
        for key in [SIGNING_KEY, SIGNING_KEY_P256, DECRYPTION_KEY] {
            if let Some(changed) = replaced(key, index, by) {
                let key = signer_jwk(key);
                if let Ok(read) = SigningKey::parse(&Hidden::from(changed.as_str())) {
                    let jwk = read.public_jwk();
                    prop_assert_eq!((&jwk["n"], &jwk["x"]), (&key["n"], &key["x"]));
                }
                let _ = DecryptionRing::parse(&[Hidden::new(changed)]);
            }
        }
    }

    #[test]
    fn a_published_set_with_one_character_changed_verifies_no_other_signature(index in any::<prop::sample::Index>(), by in character()) {
        if let Some(changed) = replaced(ISSUER_JWKS, index, by)
            && let Ok(keys) = PublicKeys::parse(changed.as_bytes())
        {
            match verify(&Operations::new(), &[SigningAlgorithm::RS256], &keys, &signed()) {
                Ok(verified) => prop_assert_eq!(verified.claims, claims()),
                Err(VerifyError::KeyUnknown | VerifyError::Rejected(Reason::Signature | Reason::Algorithm)) => {}
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}

fn signer_jwk(key: &str) -> serde_json::Value {
    serde_json::from_str(key).unwrap()
}
