//! A connection's credentials, parsed once: parsing a private key costs as much as using it.

use std::{fmt, slice, sync::Arc};

use tunnus_jose::{DecryptionRing, KeyError, SigningKey, expiry};
use tunnus_sdk::{Credentials, Hidden, SigningAlgorithm, Timestamp};

use crate::{
    keyring::{Key, Purpose, State},
    metrics::Credential,
    tenant::model::Connection,
};

/// Which credential of a connection cannot be used. Shows nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A signing key; which, counted from 0, the active one first.
    #[error("signing key {index} cannot be used")]
    Signing {
        /// Its place in the list.
        index: usize,
        /// Why.
        source: KeyError,
    },
    /// A decryption key, or the list of them.
    #[error("{}", match index {
        Some(index) => format!("decryption key {index} cannot be used"),
        None => "the decryption keys cannot be used together".to_owned(),
    })]
    Decryption {
        /// Its place in the list; none where each is good by itself.
        index: Option<usize>,
        /// Why.
        source: KeyError,
    },
    /// The client certificate or its private key.
    #[error("the client certificate or its private key cannot be used")]
    Certificate(#[source] Option<rustls::Error>),
    /// The trust anchor.
    #[error("the trust anchor is not a list of certificates in PEM form")]
    TrustAnchor,
    /// Not a credential: the base of the return URLs.
    #[error("the return URL is not an http or https URL")]
    ReturnUrl,
}

/// The keys and the secret of one connection.
pub(super) struct Keys {
    signing: Vec<Arc<SigningKey>>,
    /// None where the connection has no decryption key.
    pub(super) ring: Option<Arc<DecryptionRing>>,
    /// The client secret.
    pub(super) client_secret: Option<Hidden<String>>,
}

impl Keys {
    /// Parses all keys.
    pub(super) fn parse(credentials: &Credentials) -> Result<Self, CredentialError> {
        let signing = credentials.signing.iter().enumerate().map(|(index, key)| {
            SigningKey::parse(key).map(Arc::new).map_err(|source| CredentialError::Signing { index, source })
        });
        Ok(Self {
            signing: signing.collect::<Result<_, _>>()?,
            ring: ring(&credentials.decryption)?,
            client_secret: credentials.client_secret.clone(),
        })
    }

    /// The active key for `algorithm`.
    pub(super) fn signing(&self, algorithm: SigningAlgorithm) -> Option<&Arc<SigningKey>> {
        self.signing.iter().find(|key| key.supports(algorithm))
    }
}

/// When each credential ends that says so itself, or whose key's row does. Uses no private key.
#[must_use]
pub fn ends(connection: &Connection) -> Vec<(Credential, Timestamp)> {
    let credentials = &connection.credentials;
    let hidden = |kind, secret: &Hidden<String>| Some((kind, expiry(secret.expose_str())?));
    let certificate = credentials.certificate.iter().map(|one| hidden(Credential::Certificate, one));
    let signing = credentials.signing.iter().map(|one| hidden(Credential::Signing, one));
    let decryption = credentials.decryption.iter().map(|one| hidden(Credential::Decryption, one));
    let anchor = credentials.trust_anchor.iter().map(|pem| Some((Credential::TrustAnchor, expiry(pem)?)));
    let ring = connection.ring.iter().map(of_ring);
    let mut ends: Vec<_> =
        certificate.chain(signing).chain(decryption).chain(anchor).chain(ring).flatten().collect();
    ends.sort_unstable_by_key(|(kind, end)| (kind.name(), *end));
    ends.dedup();
    ends
}

/// When a key of the ring ends, while anybody cares.
fn of_ring(key: &Key) -> Option<(Credential, Timestamp)> {
    let kind = match key.purpose {
        Purpose::Signing => Credential::Signing,
        Purpose::Decryption => Credential::Decryption,
        Purpose::Certificate => Credential::Certificate,
    };
    let is_over = matches!(key.state, State::Cooldown | State::Retired);
    Some((kind, key.not_after.filter(|_| !is_over)?))
}

fn ring(keys: &[Hidden<String>]) -> Result<Option<Arc<DecryptionRing>>, CredentialError> {
    if keys.is_empty() {
        return Ok(None);
    }
    let named = |source| {
        let index = keys.iter().position(|key| DecryptionRing::parse(slice::from_ref(key)).is_err());
        CredentialError::Decryption { index, source }
    };
    DecryptionRing::parse(keys).map(|ring| Some(Arc::new(ring))).map_err(named)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.signing.iter().map(|key| key.kid()).collect();
        f.debug_struct("Keys").field("signing", &ids).finish_non_exhaustive()
    }
}
