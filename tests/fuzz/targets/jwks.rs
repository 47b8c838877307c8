//! An issuer's key set.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tunnus_fuzz::{Sections, forge::forge};
use tunnus_jose::{Operations, PublicKeys, public_pem, verify};
use tunnus_sdk::{ContentEncryption, KeyEncryption, SigningAlgorithm};

const SIGNING: [SigningAlgorithm; 3] =
    [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];

/// A token of the sample issuer, and the number that a set must hold to verify it.
static TOKENS: LazyLock<[(String, &str); 3]> = LazyLock::new(|| {
    let token = |how: &str| forge(&Sections::of(how.as_bytes()).expect("text"));
    let rsa = "muNJBpq6VtZbGj0kb5YeMe5lE14CZ4OAKnY6Epzholp61rVrrWRlErmyV9C8J4G6jCgDKrGnjQp143gD71ATVLIus";
    [
        (token("sign=ES256\n---\n{\"alg\":\"ES256\"}"), "r6-B5A4eM39bhWFA3k7_cn2IGZt84uN4RKs55hr73XU"),
        (token("sign=RS256\n---\n{\"alg\":\"RS256\"}"), rsa),
        (token("sign=PS256\n---\n{\"alg\":\"PS256\",\"kid\":\"abc123321cba\"}"), rsa),
    ]
});

fuzz_target!(|document: &[u8]| {
    if let Ok(Value::Object(set)) = serde_json::from_slice(document) {
        for jwk in set.get("keys").and_then(Value::as_array).into_iter().flatten() {
            if let Ok(pem) = public_pem(jwk) {
                assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----"));
            }
        }
    }
    let Ok(keys) = PublicKeys::parse(document) else { return };
    let text = String::from_utf8_lossy(document);
    for (token, number) in &*TOKENS {
        if verify(&Operations::new(), &SIGNING, &keys, token).is_ok() {
            // A member may be written with escapes; then nothing can be said.
            assert!(text.contains(number) || text.contains('\\'), "verified without the key");
        }
    }
    let twice = keys.merged_with(&keys);
    assert_eq!(format!("{twice:?}"), format!("{keys:?}"), "a set and itself are the set");
    for algorithm in [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256] {
        if let Some(key) = keys.encryption_key(algorithm) {
            let sealed = key.encrypt(&Operations::new(), ContentEncryption::A256Gcm, None, None, "text");
            assert!(sealed.is_ok(), "a key that is offered encrypts");
        }
    }
});
