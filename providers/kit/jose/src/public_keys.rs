//! The public keys of an issuer, as it publishes them (RFC 7517).
//!
//! Owns which of them may verify or be encrypted to, and how several fetches make one set. Fetching,
//! its budgets and how long a key counts are the server's.

use std::{cmp::Reverse, fmt, sync::Arc};

use josekit::jws::{ES256, JwsVerifier, PS256, RS256};
use serde::Deserialize;
use serde_json::Value;
use tunnus_sdk::{KeyEncryption, Reason, SigningAlgorithm, json::parse_object};

use crate::{
    EncryptionKey, KeyError, Rejected, VerifyError,
    compact::decode,
    markers::{Markers, Role},
    material::Material,
};

/// How many keys a document may publish, and a set hold.
const MAX_KEYS: usize = 100;

/// How many keys are tried on one token.
const MAX_TRIES: usize = 8;

/// The public keys of an issuer, from one JWK set or from several. Cheap to clone.
#[derive(Clone, Default)]
pub struct PublicKeys {
    /// The newest first.
    keys: Vec<Arc<PublicKey>>,
    replaced: Vec<String>,
}

struct PublicKey {
    markers: Markers,
    material: Material,
    /// One for each algorithm that the key may verify.
    verifiers: Vec<(SigningAlgorithm, Box<dyn JwsVerifier>)>,
}

impl PublicKeys {
    /// Parses a JWK set of at most 100 keys.
    ///
    /// A key that cannot be used is skipped (RFC 7517, section 5): another kind, curve or size, marked
    /// for something else, broken, or published together with its private part.
    ///
    /// # Errors
    /// [`Reason::TooLarge`], or [`Reason::Malformed`] when it is not a JWK set.
    pub fn parse(document: &[u8]) -> Result<Self, Rejected> {
        let Some(Value::Array(keys)) = parse_object(document)?.remove("keys") else {
            return Err(Rejected(Reason::Malformed));
        };
        if keys.len() > MAX_KEYS {
            return Err(Rejected(Reason::TooLarge));
        }
        let keys: Vec<_> = keys.into_iter().filter_map(PublicKey::parse).map(Arc::new).collect();
        let replaced = kids_where(&keys, |key| keys.iter().any(|other| key.contradicts(other)));
        Ok(Self { keys, replaced })
    }

    /// No keys.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Whether there is no usable key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The number of usable keys.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// These keys and `newer`'s, at most 100, the oldest dropped first. What `newer` says of a `kid`
    /// replaces what was known of it.
    #[must_use]
    pub fn merged_with(&self, newer: &Self) -> Self {
        let is_newer = |key: &&Arc<PublicKey>| newer.keys.iter().any(|other| key.is_known_as(other));
        let mut keys = newer.keys.clone();
        keys.extend(self.keys.iter().filter(|key| !is_newer(key)).cloned());
        keys.truncate(MAX_KEYS);
        let mut replaced = newer.replaced.clone();
        replaced.extend(kids_where(&self.keys, |key| newer.has_only_other_material(key)));
        Self { keys, replaced }
    }

    /// The `kid`s that stood for two materials, in one document or when the sets were merged: a
    /// fault of the issuer, or somebody else speaks in its place. Cause for an alarm.
    #[must_use]
    pub fn replaced(&self) -> &[String] {
        &self.replaced
    }

    /// The key to encrypt to with `algorithm`: rather one that is marked for it than an unmarked one,
    /// rather a newer one.
    #[must_use]
    pub fn encryption_key(&self, algorithm: KeyEncryption) -> Option<EncryptionKey> {
        let marks =
            |key: &PublicKey| u8::from(key.markers.usage.is_some()) + u8::from(key.markers.alg.is_some());
        let mut fitting: Vec<_> = self.keys.iter().filter(|key| key.may_encrypt(algorithm)).collect();
        fitting.sort_by_key(|key| Reverse(marks(key)));
        fitting
            .into_iter()
            .find_map(|key| EncryptionKey::new(&key.material, key.markers.kid.as_deref(), algorithm))
    }

    /// The keys to try on a token: those of its `kid`, or of any name where it has none.
    pub(crate) fn verifiers(
        &self,
        kid: Option<&str>,
        algorithm: SigningAlgorithm,
    ) -> Result<Vec<&dyn JwsVerifier>, VerifyError> {
        let named = || self.keys.iter().filter(|key| kid.is_none() || key.markers.kid.as_deref() == kid);
        let fitting: Vec<_> = named().filter_map(|key| key.verifier(algorithm)).take(MAX_TRIES).collect();
        if !fitting.is_empty() {
            return Ok(fitting);
        }
        // A known name whose key is for encryption or for another algorithm is no reason to fetch again.
        let is_known = kid.is_some() && named().next().is_some();
        Err(if is_known { VerifyError::Rejected(Reason::Algorithm) } else { VerifyError::KeyUnknown })
    }

