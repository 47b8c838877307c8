//! Sealing: what a store holds is unreadable without the operator's key and the secrets of its reader.
//!
//! Owns the master keys, the key derivation and the format. What is sealed, under which secrets, and
//! the expiry that stands inside the value, are the caller's: the flow's, and `vault`'s.
//!
//! The key of one value is HKDF-SHA-256 (RFC 5869) over a master key *and* the secrets that only the
//! value's rightful reader holds: an attempt's `state` and `binding`, a result's `code`. A stolen
//! dump, the access logs and the master key together open nothing while one of those is missing.
//!
//! ```text
//! version (1) | length of id (1) | master key's id | nonce (12) | AES-256-GCM ciphertext and tag
//! ```

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Prk, Salt},
};
use serde::{Serialize, de::DeserializeOwned};
use tunnus_sdk::Hidden;

use crate::{ambient::Ambient, store::Key};

/// The format's version, the first byte of everything sealed.
const VERSION: u8 = 1;

/// Sets these keys apart from any other use of the master keys.
const SALT: &[u8] = b"tunnus/seal/1";

/// How long a master key is.
pub const MASTER_KEY_LENGTH: usize = 32;

/// One of the operator's master keys.
#[derive(Clone, Debug)]
pub struct MasterKey {
    id: String,
    key: Hidden<[u8; MASTER_KEY_LENGTH]>,
}

impl MasterKey {
    /// The key named `id` in everything that it seals.
    ///
    /// # Errors
    /// [`SealError::Keys`] when the id is empty or longer than 255 bytes.
    pub fn new(id: impl Into<String>, key: Hidden<[u8; MASTER_KEY_LENGTH]>) -> Result<Self, SealError> {
        let id = id.into();
        if id.is_empty() || u8::try_from(id.len()).is_err() {
            return Err(SealError::Keys);
        }
        Ok(Self { id, key })
    }
}

/// Why something was not sealed, or not opened. None says which part was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No master key, two of one id, or an id that cannot be written.
    #[error("the master keys are missing, doubled or badly named")]
    Keys,
    /// Not something that was sealed here.
    #[error("the sealed value is malformed")]
    Malformed,
    /// Sealed under a master key that is not at hand.
    #[error("the sealed value's master key is not at hand")]
    KeyUnknown,
    /// Changed, moved, sealed for another purpose, or opened with other secrets.
    #[error("the sealed value does not open")]
    Refused,
    /// The value inside is not of the type expected.
    #[error("the value cannot be read or written")]
    Value,
}

/// Seals and opens with the operator's master keys: the first seals, all of them open.
#[derive(Clone)]
pub struct Sealer {
    active: MasterKey,
    older: Vec<MasterKey>,
    ambient: Ambient,
}

impl Sealer {
    /// A sealer over `keys`, the active one first.
    ///
    /// # Errors
    /// [`SealError::Keys`] when there is none, or two have one id.
    pub fn new(keys: Vec<MasterKey>, ambient: Ambient) -> Result<Self, SealError> {
        let doubled =
            keys.iter().enumerate().any(|(n, key)| keys.iter().take(n).any(|other| other.id == key.id));
        let mut keys = keys.into_iter();
        match keys.next() {
            Some(active) if !doubled => Ok(Self { active, older: keys.collect(), ambient }),
            Some(_) | None => Err(SealError::Keys),
        }
    }

    /// Seals `plaintext` for `purpose` at the place `key`, to be opened only with the same `secrets`.
    ///
    /// # Errors
    /// [`SealError::Value`] for a value beyond the cipher's range.
    pub fn seal(
        &self,
        purpose: &str,
        secrets: &[&str],
        key: &Key,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let nonce = self.ambient.bytes::<NONCE_LEN>();
        let header = header(&self.active.id)?;
        let aad = Aad::from(associated_data(&header, purpose, key));
        let mut body = plaintext.to_vec();
        derive(&self.active, purpose, secrets)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .map_err(|_| SealError::Value)?;
        Ok([header.as_slice(), &nonce, &body].concat())
    }

    /// Opens what was sealed with the same `purpose`, `secrets` and `key`.
    ///
    /// # Errors
    /// Anything else is refused.
    pub fn open(
        &self,
        purpose: &str,
        secrets: &[&str],
        key: &Key,
        sealed: &[u8],
    ) -> Result<Hidden<Vec<u8>>, SealError> {
        let Parts { id, nonce, body } = Parts::of(sealed).ok_or(SealError::Malformed)?;
        let master = self.master_key(id).ok_or(SealError::KeyUnknown)?;
        let aad = Aad::from(associated_data(&header(&master.id)?, purpose, key));
        let mut body = body.to_vec();
        let length = derive(master, purpose, secrets)?
            .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .map_err(|_| SealError::Refused)?
            .len();
        body.truncate(length);
        Ok(Hidden::new(body))
    }

