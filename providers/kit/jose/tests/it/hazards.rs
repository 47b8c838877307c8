//! One test for each known hazard of the library beneath, in the order of our list, and for the
//! properties of it that only settings would mend.

use josekit::jwe::{JweHeader, RSA_OAEP, serialize_compact};
use serde_json::{Value, json};
use tunnus_jose::{EncryptError, KeyError, Operations, Rejected, SignError, VerifyError, decrypt, verify};
use tunnus_sdk::{ContentEncryption, Hidden, KeyEncryption, Reason, SigningAlgorithm, json::parse_object};

use crate::forge::{
    DECRYPTION_KEY, HEADER, SIGNING_KEY, SIGNING_KEY_P256, Token, claims, compact, demand, keys, nested,
    open, open_as, our_key, ring, rsa_signer, sign, signed, signer, verify_signed, with,
};

const DECRYPTION: Result<tunnus_sdk::Claims, Reason> = Err(Reason::Decryption);
const ALGORITHM: Result<tunnus_sdk::Claims, Reason> = Err(Reason::Algorithm);
const MALFORMED: Result<tunnus_sdk::Claims, Reason> = Err(Reason::Malformed);

#[test]
fn the_token_that_the_hazards_are_made_of_is_good() {
    assert_eq!(open(&nested().text()), (Ok(claims()), 1));
    let gcm = Token::gcm(signed()).text();
    assert_eq!(open_as(ContentEncryption::A256Gcm, &gcm), (Ok(claims()), 1));
}

#[test]
fn hazard_1_cbc_padding_is_not_looked_at_before_the_mac() {
    let token = nested();
    let len = token.0[3].len();
    for mask in 1..=u8::MAX {
        // The last byte of the block before the last decides what padding would be found.
        let padding = token.clone().flip(3, len - 17, mask).text();
        let last = token.clone().flip(3, len - 1, mask).text();
        let vector = token.clone().flip(2, 15, mask).text();
        for text in [padding, last, vector] {
            assert_eq!(open(&text), (DECRYPTION, 1));
        }
    }
    for len in (16..len).step_by(16) {
        assert_eq!(open(&token.clone().cut(3, len).text()), (DECRYPTION, 1));
    }
}

#[test]
fn hazard_1_a_wrong_content_key_and_a_wrong_mac_are_one_error() {
    let token = nested();
    let wrong_key = token.clone().with_part(1, nested().0[1].clone()).text();
    let not_oaep = token.clone().flip(1, 100, 1).text();
    let above_modulus = token.clone().with_part(1, vec![0xff; 256]).text();
    let zero = token.clone().with_part(1, vec![0; 256]).text();
    let wrong_mac = token.flip(4, 0, 1).text();
    let short_key = Token::with_content_key(&[7; 32]).text();
    let long_key = Token::with_content_key(&[7; 128]).text();
    for text in [wrong_key, not_oaep, above_modulus, zero, wrong_mac, short_key, long_key] {
        assert_eq!(open(&text), (DECRYPTION, 1));
    }
}

#[test]
fn hazard_2_gcm_wants_the_whole_tag() {
    let token = Token::gcm(signed());
    for len in (1..=15).chain(17..=64) {
        let cut = token.clone().cut(4, len).text();
        assert_eq!(open_as(ContentEncryption::A256Gcm, &cut), (DECRYPTION, 0), "{len}");
    }
    let none = token.with_part(4, []).text();
    assert_eq!(open_as(ContentEncryption::A256Gcm, &none), (MALFORMED, 0));
}

#[test]
fn hazard_3_a_missing_or_short_iv_is_an_answer_and_no_panic() {
    let cases = [
        (ContentEncryption::A256CbcHs512, nested(), 16),
        (ContentEncryption::A256Gcm, Token::gcm(signed()), 12),
    ];
    for (content, token, right) in cases {
        assert_eq!(open_as(content, &token.clone().with_part(2, []).text()), (MALFORMED, 0));
        for len in (1..=64).filter(|len| *len != right) {
            assert_eq!(
                open_as(content, &token.clone().cut(2, len).text()),
                (DECRYPTION, 0),
                "{content:?} {len}"
            );
        }
    }
}

