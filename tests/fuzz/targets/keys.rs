//! Keys and certificates as an admin hands them over: JWK, PEM, PKCS#12.
//!
//! The first byte says what it is for and whether a passphrase is given.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tunnus_fuzz::keys;
use tunnus_jose::{DecryptionKey, KeyUse, SigningKey, certificate, expiry, import};
use tunnus_sdk::{Hidden, Timestamp};

fuzz_target!(|input: &[u8]| {
    let Some((how, bytes)) = input.split_first() else { return };
    let usage = if how & 1 == 0 { KeyUse::Signature } else { KeyUse::Encryption };
    let passphrase = (how & 2 != 0).then(|| Hidden::from("passphrase"));
    if let Ok(imported) = import(&Hidden::new(bytes.to_vec()), passphrase.as_ref(), None, usage) {
        let public = match usage {
            KeyUse::Signature => SigningKey::parse(&imported.key).map(|key| key.public_jwk()),
            KeyUse::Encryption => DecryptionKey::parse(&imported.key).map(|key| key.public_jwk()),
        };
        let public = public.expect("what was imported can be used");
        for private in ["d", "p", "q", "dp", "dq", "qi"] {
            assert!(public.get(private).is_none(), "a private number is published");
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = expiry(text);
        let _ = certificate::check(text, &keys::SIGNING.into(), None, Timestamp(1_795_256_803));
    }
});
