//! When a key or certificate ends, by what stands in it.
//!
//! For who must be told in time. Nothing is refused here: what has ended, others refuse.

use base64::{Engine, engine::general_purpose::STANDARD};
use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    x509::X509,
};
use serde::Deserialize;
use tunnus_sdk::Timestamp;

/// The members of a JWK that say when it ends.
#[derive(Deserialize)]
struct Dates {
    exp: Option<i64>,
    /// The certificates of the key (RFC 7517, section 4.7).
    #[serde(default)]
    x5c: Vec<String>,
}

/// When the first thing in `text` ends: a certificate of a PEM document or of a JWK's `x5c`, or the
/// JWK by its `exp`. None where nothing in it ends, or nothing can be read.
#[must_use]
pub fn expiry(text: &str) -> Option<Timestamp> {
    if !text.trim_start().starts_with('{') {
        return X509::stack_from_pem(text.as_bytes()).ok()?.iter().filter_map(end).min();
    }
    let dates: Dates = serde_json::from_str(text).ok()?;
    let certificate = |text: &String| X509::from_der(&STANDARD.decode(text).ok()?).ok();
    let ends = dates.x5c.iter().filter_map(certificate).filter_map(|certificate| end(&certificate));
    ends.chain(dates.exp.map(Timestamp)).min()
}

fn end(certificate: &X509) -> Option<Timestamp> {
    to_timestamp(certificate.not_after())
}

/// A time as a certificate has it.
pub fn to_timestamp(time: &Asn1TimeRef) -> Option<Timestamp> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    Some(Timestamp(i64::from(since.days) * 86_400 + i64::from(since.secs)))
}

#[cfg(test)]
mod tests {
    use openssl::{
        hash::MessageDigest,
        pkey::{PKey, Private},
        rsa::Rsa,
        x509::X509Builder,
    };

    use super::*;

    fn certificate(key: &PKey<Private>, end: i64) -> X509 {
        let mut builder = X509Builder::new().unwrap();
        builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(end).unwrap()).unwrap();
        builder.set_pubkey(key).unwrap();
        builder.sign(key, MessageDigest::sha256()).unwrap();
        builder.build()
    }

    #[test]
    fn the_first_to_end_of_all_that_stands_there_counts() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let (early, late) = (certificate(&key, 1_795_256_803), certificate(&key, 4_102_444_800));
        let pem = |certificate: &X509| String::from_utf8(certificate.to_pem().unwrap()).unwrap();
        let private = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        assert_eq!(
            expiry(&format!("{private}{}{}", pem(&late), pem(&early))),
            Some(Timestamp(1_795_256_803))
        );
        let der = STANDARD.encode(late.to_der().unwrap());
        let jwk = |exp: &str| format!(r#"{{"kty":"RSA","d":"x",{exp}"x5c":["{der}"]}}"#);
        assert_eq!(expiry(&jwk("")), Some(Timestamp(4_102_444_800)));
        assert_eq!(expiry(&jwk(r#""exp":1795256803,"#)), Some(Timestamp(1_795_256_803)));
        for endless in [private.as_str(), r#"{"kty":"RSA"}"#, "", "{"] {
            assert_eq!(expiry(endless), None);
        }
    }
}
