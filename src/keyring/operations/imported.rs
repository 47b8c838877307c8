//! A key that was made elsewhere, as one of a ring.

use serde_json::Value;
use tunnus_jose::{KeyError, SigningKey, certificate, expiry, import};
use tunnus_sdk::{Hidden, SigningAlgorithm, Timestamp};

use super::{
    Given,
    checks::{check_purpose, use_of},
};
use crate::keyring::{Key, KeyKind, KeyringError, NewKey, Purpose, make::public_of};

/// The key that was given, as one of a ring. The settings of its connection may ask for signatures of
/// one `algorithm`.
pub(super) fn imported(
    given: Given,
    algorithm: Option<SigningAlgorithm>,
    now: Timestamp,
) -> Result<NewKey, KeyringError> {
    let Given { connection, purpose, bytes, passphrase, kid, known: _, until } = given;
    let ends = std::str::from_utf8(bytes.expose()).ok().and_then(expiry);
    let taken = import(&bytes, passphrase.as_ref(), kid.as_deref(), use_of(purpose))?;
    if purpose == Purpose::Signing {
        check_algorithm(&taken.key, algorithm.filter(|_| connection.is_some()))?;
    }
    let (name, public) = public_of(&taken.key, purpose)?;
    let kind = kind_of(&public);
    check_purpose(connection.as_ref(), purpose, kind)?;
    let mut not_after = until.or(ends);
    let mut chain = None;
    if let (Purpose::Certificate, Some(pem)) = (purpose, &taken.certificates) {
        let taken = certificate::check(pem, &taken.key, None, now)?;
        (chain, not_after) = (Some(taken.chain), Some(taken.not_after));
    }
    let not_after = not_after.or_else(|| taken.certificates.as_deref().and_then(expiry));
    if let Some(end) = not_after.filter(|end| *end <= now) {
        return Err(KeyringError::Ended(end));
    }
    let created = Key::created(connection, (purpose, kind), (name, public), now);
    let key = Key { not_after, certificate: chain, ..created };
    Ok(NewKey { key, private: taken.key })
}

/// Whether a key signs as its connection's settings say; as ID tokens are signed, where they say
/// nothing, since the tenant's own keys sign those.
fn check_algorithm(key: &Hidden<String>, asked: Option<SigningAlgorithm>) -> Result<(), KeyringError> {
    let (key, usual) = (SigningKey::parse(key)?, [SigningAlgorithm::RS256, SigningAlgorithm::ES256]);
    match asked {
        Some(asked) if !key.supports(asked) => Err(KeyringError::Algorithm(asked.name())),
        None if !usual.into_iter().any(|algorithm| key.supports(algorithm)) => Err(KeyError::Purpose.into()),
        _ => Ok(()),
    }
}

/// The kind of a public JWK.
fn kind_of(public: &Value) -> KeyKind {
    // Six bits a character of base64url; a modulus has no leading zeros.
    let bits = |n: &str| u32::try_from(n.len() * 6 / 64 * 64).unwrap_or_default();
    public.get("n").and_then(Value::as_str).map_or(KeyKind::P256, |n| KeyKind::Rsa(bits(n)))
}