    fn has_only_other_material(&self, key: &PublicKey) -> bool {
        let mut same_name = self.keys.iter().filter(|other| key.has_name_of(other)).peekable();
        same_name.peek().is_some() && same_name.all(|other| other.material != key.material)
    }
}

fn kids_where(keys: &[Arc<PublicKey>], condition: impl Fn(&PublicKey) -> bool) -> Vec<String> {
    let mut kids: Vec<_> =
        keys.iter().filter(|key| condition(key)).filter_map(|key| key.markers.kid.clone()).collect();
    kids.dedup();
    kids
}

/// The members of a public JWK that are used.
#[derive(Deserialize)]
struct PublicJwk {
    kty: String,
    #[serde(flatten)]
    markers: Markers,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// The private part. Whoever published it has no secret left.
    d: Option<Value>,
}

impl PublicJwk {
    fn material(&self) -> Result<Material, KeyError> {
        let member = |member: &Option<String>| {
            decode(member.as_deref().unwrap_or_default()).map_err(|_| KeyError::Malformed)
        };
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Material::rsa(&member(&self.n)?, &member(&self.e)?),
            ("EC", Some("P-256")) => Material::p256(&member(&self.x)?, &member(&self.y)?),
            _ => Err(KeyError::Unsupported),
        }
    }
}

/// The numbers of a public JWK.
pub fn material_of(jwk: &Value) -> Result<Material, KeyError> {
    PublicJwk::deserialize(jwk).map_err(|_| KeyError::Malformed)?.material()
}

impl PublicKey {
    /// The key, if it is of use for anything.
    fn parse(jwk: Value) -> Option<Self> {
        let jwk: PublicJwk = serde_json::from_value(jwk).ok()?;
        if jwk.d.is_some() {
            return None;
        }
        let material = jwk.material().ok()?;
        let mut key = Self { markers: jwk.markers, material, verifiers: Vec::new() };
        key.verifiers = key.build_verifiers()?;
        let encrypts = [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256]
            .into_iter()
            .any(|algorithm| key.may_encrypt(algorithm));
        (encrypts || !key.verifiers.is_empty()).then_some(key)
    }

    fn build_verifiers(&self) -> Option<Vec<(SigningAlgorithm, Box<dyn JwsVerifier>)>> {
        let der = self.material.to_public_key()?.public_key_to_der().ok()?;
        let mut verifiers: Vec<(SigningAlgorithm, Box<dyn JwsVerifier>)> = Vec::new();
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256] {
            if self.may_verify(algorithm) {
                verifiers.push((
                    algorithm,
                    match algorithm {
                        SigningAlgorithm::RS256 => Box::new(RS256.verifier_from_der(&der).ok()?),
                        SigningAlgorithm::PS256 => Box::new(PS256.verifier_from_der(&der).ok()?),
                        SigningAlgorithm::ES256 => Box::new(ES256.verifier_from_der(&der).ok()?),
                    },
                ));
            }
        }
        Some(verifiers)
    }

    fn may_verify(&self, algorithm: SigningAlgorithm) -> bool {
        self.material.fits(algorithm)
            && self.markers.permit(Role::Verify)
            && self.markers.permit_algorithm(algorithm.name())
    }

    fn may_encrypt(&self, algorithm: KeyEncryption) -> bool {
        self.material.rsa_size().is_some()
            && self.markers.permit(Role::Encrypt)
            && self.markers.permit_algorithm(algorithm.name())
    }

    fn verifier(&self, algorithm: SigningAlgorithm) -> Option<&dyn JwsVerifier> {
        let fitting = self.verifiers.iter().find(|(fits, _)| *fits == algorithm);
        fitting.map(|(_, verifier)| verifier.as_ref())
    }

    fn has_name_of(&self, other: &Self) -> bool {
        self.markers.kid.is_some() && self.markers.kid == other.markers.kid
    }

    /// Whether `other` is this key, or takes its name.
    fn is_known_as(&self, other: &Self) -> bool {
        self.has_name_of(other) || (self.markers == other.markers && self.material == other.material)
    }

    /// Whether one name stands for two keys that the same token could mean. A signing and an
    /// encryption key, or keys of two kinds, may share a name (RFC 7517, section 4.5).
    fn contradicts(&self, other: &Self) -> bool {
        let for_same = self.verifiers.iter().any(|(fits, _)| other.verifier(*fits).is_some())
            || (self.may_encrypt(KeyEncryption::RsaOaep) && other.may_encrypt(KeyEncryption::RsaOaep));
        self.has_name_of(other) && for_same && self.material != other.material
    }
}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.iter().map(|key| &key.markers.kid)).finish()
    }
}
