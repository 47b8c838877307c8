//! `[keys]`: the keys that sign for a tenant, and the key of its subjects.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_jose::SigningKey;
use tunnus_sdk::{Hidden, SigningAlgorithm};

use super::{Judge, make::Make, secrets::Form};
use crate::{config::Reference, keyring::Key, vault::Holder};

/// The shortest subject key, in bytes.
const SUBJECT_BYTES: usize = 32;

/// The keys of a tenant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KeysTable {
    /// The keys that sign ID tokens and userinfo responses. The first that fits an app's algorithm
    /// is the active one; the others are published beside it. RS256 needs an RSA key, ES256 a P-256
    /// key.
    #[schemars(length(max = 8))]
    pub signing: Vec<Reference>,
    /// The key that the subjects of persons are made with. Never changed: every subject would be
    /// another. Belongs into the backup.
    pub subject: Option<Reference>,
}

/// The keys, read.
pub struct TenantKeys {
    /// The signing keys, those of the ring first, then in the file's order.
    pub signing: Vec<Arc<SigningKey>>,
    /// The ring, without private parts.
    pub ring: Vec<Key>,
    /// The key of the subjects.
    pub subject: Hidden<Vec<u8>>,
}

impl KeysTable {
    /// Reads the keys and sees whether there is one for the algorithm of each of `apps`.
    pub fn resolve(&self, apps: &[(&str, SigningAlgorithm)], judge: &mut Judge<'_>) -> Option<TenantKeys> {
        let subject = self.subject(judge);
        let ring = judge.ring(&Holder::Tenant);
        let in_use: Vec<_> = ring.iter().filter_map(|(_, private)| private.clone()).collect();
        let count = in_use.len() + self.signing.len();
        let signing = self.signing(in_use, judge);
        // A key that is there but cannot be read has its own fault already.
        if signing.len() == count && !judge.makes_keys() {
            check_algorithms(&signing, apps, judge);
        }
        let ring = ring.into_iter().map(|(key, _)| key).collect();
        Some(TenantKeys { signing, ring, subject: subject? })
    }

    fn signing(&self, ring: Vec<Hidden<String>>, judge: &mut Judge<'_>) -> Vec<Arc<SigningKey>> {
        const POINTER: &str = "/keys/signing";
        let make = Make::Signing(SigningAlgorithm::RS256);
        let mut keys: Vec<Arc<SigningKey>> = Vec::new();
        let given = judge.secrets(POINTER, &self.signing, Some(make));
        for (pointer, secret) in ring.into_iter().map(|key| (POINTER.to_owned(), key)).chain(given) {
            match SigningKey::parse(&secret) {
                Ok(key) if keys.iter().any(|earlier| earlier.kid() == key.kid()) => {
                    judge.fault(pointer, "another signing key has the same kid");
                }
                Ok(key) => keys.push(Arc::new(key)),
                Err(error) => judge.fault(pointer, error.to_string()),
            }
        }
        keys
    }

    fn subject(&self, judge: &mut Judge<'_>) -> Option<Hidden<Vec<u8>>> {
        const POINTER: &str = "/keys/subject";
        let Some(reference) = &self.subject else {
            if judge.secrets_of.form() == Form::Completed {
                return None;
            }
            let remedy = judge.remedy(Make::Subject, "subject", "subject");
            judge.fault(POINTER, format!("the key of the tenant's subjects is missing: {remedy}"));
            return None;
        };
        let secret = judge.secret(POINTER, reference, Some(Make::Subject))?;
        let key = STANDARD.decode(secret.expose_str()).map(Hidden::new).ok();
        let key = key.filter(|key| key.expose().len() >= SUBJECT_BYTES);
        if key.is_none() {
            judge.fault(
                POINTER,
                "a subject key is at least 32 bytes in base64, as `tunnus keys generate` makes it",
            );
        }
        key
    }
}

/// Whether there is a key for every algorithm that an app has its ID tokens signed with.
fn check_algorithms(keys: &[Arc<SigningKey>], apps: &[(&str, SigningAlgorithm)], judge: &mut Judge<'_>) {
    for (algorithm, kind) in [(SigningAlgorithm::RS256, "RSA"), (SigningAlgorithm::ES256, "P-256")] {
        if keys.iter().any(|key| key.supports(algorithm)) {
            continue;
        }
        let wanting = apps.iter().find(|(_, used)| *used == algorithm);
        let fault = match wanting {
            Some((app, _)) => {
                format!("the app `{app}` needs a signing key for {} ({kind})", algorithm.name())
            }
            None if keys.is_empty() && apps.is_empty() && algorithm == SigningAlgorithm::RS256 => {
                "the tenant's signing key is missing".to_owned()
            }
            None => continue,
        };
        let name = format!("signing-{}.json", algorithm.name().to_lowercase());
        let remedy = judge.remedy(Make::Signing(algorithm), "signing", &name);
        judge.fault("/keys/signing", format!("{fault}: {remedy}"));
    }
}
