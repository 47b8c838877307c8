//! Tokens with good cryptography and odd content: what is let in is what was demanded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tunnus_fuzz::{Sections, forge::forge, keys};
use tunnus_jose::{Operations, decrypt, verify};
use tunnus_sdk::{ContentEncryption, Encryption, KeyEncryption, SigningAlgorithm, json::parse_object};

const REFUSED: [&str; 8] = ["zip", "crit", "b64", "jku", "jwk", "x5u", "x5c", "p2c"];

fuzz_target!(|input: &[u8]| {
    let Some(input) = Sections::of(input) else { return };
    let token = forge(&input);
    let operations = Operations::new();
    let demand =
        Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A256CbcHs512] };
    let inner = match decrypt(&operations, &demand, &keys::RING, &token) {
        Ok(inner) => {
            let header = header(&token);
            assert!(header["alg"] == "RSA-OAEP" && header["enc"] == "A256CBC-HS512", "as demanded");
            inner.expose().clone()
        }
        Err(_) => token,
    };
    if let Ok(verified) = verify(&operations, &[SigningAlgorithm::ES256], &keys::ISSUER, &inner) {
        assert_eq!(header(&inner)["alg"], "ES256", "as demanded");
        let payload = inner.split('.').nth(1).expect("a payload");
        let payload = parse_object(&decode(payload)).expect("strict JSON");
        assert_eq!(verified.claims, payload, "the claims are what was signed");
        let is_typed = verified.typ.as_deref().is_some_and(|typ| typ.to_ascii_lowercase().ends_with("+jwt"));
        assert_eq!(verified.into_untyped().is_err(), is_typed);
    }
});

/// The header, of which nothing may be refused.
fn header(token: &str) -> Value {
    let header = decode(token.split('.').next().expect("a header"));
    let header = parse_object(&header).expect("strict JSON");
    assert!(REFUSED.iter().all(|name| !header.contains_key(*name)), "a header that changes the meaning");
    Value::Object(header)
}

fn decode(part: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(part).expect("base64url")
}
