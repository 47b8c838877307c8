//! Tokens that no honest party makes: compact serialisations put together by hand.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Map, Value, json};
use tunnus_sdk::Claims;

use crate::faults::Mishap;

/// The claims as JSON.
pub(crate) fn json_text(claims: &Claims) -> String {
    Value::Object(claims.clone()).to_string()
}

/// A token with `alg` `none` and an empty signature (RFC 7519, section 6).
pub(crate) fn unsecured(claims: &Claims) -> String {
    format!("{}.", signing_input(&json!({ "alg": "none", "typ": "JWT" }), claims))
}

/// A token under HS256 whose key is a text that everybody can read.
pub(crate) fn hmac(claims: &Claims, kid: &str, public_text: &str) -> String {
    let input = signing_input(&json!({ "alg": "HS256", "typ": "JWT", "kid": kid }), claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, public_text.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes())))
}

/// The same header and signature around other claims.
pub(crate) fn exchange_payload(token: &str, claims: &Claims) -> String {
    with_part(token, 1, &encoded(&json_text(claims)))
}

/// Damages a whole token as the mishap says.
pub(crate) fn damage(token: String, mishap: Option<Mishap>, is_encrypted: bool) -> String {
    match mishap {
        Some(Mishap::Rsa15) => with_header(&token, &[("alg", json!("RSA1_5"))]),
        Some(Mishap::Compressed) => with_header(&token, &[("zip", json!("DEF"))]),
        Some(Mishap::Critical) => {
            let unknown = "urn:example:unknown";
            with_header(&token, &[("crit", json!([unknown])), (unknown, json!(true))])
        }
        Some(Mishap::BrokenCiphertext) if is_encrypted => flipped(&token, 3),
        Some(Mishap::Truncated) => token.get(..token.len() / 2).unwrap_or_default().to_owned(),
        Some(_) | None => token,
    }
}

fn signing_input(header: &Value, claims: &Claims) -> String {
    format!("{}.{}", encoded(&header.to_string()), encoded(&json_text(claims)))
}

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn with_header(token: &str, members: &[(&str, Value)]) -> String {
    let decoded = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header = decoded.and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
    let mut header = header.unwrap_or_default();
    header.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    with_part(token, 0, &encoded(&Value::Object(header).to_string()))
}

fn flipped(token: &str, index: usize) -> String {
    let part = token.split('.').nth(index).unwrap_or_default();
    let mut bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    bytes.first_mut().into_iter().for_each(|first| *first ^= 1);
    with_part(token, index, &URL_SAFE_NO_PAD.encode(bytes))
}

fn with_part(token: &str, index: usize, part: &str) -> String {
    let parts = token.split('.').enumerate().map(|(at, old)| if at == index { part } else { old });
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AAAA";

    #[test]
    fn parts_are_exchanged_and_the_rest_stays() {
        assert_eq!(exchange_payload("a.b.c", &Claims::new()), "a.e30.c");
        assert_eq!(flipped(TOKEN, 3), "eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AQAA");
        let header = with_header(TOKEN, &[("alg", json!("RSA1_5"))]);
        assert_eq!(header, format!("{}.e30.AAAA.AAAA", encoded("{\"alg\":\"RSA1_5\"}")));
    }

    #[test]
    fn an_unsecured_token_has_no_signature() {
        assert!(unsecured(&Claims::new()).ends_with(".e30."));
        assert_ne!(hmac(&Claims::new(), "kid", "one"), hmac(&Claims::new(), "kid", "two"));
    }
}
