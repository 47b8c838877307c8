//! Public keys as they are published: a JWK set, rendered once (RFC 7517, section 5).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tunnus_jose::{DecryptionRing, KeyError, SigningKey};
use tunnus_sdk::Credentials;

use crate::keyring::{Key, Purpose, State};

/// A JWK set in its published form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// The document.
    pub body: String,
    /// What an entity tag holds: another document, another tag.
    pub tag: String,
}

impl KeySet {
    /// The set of these public keys.
    #[must_use]
    pub fn of(keys: &[Value]) -> Self {
        let body = json!({ "keys": keys }).to_string();
        let tag = URL_SAFE_NO_PAD.encode(digest(&SHA256, body.as_bytes()));
        Self { body, tag }
    }

    /// The set of what is `in_use`, but for those keys that the ring does not publish, and of what
    /// the ring publishes before its use and after.
    #[must_use]
    pub fn published(in_use: Vec<Value>, ring: &[Key]) -> Self {
        let is_withheld = |jwk: &Value| ring.iter().any(|key| !key.duties().published && is_of(jwk, key));
        let mut keys: Vec<Value> = in_use.into_iter().filter(|jwk| !is_withheld(jwk)).collect();
        for key in ring.iter().filter(|key| key.duties().published) {
            if keys.iter().all(|known| !is_of(known, key)) {
                keys.push(key.public.clone());
            }
        }
        Self::of(&keys)
    }

    /// The public halves of a connection's keys. Parses each: far too dear for every request.
    ///
    /// # Errors
    /// When a key cannot be used.
    pub fn of_credentials(credentials: &Credentials, ring: &[Key]) -> Result<Self, KeyError> {
        let signing = credentials.signing.iter().map(SigningKey::parse);
        let mut keys = signing.map(|key| Ok(key?.public_jwk())).collect::<Result<Vec<_>, KeyError>>()?;
        if !credentials.decryption.is_empty() {
            keys.extend(DecryptionRing::parse(&credentials.decryption)?.public_jwks());
        }
        Ok(Self::published(keys, ring))
    }
}

/// Whether a public key is this one of the ring. A name alone does not tell: a retired key, one for
/// another use and a certificate's may share it.
fn is_of(jwk: &Value, key: &Key) -> bool {
    let usage = match key.purpose {
        Purpose::Signing => "sig",
        Purpose::Decryption => "enc",
        Purpose::Certificate => return false,
    };
    let says = |name: &str| jwk.get(name).and_then(Value::as_str);
    key.state != State::Retired
        && says("kid") == Some(&key.kid)
        && says("use").is_none_or(|said| said == usage)
}

#[cfg(test)]
mod tests {
    use tunnus_sdk::Timestamp;

    use super::*;
    use crate::{keyring::KeyKind, tenant::for_tests::keys};

    #[test]
    fn public_keys_have_no_private_part_and_one_bad_key_is_no_set() {
        let [signing, decryption, _] = keys().clone();
        let credentials =
            Credentials { signing: vec![signing], decryption: vec![decryption], ..Credentials::default() };
        let set = KeySet::of_credentials(&credentials, &[]).unwrap();
        let published: Value = serde_json::from_str(&set.body).unwrap();
        let keys = published["keys"].as_array().unwrap();
        let uses: Vec<_> = keys.iter().map(|key| key["use"].as_str().unwrap()).collect();
        assert_eq!(uses, ["sig", "enc"]);
        assert!(keys.iter().all(|key| key.get("n").is_some()));
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(keys.iter().all(|key| key.get(private).is_none()), "{private}");
        }
        let bad = Credentials { signing: vec!["{}".into()], ..credentials };
        assert!(KeySet::of_credentials(&bad, &[]).is_err());
    }

    #[test]
    fn a_key_of_the_ring_withholds_itself_alone() {
        let jwk = json!({ "kty": "RSA", "kid": "2026", "use": "sig", "n": "AQAB", "e": "AQAB" });
        let in_ring = |purpose, state| Key {
            connection: None,
            purpose,
            kind: KeyKind::Rsa(2048),
            kid: "2026".to_owned(),
            state,
            since: Timestamp(0),
            made_at: Timestamp(0),
            not_after: None,
            fetched: false,
            public: jwk.clone(),
            certificate: None,
            subject: None,
            organisation: None,
        };
        let count = |ring: &[Key]| {
            let set: Value = serde_json::from_str(&KeySet::published(vec![jwk.clone()], ring).body).unwrap();
            set["keys"].as_array().unwrap().len()
        };
        let active = in_ring(Purpose::Signing, State::Active);
        for other in [
            in_ring(Purpose::Signing, State::Retired),
            in_ring(Purpose::Decryption, State::Cooldown),
            in_ring(Purpose::Certificate, State::Created),
        ] {
            assert_eq!(count(&[active.clone(), other]), 1);
        }
        assert_eq!(count(&[in_ring(Purpose::Signing, State::Created)]), 0, "it is not published yet");
    }
}
