//! Keys as operators hand them over.

use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    symm::Cipher,
    x509::X509,
};
use serde_json::{Value, json};
use tunnus_jose::{DecryptionKey, DecryptionRing, KeyError, KeyUse, SigningKey, generate};
use tunnus_sdk::{Hidden, SigningAlgorithm};

use crate::forge::{DECRYPTION_KEY, SIGNING_KEY, SIGNING_KEY_P256, ring, signer, with};

fn refused(key: &str) -> KeyError {
    SigningKey::parse(&Hidden::from(key)).unwrap_err()
}

fn ring_refused(key: &str) -> KeyError {
    DecryptionRing::parse(&[Hidden::from(key)]).unwrap_err()
}

fn changed(key: &str, changes: &Value) -> KeyError {
    refused(&with(key, changes))
}

/// The sample key, read by OpenSSL through the PEM that a generated JWK has no way to give.
fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn point() -> PKey<Private> {
    point_on(Nid::X9_62_PRIME256V1)
}

fn point_on(curve: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
}

fn text(pem: Vec<u8>) -> String {
    String::from_utf8(pem).unwrap()
}

fn certificate(key: &PKey<Private>) -> String {
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(1).unwrap()).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    text(builder.build().to_pem().unwrap())
}

#[test]
fn the_sample_keys_are_taken_for_what_they_are_marked() {
    let rsa = signer(SIGNING_KEY);
    assert_eq!(rsa.kid(), "abc123321cba");
    assert_eq!(rsa.algorithms().collect::<Vec<_>>(), [SigningAlgorithm::RS256]);
    assert_eq!(signer(SIGNING_KEY_P256).algorithms().collect::<Vec<_>>(), [SigningAlgorithm::ES256]);
    let ring = DecryptionRing::parse(&[Hidden::from(DECRYPTION_KEY)]).unwrap();
    assert_eq!(ring.keys()[0].kid(), "mykey-123");
    let unmarked = signer(&with(SIGNING_KEY, &json!({"alg": null, "use": null})));
    assert_eq!(unmarked.algorithms().collect::<Vec<_>>(), [SigningAlgorithm::RS256, SigningAlgorithm::PS256]);
}

#[test]
fn a_key_without_a_kid_is_named_by_its_thumbprint() {
    let anonymous = signer(&with(SIGNING_KEY, &json!({"kid": null})));
    assert_eq!(anonymous.kid().len(), 43);
    let renamed = signer(&with(SIGNING_KEY, &json!({"kid": null}))).with_kid("on file");
    assert_eq!((renamed.kid(), &renamed.public_jwk()["kid"]), ("on file", &json!("on file")));
    let decryption = DecryptionKey::parse(&Hidden::new(with(DECRYPTION_KEY, &json!({"kid": null})))).unwrap();
    assert_eq!(decryption.kid().len(), 43);
    assert_eq!(decryption.with_kid("x").public_jwk()["kid"], "x");
}