    /// Seals `value` as JSON; otherwise as [`Self::seal`].
    ///
    /// # Errors
    /// [`SealError::Value`] when it does not serialise.
    pub fn seal_json<T: Serialize + ?Sized>(
        &self,
        purpose: &str,
        secrets: &[&str],
        key: &Key,
        value: &T,
    ) -> Result<Vec<u8>, SealError> {
        let plaintext = Hidden::new(serde_json::to_vec(value).map_err(|_| SealError::Value)?);
        self.seal(purpose, secrets, key, plaintext.expose())
    }

    /// Opens what [`Self::seal_json`] sealed.
    ///
    /// # Errors
    /// As [`Self::open`]; [`SealError::Value`] when the value inside is of another type.
    pub fn open_json<T: DeserializeOwned>(
        &self,
        purpose: &str,
        secrets: &[&str],
        key: &Key,
        sealed: &[u8],
    ) -> Result<T, SealError> {
        let plaintext = self.open(purpose, secrets, key, sealed)?;
        serde_json::from_slice(plaintext.expose()).map_err(|_| SealError::Value)
    }

    /// A secret made of `secrets` that only a broker with the active master key can make: 43
    /// characters of base64url.
    ///
    /// # Errors
    /// [`SealError::Value`] for parts beyond the derivation's range.
    pub fn derive_secret(&self, purpose: &str, secrets: &[&str]) -> Result<Hidden<String>, SealError> {
        derive_secret(&self.active, purpose, secrets)
    }

    /// The same secret of each master key, the active one first.
    pub fn derived_secrets(&self, purpose: &str, secrets: &[&str]) -> impl Iterator<Item = Hidden<String>> {
        self.master_keys().filter_map(move |key| derive_secret(key, purpose, secrets).ok())
    }

    /// Whether something sealed was sealed by the active key; none where it is malformed.
    #[must_use]
    pub fn is_active(&self, sealed: &[u8]) -> Option<bool> {
        Parts::of(sealed).map(|parts| parts.id == self.active.id.as_bytes())
    }

    fn master_key(&self, id: &[u8]) -> Option<&MasterKey> {
        self.master_keys().find(|key| key.id.as_bytes() == id)
    }

    fn master_keys(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.active).chain(&self.older)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("active", &self.active.id).finish_non_exhaustive()
    }
}

/// The id of the key that sealed something; none where it is malformed.
#[must_use]
pub fn sealed_by(sealed: &[u8]) -> Option<&str> {
    Parts::of(sealed).and_then(|parts| std::str::from_utf8(parts.id).ok())
}

/// The parts of something sealed.
struct Parts<'a> {
    id: &'a [u8],
    nonce: [u8; NONCE_LEN],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Option<Self> {
        let (&version, rest) = sealed.split_first()?;
        let (&length, rest) = rest.split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(length))?;
        let (&nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
        (version == VERSION && body.len() >= AES_256_GCM.tag_len()).then_some(Self { id, nonce, body })
    }
}

fn header(id: &str) -> Result<Vec<u8>, SealError> {
    let length = u8::try_from(id.len()).map_err(|_| SealError::Keys)?;
    Ok([&[VERSION, length], id.as_bytes()].concat())
}

fn derive_secret(master: &MasterKey, purpose: &str, secrets: &[&str]) -> Result<Hidden<String>, SealError> {
    let mut secret = Hidden::new([0; MASTER_KEY_LENGTH]);
    extract(master, secrets)
        .expand(&[purpose.as_bytes()], HKDF_SHA256)
        .and_then(|key| key.fill(secret.expose_mut()))
        .map_err(|_| SealError::Value)?;
    Ok(Hidden::new(URL_SAFE_NO_PAD.encode(secret.expose())))
}

/// The key of one value.
fn derive(master: &MasterKey, purpose: &str, secrets: &[&str]) -> Result<LessSafeKey, SealError> {
    let info = [purpose.as_bytes()];
    let key: UnboundKey =
        extract(master, secrets).expand(&info, &AES_256_GCM).map_err(|_| SealError::Value)?.into();
    Ok(LessSafeKey::new(key))
}

/// Lengths go before the parts, so that no two lists of secrets are one.
fn extract(master: &MasterKey, secrets: &[&str]) -> Prk {
    let mut material = Vec::new();
    append(&mut material, master.key.expose());
    for secret in secrets {
        append(&mut material, secret.as_bytes());
    }
    let material = Hidden::new(material);
    Salt::new(HKDF_SHA256, SALT).extract(material.expose())
}

fn associated_data(header: &[u8], purpose: &str, key: &Key) -> Vec<u8> {
    let mut data = header.to_vec();
    append(&mut data, purpose.as_bytes());
    append(&mut data, key.as_str().as_bytes());
    data
}

fn append(to: &mut Vec<u8>, part: &[u8]) {
    to.extend_from_slice(&(part.len() as u64).to_be_bytes());
    to.extend_from_slice(part);
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
