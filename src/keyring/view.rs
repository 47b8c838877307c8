//! What is shown of a key: to a person, a program, the console. Nothing private stands here.

use serde::Serialize;
use tunnus_sdk::Timestamp;

use super::{Duties, Key, Policy};

/// A key as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Its id in the ring.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// Whose it is; none where it is the tenant's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// `signing`, `decryption` or `certificate`.
    pub purpose: &'static str,
    /// `rsa2048`, `rsa4096`, `p256`.
    pub kind: String,
    /// Its name in tokens.
    pub kid: String,
    /// Where in its life it is.
    pub state: &'static str,
    /// Since when, RFC 3339.
    pub since: String,
    /// When it came into the ring.
    pub made_at: String,
    /// When its certificate, or what the upstream has on file, ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// Whether the upstream fetches it by itself.
    pub fetched: bool,
    /// What it does now.
    #[serde(flatten)]
    pub duties: Duties,
    /// The common name that its certificate was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether it has a certificate.
    pub has_certificate: bool,
    /// The next step that it takes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStep>,
}

/// A step that a key takes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextStep {
    /// Where to.
    pub state: &'static str,
    /// When, RFC 3339.
    pub at: String,
}

impl KeyView {
    /// What is shown of `key`.
    #[must_use]
    pub fn of(tenant: &str, id: &str, key: &Key, policy: &Policy) -> Self {
        let text = |at: Timestamp| at.to_rfc3339().unwrap_or_default();
        let next = key.next(policy).map(|(state, at)| NextStep { state: state.name(), at: text(at) });
        Self {
            id: id.to_owned(),
            tenant: tenant.to_owned(),
            connection: key.connection.clone(),
            purpose: key.purpose.name(),
            kind: key.kind.to_string(),
            kid: key.kid.clone(),
            state: key.state.name(),
            since: text(key.since),
            made_at: text(key.made_at),
            not_after: key.not_after.map(text),
            fetched: key.fetched,
            duties: key.duties(),
            subject: key.subject.clone(),
            has_certificate: key.certificate.is_some(),
            next,
        }
    }
}
