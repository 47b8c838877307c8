//! The bare cryptography of a login: OpenSSL called directly, on keys parsed before.
//!
//! Owns what nobody who does these operations can go below, so that a broker can be measured by it. No
//! token is made or read here.

use openssl::{
    error::ErrorStack,
    hash::MessageDigest,
    pkey::{PKey, PKeyRef, Private},
    pkey_ctx::PkeyCtx,
    rsa::Padding,
    sign::{RsaPssSaltlen, Signer, Verifier},
};
use tunnus_sdk::{SigningAlgorithm, sandbox::KeyWork};

use crate::{KeyError, KeyUse, generate, private_key::PrivateKey};

/// As long as a content key.
const CONTENT_KEY: [u8; 32] = [7; 32];
/// As long as a request object.
const MESSAGE: [u8; 1024] = [b'x'; 1024];

/// The keys of a login, and what they are used on.
pub struct Bare {
    work: KeyWork,
    app: SigningAlgorithm,
    rsa: PKey<Private>,
    p256: PKey<Private>,
    wrapped: Vec<u8>,
    signature: Vec<u8>,
}

impl Bare {
    /// New keys for `work` and for an ID token that is signed with `app`.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn new(work: KeyWork, app: SigningAlgorithm) -> Result<Self, KeyError> {
        let rsa = PrivateKey::parse(&generate::rsa(2048, KeyUse::Signature)?)?.key;
        let p256 = PrivateKey::parse(&generate::p256(KeyUse::Signature)?)?.key;
        let wrapped = wrap(&rsa).map_err(|_| KeyError::Failed)?;
        let signing = if work.verifying == SigningAlgorithm::ES256 { &p256 } else { &rsa };
        let signature = sign(signing, work.verifying).map_err(|_| KeyError::Failed)?;
        Ok(Self { work, app, rsa, p256, wrapped, signature })
    }

    /// All operations of one login, once.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn login(&self) -> Result<(), KeyError> {
        self.operations().map_err(|_| KeyError::Failed)
    }

    fn operations(&self) -> Result<(), ErrorStack> {
        for _ in 0..self.work.decrypt {
            let mut context = PkeyCtx::new(&self.rsa)?;
            context.decrypt_init()?;
            context.set_rsa_padding(Padding::PKCS1_OAEP)?;
            context.decrypt_to_vec(&self.wrapped, &mut Vec::new())?;
        }
        for _ in 0..self.work.sign {
            sign(self.key(self.work.signing), self.work.signing)?;
        }
        for _ in 0..self.work.verify {
            let mut verifier = Verifier::new(MessageDigest::sha256(), self.key(self.work.verifying))?;
            if self.work.verifying == SigningAlgorithm::PS256 {
                verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
                verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            }
            if !verifier.verify_oneshot(&self.signature, &MESSAGE)? {
                return Err(ErrorStack::get());
            }
        }
        for _ in 0..self.work.encrypt {
            wrap(&self.rsa)?;
        }
        sign(self.key(self.app), self.app).map(drop)
    }

    const fn key(&self, algorithm: SigningAlgorithm) -> &PKey<Private> {
        match algorithm {
            SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => &self.rsa,
            SigningAlgorithm::ES256 => &self.p256,
        }
    }
}

fn wrap(key: &PKeyRef<Private>) -> Result<Vec<u8>, ErrorStack> {
    let mut wrapped = Vec::new();
    let mut context = PkeyCtx::new(key)?;
    context.encrypt_init()?;
    context.set_rsa_padding(Padding::PKCS1_OAEP)?;
    context.encrypt_to_vec(&CONTENT_KEY, &mut wrapped)?;
    Ok(wrapped)
}

fn sign(key: &PKeyRef<Private>, algorithm: SigningAlgorithm) -> Result<Vec<u8>, ErrorStack> {
    let mut signer = Signer::new(MessageDigest::sha256(), key)?;
    if algorithm == SigningAlgorithm::PS256 {
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    signer.sign_oneshot_to_vec(&MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operations_of_a_login_succeed_with_every_algorithm() {
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256] {
            let (signing, verifying) = (algorithm, algorithm);
            let work = KeyWork { decrypt: 1, sign: 1, signing, verify: 1, verifying, encrypt: 1 };
            Bare::new(work, algorithm).unwrap().login().unwrap();
        }
    }
}
