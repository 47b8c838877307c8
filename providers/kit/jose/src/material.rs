//! The public numbers of a key: their bounds, their JWK form, their thumbprint.
//!
//! Owns which kinds and sizes of keys exist here: RSA of 2048 to 4096 bits and P-256. Private parts
//! are [`crate::private_key`]'s.

use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    nid::Nid,
    pkey::{HasPublic, Id, PKey, PKeyRef, Public},
    rsa::Rsa,
    sha::sha256,
};
use serde_json::Value;
use tunnus_sdk::SigningAlgorithm;

use crate::{KeyError, compact::encode};

/// The least size of an RSA modulus, in bits.
pub const MIN_RSA_BITS: u32 = 2048;
/// The greatest: a larger one makes whoever publishes it the master of our CPU.
pub const MAX_RSA_BITS: u32 = 4096;
/// The largest public exponent, in bytes. Verification costs grow with it.
const MAX_EXPONENT: usize = 8;
/// The length of a coordinate on P-256, in bytes.
const COORDINATE: usize = 32;

/// A public key, big-endian and without leading zeros (RSA) or of full length (P-256).
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256 { x: Vec<u8>, y: Vec<u8> },
}

impl Material {
    /// An RSA key within the bounds.
    pub fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits(n)) {
            return Err(KeyError::Size);
        }
        // With an exponent of 1 a signature is its own message; an even one has no inverse.
        if !is_odd(n) || !is_odd(e) || e == [1] || e.len() > MAX_EXPONENT {
            return Err(KeyError::Malformed);
        }
        Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
    }

    /// A point on P-256.
    pub fn p256(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        if x.len() != COORDINATE || y.len() != COORDINATE {
            return Err(KeyError::Malformed);
        }
        let point = Self::P256 { x: x.to_vec(), y: y.to_vec() };
        // A point off the curve fails here.
        point.to_public_key().ok_or(KeyError::Malformed)?;
        Ok(point)
    }

    /// The public numbers of an OpenSSL key.
    pub fn of<T: HasPublic>(key: &PKeyRef<T>) -> Result<Self, KeyError> {
        match key.id() {
            Id::RSA => {
                let rsa = key.rsa().map_err(|_| KeyError::Malformed)?;
                Self::rsa(&rsa.n().to_vec(), &rsa.e().to_vec())
            }
            Id::EC => {
                let (x, y) = coordinates(key)?;
                Self::p256(&x, &y)
            }
            _ => Err(KeyError::Unsupported),
        }
    }

    /// The key as OpenSSL holds it.
    pub fn to_public_key(&self) -> Option<PKey<Public>> {
        match self {
            Self::Rsa { n, e } => {
                let rsa = Rsa::from_public_components(number(n)?, number(e)?).ok()?;
                PKey::from_rsa(rsa).ok()
            }
            Self::P256 { x, y } => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).ok()?;
                let (x, y) = (number(x)?, number(y)?);
                PKey::from_ec_key(EcKey::from_public_key_affine_coordinates(&group, &x, &y).ok()?).ok()
            }
        }
    }

    /// The required members of the JWK, in lexical order (RFC 7638, section 3.2).
    pub fn members(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Rsa { n, e } => vec![("e", encode(e)), ("kty", "RSA".to_owned()), ("n", encode(n))],
            Self::P256 { x, y } => vec![
                ("crv", "P-256".to_owned()),
                ("kty", "EC".to_owned()),
                ("x", encode(x)),
                ("y", encode(y)),
            ],
        }
    }

    /// The thumbprint with SHA-256 in base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let members = self.members().into_iter().map(|(name, value)| format!("\"{name}\":\"{value}\""));
        encode(sha256(format!("{{{}}}", members.collect::<Vec<_>>().join(",")).as_bytes()))
    }

    /// The JWK of the public key, with what it is for.
    pub fn to_jwk(&self, kid: &str, usage: &str, alg: Option<&str>) -> Value {
        let marks = [("kid", Some(kid)), ("use", Some(usage)), ("alg", alg)];
        let marks = marks.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
        let members = self.members().into_iter().chain(marks);
        Value::Object(members.map(|(name, value)| (name.to_owned(), Value::String(value))).collect())
    }

    /// The `SubjectPublicKeyInfo` in PEM form.
    pub fn to_pem(&self) -> Option<String> {
        String::from_utf8(self.to_public_key()?.public_key_to_pem().ok()?).ok()
    }

    /// Whether signatures of `algorithm` are made and verified with such a key.
    pub const fn fits(&self, algorithm: SigningAlgorithm) -> bool {
        match (self, algorithm) {
            (Self::Rsa { .. }, SigningAlgorithm::RS256 | SigningAlgorithm::PS256)
            | (Self::P256 { .. }, SigningAlgorithm::ES256) => true,
            (Self::Rsa { .. }, SigningAlgorithm::ES256)
            | (Self::P256 { .. }, SigningAlgorithm::RS256 | SigningAlgorithm::PS256) => false,
        }
    }

    /// The length of a ciphertext or signature of an RSA key, in bytes.
    pub const fn rsa_size(&self) -> Option<usize> {
        match self {
            Self::Rsa { n, .. } => Some(n.len()),
            Self::P256 { .. } => None,
        }
    }
}

