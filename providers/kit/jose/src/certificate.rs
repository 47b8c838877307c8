//! Certificates of our own keys: asked for, taken in, and made for who wants a key in no other form.
//!
//! Owns whether a certificate belongs to its key and is what was asked for. Whether an upstream trusts
//! its issuer is the upstream's to say.

use openssl::{
    asn1::Asn1Time,
    bn::{BigNum, MsbOption},
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    x509::{X509, X509Builder, X509Name, X509NameBuilder, X509NameRef, X509ReqBuilder, X509VerifyResult},
};
use tunnus_sdk::{Hidden, Timestamp};

use crate::{CertificateError, KeyError, expiry::to_timestamp, private_key::PrivateKey};

/// The largest chain that is looked at, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// A certificate that is its key's, with its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// PEM, the key's own first, each issued by the next.
    pub chain: String,
    /// When the first of them ends.
    pub not_after: Timestamp,
}

/// A request for a certificate (PKCS#10, PEM) for this key: the members of its subject in their order,
/// `("CN", "client-1")` among them.
///
/// # Errors
/// Where the key cannot be used, or a member is unknown.
pub fn request(key: &Hidden<String>, subject: &[(&str, &str)]) -> Result<String, KeyError> {
    let key = PrivateKey::parse(key)?.key;
    let build = || {
        let mut builder = X509ReqBuilder::new()?;
        builder.set_version(0)?;
        builder.set_subject_name(&*name(subject)?)?;
        builder.set_pubkey(&key)?;
        builder.sign(&key, MessageDigest::sha256())?;
        builder.build().to_pem()
    };
    let pem = build().map_err(|_: ErrorStack| KeyError::Failed)?;
    String::from_utf8(pem).map_err(|_| KeyError::Failed)
}

/// Sees whether `pem` holds the certificate of `key` for the subject with this common name, good at
/// `now`, and puts its chain in order.
///
/// # Errors
/// What is wrong with it.
pub fn check(
    pem: &str,
    key: &Hidden<String>,
    common_name: Option<&str>,
    now: Timestamp,
) -> Result<Certificate, CertificateError> {
    if pem.len() > MAX_TEXT {
        return Err(CertificateError::TooLarge);
    }
    let mut others = X509::stack_from_pem(pem.as_bytes()).map_err(|_| CertificateError::Malformed)?;
    if others.is_empty() {
        return Err(CertificateError::Malformed);
    }
    let key = PrivateKey::parse(key).map_err(|_| CertificateError::AnotherKey)?.key;
    let is_own = |one: &X509| one.public_key().is_ok_and(|public| public.public_eq(&key));
    let own = others.iter().position(is_own).ok_or(CertificateError::AnotherKey)?;
    let mut chain = vec![others.swap_remove(own)];
    while let Some(issuer) = chain.last().and_then(|last| others.iter().position(|one| issued(one, last))) {
        chain.push(others.swap_remove(issuer));
    }
    if !others.is_empty() {
        return Err(CertificateError::Chain);
    }
    if let (Some(asked), Some(own)) = (common_name, chain.first())
        && !names(own.subject_name()).any(|name| name == asked)
    {
        return Err(CertificateError::AnotherSubject);
    }
    let not_after = good_at(&chain, now)?;
    let pem = chain.iter().map(|one| String::from_utf8(one.to_pem().ok()?).ok()).collect::<Option<String>>();
    Ok(Certificate { chain: pem.ok_or(CertificateError::Malformed)?, not_after })
}

/// When the first of the chain ends, where all of it is good now.
fn good_at(chain: &[X509], now: Timestamp) -> Result<Timestamp, CertificateError> {
    let mut first = Timestamp(i64::MAX);
    for one in chain {
        let begin = to_timestamp(one.not_before()).ok_or(CertificateError::Malformed)?;
        let end = to_timestamp(one.not_after()).ok_or(CertificateError::Malformed)?;
        if now < begin {
            return Err(CertificateError::NotYetValid);
        }
        if end <= now {
            return Err(CertificateError::Ended);
        }
        first = first.min(end);
    }
    Ok(first)
}

/// Whether `one` has issued `other`, and is not the same.
fn issued(one: &X509, other: &X509) -> bool {
    let by_name = one.issued(other) == X509VerifyResult::OK;
    by_name && one.public_key().is_ok_and(|key| other.verify(&key).unwrap_or(false))
}

/// The common names of a subject.
fn names(subject: &X509NameRef) -> impl Iterator<Item = String> + '_ {
    let entries = subject.entries_by_nid(Nid::COMMONNAME);
    entries.filter_map(|entry| entry.data().to_string().ok())
}

/// A certificate that nobody but the key itself has signed, PEM: for who takes a public key in no
/// other form.
///
/// # Errors
/// Where the key cannot be used.
pub fn self_signed(
    key: &Hidden<String>,
    common_name: &str,
    (from, until): (Timestamp, Timestamp),
) -> Result<String, KeyError> {
    let key = PrivateKey::parse(key)?.key;
    let pem = own(&key, common_name, (from, until)).and_then(|one| one.to_pem());
    String::from_utf8(pem.map_err(|_| KeyError::Failed)?).map_err(|_| KeyError::Failed)
}

fn own(
    key: &PKey<Private>,
    common_name: &str,
    (from, until): (Timestamp, Timestamp),
) -> Result<X509, ErrorStack> {
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    let name = name(&[("CN", common_name)])?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_not_before(&*Asn1Time::from_unix(from.0)?)?;
    builder.set_not_after(&*Asn1Time::from_unix(until.0)?)?;
    builder.set_pubkey(key)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

fn name(subject: &[(&str, &str)]) -> Result<X509Name, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    for (member, value) in subject {
        name.append_entry_by_text(member, value)?;
    }
    Ok(name.build())
}
