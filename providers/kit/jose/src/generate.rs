//! New keys.
//!
//! Owns their making, and the JWK form of any private key. Where they are kept, and when they are rotated, is the
//! server's.

use openssl::{
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
};
use tunnus_sdk::Hidden;
use zeroize::Zeroizing;

use crate::{
    KeyError, KeyUse,
    compact::encode,
    material::{MAX_RSA_BITS, MIN_RSA_BITS, Material},
};

/// A new RSA private key as a JWK; its `kid` is the RFC 7638 thumbprint.
///
/// # Errors
/// [`KeyError::Size`] outside 2048 to 4096 bits.
pub fn rsa(bits: u32, usage: KeyUse) -> Result<Hidden<String>, KeyError> {
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(KeyError::Size);
    }
    let key = Rsa::generate(bits).and_then(PKey::from_rsa).map_err(|_| KeyError::Failed)?;
    private_jwk(&key, None, usage, None)
}

/// A new P-256 private key as a JWK; its `kid` is the RFC 7638 thumbprint.
///
/// # Errors
/// [`KeyError::Purpose`] for encryption, which is not done with such keys here.
pub fn p256(usage: KeyUse) -> Result<Hidden<String>, KeyError> {
    if usage == KeyUse::Encryption {
        return Err(KeyError::Purpose);
    }
    let generate = || PKey::from_ec_key(EcKey::generate(&*EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?)?);
    private_jwk(&generate().map_err(|_| KeyError::Failed)?, None, usage, None)
}

/// A private key as a JWK under `kid`; the RFC 7638 thumbprint where there is none. `alg` is the one
/// algorithm that it is for, where it is for one alone.
pub(crate) fn private_jwk(
    key: &PKey<Private>,
    kid: Option<&str>,
    usage: KeyUse,
    alg: Option<&str>,
) -> Result<Hidden<String>, KeyError> {
    let material = Material::of(key)?;
    let private = private_numbers(key).map_err(|_| KeyError::Failed)?.ok_or(KeyError::Failed)?;
    Ok(to_private_jwk(&material, (kid, usage, alg), &private))
}

type Numbers = Vec<(&'static str, Zeroizing<String>)>;

fn private_numbers(key: &PKey<Private>) -> Result<Option<Numbers>, ErrorStack> {
    if let Ok(point) = key.ec_key() {
        return Ok(Some(vec![("d", secret(point.private_key().to_vec_padded(32)?))]));
    }
    let key = key.rsa()?;
    let numbers = [
        ("d", Some(key.d())),
        ("p", key.p()),
        ("q", key.q()),
        ("dp", key.dmp1()),
        ("dq", key.dmq1()),
        ("qi", key.iqmp()),
    ];
    Ok(numbers.map(|(name, number)| Some((name, secret(number?.to_vec())))).into_iter().collect())
}

/// The private number in base64url.
fn secret(number: Vec<u8>) -> Zeroizing<String> {
    Zeroizing::new(encode(&*Zeroizing::new(number)))
}

/// Writes the JWK into one buffer that never grows: growing would leave copies of secrets behind.
/// Names and values are base64url or our own words, or a `kid` or an `alg` that was looked at, and
/// need no escape.
fn to_private_jwk(
    material: &Material,
    (kid, usage, alg): (Option<&str>, KeyUse, Option<&str>),
    private: &[(&'static str, Zeroizing<String>)],
) -> Hidden<String> {
    let kid = kid.map_or_else(|| material.thumbprint(), str::to_owned);
    let marks = [("kid", kid), ("use", usage.name().to_owned())];
    let alg = alg.map(|alg| ("alg", alg.to_owned()));
    let public = material
        .members()
        .into_iter()
        .chain(marks)
        .chain(alg)
        .map(|(name, value)| (name, Zeroizing::new(value)));
    let members: Vec<_> = public.chain(private.iter().cloned()).collect();
    let quotes = r#""":"","#.len();
    let mut jwk =
        String::with_capacity(members.iter().map(|(n, v)| n.len() + v.len() + quotes).sum::<usize>() + 2);
    for (name, value) in &members {
        jwk.push(if jwk.is_empty() { '{' } else { ',' });
        for text in ["\"", name, "\":\"", value, "\""] {
            jwk.push_str(text);
        }
    }
    jwk.push('}');
    Hidden::new(jwk)
}
