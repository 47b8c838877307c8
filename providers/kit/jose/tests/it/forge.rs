//! An honest upstream, and an attacker who knows our public key and can make any token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::{
    jwe::{
        JweContentEncryption, JweEncrypter, JweHeader, RSA_OAEP,
        enc::{A256CBC_HS512, A256GCM},
    },
    jwk::Jwk,
};
use openssl::rand::rand_bytes;
use serde_json::{Value, json};
use tunnus_jose::{DecryptionRing, Operations, PublicKeys, SigningKey, VerifyError, decrypt, verify};
use tunnus_sdk::{Claims, ContentEncryption, Encryption, Hidden, KeyEncryption, Reason, SigningAlgorithm};

pub const DECRYPTION_KEY: &str = include_str!("../vectors/decryption-key.json");
pub const SIGNING_KEY: &str = include_str!("../vectors/signing-key.json");
pub const SIGNING_KEY_P256: &str = include_str!("../vectors/signing-key-p256.json");
pub const ISSUER_JWKS: &str = include_str!("../vectors/issuer-jwks.json");

/// The header that the honest upstream's tokens have.
pub const HEADER: &str = r#"{"alg":"RSA-OAEP","enc":"A256CBC-HS512","cty":"JWT","kid":"mykey-123"}"#;

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The JSON text with some members set, or taken away where the value is null.
pub fn with(json: &str, changes: &Value) -> String {
    let mut members: Claims = serde_json::from_str(json).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    Value::Object(members).to_string()
}

/// Our ring: the sample key, good for both key encryptions.
pub fn ring() -> DecryptionRing {
    DecryptionRing::parse(&[Hidden::new(with(DECRYPTION_KEY, &json!({"alg": null})))]).unwrap()
}

/// Our public key, as the attacker reads it.
pub fn our_public_jwk() -> Value {
    ring().public_jwks().remove(0)
}

pub fn signer(key: &str) -> SigningKey {
    SigningKey::parse(&Hidden::from(key)).unwrap()
}

/// The issuer's RSA key, good for RS256 and PS256.
pub fn rsa_signer() -> SigningKey {
    signer(&with(SIGNING_KEY, &json!({"alg": null})))
}

/// The issuer's published keys.
pub fn keys() -> PublicKeys {
    let keys = [rsa_signer().public_jwk(), signer(SIGNING_KEY_P256).public_jwk(), our_public_jwk()];
    published(&keys)
}

pub fn published(keys: &[Value]) -> PublicKeys {
    PublicKeys::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

pub fn demand(content: ContentEncryption) -> Encryption {
    Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![content] }
}

pub fn claims() -> Claims {
    json!({"iss": "https://issuer.example", "sub": "070770-905D"}).as_object().unwrap().clone()
}

/// A token that the issuer signed with RS256.
pub fn signed() -> String {
    sign(&rsa_signer(), SigningAlgorithm::RS256)
}

pub fn sign(key: &SigningKey, algorithm: SigningAlgorithm) -> String {
    key.sign(&Operations::new(), algorithm, None, &claims()).unwrap().expose().clone()
}

/// Header, payload and signature of the caller's choice.
pub fn compact(header: &str, payload: &str, signature: impl AsRef<[u8]>) -> String {
    format!("{}.{}.{}", encode(header), encode(payload), encode(signature))
}

/// What we say to a token when an RS256 token inside RSA-OAEP and A256CBC-HS512 is due, and how
/// many private-key operations it cost.
pub fn open(token: &str) -> (Result<Claims, Reason>, u64) {
    open_as(ContentEncryption::A256CbcHs512, token)
}

pub fn open_as(content: ContentEncryption, token: &str) -> (Result<Claims, Reason>, u64) {
    let operations = Operations::new();
    let opened = decrypt(&operations, &demand(content), &ring(), token)
        .map_err(|rejected| rejected.0)
        .and_then(|inner| verify_signed(&operations, inner.expose_str()));
    (opened, operations.counts().decrypt)
}

/// What we say to a token when an RS256 token is due.
pub fn verify_signed(operations: &Operations, token: &str) -> Result<Claims, Reason> {
    match verify(operations, &[SigningAlgorithm::RS256], &keys(), token) {
        Ok(verified) => Ok(verified.claims),
        Err(VerifyError::Rejected(reason)) => Err(reason),
        Err(VerifyError::KeyUnknown) => Err(Reason::KeyUnknown),
    }
}

/// An encrypted token, part by part.
#[derive(Clone)]
pub struct Token(pub [Vec<u8>; 5]);

impl Token {
    /// Encrypts to our key with RSA-OAEP and A256CBC-HS512, under any header: what is wrong with such
    /// a token is its header alone.
    pub fn new(header: &str, payload: impl AsRef<[u8]>) -> Self {
        Self::sealed(header, payload.as_ref(), &A256CBC_HS512)
    }

    /// The same with A256GCM.
    pub fn gcm(payload: impl AsRef<[u8]>) -> Self {
        Self::sealed(&with(HEADER, &json!({"enc": "A256GCM"})), payload.as_ref(), &A256GCM)
    }

    fn sealed(header: &str, payload: &[u8], content: &dyn JweContentEncryption) -> Self {
        let (mut key, mut iv) = (vec![0; content.key_len()], vec![0; content.iv_len()]);
        rand_bytes(&mut key).unwrap();
        rand_bytes(&mut iv).unwrap();
        let wrapped = wrap(&key);
        let aad = encode(header);
        let (ciphertext, tag) = content.encrypt(&key, Some(&iv), payload, aad.as_bytes()).unwrap();
        Self([header.as_bytes().to_vec(), wrapped, iv, ciphertext, tag.unwrap()])
    }

    /// A good token whose wrapped content key is one of the caller's.
    pub fn with_content_key(key: &[u8]) -> Self {
        nested().with_part(1, wrap(key))
    }

    pub fn with_part(mut self, part: usize, bytes: impl Into<Vec<u8>>) -> Self {
        self.0[part] = bytes.into();
        self
    }

    pub fn cut(self, part: usize, len: usize) -> Self {
        let mut bytes = self.0[part].clone();
        bytes.resize(len, 0);
        self.with_part(part, bytes)
    }

    pub fn flip(mut self, part: usize, index: usize, mask: u8) -> Self {
        self.0[part][index] ^= mask;
        self
    }

    pub fn text(&self) -> String {
        self.0.each_ref().map(encode).join(".")
    }
}

fn wrap(key: &[u8]) -> Vec<u8> {
    let encrypter = RSA_OAEP.encrypter_from_jwk(&our_key()).unwrap();
    encrypter.encrypt(key, &JweHeader::new(), &mut JweHeader::new()).unwrap().unwrap()
}

/// Our public key for the attacker's own library.
pub fn our_key() -> Jwk {
    Jwk::from_map(our_public_jwk().as_object().unwrap().clone()).unwrap()
}

/// The honest upstream's token.
pub fn nested() -> Token {
    Token::new(HEADER, signed())
}
