//! Private keys as an operator hands them over: JWK (RFC 7517) or PEM (PKCS#8, PKCS#1, SEC 1).
//!
//! Owns parsing, bounds, and whether the parts belong together. What the key may then do is judged
//! by [`crate::sign`] and [`crate::ring`]. Every byte of a private part that passes through here is
//! in a buffer that wipes itself; OpenSSL wipes its own.

use base64::{Engine, engine::general_purpose::STANDARD};
use openssl::{
    bn::{BigNum, BigNumContext, BigNumRef},
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::{RsaPrivateKeyBuilder, RsaRef},
    x509::X509,
};
use serde::{Deserialize, de::IgnoredAny};
use tunnus_sdk::Hidden;
use zeroize::Zeroizing;

use crate::{
    KeyError,
    compact::decode,
    effort,
    markers::Markers,
    material::{Material, number},
};

/// The largest text that is looked at, in bytes: a 4096-bit key and a chain of certificates fit.
pub const MAX_TEXT: usize = 32 * 1024;

/// A private key, parsed once and held.
pub struct PrivateKey {
    pub key: PKey<Private>,
    pub material: Material,
    pub markers: Markers,
}

impl PrivateKey {
    pub fn parse(text: &Hidden<String>) -> Result<Self, KeyError> {
        let text = text.expose_str().trim();
        if text.len() > MAX_TEXT {
            return Err(KeyError::TooLarge);
        }
        if text.starts_with('{') { from_jwk(text) } else { from_pem(text, None) }
    }

    /// The key's `kid`: its own, or the RFC 7638 thumbprint.
    pub fn kid(&self) -> String {
        self.markers.kid.clone().unwrap_or_else(|| self.material.thumbprint())
    }

    pub fn new(key: PKey<Private>, markers: Markers) -> Result<Self, KeyError> {
        let material = Material::of(&key)?;
        let fits = match (key.rsa(), key.ec_key()) {
            (Ok(rsa), _) => check_numbers(&rsa).unwrap_or(false),
            (_, Ok(point)) => point.check_key().is_ok(),
            _ => false,
        };
        if !fits {
            return Err(KeyError::Inconsistent);
        }
        Ok(Self { key, material, markers })
    }
}

/// The members of a private JWK. Members that are not used are skipped; one that is used and stands
/// twice is refused.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Hidden<String>>,
    p: Option<Hidden<String>>,
    q: Option<Hidden<String>>,
    dp: Option<Hidden<String>>,
    dq: Option<Hidden<String>>,
    qi: Option<Hidden<String>>,
    /// More than two primes (RFC 7518, section 6.3.2.7): not used here.
    oth: Option<IgnoredAny>,
}

fn from_jwk(text: &str) -> Result<PrivateKey, KeyError> {
    let jwk: PrivateJwk = serde_json::from_str(text).map_err(|_| KeyError::Malformed)?;
    let key = match jwk.kty.as_str() {
        "RSA" => rsa_from_jwk(&jwk)?,
        "EC" => p256_from_jwk(&jwk)?,
        _ => return Err(KeyError::Unsupported),
    };
    if jwk.kid.as_ref().is_some_and(String::is_empty) {
        return Err(KeyError::Malformed);
    }
    let PrivateJwk { kid, usage, key_ops, alg, .. } = jwk;
    PrivateKey::new(key, Markers { kid, usage, key_ops, alg })
}

fn rsa_from_jwk(jwk: &PrivateJwk) -> Result<PKey<Private>, KeyError> {
    if jwk.oth.is_some() {
        return Err(KeyError::Unsupported);
    }
    let (n, e) = (public_member(jwk.n.as_ref())?, public_member(jwk.e.as_ref())?);
    Material::rsa(&n, &e)?;
    if jwk.d.is_none() {
        return Err(KeyError::NotPrivate);
    }
    let part = |member: &Option<Hidden<String>>| private_member(member.as_ref(), n.len());
    let exponent = part(&jwk.d)?;
    let factors = [part(&jwk.p)?, part(&jwk.q)?];
    let remainders = [part(&jwk.dp)?, part(&jwk.dq)?, part(&jwk.qi)?];
    assemble_rsa([&n, &e], &exponent, &factors, &remainders).ok_or(KeyError::Malformed)
}

/// Hands the numbers over to OpenSSL, which wipes them when the key is freed.
fn assemble_rsa(
    [n, e]: [&[u8]; 2],
    exponent: &[u8],
    [p, q]: &[Zeroizing<Vec<u8>>; 2],
    [dp, dq, qi]: &[Zeroizing<Vec<u8>>; 3],
) -> Option<PKey<Private>> {
    let builder = RsaPrivateKeyBuilder::new(number(n)?, number(e)?, number(exponent)?).ok()?;
    let builder = builder.set_factors(number(p)?, number(q)?).ok()?;
    let builder = builder.set_crt_params(number(dp)?, number(dq)?, number(qi)?).ok()?;
    PKey::from_rsa(builder.build()).ok()
}

