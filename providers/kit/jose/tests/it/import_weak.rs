//! Keys that nobody should rely on, are for something else, or cost too much to open.

use base64::{Engine, engine::general_purpose::STANDARD};
use openssl::{
    bn::{BigNum, BigNumContext, BigNumRef},
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    rsa::{Rsa, RsaPrivateKeyBuilder},
};
use serde_json::{Value, json};
use tunnus_jose::{DecryptionKey, KeyError, KeyUse, SigningKey, generate, import, renamed};
use tunnus_sdk::{Hidden, SigningAlgorithm};

use crate::forge::with;

fn taken(key: &str, usage: KeyUse) -> Result<Hidden<String>, KeyError> {
    import(&Hidden::new(key.as_bytes().to_vec()), None, None, usage).map(|imported| imported.key)
}

fn opened(bytes: Vec<u8>) -> Result<(), KeyError> {
    import(&Hidden::new(bytes), Some(&Hidden::from("secret")), None, KeyUse::Signature).map(drop)
}

/// A prime number of so many bits.
fn prime(bits: i32) -> BigNum {
    let mut prime = BigNum::new().unwrap();
    prime.generate_prime(bits, false, None, None).unwrap();
    prime
}

fn product(one: &BigNumRef, other: &BigNumRef) -> BigNum {
    let mut product = BigNum::new().unwrap();
    product.checked_mul(one, other, &mut BigNumContext::new().unwrap()).unwrap();
    product
}

/// The first prime number from this one on, which is odd.
fn prime_from(mut number: BigNum) -> BigNum {
    let mut context = BigNumContext::new().unwrap();
    while !number.is_prime(20, &mut context).unwrap() {
        number.add_word(2).unwrap();
    }
    number
}

/// The key of these factors, its parts in accord; none where the exponent has no inverse.
fn rsa(e: u32, p: &BigNumRef, q: &BigNumRef) -> Option<PKey<Private>> {
    let (mut context, e) = (BigNumContext::new().unwrap(), BigNum::from_u32(e).unwrap());
    let less = |number: &BigNumRef| {
        let mut less = number.to_owned().unwrap();
        less.sub_word(1).unwrap();
        less
    };
    let mut inverse = |of: &BigNumRef, modulus: &BigNumRef| {
        let mut inverse = BigNum::new().unwrap();
        inverse.mod_inverse(of, modulus, &mut context).ok().map(|()| inverse)
    };
    let d = inverse(&e, &product(&less(p), &less(q)))?;
    let (dp, dq, qi) = (inverse(&e, &less(p))?, inverse(&e, &less(q))?, inverse(q, p)?);
    let key = RsaPrivateKeyBuilder::new(product(p, q), e, d).unwrap();
    let key = key.set_factors(p.to_owned().unwrap(), q.to_owned().unwrap()).unwrap();
    Some(PKey::from_rsa(key.set_crt_params(dp, dq, qi).unwrap().build()).unwrap())
}

/// Tries until there is one.
fn found(one: impl FnMut() -> Option<PKey<Private>>) -> String {
    let key = std::iter::repeat_with(one).flatten().next().unwrap();
    String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap()
}

#[test]
fn a_key_of_bad_numbers_is_weak_and_one_of_good_ones_is_not() {
    let composite = || product(&prime(512), &prime(512));
    let close = |p: &BigNumRef| {
        let mut near = p.to_owned().unwrap();
        near.add_word(2).unwrap();
        prime_from(near)
    };
    for (key, why) in [
        (found(|| rsa(65_537, &composite(), &prime(1024))), "a factor that is no prime"),
        (found(|| rsa(65_537, &prime(1024), &composite())), "the other"),
        (found(|| rsa(65_537, &prime(512), &prime(1536))), "a short factor"),
        (found(|| rsa(3, &prime(1024), &prime(1024))), "a small exponent"),
        (found(|| prime(1024).to_owned().ok().and_then(|p| rsa(65_537, &p, &close(&p)))), "close factors"),
    ] {
        for usage in [KeyUse::Signature, KeyUse::Encryption] {
            assert_eq!(taken(&key, usage).unwrap_err(), KeyError::Weak, "{why}");
        }
    }
    assert!(taken(&found(|| rsa(65_537, &prime(1024), &prime(1024))), KeyUse::Signature).is_ok());
}

#[test]
fn factors_are_too_short_or_too_close_to_the_bit() {
    let unlike = |short: i32| found(|| rsa(65_537, &prime(short), &prime(2048 - short)));
    let apart = |bits: i32| {
        found(|| {
            let (p, mut distance, mut far) = (prime(1024), BigNum::new().unwrap(), BigNum::new().unwrap());
            distance.set_bit(bits - 1).unwrap();
            far.checked_add(&p, &distance).unwrap();
            rsa(65_537, &p, &prime_from(far))
        })
    };
    for (key, answer, what) in [
        (unlike(1016), None, "a factor eight bits shorter than half of the modulus"),
        (unlike(1015), Some(KeyError::Weak), "one bit less"),
        (apart(925), None, "factors whose distance is hundred bits shorter than they, and one longer"),
        (apart(924), Some(KeyError::Weak), "one bit less"),
    ] {
        assert_eq!(taken(&key, KeyUse::Signature).err(), answer, "{what}");
    }
}

