//! Why an operation was not done.

use std::error::Error as StdError;

use tunnus_sdk::SettingsError;

use super::Document;
use crate::{
    audit::AuditError,
    error::Error,
    pool::PoolError,
    sql::SqlError,
    tenant::{lookup::TenantsError, store::StoreError},
};

/// Why an operation was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No token, or none that holds.
    #[error("an admin token is needed: it is missing, unknown, expired or revoked")]
    Unauthenticated,
    /// Too many wrong tokens were shown, or too much is being checked or changed.
    #[error("too many tries at once; wait before the next")]
    TooMany,
    /// The caller's role may not.
    #[error("the caller's role may not do this")]
    Forbidden,
    /// There is no such thing, or none that the caller reaches.
    #[error("there is no such thing here")]
    NotFound,
    /// The caller does not say which revision the change was made from.
    #[error("say which revision was changed: If-Match with the ETag that was read")]
    RevisionMissing,
    /// Somebody else was faster; what is there now, if anything.
    #[error("somebody else has changed it meanwhile")]
    Stale(Box<Option<Document>>),
    /// What was given is faulty: all faults.
    #[error("what was given has faults")]
    Faulty(Vec<SettingsError>),
    /// The tenants are an operator's files.
    #[error("the tenants are files of the operator and cannot be changed here")]
    ReadOnly,
    /// A store does not answer.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A fault of ours.
    #[error("the broker failed")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl AdminError {
    /// One fault at `pointer`.
    pub fn fault(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Faulty(vec![SettingsError::new(pointer, message)])
    }

    /// [`Self::Internal`] because of `source`.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "admin_unauthorised",
            Self::TooMany => "rate_limited",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::RevisionMissing => "revision_missing",
            Self::Stale(_) => "revision_stale",
            Self::Faulty(_) => "request_invalid",
            Self::ReadOnly => "read_only",
            Self::Unavailable(_) => "store_unavailable",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Pool(PoolError::Busy) => Self::TooMany,
            StoreError::Sql(_)
            | StoreError::Audit(_)
            | StoreError::Platform(_, TenantsError::Unavailable(_)) => Self::Unavailable(error.into()),
            StoreError::MasterKeys(_)
            | StoreError::Vault { .. }
            | StoreError::Row(_)
            | StoreError::Pool(PoolError::Failed)
            | StoreError::Platform(_, TenantsError::Faulty(_)) => Self::Internal(error.into()),
        }
    }
}

impl From<AuditError> for AdminError {
    fn from(error: AuditError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<SqlError> for AdminError {
    fn from(error: SqlError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<sqlx::Error> for AdminError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<TenantsError> for AdminError {
    fn from(error: TenantsError) -> Self {
        match error {
            TenantsError::Unavailable(_) => Self::Unavailable(Error::from(error).into()),
            TenantsError::Faulty(_) => Self::Internal(Error::from(error).into()),
        }
    }
}
