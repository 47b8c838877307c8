//! Digests, and the random values of a simulator: unguessable from outside, the same for the same keys.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use tunnus_sdk::Hidden;

/// Makes values that only who knows the seed can foretell.
pub(crate) struct Chance {
    seed: Hidden<String>,
    made: AtomicU64,
}

impl Chance {
    pub(crate) const fn new(seed: Hidden<String>) -> Self {
        Self { seed, made: AtomicU64::new(0) }
    }

    /// 256 bits in base64url that were not made before.
    pub(crate) fn draw(&self) -> String {
        let count = self.made.fetch_add(1, Ordering::Relaxed).to_string();
        digest_text(&[self.seed.expose_str(), &count])
    }
}

/// SHA-256 over the length-prefixed parts, base64url.
pub(crate) fn digest_text(parts: &[&str]) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&part.len().to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    sha256_text(&bytes)
}

/// SHA-256 in base64url: a thumbprint, a PKCE challenge.
pub(crate) fn sha256_text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes))
}

/// The left half of SHA-256 in base64url: `at_hash` (OpenID Connect Core, section 3.1.3.6).
pub(crate) fn half_sha256_text(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    URL_SAFE_NO_PAD.encode(digest.as_ref().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_comes_twice_and_parts_do_not_run_together() {
        let chance = Chance::new("seed".into());
        assert_ne!(chance.draw(), chance.draw());
        assert_ne!(digest_text(&["ab", "c"]), digest_text(&["a", "bc"]));
    }

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b() {
        let verifier = b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(sha256_text(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
