//! Signatures that are almost right.

use josekit::jwk::{Jwk, KeyPair as _, alg::rsa::RsaKeyPair};
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Padding,
    sign::{RsaPssSaltlen, Signer},
};
use tunnus_jose::{
    DecryptionKey, DecryptionRing, EncryptionKey, Operations, PublicKeys, SigningKey, VerifyError, verify,
};
use tunnus_sdk::{Reason, SigningAlgorithm};

use crate::forge::{SIGNING_KEY, SIGNING_KEY_P256, encode, keys, sign, signer};

/// The issuer's own key: what is wrong below is only how it signs.
fn issuer() -> PKey<Private> {
    let jwk = Jwk::from_bytes(SIGNING_KEY).unwrap();
    PKey::private_key_from_pem(&RsaKeyPair::from_jwk(&jwk).unwrap().to_pem_private_key()).unwrap()
}

/// A token of the issuer's with a signature made as `how` says.
fn signed(alg: &str, digest: MessageDigest, how: impl FnOnce(&mut Signer<'_>)) -> String {
    let input = format!(r#"{{"alg":"{alg}","kid":"abc123321cba"}}"#);
    let input = format!("{}.{}", encode(input), encode(r#"{"sub":"a"}"#));
    let key = issuer();
    let mut signer = Signer::new(digest, &key).unwrap();
    how(&mut signer);
    signer.update(input.as_bytes()).unwrap();
    format!("{input}.{}", encode(signer.sign_to_vec().unwrap()))
}

fn pss(salt: RsaPssSaltlen, mask: MessageDigest) -> impl FnOnce(&mut Signer<'_>) {
    move |signer| {
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_mgf1_md(mask).unwrap();
        signer.set_rsa_pss_saltlen(salt).unwrap();
    }
}

fn said(algorithm: SigningAlgorithm, token: &str) -> Option<VerifyError> {
    verify(&Operations::new(), &[algorithm], &keys(), token).err()
}

const SIGNATURE: Option<VerifyError> = Some(VerifyError::Rejected(Reason::Signature));

#[test]
fn ps256_wants_sha_256_throughout_and_a_salt_of_its_length() {
    let (sha1, sha256, sha512) = (MessageDigest::sha1(), MessageDigest::sha256(), MessageDigest::sha512());
    let salt = RsaPssSaltlen::custom;
    let right = signed("PS256", sha256, pss(RsaPssSaltlen::DIGEST_LENGTH, sha256));
    assert_eq!(said(SigningAlgorithm::PS256, &right), None);
    for len in (0..32).chain(33..80) {
        let token = signed("PS256", sha256, pss(salt(len), sha256));
        assert_eq!(said(SigningAlgorithm::PS256, &token), SIGNATURE, "salt of {len}");
    }
    let maximum = signed("PS256", sha256, pss(RsaPssSaltlen::MAXIMUM_LENGTH, sha256));
    assert_eq!(said(SigningAlgorithm::PS256, &maximum), SIGNATURE);
    for (digest, mask) in [(sha256, sha1), (sha256, sha512), (sha1, sha1), (sha512, sha512), (sha512, sha256)]
    {
        let token = signed("PS256", digest, pss(salt(32), mask));
        assert_eq!(said(SigningAlgorithm::PS256, &token), SIGNATURE);
    }
}

#[test]
fn rs256_wants_sha_256() {
    let pkcs1 = |signer: &mut Signer<'_>| signer.set_rsa_padding(Padding::PKCS1).unwrap();
    assert_eq!(said(SigningAlgorithm::RS256, &signed("RS256", MessageDigest::sha256(), pkcs1)), None);
    for digest in
        [MessageDigest::sha1(), MessageDigest::md5(), MessageDigest::sha384(), MessageDigest::sha512()]
    {
        assert_eq!(said(SigningAlgorithm::RS256, &signed("RS256", digest, pkcs1)), SIGNATURE);
    }
}

#[test]
fn a_signature_of_one_algorithm_is_none_of_another() {
    let sha256 = MessageDigest::sha256();
    let salted = signed("RS256", sha256, pss(RsaPssSaltlen::DIGEST_LENGTH, sha256));
    assert_eq!(said(SigningAlgorithm::RS256, &salted), SIGNATURE);
    let unsalted = signed("PS256", sha256, |signer| signer.set_rsa_padding(Padding::PKCS1).unwrap());
    assert_eq!(said(SigningAlgorithm::PS256, &unsalted), SIGNATURE);
}

/// Numbers that a careless verifier takes: zero, one, the order, and the same signature in DER.
#[test]
fn a_point_signature_of_odd_numbers_or_form_verifies_nothing() {
    let token = sign(&signer(SIGNING_KEY_P256), SigningAlgorithm::ES256);
    let (input, right) = token.rsplit_once('.').unwrap();
    let order = crate::forge::decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
    let one = [vec![0; 31], vec![1]].concat();
    let numbers = [vec![0; 32], one, order, vec![0xff; 32]];
    let mut signatures: Vec<Vec<u8>> =
        numbers.iter().flat_map(|r| numbers.iter().map(|s| [r.clone(), s.clone()].concat())).collect();
    let right = crate::forge::decode(right);
    let (r, s) = right.split_at(32);
    let number = |bytes| openssl::bn::BigNum::from_slice(bytes).unwrap();
    let der = openssl::ecdsa::EcdsaSig::from_private_components(number(r), number(s)).unwrap();
    signatures.extend([vec![0], vec![0; 63], vec![0; 65], vec![0; 128], vec![0x30, 6, 2, 1, 0, 2, 1, 0]]);
    signatures.extend([der.to_der().unwrap(), [s, r].concat(), [&right[..], &[0]].concat()]);
    for signature in signatures {
        let forged = format!("{input}.{}", encode(signature));
        assert_eq!(said(SigningAlgorithm::ES256, &forged), SIGNATURE);
    }
}

#[test]
fn keys_are_shared_between_threads() {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<SigningKey>();
    is_shared::<DecryptionKey>();
    is_shared::<DecryptionRing>();
    is_shared::<PublicKeys>();
    is_shared::<EncryptionKey>();
    is_shared::<Operations>();
}
