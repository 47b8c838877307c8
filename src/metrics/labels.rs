//! What labels may say: lists of names, and a bound where the names are the tenants'.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// The label value of whatever may not be one of its own.
pub(super) const OTHER: &str = "_other";

/// A step of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowStep {
    /// An app asked.
    Started,
    /// A connection was chosen.
    Chosen,
    /// The browser was sent to the upstream.
    Sent,
    /// The browser came back.
    Returned,
    /// The upstream's claims are proved.
    Exchanged,
    /// The app's answer stands ready.
    Finished,
}

/// A kind of operation with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoseOperation {
    /// Decrypting a token.
    Decrypt,
    /// Signing.
    Sign,
    /// Verifying a signature.
    Verify,
    /// Encrypting to an upstream.
    Encrypt,
}

/// How a call to an upstream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// With a response of this status.
    Status(u16),
    /// Without a connection, or it broke.
    Unreachable,
    /// Not in time.
    TimedOut,
    /// With more than is read.
    TooLarge,
    /// Not made: the address may not be called, or a credential is missing.
    Refused,
}

/// A kind of credential that may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The client certificate or its chain.
    Certificate,
    /// A signing key.
    Signing,
    /// A decryption key.
    Decryption,
    /// The authority that is trusted beside the public ones.
    TrustAnchor,
}

/// The tenants told apart so far.
pub(super) struct Tenants {
    limit: usize,
    seen: Mutex<HashSet<String>>,
}

impl Tenants {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, seen: Mutex::default() }
    }

    /// Makes room for others where a tenant is gone.
    pub(super) fn retain(&self, known: impl Fn(&str) -> bool) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).retain(|tenant| known(tenant));
    }

    pub(super) fn bounded<'a>(&self, tenant: &'a str, connection: &'a str) -> (&'a str, &'a str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(tenant) {
            return (tenant, connection);
        }
        if seen.len() < self.limit {
            seen.insert(tenant.to_owned());
            return (tenant, connection);
        }
        (OTHER, OTHER)
    }
}

impl FlowStep {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Chosen => "chosen",
            Self::Sent => "sent",
            Self::Returned => "returned",
            Self::Exchanged => "exchanged",
            Self::Finished => "finished",
        }
    }
}

impl JoseOperation {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Decrypt => "decrypt",
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Encrypt => "encrypt",
        }
    }
}

impl CallOutcome {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Status(200..300) => "2xx",
            Self::Status(300..400) => "3xx",
            Self::Status(400..500) => "4xx",
            Self::Status(_) => "5xx",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::TooLarge => "too_large",
            Self::Refused => "refused",
        }
    }
}

impl Credential {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Certificate, Self::Signing, Self::Decryption, Self::TrustAnchor];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Signing => "signing",
            Self::Decryption => "decryption",
            Self::TrustAnchor => "trust_anchor",
        }
    }
}
