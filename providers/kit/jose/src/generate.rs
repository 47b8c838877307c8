//! New keys.
//!
//! Owns their making and their JWK form. Where they are kept, and when they are rotated, is the
//! server's.

use openssl::{
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    nid::Nid,
    pkey::PKey,
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
    let key = Rsa::generate(bits).map_err(|_| KeyError::Failed)?;
    let private = [
        ("d", Some(key.d())),
        ("p", key.p()),
        ("q", key.q()),
        ("dp", key.dmp1()),
        ("dq", key.dmq1()),
        ("qi", key.iqmp()),
    ];
    let private = private.map(|(name, number)| Some((name, secret(number?.to_vec()))));
    let private = private.into_iter().collect::<Option<Vec<_>>>().ok_or(KeyError::Failed)?;
    let key = PKey::from_rsa(key).map_err(|_| KeyError::Failed)?;
    Ok(to_private_jwk(&Material::of(&key)?, usage, &private))
}

/// A new P-256 private key as a JWK; its `kid` is the RFC 7638 thumbprint.
///
/// # Errors
/// [`KeyError::Purpose`] for encryption, which is not done with such keys here.
pub fn p256(usage: KeyUse) -> Result<Hidden<String>, KeyError> {
    if usage == KeyUse::Encryption {
        return Err(KeyError::Purpose);
    }
    let generate = || {
        let key = EcKey::generate(&*EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?)?;
        let scalar = secret(key.private_key().to_vec_padded(32)?);
        Ok((PKey::from_ec_key(key)?, scalar))
    };
    let (key, scalar) = generate().map_err(|_: ErrorStack| KeyError::Failed)?;
    Ok(to_private_jwk(&Material::of(&key)?, usage, &[("d", scalar)]))
}

/// The private number in base64url.
fn secret(number: Vec<u8>) -> Zeroizing<String> {
    Zeroizing::new(encode(&*Zeroizing::new(number)))
}

/// Writes the JWK into one buffer that never grows: growing would leave copies of secrets behind.
/// Names and values are base64url or our own words and need no escape.
fn to_private_jwk(
    material: &Material,
    usage: KeyUse,
    private: &[(&'static str, Zeroizing<String>)],
) -> Hidden<String> {
    let marks = [("kid", material.thumbprint()), ("use", usage.name().to_owned())];
    let public =
        material.members().into_iter().chain(marks).map(|(name, value)| (name, Zeroizing::new(value)));
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
