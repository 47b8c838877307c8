//! The compact form of JWS and JWE (RFC 7515, section 7.1; RFC 7516, section 7.1), strictly.
//!
//! Owns length, number of parts and base64url. What the header says is [`Header`]'s to refuse;
//! nothing here touches a key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tunnus_sdk::Reason;
use zeroize::Zeroizing;

use crate::{Rejected, header::Header};

/// The longest token that is looked at, in bytes. A nested ID token has 3 to 6 KiB.
const MAX_TOKEN: usize = 64 * 1024;

/// The parts of a signed token, decoded; nothing of it is verified yet.
pub struct Jws<'a> {
    pub header: Header,
    /// Header and payload as they were sent: what the signature covers.
    pub signing_input: &'a str,
    pub payload: Zeroizing<Vec<u8>>,
    pub signature: Vec<u8>,
}

/// The parts of an encrypted token, decoded.
pub struct Jwe<'a> {
    pub header: Header,
    /// The header as it was sent: the additional authenticated data.
    pub aad: &'a str,
    pub encrypted_key: Vec<u8>,
    pub iv: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub tag: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub fn parse(token: &'a str) -> Result<Self, Rejected> {
        let [header, payload, signature] = signed_parts(token)?;
        // The parts are slices of the token, and the signature is the last: what stands before its dot.
        let signing_input = token.get(..token.len() - signature.len() - 1).ok_or(MALFORMED)?;
        Ok(Self {
            header: Header::parse(&decode(header)?)?,
            signing_input,
            payload: Zeroizing::new(decode(payload)?),
            signature: decode(signature)?,
        })
    }
}

impl<'a> Jwe<'a> {
    pub fn parse(token: &'a str) -> Result<Self, Rejected> {
        let [aad, encrypted_key, iv, ciphertext, tag] = encrypted_parts(token)?;
        Ok(Self {
            header: Header::parse(&decode(aad)?)?,
            aad,
            encrypted_key: decode(encrypted_key)?,
            iv: decode(iv)?,
            ciphertext: decode(ciphertext)?,
            tag: decode(tag)?,
        })
    }
}

const MALFORMED: Rejected = Rejected(Reason::Malformed);

/// The three parts of a signed token. An encrypted token, a bare JSON object and a token without a
/// signature are what a downgrade sends: they are told apart from mere noise.
pub fn signed_parts(token: &str) -> Result<[&str; 3], Rejected> {
    match parts(token)?.as_slice() {
        _ if is_object(token) => Err(Rejected(Reason::NotSigned)),
        [_, _, ""] | [_, _, _, _, _] => Err(Rejected(Reason::NotSigned)),
        [header, payload, signature] => without_empty([header, payload, signature]),
        _ => Err(MALFORMED),
    }
}

fn encrypted_parts(token: &str) -> Result<[&str; 5], Rejected> {
    match parts(token)?.as_slice() {
        _ if is_object(token) => Err(Rejected(Reason::NotEncrypted)),
        [_, _, _] => Err(Rejected(Reason::NotEncrypted)),
        [aad, key, iv, ciphertext, tag] => without_empty([aad, key, iv, ciphertext, tag]),
        _ => Err(MALFORMED),
    }
}

fn parts(token: &str) -> Result<Vec<&str>, Rejected> {
    if token.len() > MAX_TOKEN {
        return Err(Rejected(Reason::TooLarge));
    }
    // One more than any form has: a token of dots alone costs nothing.
    Ok(token.splitn(6, '.').collect())
}

fn is_object(token: &str) -> bool {
    token.trim_start().starts_with('{')
}

fn without_empty<const N: usize>(parts: [&str; N]) -> Result<[&str; N], Rejected> {
    if parts.iter().any(|part| part.is_empty()) { Err(MALFORMED) } else { Ok(parts) }
}

/// Decodes base64url: no padding, no white space, no bits left over (so that one value has one form).
pub fn decode(part: &str) -> Result<Vec<u8>, Rejected> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| MALFORMED)
}

/// Encodes base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