#[test]
fn the_public_half_holds_no_private_member() {
    let shown = [
        signer(SIGNING_KEY).public_jwk(),
        signer(SIGNING_KEY_P256).public_jwk(),
        ring().public_jwks().remove(0),
    ];
    let names = shown.map(|jwk| jwk.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    assert_eq!(names[0], ["e", "kty", "n", "kid", "use", "alg"]);
    assert_eq!(names[1], ["crv", "kty", "x", "y", "kid", "use", "alg"]);
    assert_eq!(names[2], ["e", "kty", "n", "kid", "use"]);
    for pem in [signer(SIGNING_KEY).public_pem(), ring().keys()[0].public_pem()] {
        let pem = pem.unwrap();
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
        PKey::public_key_from_pem(pem.as_bytes()).unwrap();
    }
}

#[test]
fn pem_keys_of_every_usual_form_are_taken() {
    let (rsa, point) = (rsa(), point());
    for pem in [
        text(rsa.private_key_to_pem_pkcs8().unwrap()),
        text(rsa.rsa().unwrap().private_key_to_pem().unwrap()),
        text(point.private_key_to_pem_pkcs8().unwrap()),
        text(point.ec_key().unwrap().private_key_to_pem().unwrap()),
        text(rsa.private_key_to_pem_pkcs8().unwrap()).replace('\n', "\r\n"),
        format!("\n# our key\n{}\n", text(rsa.private_key_to_pem_pkcs8().unwrap())),
    ] {
        assert_eq!(signer(&pem).kid().len(), 43);
    }
}

#[test]
fn a_certificate_beside_the_key_must_be_the_keys_own() {
    let (key, other) = (rsa(), point());
    let pem = text(key.private_key_to_pem_pkcs8().unwrap());
    for with_own in [
        format!("{pem}{}", certificate(&key)),
        format!("{}{pem}", certificate(&key)),
        format!("{pem}{}{}", certificate(&other), certificate(&key)),
    ] {
        assert_eq!(signer(&with_own).with_kid("registered").kid(), "registered");
        assert!(DecryptionRing::parse(&[Hidden::new(with_own)]).is_ok());
    }
    assert_eq!(refused(&format!("{pem}{}", certificate(&other))), KeyError::CertificateMismatch);
    assert_eq!(
        refused(&format!("{pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
        KeyError::Malformed
    );
    assert_eq!(refused(&certificate(&key)), KeyError::NotPrivate);
}

#[test]
fn a_key_under_a_passphrase_is_refused_and_nobody_is_asked_for_it() {
    let key = rsa();
    for passphrase in [&b"secret"[..], b""] {
        let pkcs8 = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), passphrase).unwrap();
        assert_eq!(refused(&text(pkcs8)), KeyError::Passphrase);
    }
    let pkcs1 = key.rsa().unwrap().private_key_to_pem_passphrase(Cipher::aes_128_cbc(), b"secret").unwrap();
    assert_eq!(refused(&text(pkcs1)), KeyError::Passphrase);
}

#[test]
fn what_is_no_private_key_of_ours_is_refused() {
    let public = text(rsa().public_key_to_pem().unwrap());
    let two = [rsa(), rsa()].map(|key| text(key.private_key_to_pem_pkcs8().unwrap())).concat();
    let broken = text(rsa().private_key_to_pem_pkcs8().unwrap()).replacen("MII", "!!!", 1);
    let ed25519 = text(PKey::generate_ed25519().unwrap().private_key_to_pem_pkcs8().unwrap());
    let p384 = text(point_on(Nid::SECP384R1).private_key_to_pem_pkcs8().unwrap());
    let k256 = text(point_on(Nid::SECP256K1).private_key_to_pem_pkcs8().unwrap());
    let small =
        text(PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap().private_key_to_pem_pkcs8().unwrap());
    for (key, error) in [
        ("", KeyError::Malformed),
        ("{", KeyError::Malformed),
        ("{}", KeyError::Malformed),
        ("[]", KeyError::Malformed),
        ("password", KeyError::Malformed),
        (&"x".repeat(40_000), KeyError::TooLarge),
        (&public, KeyError::NotPrivate),
        (&two, KeyError::Malformed),
        (&broken, KeyError::Malformed),
        (&ed25519, KeyError::Unsupported),
        (&p384, KeyError::Unsupported),
        (&k256, KeyError::Unsupported),
        (&small, KeyError::Size),
        (r#"{"kty":"oct","k":"c2VjcmV0"}"#, KeyError::Unsupported),
        (r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#, KeyError::Unsupported),
        (r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA","d":"AA"}"#, KeyError::Unsupported),
        (&signer(SIGNING_KEY).public_jwk().to_string(), KeyError::NotPrivate),
        (&signer(SIGNING_KEY_P256).public_jwk().to_string(), KeyError::NotPrivate),
    ] {
        assert_eq!(refused(key), error, "{key}");
        assert_eq!(ring_refused(key), error, "{key}");
    }
}

#[test]
fn a_member_of_a_jwk_that_is_missing_broken_or_twice_is_refused() {
    for name in ["n", "e", "p", "q", "dp", "dq", "qi"] {
        assert_eq!(changed(SIGNING_KEY, &json!({name: null})), KeyError::Malformed, "{name}");
    }
    assert_eq!(changed(SIGNING_KEY, &json!({"d": null})), KeyError::NotPrivate);
    assert_eq!(changed(SIGNING_KEY, &json!({"kid": ""})), KeyError::Malformed);
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        for value in [json!(""), json!("A="), json!("A A"), json!("ä"), json!(1), json!("A".repeat(400))] {
            assert_eq!(changed(SIGNING_KEY, &json!({name: value})), KeyError::Malformed, "{name} {value}");
        }
    }
    for name in ["x", "y"] {
        for value in ["", "AA", &"A".repeat(43)] {
            assert_eq!(
                changed(SIGNING_KEY_P256, &json!({name: value})),
                KeyError::Malformed,
                "{name} {value}"
            );
        }
    }
    let twice = SIGNING_KEY.replacen('{', r#"{"d":"AQAB","#, 1);
    assert_eq!(refused(&twice), KeyError::Malformed);
    assert_eq!(changed(SIGNING_KEY, &json!({"oth": []})), KeyError::Unsupported);
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let other: Value = serde_json::from_str(DECRYPTION_KEY).unwrap();
    assert_eq!(
        changed(SIGNING_KEY, &json!({"d": other["d"], "p": other["p"], "q": other["q"]})),
        KeyError::Inconsistent
    );
    for name in ["n", "d", "p", "q", "dp", "dq", "qi"] {
        for value in [&other[name], &json!("AQ"), &json!("Ag")] {
            if name != "n" || *value == other[name] {
                let error = changed(SIGNING_KEY, &json!({name: value}));
                assert_eq!(error, KeyError::Inconsistent, "{name} {value}");
            }
        }
    }
    assert_eq!(changed(SIGNING_KEY, &json!({"e": "Aw"})), KeyError::Inconsistent);
    for scalar in [json!("AQ"), json!("A".repeat(43)), json!("_".repeat(42) + "8")] {
        assert_eq!(changed(SIGNING_KEY_P256, &json!({"d": scalar})), KeyError::Inconsistent);
    }
}

#[test]
fn a_key_marked_for_something_else_is_refused() {
    for marks in [
        json!({"use": "enc"}),
        json!({"use": "tls"}),
        json!({"use": ""}),
        json!({"alg": "RSA-OAEP"}),
        json!({"alg": "ES256"}),
        json!({"alg": "RS512"}),
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"key_ops": ["verify"]}),
        json!({"key_ops": []}),
        json!({"key_ops": ["decrypt"]}),
    ] {
        assert_eq!(changed(SIGNING_KEY, &marks), KeyError::Purpose, "{marks}");
    }
    for marks in [
        json!({"use": "sig"}),
        json!({"alg": "RSA1_5"}),
        json!({"alg": "RS256"}),
        json!({"alg": "dir"}),
        json!({"alg": "RSA-OAEP-512"}),
        json!({"key_ops": ["encrypt"]}),
        json!({"key_ops": ["sign"]}),
    ] {
        assert_eq!(ring_refused(&with(DECRYPTION_KEY, &marks)), KeyError::Purpose, "{marks}");
    }
    assert_eq!(ring_refused(SIGNING_KEY), KeyError::Purpose);
    assert_eq!(refused(DECRYPTION_KEY), KeyError::Purpose);
    assert_eq!(ring_refused(SIGNING_KEY_P256), KeyError::Unsupported);
    assert!(
        SigningKey::parse(&Hidden::new(with(SIGNING_KEY, &json!({"key_ops": ["sign", "verify"]})))).is_ok()
    );
}

#[test]
fn a_ring_holds_at_most_four_keys_and_no_name_twice() {
    let named = |kid: usize| Hidden::new(with(DECRYPTION_KEY, &json!({"kid": kid.to_string()})));
    let keys: Vec<_> = (0..5).map(named).collect();
    assert_eq!(DecryptionRing::parse(&keys[..4]).unwrap().keys().len(), 4);
    assert_eq!(DecryptionRing::parse(&keys).unwrap_err(), KeyError::TooMany);
    let twice = [named(1), named(2), named(1)];
    assert_eq!(DecryptionRing::parse(&twice).unwrap_err(), KeyError::DuplicateKid);
    assert!(DecryptionRing::parse(&[]).unwrap().public_jwks().is_empty());
}

#[test]
fn generated_keys_are_taken_back_under_their_thumbprint() {
    for bits in [2048, 3072] {
        let key = generate::rsa(bits, KeyUse::Encryption).unwrap();
        let jwk: Value = serde_json::from_str(key.expose_str()).unwrap();
        let ring = DecryptionRing::parse(std::slice::from_ref(&key)).unwrap();
        assert_eq!(jwk["kid"], ring.keys()[0].kid());
        assert_eq!(jwk["use"], "enc");
        assert_eq!(refused(key.expose_str()), KeyError::Purpose);
        let unnamed =
            DecryptionKey::parse(&Hidden::new(with(key.expose_str(), &json!({"kid": null})))).unwrap();
        assert_eq!(jwk["kid"], unnamed.kid());
    }
    let point = generate::p256(KeyUse::Signature).unwrap();
    let jwk: Value = serde_json::from_str(point.expose_str()).unwrap();
    assert_eq!(
        (signer(point.expose_str()).kid(), &jwk["use"]),
        (jwk["kid"].as_str().unwrap(), &json!("sig"))
    );
    assert!(
        signer(generate::rsa(2048, KeyUse::Signature).unwrap().expose_str())
            .supports(SigningAlgorithm::PS256)
    );
}

#[test]
fn a_generated_key_is_written_into_a_buffer_that_never_grew() {
    // Growing leaves a copy of the secret behind, and room to spare.
    for key in [generate::rsa(2048, KeyUse::Signature), generate::p256(KeyUse::Signature)] {
        let key = key.unwrap();
        assert_eq!(key.expose().capacity(), key.expose().len() + 1);
    }
}

#[test]
fn keys_of_other_sizes_or_uses_are_not_generated() {
    for bits in [0, 512, 1024, 2047, 4097, u32::MAX] {
        assert_eq!(generate::rsa(bits, KeyUse::Signature).unwrap_err(), KeyError::Size);
    }
    assert_eq!(generate::p256(KeyUse::Encryption).unwrap_err(), KeyError::Purpose);
}