/// The affine coordinates of a P-256 key.
fn coordinates<T: HasPublic>(key: &PKeyRef<T>) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    let key = key.ec_key().map_err(|_| KeyError::Malformed)?;
    if key.group().curve_name() != Some(Nid::X9_62_PRIME256V1) {
        return Err(KeyError::Unsupported);
    }
    let read = || {
        let (mut x, mut y, mut context) = (BigNum::new()?, BigNum::new()?, BigNumContext::new()?);
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
        Ok((x.to_vec_padded(32)?, y.to_vec_padded(32)?))
    };
    read().map_err(|_: ErrorStack| KeyError::Malformed)
}

/// The big-endian number that `bytes` hold.
pub fn number(bytes: &[u8]) -> Option<BigNum> {
    BigNum::from_slice(bytes).ok()
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn bits(number: &[u8]) -> u32 {
    let whole = u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(u8::BITS);
    whole.saturating_sub(number.first().map_or(0, |byte| byte.leading_zeros()))
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compact::decode;

    /// RFC 7638, section 3.1.
    const MODULUS: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let key = Material::rsa(&decode(MODULUS).unwrap(), &[1, 0, 1]).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn leading_zeros_make_no_other_key() {
        let padded = [vec![0, 0], decode(MODULUS).unwrap()].concat();
        let key = Material::rsa(&padded, &[0, 1, 0, 1]).unwrap();
        assert!(key == Material::rsa(&decode(MODULUS).unwrap(), &[1, 0, 1]).unwrap());
        assert_eq!(key.rsa_size(), Some(256));
    }

    #[test]
    fn a_modulus_outside_2048_to_4096_bits_is_refused_to_the_bit() {
        let of_bits = |bits: usize| {
            let mut modulus = vec![0xff; bits.div_ceil(8)];
            modulus[0] = 0xff >> (modulus.len() * 8 - bits);
            Material::rsa(&modulus, &[1, 0, 1]).err()
        };
        for bits in [8, 512, 1024, 2040, 2047, 4097, 8192, 65_536] {
            assert_eq!(of_bits(bits), Some(KeyError::Size), "{bits}");
        }
        for bits in [2048, 2049, 3072, 4096] {
            assert_eq!(of_bits(bits), None, "{bits}");
        }
        assert_eq!(Material::rsa(&[], &[1, 0, 1]).err(), Some(KeyError::Size));
    }

    #[test]
    fn an_exponent_that_is_no_exponent_is_refused() {
        let modulus = decode(MODULUS).unwrap();
        for exponent in [&[][..], &[0], &[1], &[0, 1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 0, 0, 0, 0, 1]] {
            assert_eq!(Material::rsa(&modulus, exponent).err(), Some(KeyError::Malformed), "{exponent:?}");
        }
        let mut even = modulus;
        *even.last_mut().unwrap() &= 0xfe;
        assert_eq!(Material::rsa(&even, &[1, 0, 1]).err(), Some(KeyError::Malformed));
    }

    #[test]
    fn a_point_off_the_curve_or_of_another_length_is_refused() {
        for (x, y) in [([1; 32], [1; 32]), ([0; 32], [0; 32]), ([0xff; 32], [0xff; 32])] {
            assert!(Material::p256(&x, &y).is_err());
        }
        assert!(Material::p256(&[1; 31], &[1; 32]).is_err());
        assert!(Material::p256(&[], &[]).is_err());
    }
}