#[test]
fn hazard_4_a_short_encrypted_key_is_an_answer_and_no_panic() {
    for alg in
        ["A128KW", "A192KW", "A256KW", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "PBES2-HS256+A128KW", "A128GCMKW"]
    {
        let token = Token::new(&with(HEADER, &json!({"alg": alg})), signed());
        for len in 1..=24 {
            assert_eq!(open(&token.clone().cut(1, len).text()), (ALGORITHM, 0), "{alg} {len}");
        }
        assert_eq!(open(&token.with_part(1, []).text()), (MALFORMED, 0), "{alg}");
    }
    for len in (1..=512).filter(|len| *len != 256) {
        assert_eq!(open(&nested().cut(1, len).text()), (DECRYPTION, 0), "{len}");
    }
}

#[test]
fn hazard_5_nothing_is_inflated() {
    let mut header = JweHeader::new();
    header.set_content_encryption("A256CBC-HS512");
    header.set_compression("DEF");
    header.set_token_type("JWT");
    header.set_content_type("JWT");
    let encrypter = RSA_OAEP.encrypter_from_jwk(&our_key()).unwrap();
    let bomb = serialize_compact(&vec![b'a'; 4_000_000], &header, &encrypter).unwrap();
    assert!(bomb.len() < 64 * 1024);
    assert_eq!(open(&bomb), (ALGORITHM, 0));
    for zip in [json!("DEF"), json!("def"), json!("GZ"), json!(""), json!(1), json!([]), json!({})] {
        let token = Token::new(&with(HEADER, &json!({"zip": zip})), signed());
        assert_eq!(open(&token.text()), (ALGORITHM, 0), "{zip}");
    }
    assert_eq!(open(&Token::new(&HEADER.replace('}', r#","zip":null}"#), signed()).text()), (ALGORITHM, 0));
}

/// Values of `crit`, written out since some are no JSON that a map could hold.
const CRITS: [&str; 9] =
    ["[]", r#"["x"]"#, r#"["exp"]"#, r#"["b64"]"#, r#"["alg"]"#, r#"["crit"]"#, "null", r#""exp""#, "{}"];

#[test]
fn hazard_6_critical_extensions_are_refused_in_encrypted_tokens() {
    for crit in CRITS {
        let header = HEADER.replace('}', &format!(r#","crit":{crit},"exp":1,"x":1,"b64":true}}"#));
        assert_eq!(open(&Token::new(&header, signed()).text()), (ALGORITHM, 0), "{crit}");
        let header = HEADER.replace('}', &format!(r#","crit":{crit}}}"#));
        assert_eq!(open(&Token::new(&header, signed()).text()), (ALGORITHM, 0), "{crit}");
    }
}

#[test]
fn hazard_6_critical_extensions_are_refused_in_signed_tokens() {
    for crit in CRITS {
        let header = format!(r#"{{"alg":"RS256","kid":"abc123321cba","crit":{crit}}}"#);
        let operations = Operations::new();
        assert_eq!(verify_signed(&operations, &resigned(&header)), ALGORITHM, "{crit}");
        assert_eq!(operations.counts().verify, 0);
    }
}

/// A token with a header of the caller's choice under the issuer's own good signature.
fn resigned(header: &str) -> String {
    use josekit::jws::{JwsSigner as _, RS256};
    let key = josekit::jwk::Jwk::from_bytes(SIGNING_KEY).unwrap();
    let input = compact(header, &Value::Object(claims()).to_string(), "");
    let input = input.trim_end_matches('.');
    let signature = RS256.signer_from_jwk(&key).unwrap().sign(input.as_bytes()).unwrap();
    format!("{input}.{}", crate::forge::encode(signature))
}

#[test]
fn a_header_of_ones_own_under_a_good_signature_counts_otherwise() {
    let token = resigned(r#"{"alg":"RS256","kid":"abc123321cba"}"#);
    assert_eq!(verify_signed(&Operations::new(), &token), Ok(claims()));
}

#[test]
fn hazard_7_debug_shows_no_key_and_no_claim() {
    let (rsa, point) = (rsa_signer(), signer(SIGNING_KEY_P256));
    let verified = verify(&Operations::new(), &[SigningAlgorithm::RS256], &keys(), &signed()).unwrap();
    let encryption_key = keys().encryption_key(KeyEncryption::RsaOaep).unwrap();
    let shown = format!(
        "{rsa:?}{point:?}{:?}{:?}{encryption_key:?}{verified:?}{:#?}{:#?}{encryption_key:#?}{verified:#?}",
        ring(),
        keys(),
        ring(),
        keys(),
    );
    for key in [DECRYPTION_KEY, SIGNING_KEY, SIGNING_KEY_P256] {
        let key: tunnus_sdk::Claims = serde_json::from_str(key).unwrap();
        for name in ["n", "x", "d", "p", "q", "dp", "dq", "qi"] {
            let Some(Value::String(secret)) = key.get(name) else { continue };
            assert!(!shown.contains(secret.as_str()), "{name}");
            let bytes = format!("{:?}", crate::forge::decode(secret));
            assert!(!shown.contains(bytes.trim_matches(['[', ']'])), "{name}");
        }
    }
    assert!(!shown.contains("070770-905D") && !shown.contains("issuer.example"));
    assert!(shown.len() < 4000, "{shown}");
}

#[test]
fn hazard_8_claims_are_given_as_they_came_and_none_is_taken_for_granted() {
    for claims in [json!({}), json!({"exp": 1}), json!({"aud": []}), json!({"iat": 1e18, "nbf": "soon"})] {
        let claims = claims.as_object().unwrap();
        let token = rsa_signer().sign(&Operations::new(), SigningAlgorithm::RS256, None, claims).unwrap();
        // Nothing is judged, so nothing seems judged: who wants `exp` finds that it is absent.
        assert_eq!(verify_signed(&Operations::new(), token.expose_str()).as_ref(), Ok(claims));
    }
}

#[test]
fn a_token_of_a_type_of_its_own_is_taken_for_no_other() {
    let claims = json!({"sub": "x"});
    let verified = |typ: Option<&'static str>| {
        let claims = claims.as_object().unwrap();
        let token = rsa_signer().sign(&Operations::new(), SigningAlgorithm::RS256, typ, claims).unwrap();
        let verified =
            verify(&Operations::new(), &[SigningAlgorithm::RS256], &keys(), token.expose_str()).unwrap();
        verified.into_untyped().is_ok()
    };
    for typ in [None, Some("JWT"), Some("jwt"), Some("application/jwt"), Some("JOSE")] {
        assert!(verified(typ), "{typ:?}");
    }
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "logout+jwt", "oauth-authz-req+jwt", "+jwt"] {
        assert!(!verified(Some(typ)), "{typ}");
    }
}

#[test]
fn hazard_9_no_error_says_more_than_its_fixed_text() {
    use std::error::Error;
    let secret = "070770-905D";
    let header = with(HEADER, &json!({"alg": secret, "enc": secret, "kid": secret}));
    let tokens = [
        Token::new(&header, signed()).text(),
        nested().flip(1, 0, 1).text(),
        compact(&header, secret, secret),
        format!("{secret}.{secret}.{secret}"),
    ];
    let mut errors: Vec<Box<dyn Error>> = Vec::new();
    for token in &tokens {
        let demand = demand(ContentEncryption::A256CbcHs512);
        errors.push(Box::new(decrypt(&Operations::new(), &demand, &ring(), token).unwrap_err()));
        errors.push(Box::new(
            verify(&Operations::new(), &[SigningAlgorithm::RS256], &keys(), token).unwrap_err(),
        ));
    }
    errors.push(Box::new(parse_object(format!("{{\"{secret}\":}}").as_bytes()).unwrap_err()));
    let key = with(SIGNING_KEY, &json!({"p": "AQ"}));
    errors.push(Box::new(tunnus_jose::SigningKey::parse(&Hidden::new(key)).unwrap_err()));
    errors.push(Box::new(SignError::Failed));
    errors.push(Box::new(EncryptError::Failed));
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(error.source().is_none(), "{shown}");
        for word in [secret, "openssl", "error:", ":rsa", "padding", "decrypt error", "josekit", "JoseError"]
        {
            assert!(!shown.contains(word), "{shown}");
        }
    }
}

/// Of hazard 10 the part that is ours: what leaves this crate with a secret in it wipes itself. The
/// buffers inside have their test beside them.
#[test]
fn hazard_10_secrets_leave_in_a_wrapping_that_wipes_itself() {
    let demand = demand(ContentEncryption::A256CbcHs512);
    let _: Hidden<String> = decrypt(&Operations::new(), &demand, &ring(), &nested().text()).unwrap();
    let _: Hidden<String> =
        rsa_signer().sign(&Operations::new(), SigningAlgorithm::RS256, None, &claims()).unwrap();
    let _: Hidden<String> = tunnus_jose::generate::p256(tunnus_jose::KeyUse::Signature).unwrap();
    assert!(std::mem::needs_drop::<Hidden<String>>());
}

#[test]
fn the_content_encryption_is_pinned_although_the_library_takes_any() {
    let gcm = Token::gcm(signed()).text();
    assert_eq!(open(&gcm), (ALGORITHM, 0));
    assert_eq!(open_as(ContentEncryption::A128Gcm, &gcm), (ALGORITHM, 0));
    assert_eq!(open_as(ContentEncryption::A256Gcm, &nested().text()), (ALGORITHM, 0));
}

#[test]
fn of_two_equal_members_in_a_header_neither_wins() {
    for doubled in [
        r#","alg":"RSA-OAEP"}"#,
        r#","alg":"none"}"#,
        r#","enc":"A256CBC-HS512"}"#,
        r#","kid":"mykey-123"}"#,
        r#","\u0061lg":"RSA-OAEP"}"#,
        r#","x":{"a":1,"a":1}}"#,
    ] {
        let header = HEADER.replace('}', doubled);
        assert_eq!(open(&Token::new(&header, signed()).text()), (MALFORMED, 0), "{doubled}");
    }
    for doubled in
        [r#""alg":"RS256","alg":"RS256""#, r#""alg":"none","alg":"RS256""#, r#""alg":"RS256","alg":"none""#]
    {
        assert_eq!(verify_signed(&Operations::new(), &resigned(&format!("{{{doubled}}}"))), MALFORMED);
    }
}

#[test]
fn members_that_name_a_key_an_address_or_an_effort_are_refused() {
    let values = [json!("https://attacker.example/"), json!(1), json!({}), json!([]), json!("")];
    for name in ["jku", "jwk", "x5u", "x5c", "p2c", "b64"] {
        for value in &values {
            let token = Token::new(&with(HEADER, &json!({name: value})), signed());
            assert_eq!(open(&token.text()), (ALGORITHM, 0), "{name} {value}");
            let header = with(r#"{"alg":"RS256","kid":"abc123321cba"}"#, &json!({name: value}));
            assert_eq!(verify_signed(&Operations::new(), &resigned(&header)), ALGORITHM, "{name} {value}");
        }
    }
}

#[test]
fn an_expensive_password_is_never_tried() {
    let header = json!({
        "alg": "PBES2-HS512+A256KW", "enc": "A256CBC-HS512", "cty": "JWT", "p2s": "AAAAAAAAAAA", "p2c": 1_000_000
    });
    assert_eq!(open(&Token::new(&header.to_string(), signed()).text()), (ALGORITHM, 0));
}

#[test]
fn every_error_has_a_text_of_its_own() {
    let texts = [
        KeyError::Malformed,
        KeyError::TooLarge,
        KeyError::Passphrase,
        KeyError::NotPrivate,
        KeyError::Unsupported,
        KeyError::Size,
        KeyError::Purpose,
        KeyError::Inconsistent,
        KeyError::CertificateMismatch,
        KeyError::DuplicateKid,
        KeyError::TooMany,
        KeyError::Failed,
    ]
    .map(|error| error.to_string());
    let different: std::collections::BTreeSet<_> = texts.iter().collect();
    assert_eq!(different.len(), texts.len());
    assert_eq!(Rejected(Reason::Decryption).to_string(), "rejected: decryption");
    assert_eq!(VerifyError::from(Rejected(Reason::Algorithm)).to_string(), "rejected: algorithm");
    assert_eq!(sign(&rsa_signer(), SigningAlgorithm::PS256).split('.').count(), 3);
}
