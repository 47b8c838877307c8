//! Why nothing was done with a key.

use tunnus_jose::{CertificateError, KeyError};
use tunnus_sdk::Timestamp;

use crate::{
    sql::SqlError,
    tenant::store::{
        StoreError,
        change::{ChangeError, PartFault},
    },
};

/// Why nothing was done with a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no such tenant.
    #[error("there is no tenant `{0}`")]
    NoTenant(String),
    /// It has no such connection.
    #[error("the tenant has no connection `{0}`")]
    NoConnection(String),
    /// It has no such key.
    #[error("the tenant has no key `{0}`")]
    NoKey(String),
    /// A tenant's own keys sign and do nothing else.
    #[error("a tenant's own keys sign; decryption and certificates are a connection's")]
    Purpose,
    /// A key that decrypts is an RSA key.
    #[error("a P-256 key signs or is shown with a certificate; for decryption make an RSA key")]
    Kind,
    /// A name that no certificate has.
    #[error("a name in a certificate has 1 to 64 characters")]
    Subject,
    /// The key is at another point of its life.
    #[error("the key is {state}: {needed}")]
    State {
        /// Where it is.
        state: &'static str,
        /// What it would have to be, and what helps.
        needed: &'static str,
    },
    /// A successor is on its way already.
    #[error("the key `{0}` is about to follow it already")]
    UnderWay(String),
    /// More keys than may be live.
    #[error("four decryption keys are live: retire one that the upstream has forgotten")]
    Full,
    /// The key says that its time is over.
    #[error("the key ended on {}", .0.to_date().unwrap_or_default())]
    Ended(Timestamp),
    /// A key that signs otherwise than the connection's settings say.
    #[error("the key does not make {0} signatures, which the connection's settings ask for")]
    Algorithm(&'static str),
    /// Another key of the ring is called the same.
    #[error("another key is called `{0}`")]
    Name(String),
    /// The upstream has not shown that it knows the key.
    #[error("the upstream does not take the key: {0}")]
    NotTaken(String),
    /// What was given is no key that can be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What was given is not its certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Somebody else changes the tenant all the time.
    #[error("the tenant is being changed by others: try again")]
    Busy,
    /// The tenant would be faulty.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faulty(Vec<PartFault>),
    /// The store does not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ChangeError> for KeyringError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Conflict(_) => Self::Busy,
            ChangeError::Faulty(faults) => Self::Faulty(faults),
            ChangeError::Store(error) => Self::Store(error),
        }
    }
}

impl From<SqlError> for KeyringError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}
