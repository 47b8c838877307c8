//! The published keys: steady, or another selection on each call, as at the real services.

use std::sync::atomic::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tunnus_sdk::{SigningAlgorithm, sandbox::SimulatedResponse};

use crate::{
    JwksBehaviour, OpenIdProvider,
    chance::digest_text,
    faults::{Deed, Endpoint, Trouble},
    respond,
};

/// How many keys of other purposes a changing document is filled up with.
const FILLERS: usize = 12;

impl OpenIdProvider {
    pub(crate) fn publish_keys(&self) -> SimulatedResponse {
        let mut trouble = Trouble::new(self.fault_in_force(None));
        if let Some(refusal) = trouble.refusal(Endpoint::Jwks) {
            return refusal;
        }
        let call = self.jwks_calls.fetch_add(1, Ordering::Relaxed);
        let hides_active = trouble.commits(|deed| matches!(deed, Deed::HideSigningKey));
        let keys = match self.profile.jwks {
            JwksBehaviour::Stable => self.all_keys(!hides_active),
            JwksBehaviour::Changing => self.changing_keys(call, hides_active),
        };
        let mut document = json!({ "keys": keys });
        trouble.alter(Endpoint::Jwks, &mut document);
        trouble.finish(Endpoint::Jwks, respond::json(200, &document))
    }

    fn all_keys(&self, with_active: bool) -> Vec<Value> {
        let families = [SigningAlgorithm::RS256, SigningAlgorithm::ES256].map(|one| self.keys.family(one));
        let active = families.iter().filter(|_| with_active).map(|family| family.active.public_jwk());
        let next = families.iter().map(|family| family.next.public_jwk());
        active.chain(next).chain(self.keys.decryption.public_jwks()).collect()
    }

    /// Every third document, the first among them, is without the key that signs; each lists one of
    /// the keys to encrypt to, and each is in another order.
    fn changing_keys(&self, call: usize, hides_active: bool) -> Vec<Value> {
        let mut keys = self.all_keys(!hides_active && !call.is_multiple_of(3));
        let encryption = self.keys.decryption.public_jwks();
        let kept = call.checked_rem(encryption.len()).and_then(|index| encryption.get(index));
        keys.retain(|key| !encryption.contains(key) || Some(key) == kept);
        keys.extend(
            self.fillers
                .iter()
                .enumerate()
                .filter(|(index, _)| index % 5 != call % 5)
                .map(|(_, key)| key.clone()),
        );
        keys.sort_by_cached_key(|key| digest_text(&[&key.to_string(), &call.to_string()]));
        keys
    }
}

/// Keys of other purposes: numbers of the right size that nobody holds the private half of, and one
/// of a kind that clients do not know.
pub(crate) fn fillers(seed: &str) -> Vec<Value> {
    let filler = |index: usize| {
        let kid = digest_text(&["filler", seed, &index.to_string()]);
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus(&kid), "e": "AQAB" })
    };
    let unknown = json!({ "kty": "XMSS", "use": "sig", "kid": digest_text(&["unknown", seed]) });
    (0..FILLERS).map(filler).chain([unknown]).collect()
}

/// An odd number of 2048 bits.
fn modulus(seed: &str) -> String {
    let mut bytes = Vec::new();
    for part in 0..8 {
        bytes
            .extend(ring::digest::digest(&ring::digest::SHA256, format!("{seed}{part}").as_bytes()).as_ref());
    }
    bytes.first_mut().into_iter().for_each(|first| *first |= 0x80);
    bytes.last_mut().into_iter().for_each(|last| *last |= 1);
    URL_SAFE_NO_PAD.encode(bytes)
}
