//! Whether a private key that somebody else has made is one that can be relied on.
//!
//! Asked once, where a key comes in: that its numbers are prime takes longer than to parse it. That
//! its parts belong together is asked of every key ([`crate::private_key`]).

use openssl::{
    bn::{BigNum, BigNumRef},
    error::ErrorStack,
    pkey::{PKey, Private},
    rsa::RsaRef,
};

use crate::KeyError;

/// The least public exponent, in bits: 65537 has them (NIST SP 800-56B, section 6.2).
const EXPONENT_BITS: i32 = 17;
/// How much shorter than half of the modulus a prime may be, in bits.
const SHORTER: i32 = 8;
/// How far the primes are apart at least, in bits less than half of the modulus (FIPS 186-5, A.1.3):
/// closer ones are found by trying.
const CLOSE: i32 = 100;

/// Checks the numbers of an RSA key; a point on the curve is as good as any other.
pub fn check_strength(key: &PKey<Private>) -> Result<(), KeyError> {
    match key.rsa() {
        Ok(rsa) if !is_strong(&rsa).unwrap_or(false) => Err(KeyError::Weak),
        _ => Ok(()),
    }
}

fn is_strong(rsa: &RsaRef<Private>) -> Result<bool, ErrorStack> {
    let (Some(p), Some(q)) = (rsa.p(), rsa.q()) else { return Ok(false) };
    let half = rsa.n().num_bits() / 2;
    let is_long = |prime: &BigNumRef| prime.num_bits() >= half - SHORTER;
    let mut apart = BigNum::new()?;
    apart.checked_sub(p, q)?;
    let are_apart = apart.num_bits() > half - CLOSE;
    apart.clear();
    let is_odd_enough = rsa.e().num_bits() >= EXPONENT_BITS && rsa.e().is_bit_set(0);
    // OpenSSL looks whether they are prime.
    Ok(is_odd_enough && is_long(p) && is_long(q) && are_apart && rsa.check_key()?)
}
