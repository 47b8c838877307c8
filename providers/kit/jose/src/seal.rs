//! Encrypting to a public key of the receiver's.
//!
//! Owns header, content key and compact form. What is inside is the caller's.

use josekit::jwe::{JweEncrypter, JweHeader, RSA_OAEP, RSA_OAEP_256, alg::rsaes::RsaesJweEncrypter};
use tunnus_sdk::{ContentEncryption, Hidden, KeyEncryption};

use crate::{
    EncryptError, Operations,
    compact::encode,
    content_encryption::{content_key, seal},
    material::Material,
    sign::to_header,
};

/// A public key to encrypt to, with its algorithm.
#[derive(Clone, Debug)]
pub struct EncryptionKey {
    kid: Option<String>,
    algorithm: KeyEncryption,
    encrypter: RsaesJweEncrypter,
}

impl EncryptionKey {
    pub(crate) fn new(material: &Material, kid: Option<&str>, algorithm: KeyEncryption) -> Option<Self> {
        let der = material.to_public_key()?.public_key_to_der().ok()?;
        let encrypter = match algorithm {
            KeyEncryption::RsaOaep => RSA_OAEP.encrypter_from_der(der),
            KeyEncryption::RsaOaep256 => RSA_OAEP_256.encrypter_from_der(der),
        };
        Some(Self { kid: kid.map(str::to_owned), algorithm, encrypter: encrypter.ok()? })
    }

    /// The key's `kid`, where its publisher gave it one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Encrypts `payload` as a compact JWE under a fresh content key. The header carries `alg`, `enc`,
    /// and `kid`, `typ`, `cty` where there is one; `cty` is `JWT` when the payload is a token.
    ///
    /// # Errors
    /// [`EncryptError::Failed`] when the operation fails.
    pub fn encrypt(
        &self,
        operations: &Operations,
        content: ContentEncryption,
        typ: Option<&str>,
        cty: Option<&str>,
        payload: &str,
    ) -> Result<Hidden<String>, EncryptError> {
        let header = to_header([
            ("alg", Some(self.algorithm.name())),
            ("enc", Some(content.name())),
            ("kid", self.kid()),
            ("typ", typ),
            ("cty", cty),
        ]);
        let aad = encode(header.to_string());
        let key = content_key(content).ok_or(EncryptError::Failed)?;
        operations.count_encrypt();
        // The headers that the trait asks for play no part in RSA-OAEP.
        let wrapped = self.encrypter.encrypt(&key, &JweHeader::new(), &mut JweHeader::new());
        let wrapped = wrapped.ok().flatten().ok_or(EncryptError::Failed)?;
        let parts = seal(content, &key, aad.as_bytes(), payload.as_bytes()).ok_or(EncryptError::Failed)?;
        let parts = [wrapped, parts.iv, parts.ciphertext, parts.tag].map(encode);
        Ok(Hidden::new(format!("{aad}.{}", parts.join("."))))
    }
}
