//! Protects messages as a client is registered to get them, or wrongly as a fault says.

use serde_json::Value;
use tunnus_jose::SigningKey;
use tunnus_sdk::{Claims, ContentEncryption, KeyEncryption, SigningAlgorithm};

use crate::{
    MessageShape, OpenIdProvider,
    clients::Registered,
    faults::{Message, Mishap, Trouble},
    oauth_error::OAuthError,
    tokens,
};

/// What a client is told when its registration and a message's shape do not go together.
const FAILED: OAuthError = OAuthError::new(500, "server_error", "the message could not be protected");

impl OpenIdProvider {
    /// Makes a message of `claims` in the shape that the client is due.
    pub(crate) fn seal(
        &self,
        client: &Registered,
        (message, shape): (Message, MessageShape),
        claims: &Claims,
        trouble: &mut Trouble,
    ) -> Result<String, OAuthError> {
        let mishap = trouble.mishap(message, shape);
        match shape {
            MessageShape::Plain => Ok(tokens::json_text(claims)),
            MessageShape::Signed(signing) => {
                let token = self.inner(signing, claims, mishap)?;
                if mishap == Some(Mishap::Encrypted) {
                    return self.encrypt(client, STRAY, &token, mishap);
                }
                Ok(tokens::damage(token, mishap, false))
            }
            MessageShape::Nested { signing, algorithm, content } => {
                let inner = self.inner(signing, claims, mishap)?;
                if matches!(mishap, Some(Mishap::NotEncrypted | Mishap::Unprotected)) {
                    return Ok(inner);
                }
                let token = self.encrypt(client, (algorithm, content), &inner, mishap)?;
                Ok(tokens::damage(token, mishap, true))
            }
        }
    }

    /// The signed token, or what stands in its place.
    fn inner(
        &self,
        signing: SigningAlgorithm,
        claims: &Claims,
        mishap: Option<Mishap>,
    ) -> Result<String, OAuthError> {
        let family = self.keys.family(signing);
        let sign = |key: &SigningKey, algorithm: SigningAlgorithm| {
            let typ = if mishap == Some(Mishap::OtherType) { "at+jwt" } else { "JWT" };
            let token = key.sign(&self.operations, algorithm, Some(typ), claims).map_err(|_| FAILED)?;
            Ok(token.expose_str().to_owned())
        };
        match mishap {
            Some(Mishap::Unprotected | Mishap::UnsignedInside) => Ok(tokens::json_text(claims)),
            Some(Mishap::AlgNone) => Ok(tokens::unsecured(claims)),
            Some(Mishap::Hmac) => {
                let public = family.active.public_pem().map_err(|_| FAILED)?;
                Ok(tokens::hmac(claims, family.active.kid(), &public))
            }
            Some(Mishap::OtherAlgorithm) => {
                let other = other_algorithm(signing);
                sign(&self.keys.family(other).active, other)
            }
            Some(Mishap::OtherKey) => sign(&family.impostor, signing),
            Some(Mishap::UnknownKey) => sign(&family.unlisted, signing),
            Some(Mishap::BrokenSignature) => sign(&family.active, signing).map(|token| {
                let mut other = claims.clone();
                other.insert("exchanged".into(), Value::Bool(true));
                tokens::exchange_payload(&token, &other)
            }),
            Some(
                Mishap::NotEncrypted
                | Mishap::Encrypted
                | Mishap::OtherContentEncryption
                | Mishap::Rsa15
                | Mishap::OtherRecipient
                | Mishap::BrokenCiphertext
                | Mishap::Compressed
                | Mishap::Critical
                | Mishap::OtherType
                | Mishap::Truncated,
            )
            | None => sign(&family.active, signing),
        }
    }

    fn encrypt(
        &self,
        client: &Registered,
        (algorithm, content): (KeyEncryption, ContentEncryption),
        payload: &str,
        mishap: Option<Mishap>,
    ) -> Result<String, OAuthError> {
        let own = self.keys.encryption_key(algorithm);
        let theirs = client.keys.encryption_key(algorithm);
        let key = match mishap {
            Some(Mishap::OtherRecipient) => own,
            Some(Mishap::Encrypted) => theirs.or(own),
            Some(_) | None => theirs,
        };
        let content = match mishap {
            Some(Mishap::OtherContentEncryption) => other_content(content),
            Some(_) | None => content,
        };
        let token = key.ok_or(FAILED)?.encrypt(&self.operations, content, None, Some("JWT"), payload);
        Ok(token.map_err(|_| FAILED)?.expose_str().to_owned())
    }
}

/// How a token is encrypted that should not be.
const STRAY: (KeyEncryption, ContentEncryption) = (KeyEncryption::RsaOaep, ContentEncryption::A128CbcHs256);

/// Another algorithm, of the same key where there is one.
const fn other_algorithm(due: SigningAlgorithm) -> SigningAlgorithm {
    match due {
        SigningAlgorithm::RS256 => SigningAlgorithm::PS256,
        SigningAlgorithm::PS256 | SigningAlgorithm::ES256 => SigningAlgorithm::RS256,
    }
}

/// Another content encryption, of the other family.
const fn other_content(due: ContentEncryption) -> ContentEncryption {
    match due {
        ContentEncryption::A128CbcHs256
        | ContentEncryption::A192CbcHs384
        | ContentEncryption::A256CbcHs512 => ContentEncryption::A128Gcm,
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => ContentEncryption::A128CbcHs256,
    }
}