#[test]
fn a_point_that_is_another_numbers_is_refused_in_every_form() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let (one, other) = (EcKey::generate(&group).unwrap(), EcKey::generate(&group).unwrap());
    let mixed = EcKey::from_private_components(&group, one.private_key(), other.public_key()).unwrap();
    let sec1 = String::from_utf8(mixed.private_key_to_pem().unwrap()).unwrap();
    let pkcs8 = PKey::from_ec_key(mixed).unwrap().private_key_to_pem_pkcs8().unwrap();
    for key in [sec1, String::from_utf8(pkcs8).unwrap()] {
        assert_eq!(taken(&key, KeyUse::Signature).unwrap_err(), KeyError::Inconsistent);
    }
}

#[test]
fn a_key_that_is_marked_for_one_algorithm_stays_so_and_for_no_other_use_is_it_taken() {
    let rsa = generate::rsa(2048, KeyUse::Signature).unwrap();
    let marked = |marks: Value| with(rsa.expose_str(), &marks);
    let pss = taken(&marked(json!({ "alg": "PS256" })), KeyUse::Signature).unwrap();
    for key in [&pss, &renamed(&pss, "vendor-7", KeyUse::Signature).unwrap()] {
        let algorithms: Vec<_> = SigningKey::parse(key).unwrap().algorithms().collect();
        assert_eq!(algorithms, [SigningAlgorithm::PS256]);
    }
    let opening = marked(json!({ "use": null, "alg": "RSA-OAEP-256", "key_ops": ["unwrapKey"] }));
    let opening = taken(&opening, KeyUse::Encryption).unwrap();
    assert_eq!(DecryptionKey::parse(&opening).unwrap().public_jwk()["alg"], "RSA-OAEP-256");
    for (marks, usage) in [
        (json!({ "alg": "RSA-OAEP-256" }), KeyUse::Signature),
        (json!({ "alg": "RS512" }), KeyUse::Signature),
        (json!({ "alg": "ES256" }), KeyUse::Signature),
        (json!({ "alg": "none" }), KeyUse::Signature),
        (json!({ "alg": "RS256\",\"x\":\"" }), KeyUse::Signature),
        (json!({ "alg": "" }), KeyUse::Signature),
        (json!({ "key_ops": ["decrypt"] }), KeyUse::Signature),
        (json!({ "key_ops": [] }), KeyUse::Signature),
        (json!({ "use": "enc" }), KeyUse::Signature),
        (json!({ "use": null, "alg": "RS256" }), KeyUse::Encryption),
        (json!({ "use": null, "alg": "RSA1_5" }), KeyUse::Encryption),
        (json!({ "use": null, "key_ops": ["sign"] }), KeyUse::Encryption),
    ] {
        assert_eq!(taken(&marked(marks.clone()), usage).unwrap_err(), KeyError::Purpose, "{marks}");
    }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

/// A protected key (PBES2 with PBKDF2) that says so many rounds.
fn protected(rounds: u32) -> String {
    let oid = |bytes: &[u8]| der(0x06, bytes);
    let sequence = |parts: &[Vec<u8>]| der(0x30, &parts.concat());
    let rounds = der(0x02, &[&[0], &rounds.to_be_bytes()[..]].concat());
    let derivation = sequence(&[
        oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c]),
        sequence(&[der(0x04, b"saltsalt"), rounds]),
    ]);
    let cipher =
        sequence(&[oid(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a]), der(0x04, &[0; 16])]);
    let scheme = sequence(&[
        oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]),
        sequence(&[derivation, cipher]),
    ]);
    let whole = STANDARD.encode(sequence(&[scheme, der(0x04, &[1; 64])]));
    format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{whole}\n-----END ENCRYPTED PRIVATE KEY-----\n")
}

#[test]
fn what_would_take_too_long_to_open_is_not_opened() {
    for (rounds, error) in [
        (2_048, KeyError::WrongPassphrase),
        (2_000_000, KeyError::WrongPassphrase),
        (2_000_001, KeyError::Effort),
        (u32::MAX, KeyError::Effort),
    ] {
        assert_eq!(opened(protected(rounds).into_bytes()).unwrap_err(), error, "{rounds}");
    }
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let p12 = |rounds: u32| {
        Pkcs12::builder().pkey(&key).mac_iter(rounds).build2("secret").unwrap().to_der().unwrap()
    };
    assert!(opened(p12(100_000)).is_ok());
    assert_eq!(opened(p12(2_000_001)).unwrap_err(), KeyError::Effort);
}
