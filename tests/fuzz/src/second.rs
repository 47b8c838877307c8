//! A second opinion: what other libraries say to a token that our door let in.
//!
//! Signatures are `jsonwebtoken`'s to judge. No maintained Rust library besides ours opens RSA-OAEP with
//! CBC-HMAC, so that for encryption the second opinion is the standard written down once more over
//! `RustCrypto`: slow, and without any of our code or OpenSSL's.

use std::sync::LazyLock;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::{
    Aes128Gcm, Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cbc::cipher::{BlockDecryptMut, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rsa::{BigUint, Oaep, RsaPrivateKey};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::keys;

/// The claims of a signed token, if the issuer signed it.
#[must_use]
pub fn verify(token: &str) -> Option<Value> {
    static KEYS: LazyLock<[DecodingKey; 2]> = LazyLock::new(|| {
        let keys: Vec<_> = keys::published().iter().map(|jwk| decoding_key(jwk)).collect();
        keys.try_into().unwrap_or_else(|_| panic!("two keys"))
    });
    let [rsa, p256] = &*KEYS;
    let judged = [(rsa, Algorithm::RS256), (rsa, Algorithm::PS256), (p256, Algorithm::ES256)];
    judged.into_iter().find_map(|(key, algorithm)| {
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        jsonwebtoken::decode::<Value>(token, key, &validation).ok().map(|decoded| decoded.claims)
    })
}

fn decoding_key(jwk: &Value) -> DecodingKey {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).expect("a member");
    let key = match text("kty") {
        "RSA" => DecodingKey::from_rsa_components(text("n"), text("e")),
        _ => DecodingKey::from_ec_components(text("x"), text("y")),
    };
    key.expect("a sample key")
}

/// What is inside an encrypted token, if it is encrypted to us.
#[must_use]
pub fn decrypt(token: &str) -> Option<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let [aad, wrapped, iv, ciphertext, tag] = parts.as_slice() else { return None };
    let header: Value = serde_json::from_slice(&decode(aad)?).ok()?;
    let padding = match header.get("alg")?.as_str()? {
        "RSA-OAEP" => Oaep::new::<Sha1>(),
        "RSA-OAEP-256" => Oaep::new::<Sha256>(),
        _ => return None,
    };
    let key = private_key().decrypt(padding, &decode(wrapped)?).ok()?;
    let (iv, ciphertext, tag) = (decode(iv)?, decode(ciphertext)?, decode(tag)?);
    let sealed = Sealed { aad: aad.as_bytes(), iv: &iv, ciphertext: &ciphertext, tag: &tag };
    let plaintext = match header.get("enc")?.as_str()? {
        "A128GCM" => sealed.gcm(&Aes128Gcm::new_from_slice(&key).ok()?),
        "A256GCM" => sealed.gcm(&Aes256Gcm::new_from_slice(&key).ok()?),
        "A128CBC-HS256" => sealed.cbc::<cbc::Decryptor<Aes128>, Hmac<Sha256>>(&key, 16),
        "A192CBC-HS384" => sealed.cbc::<cbc::Decryptor<Aes192>, Hmac<Sha384>>(&key, 24),
        "A256CBC-HS512" => sealed.cbc::<cbc::Decryptor<Aes256>, Hmac<Sha512>>(&key, 32),
        _ => None,
    };
    String::from_utf8(plaintext?).ok()
}

struct Sealed<'a> {
    aad: &'a [u8],
    iv: &'a [u8],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

impl Sealed<'_> {
    fn gcm<C: Aead>(&self, cipher: &C) -> Option<Vec<u8>> {
        if self.iv.len() != 12 || self.tag.len() != 16 {
            return None;
        }
        let joined = [self.ciphertext, self.tag].concat();
        cipher.decrypt(self.iv.into(), Payload { msg: &joined, aad: self.aad }).ok()
    }

    /// RFC 7518, section 5.2.2.
    fn cbc<D: BlockDecryptMut + KeyIvInit, M: Mac + hmac::digest::KeyInit>(
        &self,
        key: &[u8],
        half: usize,
    ) -> Option<Vec<u8>> {
        if key.len() != 2 * half || self.tag.len() != half {
            return None;
        }
        let (mac_key, key) = key.split_at(half);
        let mut mac = <M as hmac::digest::KeyInit>::new_from_slice(mac_key).ok()?;
        mac.update(
            &[self.aad, self.iv, self.ciphertext, &(self.aad.len() as u64 * 8).to_be_bytes()].concat(),
        );
        mac.verify_truncated_left(self.tag).ok()?;
        D::new_from_slices(key, self.iv).ok()?.decrypt_padded_vec_mut::<Pkcs7>(self.ciphertext).ok()
    }
}

fn private_key() -> &'static RsaPrivateKey {
    static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| {
        let key: Value = serde_json::from_str(keys::DECRYPTION).expect("JSON");
        let part = |name: &str| BigUint::from_bytes_be(&keys::bytes(&key, name));
        RsaPrivateKey::from_components(part("n"), part("e"), part("d"), vec![part("p"), part("q")])
            .expect("a sample key")
    });
    &KEY
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