fn p256_from_jwk(jwk: &PrivateJwk) -> Result<PKey<Private>, KeyError> {
    if jwk.crv.as_deref() != Some("P-256") {
        return Err(KeyError::Unsupported);
    }
    let (x, y) = (public_member(jwk.x.as_ref())?, public_member(jwk.y.as_ref())?);
    let public = Material::p256(&x, &y)?.to_public_key().ok_or(KeyError::Malformed)?;
    if jwk.d.is_none() {
        return Err(KeyError::NotPrivate);
    }
    let scalar = private_member(jwk.d.as_ref(), x.len())?;
    let public = public.ec_key().map_err(|_| KeyError::Malformed)?;
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).map_err(|_| KeyError::Failed)?;
    let mut scalar = number(&scalar).ok_or(KeyError::Malformed)?;
    let key = EcKey::from_private_components(&group, &scalar, public.public_key());
    scalar.clear();
    let key = key.map_err(|_| KeyError::Inconsistent)?;
    PKey::from_ec_key(key).map_err(|_| KeyError::Malformed)
}

fn public_member(member: Option<&String>) -> Result<Vec<u8>, KeyError> {
    decode(member.ok_or(KeyError::Malformed)?).map_err(|_| KeyError::Malformed)
}

/// A private number of at most `max` bytes.
fn private_member(member: Option<&Hidden<String>>, max: usize) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = member.ok_or(KeyError::Malformed)?;
    let bytes = Zeroizing::new(decode(text.expose_str()).map_err(|_| KeyError::Malformed)?);
    if bytes.is_empty() || bytes.len() > max { Err(KeyError::Malformed) } else { Ok(bytes) }
}

/// A key in PEM form, protected by `passphrase` where one is given.
pub fn from_pem(text: &str, passphrase: Option<&str>) -> Result<PrivateKey, KeyError> {
    // Asked to read a protected key, OpenSSL would ask the terminal for the passphrase.
    let is_protected = text.contains("ENCRYPTED");
    if is_protected && passphrase.is_none() {
        return Err(KeyError::Passphrase);
    }
    match text.matches("PRIVATE KEY-----").count() {
        // One `BEGIN` and one `END`. Of two keys it would not be clear which is meant.
        2 => {}
        0 if text.contains("-----BEGIN ") => return Err(KeyError::NotPrivate),
        _ => return Err(KeyError::Malformed),
    }
    let given = passphrase.unwrap_or_default().as_bytes();
    let told = |buffer: &mut [u8]| {
        let place = buffer.get_mut(..given.len());
        Ok(place.map_or(0, |place| {
            place.copy_from_slice(given);
            given.len()
        }))
    };
    let key = match protected(text) {
        Some(der) => {
            if !effort::is_bounded(&der) {
                return Err(KeyError::Effort);
            }
            PKey::private_key_from_pkcs8_callback(&der, told)
        }
        // The protection of other forms is one round.
        None => PKey::private_key_from_pem_callback(text.as_bytes(), told),
    };
    let unreadable = if is_protected { KeyError::WrongPassphrase } else { KeyError::Malformed };
    let key = PrivateKey::new(key.map_err(|_| unreadable)?, Markers::default())?;
    check_certificate(text, &key)?;
    Ok(key)
}

/// What a PEM document holds of a protected key (PKCS#8), if it holds one.
fn protected(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN ENCRYPTED PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END ENCRYPTED PRIVATE KEY-----").unwrap_or_default();
    let body: String = body.split_ascii_whitespace().collect();
    // What is damaged opens no better than what is not there.
    Some(STANDARD.decode(body).unwrap_or_default())
}

/// Where certificates stand beside the key, one of them must be the key's own.
fn check_certificate(text: &str, key: &PrivateKey) -> Result<(), KeyError> {
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(());
    }
    let certificates = X509::stack_from_pem(text.as_bytes()).map_err(|_| KeyError::Malformed)?;
    let is_own = |certificate: &X509| certificate.public_key().is_ok_and(|public| public.public_eq(&key.key));
    if certificates.iter().any(is_own) { Ok(()) } else { Err(KeyError::CertificateMismatch) }
}

/// Checks that the primes are those of the modulus and the exponents those of the primes. OpenSSL
/// does not: it would sign with what it is given.
fn check_numbers(rsa: &RsaRef<Private>) -> Result<bool, ErrorStack> {
    let crt = (rsa.p(), rsa.q(), rsa.dmp1(), rsa.dmq1(), rsa.iqmp());
    let (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) = crt else { return Ok(false) };
    let (mut product, mut context) = (BigNum::new()?, BigNumContext::new()?);
    product.checked_mul(p, q, &mut context)?;
    let mut fits = *product == *rsa.n();
    for (prime, exponents) in [(p, [rsa.d(), dp]), (q, [rsa.d(), dq])] {
        let mut order = prime.to_owned()?;
        order.sub_word(1)?;
        for exponent in exponents {
            product.mod_mul(rsa.e(), exponent, &order, &mut context)?;
            fits &= is_one(&product);
        }
        order.clear();
    }
    product.mod_mul(q, qi, p, &mut context)?;
    fits &= is_one(&product);
    product.clear();
    Ok(fits)
}

fn is_one(number: &BigNumRef) -> bool {
    number.num_bits() == 1
}
