//! From a token to what it holds: the only way in.
//!
//! Owns the order of the checks: shape, header, algorithms, then keys, then content. Whether the
//! claims are right is the caller's to judge; where the keys come from, the server's.

use std::fmt;

use tunnus_sdk::{
    Claims, ContentEncryption, Encryption, Hidden, KeyEncryption, Reason, SigningAlgorithm,
    json::parse_object,
};
use zeroize::Zeroizing;

use crate::{
    DecryptionRing, Operations, PublicKeys, Rejected, VerifyError,
    compact::{Jwe, Jws, signed_parts},
    content_encryption::Sealed,
    header::Header,
};

/// A token whose signature has been verified. Nothing else of it has: not its issuer, not its times.
pub struct Verified {
    /// The payload's members.
    pub claims: Claims,
    /// The header's `typ`.
    pub typ: Option<String>,
    /// The header's `kid`.
    pub kid: Option<String>,
}

impl Verified {
    /// The claims, unless the header says that the token is of a kind with a type of its own, such as
    /// `at+jwt` or `logout+jwt` (RFC 8725, section 3.11). ID token, userinfo and authorization
    /// response have none: what says so was made for something else.
    ///
    /// # Errors
    /// [`Reason::Malformed`].
    pub fn into_untyped(self) -> Result<Claims, Rejected> {
        let is_typed = self.typ.as_deref().is_some_and(|typ| typ.to_ascii_lowercase().ends_with("+jwt"));
        if is_typed { Err(Rejected(Reason::Malformed)) } else { Ok(self.claims) }
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("typ", &self.typ).field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Decrypts a nested token (RFC 7519, section 5.2) and gives out the signed one inside, which proves
/// nothing before [`verify`] has seen it: anybody can encrypt to a public key.
///
/// # Errors
/// All failures of decryption are one [`Reason::Decryption`]. A shape or an algorithm other than
/// `demand` says has its own reason and is found before any key is touched.
pub fn decrypt(
    operations: &Operations,
    demand: &Encryption,
    ring: &DecryptionRing,
    token: &str,
) -> Result<Hidden<String>, Rejected> {
    let jwe = Jwe::parse(token)?;
    let algorithms = demanded_encryption(demand, &jwe.header)?;
    if !jwe.header.announces_jwt() {
        return Err(Rejected(Reason::Malformed));
    }
    signed_token(plaintext(operations, algorithms, ring, &jwe)?)
}

/// Decrypts a token that holds a text without a signature: a request object that its receiver takes
/// encrypted only. Who sent it stays unknown, so nothing of an upstream may be opened by this. It is
/// not compiled into a broker without simulators, and refuses what is meant for [`decrypt`].
///
/// # Errors
/// As [`decrypt`].
#[cfg(feature = "receiver")]
pub fn decrypt_unsigned(
    operations: &Operations,
    demand: &Encryption,
    ring: &DecryptionRing,
    token: &str,
) -> Result<Hidden<String>, Rejected> {
    const MALFORMED: Rejected = Rejected(Reason::Malformed);
    let jwe = Jwe::parse(token)?;
    let algorithms = demanded_encryption(demand, &jwe.header)?;
    if jwe.header.announces_jwt() {
        return Err(MALFORMED);
    }
    let mut plaintext = plaintext(operations, algorithms, ring, &jwe)?;
    let text = String::from_utf8(std::mem::take(&mut plaintext)).map_err(|_| MALFORMED)?;
    Ok(Hidden::new(text))
}

/// What the token holds. One error for all that can go wrong.
fn plaintext(
    operations: &Operations,
    algorithms: (KeyEncryption, ContentEncryption),
    ring: &DecryptionRing,
    jwe: &Jwe<'_>,
) -> Result<Zeroizing<Vec<u8>>, Rejected> {
    const DECRYPTION: Rejected = Rejected(Reason::Decryption);
    let sealed = Sealed::new(algorithms.1, jwe.aad.as_bytes(), [&jwe.iv, &jwe.ciphertext, &jwe.tag]);
    let sealed = sealed.ok_or(DECRYPTION)?;
    ring.candidates(jwe.header.kid.as_deref())
        .find_map(|key| key.open(operations, algorithms, &jwe.encrypted_key, &sealed))
        .ok_or(DECRYPTION)
}

/// Verifies a signed token, and only then reads its claims.
///
/// Of the keys, the one with the token's `kid` counts; a token without `kid` is tried against the
/// keys of its kind, eight at most.
///
/// # Errors
/// [`VerifyError::KeyUnknown`] when `keys` has none of the token's `kid`, or none of its kind.
pub fn verify(
    operations: &Operations,
    algorithms: &[SigningAlgorithm],
    keys: &PublicKeys,
    token: &str,
) -> Result<Verified, VerifyError> {
    let jws = Jws::parse(token)?;
    let algorithm = allowed_signature(algorithms, &jws.header)?;
    let verifiers = keys.verifiers(jws.header.kid.as_deref(), algorithm)?;
    let is_signed = verifiers.into_iter().any(|verifier| {
        operations.count_verify();
        verifier.verify(jws.signing_input.as_bytes(), &jws.signature).is_ok()
    });
    if !is_signed {
        return Err(VerifyError::Rejected(Reason::Signature));
    }
    let claims = parse_object(&jws.payload).map_err(Rejected::from)?;
    Ok(Verified { claims, typ: jws.header.typ, kid: jws.header.kid })
}

/// The algorithms, if they are those demanded. What the header says is compared, never obeyed.
fn demanded_encryption(
    demand: &Encryption,
    header: &Header,
) -> Result<(KeyEncryption, ContentEncryption), Rejected> {
    let content = demand.contents.iter().find(|content| header.enc.as_deref() == Some(content.name()));
    match content {
        Some(content) if header.alg == demand.algorithm.name() => Ok((demand.algorithm, *content)),
        _ => Err(Rejected(Reason::Algorithm)),
    }
}

/// The algorithm, if it is allowed.
fn allowed_signature(algorithms: &[SigningAlgorithm], header: &Header) -> Result<SigningAlgorithm, Rejected> {
    if header.alg.eq_ignore_ascii_case("none") {
        return Err(Rejected(Reason::NotSigned));
    }
    let allowed = algorithms.iter().find(|algorithm| algorithm.name() == header.alg);
    // A signed token has no `enc`: one that has is neither.
    allowed.filter(|_| header.enc.is_none()).copied().ok_or(Rejected(Reason::Algorithm))
}

/// The plaintext, if it has the form of a signed token: plain claims inside an encrypted token prove
/// nothing, nor does another encrypted one.
fn signed_token(mut plaintext: Zeroizing<Vec<u8>>) -> Result<Hidden<String>, Rejected> {
    const NOT_SIGNED: Rejected = Rejected(Reason::NotSigned);
    if !plaintext.is_ascii() {
        return Err(NOT_SIGNED);
    }
    let token = String::from_utf8(std::mem::take(&mut plaintext)).map_err(|_| NOT_SIGNED)?;
    let token = Hidden::new(token);
    match signed_parts(token.expose_str()) {
        Ok(_) => Ok(token),
        Err(_) => Err(NOT_SIGNED),
    }
}
