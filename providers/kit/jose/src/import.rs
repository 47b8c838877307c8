//! Private keys as vendors hand them over, brought to the one form in which they are kept: a JWK with
//! its `kid` and its use.
//!
//! Owns the forms, and what is asked of a key that others have made: that it is strong, that nothing
//! marks it for something else, and that opening it costs no more than it may.

use openssl::pkcs12::Pkcs12;
use serde_json::Value;
use tunnus_sdk::Hidden;
use zeroize::Zeroizing;

use crate::{
    DecryptionKey, KeyError, KeyUse, SigningKey, effort,
    generate::private_jwk,
    markers::{Markers, Role},
    private_key::{MAX_TEXT, PrivateKey, from_pem},
    public_keys::material_of,
    strength::check_strength,
};

/// A key that was imported.
#[derive(Debug)]
pub struct Imported {
    /// The private key, a JWK.
    pub key: Hidden<String>,
    /// The certificates that stood beside it, PEM, in the order found.
    pub certificates: Option<String>,
}

/// Reads a private key: a JWK, a PEM document, or PKCS#12; the latter two may be protected by a
/// passphrase. It is called `kid`, else what it calls itself, else by its RFC 7638 thumbprint.
///
/// # Errors
/// Where it is none, or cannot do what it is for.
pub fn import(
    bytes: &Hidden<Vec<u8>>,
    passphrase: Option<&Hidden<String>>,
    kid: Option<&str>,
    usage: KeyUse,
) -> Result<Imported, KeyError> {
    if bytes.expose().len() > MAX_TEXT {
        return Err(KeyError::TooLarge);
    }
    if passphrase.is_some_and(|passphrase| passphrase.expose_str().contains('\0')) {
        // OpenSSL takes it as a C string.
        return Err(KeyError::WrongPassphrase);
    }
    let (key, certificates) = match std::str::from_utf8(bytes.expose()) {
        Ok(text) if text.trim_start().starts_with('{') => {
            (PrivateKey::parse(&Hidden::new(text.to_owned()))?, None)
        }
        Ok(text) => (from_pem(text, passphrase.map(Hidden::expose_str))?, certificates_of(text)),
        Err(_) => from_pkcs12(bytes.expose(), passphrase)?,
    };
    let (role, fits) = match usage {
        KeyUse::Signature => (Role::Sign, true),
        KeyUse::Encryption => (Role::Decrypt, key.material.rsa_size().is_some()),
    };
    if !fits {
        return Err(KeyError::Unsupported);
    }
    if !key.markers.permit(role) {
        return Err(KeyError::Purpose);
    }
    check_strength(&key.key)?;
    let kid = kid.map(str::to_owned).or_else(|| key.markers.kid.clone());
    let key = kept(&key, checked(kid.as_deref())?, usage)?;
    Ok(Imported { key, certificates })
}

/// The form in which a key is kept, if it can do what it is for. An `alg` goes along: the key is for
/// nothing else.
fn kept(key: &PrivateKey, kid: Option<&str>, usage: KeyUse) -> Result<Hidden<String>, KeyError> {
    let alg = key.markers.alg.as_deref();
    if alg.is_some_and(|alg| !is_plain(alg)) {
        return Err(KeyError::Purpose);
    }
    let kept = private_jwk(&key.key, kid, usage, alg)?;
    match usage {
        KeyUse::Signature => SigningKey::parse(&kept).map(drop)?,
        KeyUse::Encryption => DecryptionKey::parse(&kept).map(drop)?,
    }
    Ok(kept)
}

/// The same private key under another `kid`.
///
/// # Errors
/// Where it is none, or nothing can be called that.
pub fn renamed(key: &Hidden<String>, kid: &str, usage: KeyUse) -> Result<Hidden<String>, KeyError> {
    let key = PrivateKey::parse(key)?;
    private_jwk(&key.key, checked(Some(kid))?, usage, key.markers.alg.as_deref().filter(|alg| is_plain(alg)))
}

/// A private key in PEM form (PKCS#8), as TLS takes it.
///
/// # Errors
/// Where it is none.
pub fn to_pem(key: &Hidden<String>) -> Result<Hidden<String>, KeyError> {
    let pem = PrivateKey::parse(key)?.key.private_key_to_pem_pkcs8().map_err(|_| KeyError::Failed)?;
    let mut pem = Zeroizing::new(pem);
    String::from_utf8(std::mem::take(&mut pem)).map(Hidden::new).map_err(|_| KeyError::Failed)
}

/// A public JWK in PEM form (`SubjectPublicKeyInfo`).
///
/// # Errors
/// Where it is none.
pub fn public_pem(jwk: &Value) -> Result<String, KeyError> {
    material_of(jwk)?.to_pem().ok_or(KeyError::Failed)
}

/// A name that can stand in a header and in a file without any escape.
fn checked(kid: Option<&str>) -> Result<Option<&str>, KeyError> {
    match kid {
        Some(kid) if !is_plain(kid) => Err(KeyError::Name),
        kid => Ok(kid),
    }
}

fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    (1..=256).contains(&name.len()) && name.bytes().all(is_plain)
}

fn from_pkcs12(
    bytes: &[u8],
    passphrase: Option<&Hidden<String>>,
) -> Result<(PrivateKey, Option<String>), KeyError> {
    let sealed = Pkcs12::from_der(bytes).map_err(|_| KeyError::Malformed)?;
    if !effort::is_bounded(bytes) {
        return Err(KeyError::Effort);
    }
    let unreadable = if passphrase.is_some() { KeyError::WrongPassphrase } else { KeyError::Passphrase };
    let opened = sealed.parse2(passphrase.map(Hidden::expose_str).unwrap_or_default());
    let opened = opened.map_err(|_| unreadable)?;
    let key = PrivateKey::new(opened.pkey.ok_or(KeyError::NotPrivate)?, Markers::default())?;
    if let Some(own) = &opened.cert
        && !own.public_key().is_ok_and(|public| public.public_eq(&key.key))
    {
        return Err(KeyError::CertificateMismatch);
    }
    let beside = opened.ca.into_iter().flatten();
    let all: Vec<_> = opened.cert.into_iter().chain(beside).collect();
    let pem = all.iter().map(|one| String::from_utf8(one.to_pem().ok()?).ok()).collect::<Option<String>>();
    Ok((key, pem.filter(|pem| !pem.is_empty())))
}

/// The certificates of a PEM document, without what else stands there.
fn certificates_of(text: &str) -> Option<String> {
    let all = openssl::x509::X509::stack_from_pem(text.as_bytes()).ok()?;
    let pem = all.iter().map(|one| String::from_utf8(one.to_pem().ok()?).ok()).collect::<Option<String>>();
    pem.filter(|pem| !pem.is_empty())
}
