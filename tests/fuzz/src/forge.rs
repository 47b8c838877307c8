//! A forger who holds the issuer's keys: tokens whose cryptography is right and whose headers,
//! payloads and lengths are the input's.
//!
//! Bytes that are merely mutated never get past a signature. Here the input says what is written and
//! how it is signed and encrypted, so that whatever is odd arrives with a good signature on it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    ecdsa::EcdsaSig,
    encrypt::Encrypter,
    hash::MessageDigest,
    pkey::PKey,
    rsa::Padding,
    sha::sha256,
    sign::{RsaPssSaltlen, Signer},
    symm::{Cipher, encrypt, encrypt_aead},
};

use crate::{Sections, keys};

/// How a token is made, by words: `nested sign=PS256 wrap=RSA-OAEP enc=A256GCM flip=100 cut=4 iv=12`.
pub struct How<'a>(&'a str);

impl<'a> How<'a> {
    fn of(&self, name: &str) -> Option<&'a str> {
        self.0.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.of(name)?.parse().ok()
    }
}

/// An honest inner header.
const SIGNED: &str = r#"{"alg":"ES256","kid":"point","typ":"JWT"}"#;
/// An honest payload.
const CLAIMS: &str = r#"{"iss":"https://issuer.example","sub":"1","exp":4102444800}"#;
/// An honest outer header.
const SEALED: &str = r#"{"alg":"RSA-OAEP","enc":"A256CBC-HS512","cty":"JWT","kid":"mykey-123"}"#;

/// The token of an input: how it is made, inner header, payload, outer header.
#[must_use]
pub fn forge(input: &Sections<'_>) -> String {
    let how = How(input.get(0, "nested"));
    let mut token = signed(&how, input.get(1, SIGNED), input.get(2, CLAIMS));
    if how.0.contains("nested") {
        token = sealed(&how, input.get(3, SEALED), token.as_bytes());
    }
    match how.number("flip") {
        Some(place) => flipped(&token, place),
        None => token,
    }
}

/// The token with one character exchanged for another of the alphabet.
fn flipped(token: &str, place: usize) -> String {
    let place = place % token.len();
    let other = |one: char| if one == 'A' { 'B' } else { 'A' };
    token.chars().enumerate().map(|(at, one)| if at == place { other(one) } else { one }).collect()
}

fn signed(how: &How<'_>, header: &str, payload: &str) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = match how.of("sign").unwrap_or("ES256") {
        "none" => Vec::new(),
        "HS256" => hmac(&input),
        "RS256" => rsa(&input, Padding::PKCS1),
        "PS256" => rsa(&input, Padding::PKCS1_PSS),
        "DER" => point(&input).to_der().expect("DER"),
        _ => raw(&point(&input)),
    };
    let kept = signature.len().saturating_sub(how.number("short").unwrap_or_default());
    format!("{input}.{}", encode(&signature[..kept]))
}

fn rsa(input: &str, padding: Padding) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), &keys::RSA).expect("a signer");
    signer.set_rsa_padding(padding).expect("a padding");
    if padding == Padding::PKCS1_PSS {
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("a length");
    }
    signer.sign_oneshot_to_vec(input.as_bytes()).expect("a signature")
}

fn point(input: &str) -> EcdsaSig {
    EcdsaSig::sign(&sha256(input.as_bytes()), &keys::P256).expect("a signature")
}

fn raw(signature: &EcdsaSig) -> Vec<u8> {
    let half = |number: &openssl::bn::BigNumRef| number.to_vec_padded(32).expect("32 bytes");
    [half(signature.r()), half(signature.s())].concat()
}

/// The old confusion: an HMAC under the public key.
fn hmac(input: &str) -> Vec<u8> {
    let public = keys::RSA.public_key_to_pem().expect("PEM");
    let key = PKey::hmac(&public).expect("a key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("a signer");
    signer.sign_oneshot_to_vec(input.as_bytes()).expect("a code")
}

fn sealed(how: &How<'_>, header: &str, plaintext: &[u8]) -> String {
    let aad = encode(header);
    let content = how.of("enc").unwrap_or("A256CBC-HS512");
    let (key, iv_length) = match content {
        "A128GCM" => (16, 12),
        "A256GCM" => (32, 12),
        "A128CBC-HS256" => (32, 16),
        "A192CBC-HS384" => (48, 16),
        _ => (64, 16),
    };
    let key = vec![7; key];
    let iv = vec![9; iv_length];
    let (ciphertext, tag) = content_of(content, &key, &iv, aad.as_bytes(), plaintext);
    let wrapped = wrap(how.of("wrap").unwrap_or("RSA-OAEP"), &key[how.number("key").unwrap_or(0).min(16)..]);
    let cut = tag.len().saturating_sub(how.number("cut").unwrap_or_default());
    let iv = &iv[..how.number("iv").unwrap_or(iv_length).min(iv_length)];
    let parts = [encode(&wrapped), encode(iv), encode(ciphertext), encode(&tag[..cut])];
    format!("{aad}.{}", parts.join("."))
}

fn content_of(name: &str, key: &[u8], iv: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (cipher, digest) = match name {
        "A128GCM" | "A256GCM" => {
            let cipher = if key.len() == 16 { Cipher::aes_128_gcm() } else { Cipher::aes_256_gcm() };
            let mut tag = vec![0; 16];
            let sealed = encrypt_aead(cipher, key, Some(iv), aad, plaintext, &mut tag);
            return (sealed.expect("a ciphertext"), tag);
        }
        "A128CBC-HS256" => (Cipher::aes_128_cbc(), MessageDigest::sha256()),
        "A192CBC-HS384" => (Cipher::aes_192_cbc(), MessageDigest::sha384()),
        _ => (Cipher::aes_256_cbc(), MessageDigest::sha512()),
    };
    let half = key.len() / 2;
    let ciphertext = encrypt(cipher, &key[half..], Some(iv), plaintext).expect("a ciphertext");
    let mac = PKey::hmac(&key[..half]).expect("a key");
    let mut signer = Signer::new(digest, &mac).expect("a signer");
    let bits = (aad.len() as u64 * 8).to_be_bytes();
    let tag = signer.sign_oneshot_to_vec(&[aad, iv, &ciphertext, &bits].concat()).expect("a code");
    (ciphertext, tag[..half].to_vec())
}

fn wrap(algorithm: &str, key: &[u8]) -> Vec<u8> {
    let ours = PKey::from_rsa(keys::OURS.clone()).expect("a key");
    let mut encrypter = Encrypter::new(&ours).expect("an encrypter");
    let padding = if algorithm == "RSA1_5" { Padding::PKCS1 } else { Padding::PKCS1_OAEP };
    encrypter.set_rsa_padding(padding).expect("a padding");
    if algorithm == "RSA-OAEP-256" {
        encrypter.set_rsa_oaep_md(MessageDigest::sha256()).expect("a digest");
        encrypter.set_rsa_mgf1_md(MessageDigest::sha256()).expect("a digest");
    }
    let mut wrapped = vec![0; encrypter.encrypt_len(key).expect("a length")];
    let length = encrypter.encrypt(key, &mut wrapped).expect("a wrapped key");
    wrapped.truncate(length);
    wrapped
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
