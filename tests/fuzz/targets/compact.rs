//! Any text as a token: the strict parser, and whatever it lets through to the keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunnus_fuzz::keys;
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
    let Ok(token) = std::str::from_utf8(input) else { return };
    let token = token.strip_suffix('\n').unwrap_or(token);
    let operations = Operations::new();
    if verify(&operations, &SIGNING, &keys::ISSUER, token).is_ok() {
        assert!(is_plain(token), "one value has one form");
    }
    for algorithm in [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256] {
        let demand = Encryption { algorithm, contents: CONTENTS.to_vec() };
        if let Ok(inner) = decrypt(&operations, &demand, &keys::RING, token) {
            assert!(is_plain(token), "one value has one form");
            assert_eq!(inner.expose_str().split('.').count(), 3, "what is inside is a signed token");
        }
    }
    let counts = operations.counts();
    assert!(counts.decrypt <= 2 && counts.verify <= 8, "a token's work is bounded");
});

fn is_plain(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
