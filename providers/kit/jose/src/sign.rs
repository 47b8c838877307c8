//! The private keys that sign, and the tokens they sign.
//!
//! Owns header, encoding and signature. What the claims say is the caller's; which key is active is
//! the server's to know.

use std::fmt;

use openssl::{
    ecdsa::EcdsaSig,
    error::ErrorStack,
    hash::MessageDigest,
    rsa::Padding,
    sign::{RsaPssSaltlen, Signer},
};
use serde_json::Value;
use tunnus_sdk::{Claims, Hidden, SigningAlgorithm};
use zeroize::Zeroizing;

use crate::{
    KeyError, KeyUse, Operations, SignError, compact::encode, markers::Role, private_key::PrivateKey,
};

/// A private key that signs: RSA of 2048 to 4096 bits (RS256, PS256) or P-256 (ES256). It is parsed
/// once and held once, whatever the algorithm.
pub struct SigningKey {
    kid: String,
    key: PrivateKey,
}

impl SigningKey {
    /// Parses a private key: a JWK, or a PEM document (PKCS#8, PKCS#1 or SEC 1; a certificate may
    /// stand beside it).
    ///
    /// # Errors
    /// When it is not one that may sign here.
    pub fn parse(key: &Hidden<String>) -> Result<Self, KeyError> {
        let key = PrivateKey::parse(key)?;
        let key = Self { kid: key.kid(), key };
        if key.key.markers.permit(Role::Sign) && key.algorithms().next().is_some() {
            Ok(key)
        } else {
            Err(KeyError::Purpose)
        }
    }

    /// Whether the key makes signatures of this algorithm.
    #[must_use]
    pub fn supports(&self, algorithm: SigningAlgorithm) -> bool {
        self.key.material.fits(algorithm) && self.key.markers.permit_algorithm(algorithm.name())
    }

    /// The algorithms that the key may be used with.
    pub fn algorithms(&self) -> impl Iterator<Item = SigningAlgorithm> {
        let all = [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
        all.into_iter().filter(|algorithm| self.supports(*algorithm))
    }

    /// The key's `kid`: the JWK's own, or the RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The same key under another `kid`: one that a receiver has already on file.
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// The public half, as a member of a JWK set; `alg` stands there if the key has only one.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let mut algorithms = self.algorithms();
        let only = algorithms.next().filter(|_| algorithms.next().is_none());
        self.key.material.to_jwk(&self.kid, KeyUse::Signature.name(), only.map(SigningAlgorithm::name))
    }

    /// The public half in PEM form (`SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// [`KeyError::Failed`] when it cannot be written.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        self.key.material.to_pem().ok_or(KeyError::Failed)
    }

    /// Signs `claims` as a compact JWT. The header carries `alg`, `kid`, and `typ` where one is given.
    ///
    /// # Errors
    /// [`SignError::Algorithm`] when the key does not fit.
    pub fn sign(
        &self,
        operations: &Operations,
        algorithm: SigningAlgorithm,
        typ: Option<&str>,
        claims: &Claims,
    ) -> Result<Hidden<String>, SignError> {
        if !self.supports(algorithm) {
            return Err(SignError::Algorithm);
        }
        let header = [("alg", Some(algorithm.name())), ("kid", Some(&self.kid)), ("typ", typ)];
        let header = encode(to_header(header).to_string());
        let claims = Zeroizing::new(serde_json::to_vec(claims).map_err(|_| SignError::Failed)?);
        let input = Hidden::new(format!("{header}.{}", *Zeroizing::new(encode(&*claims))));
        operations.count_sign();
        let signature =
            self.signature(algorithm, input.expose_str().as_bytes()).map_err(|_| SignError::Failed)?;
        Ok(Hidden::new(format!("{}.{}", input.expose_str(), encode(signature))))
    }

    fn signature(&self, algorithm: SigningAlgorithm, input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key.key)?;
        match algorithm {
            SigningAlgorithm::RS256 => signer.set_rsa_padding(Padding::PKCS1)?,
            SigningAlgorithm::PS256 => {
                signer.set_rsa_padding(Padding::PKCS1_PSS)?;
                signer.set_rsa_mgf1_md(MessageDigest::sha256())?;
                signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            }
            SigningAlgorithm::ES256 => {}
        }
        signer.update(input)?;
        let signature = signer.sign_to_vec()?;
        match algorithm {
            SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => Ok(signature),
            SigningAlgorithm::ES256 => concatenated(&signature),
        }
    }
}

/// JWS wants the two numbers of an ECDSA signature side by side, each of 32 bytes (RFC 7518, section
/// 3.4), where OpenSSL gives DER.
fn concatenated(der: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(der)?;
    Ok([signature.r().to_vec_padded(32)?, signature.s().to_vec_padded(32)?].concat())
}

/// A header of the members that have a value.
pub fn to_header<const N: usize>(members: [(&str, Option<&str>); N]) -> Value {
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Value::Object(present.collect())
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

#[cfg(test)]
mod tests {
    use openssl::bn::BigNum;

    use super::*;

    #[test]
    fn small_numbers_of_a_point_signature_keep_their_leading_zeros() {
        let number = |value| BigNum::from_u32(value).unwrap();
        let der = EcdsaSig::from_private_components(number(1), number(0x0200)).unwrap().to_der().unwrap();
        let signature = concatenated(&der).unwrap();
        assert_eq!(signature, [vec![0; 31], vec![1], vec![0; 30], vec![2, 0]].concat());
    }
}
