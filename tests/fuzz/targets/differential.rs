//! What our door lets in, other libraries let in too, with the same claims.
//!
//! One way only: ours may be the stricter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tunnus_fuzz::{Sections, forge::forge, keys, second};
use tunnus_jose::{Operations, decrypt, verify};
use tunnus_sdk::{ContentEncryption, Encryption, KeyEncryption, SigningAlgorithm};

const SIGNING: [SigningAlgorithm; 3] =
    [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
const CONTENTS: [ContentEncryption; 5] = [
    ContentEncryption::A128CbcHs256,
    ContentEncryption::A192CbcHs384,
    ContentEncryption::A256CbcHs512,
    ContentEncryption::A128Gcm,
    ContentEncryption::A256Gcm,
];

fuzz_target!(|input: &[u8]| {
    let Some(input) = Sections::of(input) else { return };
    let mut token = forge(&input);
    let operations = Operations::new();
    for algorithm in [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256] {
        let demand = Encryption { algorithm, contents: CONTENTS.to_vec() };
        if let Ok(inner) = decrypt(&operations, &demand, &keys::RING, &token) {
            let other = second::decrypt(&token);
            assert_eq!(other.as_ref(), Some(inner.expose()), "the other library does not open it so");
            token = inner.expose().clone();
            break;
        }
    }
    if let Ok(verified) = verify(&operations, &SIGNING, &keys::ISSUER, &token) {
        let claims = Some(Value::Object(verified.claims));
        assert_eq!(second::verify(&token), claims, "the other library does not verify it so");
    }
});
