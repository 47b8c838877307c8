//! Keys and certificates as vendors and authorities hand them over.

use openssl::{
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    rsa::Rsa,
    symm::Cipher,
    x509::{X509, X509Req},
};
use serde_json::Value;
use tunnus_jose::{
    CertificateError, DecryptionKey, KeyError, KeyUse, SigningKey,
    certificate::{check, request, self_signed},
    generate, import, public_pem, renamed, to_pem,
};
use tunnus_sdk::{Hidden, SigningAlgorithm, Timestamp};

const NOW: Timestamp = Timestamp(1_795_256_803);
const FROM_TO: (Timestamp, Timestamp) = (Timestamp(1_795_000_000), Timestamp(1_796_000_000));

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn point(curve: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
}

fn pem(key: &PKey<Private>) -> Vec<u8> {
    key.private_key_to_pem_pkcs8().unwrap()
}

fn text(pem: Vec<u8>) -> Hidden<String> {
    Hidden::new(String::from_utf8(pem).unwrap())
}

fn taken(bytes: Vec<u8>, passphrase: Option<&str>, usage: KeyUse) -> Result<Hidden<String>, KeyError> {
    let passphrase = passphrase.map(Hidden::from);
    import(&Hidden::new(bytes), passphrase.as_ref(), None, usage).map(|imported| imported.key)
}

#[test]
fn every_form_of_a_key_is_the_same_key() {
    let key = rsa();
    let plain = taken(pem(&key), None, KeyUse::Signature).unwrap();
    let kid = SigningKey::parse(&plain).unwrap().kid().to_owned();
    let certificate = self_signed(&plain, "client-1", FROM_TO).unwrap();
    let certificate = X509::from_pem(certificate.as_bytes()).unwrap();
    let p12 = Pkcs12::builder().pkey(&key).cert(&certificate).build2("secret").unwrap().to_der().unwrap();
    let protected = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret").unwrap();
    for (bytes, passphrase) in [
        (plain.expose_str().as_bytes().to_vec(), None),
        (key.rsa().unwrap().private_key_to_pem().unwrap(), None),
        (protected, Some("secret")),
        (p12.clone(), Some("secret")),
    ] {
        let again = taken(bytes, passphrase, KeyUse::Signature).unwrap();
        assert_eq!(SigningKey::parse(&again).unwrap().kid(), kid);
    }
    let passphrase = Hidden::from("secret");
    let imported = import(&Hidden::new(p12), Some(&passphrase), Some("vendor:7"), KeyUse::Signature).unwrap();
    assert_eq!(SigningKey::parse(&imported.key).unwrap().kid(), "vendor:7");
    assert!(imported.certificates.unwrap().starts_with("-----BEGIN CERTIFICATE-----\n"));
    let opening = taken(pem(&key), None, KeyUse::Encryption).unwrap();
    assert!(DecryptionKey::parse(&opening).is_ok() && SigningKey::parse(&opening).is_err());
    let curve = taken(pem(&point(Nid::X9_62_PRIME256V1)), None, KeyUse::Signature).unwrap();
    assert!(SigningKey::parse(&curve).unwrap().supports(SigningAlgorithm::ES256));
}

#[test]
fn certificates_are_given_without_the_key_that_stood_beside_them() {
    let key = rsa();
    let private = text(pem(&key));
    let own = self_signed(&private, "client-1", FROM_TO).unwrap();
    let p12 = Pkcs12::builder().pkey(&key).build2("secret").unwrap().to_der().unwrap();
    for (bytes, certificates) in [
        (format!("{}{own}", private.expose_str()).into_bytes(), Some(own.clone())),
        (pem(&key), None),
        (p12, None),
    ] {
        let passphrase = Hidden::from("secret");
        let imported = import(&Hidden::new(bytes), Some(&passphrase), None, KeyUse::Signature).unwrap();
        assert_eq!(imported.certificates, certificates);
    }
}

#[test]
fn what_is_no_key_of_ours_is_refused_by_its_name() {
    let key = rsa();
    let p12 = Pkcs12::builder().pkey(&key).build2("secret").unwrap().to_der().unwrap();
    let protected = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret").unwrap();
    let small = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let marked = generate::rsa(2048, KeyUse::Encryption).unwrap().expose_str().as_bytes().to_vec();
    let sign = KeyUse::Signature;
    for (bytes, passphrase, usage, expected) in [
        (p12.clone(), Some("Secret"), sign, KeyError::WrongPassphrase),
        (p12, None, sign, KeyError::Passphrase),
        (protected.clone(), Some("Secret"), sign, KeyError::WrongPassphrase),
        (protected.clone(), Some("s".repeat(5_000).leak() as &str), sign, KeyError::WrongPassphrase),
        (protected, None, sign, KeyError::Passphrase),
        (pem(&small), None, sign, KeyError::Size),
        (pem(&point(Nid::SECP384R1)), None, sign, KeyError::Unsupported),
        (pem(&point(Nid::X9_62_PRIME256V1)), None, KeyUse::Encryption, KeyError::Unsupported),
        (marked, None, sign, KeyError::Purpose),
        (key.public_key_to_pem().unwrap(), None, sign, KeyError::NotPrivate),
        (vec![b'x'; 10 * 1024 * 1024], None, sign, KeyError::TooLarge),
        (vec![0xff; 100], None, sign, KeyError::Malformed),
        (b"junk".to_vec(), None, sign, KeyError::Malformed),
    ] {
        assert_eq!(taken(bytes, passphrase, usage).unwrap_err(), expected);
    }
}

