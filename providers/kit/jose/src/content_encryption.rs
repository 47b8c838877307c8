//! Content encryption (RFC 7518, section 5): CBC with HMAC of our own, GCM from josekit.
//!
//! Owns lengths, MAC, cipher and padding. It does not know where the content key came from: a wrong
//! key, a wrong tag and wrong padding all end as the same `None`.

use josekit::jwe::{
    JweContentEncryption,
    enc::{A128GCM, A256GCM, aesgcm::AesgcmJweEncryption},
};
use openssl::{
    hash::MessageDigest,
    memcmp,
    pkey::PKey,
    rand::{rand_bytes, rand_priv_bytes},
    sign::Signer,
    symm::{self, Cipher},
};
use tunnus_sdk::ContentEncryption;
use zeroize::Zeroizing;

/// An encrypted content whose lengths are those of its algorithm.
pub struct Sealed<'a> {
    content: ContentEncryption,
    aad: &'a [u8],
    iv: &'a [u8],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

/// What sealing yields, beside the content key.
pub struct Parts {
    pub iv: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub tag: Vec<u8>,
}

/// How an algorithm works.
enum Kind {
    /// AES-CBC and HMAC, each with half of the content key (RFC 7518, section 5.2).
    Cbc(Cipher, MessageDigest),
    Gcm(AesgcmJweEncryption),
}

const fn key_len(content: ContentEncryption) -> usize {
    match content {
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256Gcm => 32,
        ContentEncryption::A192CbcHs384 => 48,
        ContentEncryption::A256CbcHs512 => 64,
        ContentEncryption::A128Gcm => 16,
    }
}

fn kind(content: ContentEncryption) -> Kind {
    match content {
        ContentEncryption::A128CbcHs256 => Kind::Cbc(Cipher::aes_128_cbc(), MessageDigest::sha256()),
        ContentEncryption::A192CbcHs384 => Kind::Cbc(Cipher::aes_192_cbc(), MessageDigest::sha384()),
        ContentEncryption::A256CbcHs512 => Kind::Cbc(Cipher::aes_256_cbc(), MessageDigest::sha512()),
        ContentEncryption::A128Gcm => Kind::Gcm(A128GCM),
        ContentEncryption::A256Gcm => Kind::Gcm(A256GCM),
    }
}

/// The length of a GCM tag, in bytes (RFC 7518, section 5.3).
const GCM_TAG_LEN: usize = 16;

fn iv_len(kind: &Kind) -> usize {
    match kind {
        Kind::Cbc(cipher, _) => cipher.block_size(),
        Kind::Gcm(gcm) => gcm.iv_len(),
    }
}

/// A fresh random content key.
pub fn content_key(content: ContentEncryption) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; key_len(content)]);
    rand_priv_bytes(&mut key).ok()?;
    Some(key)
}

impl<'a> Sealed<'a> {
    /// Takes the parts if their lengths are exactly the algorithm's. A short tag would be easier to
    /// guess, a missing or short initialisation vector makes OpenSSL's binding panic.
    pub fn new(
        content: ContentEncryption,
        aad: &'a [u8],
        [iv, ciphertext, tag]: [&'a [u8]; 3],
    ) -> Option<Self> {
        let kind = kind(content);
        let fits = match &kind {
            Kind::Cbc(cipher, digest) => {
                let blocks = cipher.block_size();
                tag.len() == digest.size() / 2
                    && !ciphertext.is_empty()
                    && ciphertext.len().is_multiple_of(blocks)
            }
            Kind::Gcm(_) => tag.len() == GCM_TAG_LEN,
        };
        (fits && iv.len() == iv_len(&kind)).then_some(Self { content, aad, iv, ciphertext, tag })
    }

    /// The plaintext, if `key` is the content key and nothing was changed.
    pub fn open(&self, key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if key.len() != key_len(self.content) {
            return None;
        }
        let plaintext = match kind(self.content) {
            Kind::Cbc(cipher, digest) => self.open_cbc(cipher, digest, key)?,
            Kind::Gcm(gcm) => {
                gcm.decrypt(key, Some(self.iv), self.ciphertext, self.aad, Some(self.tag)).ok()?
            }
        };
        Some(Zeroizing::new(plaintext))
    }

    /// The MAC comes first, compared in constant time. To decrypt and unpad before it answers a
    /// sender who changes the last block whether the padding fits: a padding oracle.
    fn open_cbc(&self, cipher: Cipher, digest: MessageDigest, key: &[u8]) -> Option<Vec<u8>> {
        let (mac_key, cipher_key) = key.split_at_checked(key.len() / 2)?;
        let tag = mac(digest, mac_key, [self.aad, self.iv, self.ciphertext])?;
        if tag.len() != self.tag.len() || !memcmp::eq(&tag, self.tag) {
            return None;
        }
        symm::decrypt(cipher, cipher_key, Some(self.iv), self.ciphertext).ok()
    }
}

/// Seals `plaintext` under `key`, which [`content_key`] made for the same algorithm, and for this
/// plaintext only: the initialisation vector is random.
pub fn seal(content: ContentEncryption, key: &[u8], aad: &[u8], plaintext: &[u8]) -> Option<Parts> {
    let mut iv = vec![0; iv_len(&kind(content))];
    rand_bytes(&mut iv).ok()?;
    seal_with(content, key, [aad, &iv], plaintext)
}

fn seal_with(
    content: ContentEncryption,
    key: &[u8],
    [aad, iv]: [&[u8]; 2],
    plaintext: &[u8],
) -> Option<Parts> {
    if key.len() != key_len(content) {
        return None;
    }
    let (ciphertext, tag) = match kind(content) {
        Kind::Cbc(cipher, digest) => {
            let (mac_key, cipher_key) = key.split_at_checked(key.len() / 2)?;
            let ciphertext = symm::encrypt(cipher, cipher_key, Some(iv), plaintext).ok()?;
            let tag = mac(digest, mac_key, [aad, iv, &ciphertext])?;
            (ciphertext, tag)
        }
        Kind::Gcm(gcm) => {
            let (ciphertext, tag) = gcm.encrypt(key, Some(iv), plaintext, aad).ok()?;
            (ciphertext, tag?)
        }
    };
    Some(Parts { iv: iv.to_vec(), ciphertext, tag })
}

/// The first half of the HMAC over AAD, IV, ciphertext and the bit length of the AAD (RFC 7518,
/// section 5.2.2.1).
fn mac(digest: MessageDigest, key: &[u8], [aad, iv, ciphertext]: [&[u8]; 3]) -> Option<Vec<u8>> {
    let aad_bits = u64::try_from(aad.len()).ok()?.checked_mul(8)?.to_be_bytes();
    let key = PKey::hmac(key).ok()?;
    let mut signer = Signer::new(digest, &key).ok()?;
    for part in [aad, iv, ciphertext, &aad_bits] {
        signer.update(part).ok()?;
    }
    let mut tag = signer.sign_to_vec().ok()?;
    tag.truncate(digest.size() / 2);
    Some(tag)
}

#[cfg(test)]
#[path = "content_encryption_tests.rs"]
mod tests;
