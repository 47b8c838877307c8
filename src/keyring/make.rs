//! New keys for a ring.

use serde_json::Value;
use tunnus_jose::{DecryptionKey, KeyError, KeyUse, SigningKey, generate};
use tunnus_sdk::{Hidden, Timestamp};

use super::{Key, KeyKind, Purpose};

/// A key that is about to come into a ring.
#[derive(Debug)]
pub struct NewKey {
    /// What is public of it.
    pub key: Key,
    /// Its private part: a JWK, or PEM where a certificate goes with it.
    pub private: Hidden<String>,
}

/// Makes a key. It takes as long as a prime number takes to find.
///
/// # Errors
/// Where a key of this kind cannot be made for this.
pub fn made(
    connection: Option<String>,
    purpose: Purpose,
    kind: KeyKind,
    now: Timestamp,
) -> Result<NewKey, KeyError> {
    let usage = match purpose {
        Purpose::Signing | Purpose::Certificate => KeyUse::Signature,
        Purpose::Decryption => KeyUse::Encryption,
    };
    let private = match kind {
        KeyKind::Rsa(bits) => generate::rsa(bits, usage)?,
        KeyKind::P256 => generate::p256(usage)?,
    };
    let key = Key::created(connection, (purpose, kind), public_of(&private, purpose)?, now);
    Ok(NewKey { key, private })
}

/// The name and the public part of a private key.
///
/// # Errors
/// Where the key cannot do what it is for.
pub fn public_of(private: &Hidden<String>, purpose: Purpose) -> Result<(String, Value), KeyError> {
    match purpose {
        Purpose::Signing | Purpose::Certificate => {
            let key = SigningKey::parse(private)?;
            Ok((key.kid().to_owned(), key.public_jwk()))
        }
        Purpose::Decryption => {
            let key = DecryptionKey::parse(private)?;
            Ok((key.kid().to_owned(), key.public_jwk()))
        }
    }
}
