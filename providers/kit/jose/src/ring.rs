//! The private keys that open what an upstream encrypted to us.
//!
//! Owns the choice of the key and the unwrapping of the content key. Which of a connection's keys are
//! live is the server's to know; the content is [`crate::content_encryption`]'s.

use std::fmt;

use josekit::jwe::{
    JweDecrypter, JweHeader, RSA_OAEP, RSA_OAEP_256,
    alg::rsaes::{RsaesJweAlgorithm, RsaesJweDecrypter},
    enc::A128GCM,
};
use serde_json::Value;
use tunnus_sdk::{ContentEncryption, Hidden, KeyEncryption};
use zeroize::Zeroizing;

use crate::{
    KeyError, KeyUse, Operations,
    content_encryption::{Sealed, content_key},
    markers::Role,
    material::Material,
    private_key::PrivateKey,
};

/// How many keys may be live: a token without a known `kid` costs as many private-key operations.
const MAX_KEYS: usize = 4;

/// The live decryption keys of one connection: at most four, parsed once.
#[derive(Debug, Default)]
pub struct DecryptionRing {
    keys: Vec<DecryptionKey>,
}

/// A private key that decrypts.
pub struct DecryptionKey {
    kid: String,
    alg: Option<String>,
    material: Material,
    /// Absent where the key is marked for the other algorithm.
    oaep: Option<RsaesJweDecrypter>,
    oaep_256: Option<RsaesJweDecrypter>,
}

impl DecryptionRing {
    /// Parses RSA private keys of 2048 to 4096 bits: each a JWK or a PEM document (PKCS#8 or PKCS#1,
    /// a certificate may stand beside it). No keys make a ring that opens nothing.
    ///
    /// # Errors
    /// The first fault found; also [`KeyError::TooMany`] above four keys, and
    /// [`KeyError::DuplicateKid`].
    pub fn parse(keys: &[Hidden<String>]) -> Result<Self, KeyError> {
        Self::of(keys.iter().map(DecryptionKey::parse).collect::<Result<_, _>>()?)
    }

    /// A ring of keys parsed already.
    ///
    /// # Errors
    /// [`KeyError::TooMany`], [`KeyError::DuplicateKid`].
    pub fn of(keys: Vec<DecryptionKey>) -> Result<Self, KeyError> {
        if keys.len() > MAX_KEYS {
            return Err(KeyError::TooMany);
        }
        let stands_before =
            |(index, key): (usize, &DecryptionKey)| keys.iter().take(index).any(|other| other.kid == key.kid);
        if keys.iter().enumerate().any(stands_before) {
            return Err(KeyError::DuplicateKid);
        }
        Ok(Self { keys })
    }

    /// The keys, in the order given.
    #[must_use]
    pub fn keys(&self) -> &[DecryptionKey] {
        &self.keys
    }

    /// The public halves, as members of a JWK set.
    #[must_use]
    pub fn public_jwks(&self) -> Vec<Value> {
        self.keys.iter().map(DecryptionKey::public_jwk).collect()
    }

    /// The keys to try: the one named, or all where none has that name. An upstream may name a key
    /// by a `kid` of its own making, or not at all.
    pub(crate) fn candidates<'a>(&'a self, kid: Option<&'a str>) -> impl Iterator<Item = &'a DecryptionKey> {
        let named = kid.filter(|kid| self.keys.iter().any(|key| key.kid == *kid));
        self.keys.iter().filter(move |key| named.is_none_or(|kid| key.kid == kid))
    }
}

impl DecryptionKey {
    /// Parses one private key: a JWK or a PEM document.
    ///
    /// # Errors
    /// When it is not an RSA key that may decrypt.
    pub fn parse(key: &Hidden<String>) -> Result<Self, KeyError> {
        let key = PrivateKey::parse(key)?;
        if key.material.rsa_size().is_none() {
            return Err(KeyError::Unsupported);
        }
        let fits = |algorithm: KeyEncryption| key.markers.permit_algorithm(algorithm.name());
        let (oaep, oaep_256) = (fits(KeyEncryption::RsaOaep), fits(KeyEncryption::RsaOaep256));
        if !key.markers.permit(Role::Decrypt) || !(oaep || oaep_256) {
            return Err(KeyError::Purpose);
        }
        let der = Zeroizing::new(key.key.private_key_to_pkcs8().map_err(|_| KeyError::Failed)?);
        let decrypter = |algorithm: RsaesJweAlgorithm, fits: bool| {
            fits.then(|| algorithm.decrypter_from_der(&*der)).transpose().map_err(|_| KeyError::Failed)
        };
        Ok(Self {
            kid: key.kid(),
            oaep: decrypter(RSA_OAEP, oaep)?,
            oaep_256: decrypter(RSA_OAEP_256, oaep_256)?,
            alg: key.markers.alg,
            material: key.material,
        })
    }

    /// The key's `kid`: the JWK's own, or the RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// The public half, as a member of a JWK set.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        self.material.to_jwk(&self.kid, KeyUse::Encryption.name(), self.alg.as_deref())
    }

    /// The public half in PEM form (`SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// [`KeyError::Failed`] when it cannot be written.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        self.material.to_pem().ok_or(KeyError::Failed)
    }

    /// Opens a content whose key is wrapped in `encrypted_key`: one private-key operation, or none
    /// where the lengths cannot fit.
    ///
    /// Where unwrapping fails, a random content key takes its place and fails at the MAC: the sender
    /// does not learn which of the two it was.
    pub(crate) fn open(
        &self,
        operations: &Operations,
        (algorithm, content): (KeyEncryption, ContentEncryption),
        encrypted_key: &[u8],
        sealed: &Sealed<'_>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let decrypter = match algorithm {
            KeyEncryption::RsaOaep => self.oaep.as_ref()?,
            KeyEncryption::RsaOaep256 => self.oaep_256.as_ref()?,
        };
        if self.material.rsa_size() != Some(encrypted_key.len()) {
            return None;
        }
        let substitute = content_key(content)?;
        operations.count_decrypt();
        // The content encryption and the header that the trait asks for play no part in RSA-OAEP.
        let unwrapped = decrypter.decrypt(Some(encrypted_key), &A128GCM, &JweHeader::new());
        let unwrapped = unwrapped.map(|key| Zeroizing::new(key.into_owned())).ok();
        let key = or_substitute(unwrapped, substitute);
        sealed.open(&key)
    }
}

/// The content key that was unwrapped, or the substitute where none was or its length is wrong
/// (RFC 7516, section 11.5). What follows is the same work in all three cases.
fn or_substitute(
    unwrapped: Option<Zeroizing<Vec<u8>>>,
    substitute: Zeroizing<Vec<u8>>,
) -> Zeroizing<Vec<u8>> {
    unwrapped.filter(|key| key.len() == substitute.len()).unwrap_or(substitute)
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey({})", self.kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_key_that_is_missing_or_of_another_length_is_replaced_and_no_other() {
        let (right, substitute) = (Zeroizing::new(vec![1; 64]), Zeroizing::new(vec![2; 64]));
        assert_eq!(or_substitute(Some(right.clone()), substitute.clone()), right);
        assert_eq!(or_substitute(None, substitute.clone()), substitute);
        for len in [0, 1, 32, 63, 65, 256] {
            assert_eq!(or_substitute(Some(Zeroizing::new(vec![1; len])), substitute.clone()), substitute);
        }
    }
}