#[test]
fn a_key_takes_a_vendors_name_and_no_nonsense() {
    let key = generate::p256(KeyUse::Signature).unwrap();
    let other = renamed(&key, "vendor/2026#1", KeyUse::Signature).unwrap();
    assert_eq!(SigningKey::parse(&other).unwrap().kid(), "vendor/2026#1");
    for nonsense in ["", "a\"b", "a\\b", "a b", "a\nb", "ä", &"x".repeat(257)] {
        assert_eq!(renamed(&key, nonsense, KeyUse::Signature).unwrap_err(), KeyError::Name, "{nonsense}");
    }
}

#[test]
fn a_public_key_is_the_same_in_every_form() {
    let key = generate::rsa(2048, KeyUse::Signature).unwrap();
    let parsed = SigningKey::parse(&key).unwrap();
    assert_eq!(public_pem(&parsed.public_jwk()).unwrap(), parsed.public_pem().unwrap());
    assert_eq!(public_pem(&Value::Null).unwrap_err(), KeyError::Malformed);
    let again = taken(to_pem(&key).unwrap().expose_str().as_bytes().to_vec(), None, KeyUse::Signature);
    assert_eq!(SigningKey::parse(&again.unwrap()).unwrap().kid(), parsed.kid());
}

#[test]
fn a_certificate_is_asked_for_in_the_name_of_its_key() {
    let key = generate::p256(KeyUse::Signature).unwrap();
    let pem = request(&key, &[("O", "Acme Oy"), ("CN", "client-1")]).unwrap();
    let asked = X509Req::from_pem(pem.as_bytes()).unwrap();
    assert!(asked.verify(&asked.public_key().unwrap()).unwrap());
    let names: Vec<_> = asked.subject_name().entries().map(|one| one.data().to_string().unwrap()).collect();
    assert_eq!(names, ["Acme Oy", "client-1"]);
    assert_eq!(request(&key, &[("nonsense", "x")]).unwrap_err(), KeyError::Failed);
}

#[test]
fn only_the_certificate_that_was_asked_for_is_taken() {
    let (key, other) =
        (generate::p256(KeyUse::Signature).unwrap(), generate::p256(KeyUse::Signature).unwrap());
    let good = self_signed(&key, "client-1", FROM_TO).unwrap();
    let another = self_signed(&other, "client-1", FROM_TO).unwrap();
    let judge = |pem: &str, now| check(pem, &key, Some("client-1"), now);
    for now in [FROM_TO.0, NOW, Timestamp(FROM_TO.1.0 - 1)] {
        let taken = judge(&good, now).unwrap();
        assert_eq!((taken.chain.as_str(), taken.not_after), (good.as_str(), FROM_TO.1));
    }
    let subject = self_signed(&key, "client-2", FROM_TO).unwrap();
    for (pem, now, expected) in [
        (another.as_str(), NOW, CertificateError::AnotherKey),
        (subject.as_str(), NOW, CertificateError::AnotherSubject),
        (good.as_str(), Timestamp(FROM_TO.0.0 - 1), CertificateError::NotYetValid),
        (good.as_str(), FROM_TO.1, CertificateError::Ended),
        (&format!("{good}{another}"), NOW, CertificateError::Chain),
        ("junk", NOW, CertificateError::Malformed),
        (&"x".repeat(10 * 1024 * 1024), NOW, CertificateError::TooLarge),
    ] {
        assert_eq!(judge(pem, now).unwrap_err(), expected);
    }
}

#[test]
fn a_chain_is_put_in_order() {
    use openssl::{asn1::Asn1Time, hash::MessageDigest, x509::X509Builder};
    let authority = generate::p256(KeyUse::Signature).unwrap();
    let root = X509::from_pem(self_signed(&authority, "Authority", FROM_TO).unwrap().as_bytes()).unwrap();
    let signer = PKey::private_key_from_pem(to_pem(&authority).unwrap().expose_str().as_bytes()).unwrap();
    let key = text(pem(&point(Nid::X9_62_PRIME256V1)));
    let own = X509::from_pem(self_signed(&key, "client-1", FROM_TO).unwrap().as_bytes()).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_subject_name(own.subject_name()).unwrap();
    builder.set_issuer_name(root.subject_name()).unwrap();
    builder.set_not_before(own.not_before()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(FROM_TO.1.0 + 9).unwrap()).unwrap();
    builder.set_pubkey(&own.public_key().unwrap()).unwrap();
    builder.sign(&signer, MessageDigest::sha256()).unwrap();
    let of = |one: &X509| String::from_utf8(one.to_pem().unwrap()).unwrap();
    let (leaf, root) = (of(&builder.build()), of(&root));
    let taken = check(&format!("{root}{leaf}"), &key, Some("client-1"), NOW).unwrap();
    assert_eq!((taken.chain, taken.not_after), (format!("{leaf}{root}"), FROM_TO.1));
}

#[test]
fn a_passphrase_that_is_no_c_string_opens_nothing_and_is_not_told() {
    let key = rsa();
    let p12 = Pkcs12::builder().pkey(&key).build2("secret").unwrap().to_der().unwrap();
    let protected = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret").unwrap();
    for bytes in [p12, protected] {
        let error = taken(bytes, Some("secret\0hush"), KeyUse::Signature).unwrap_err();
        assert_eq!(error, KeyError::WrongPassphrase);
    }
}
