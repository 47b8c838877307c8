//! How the broker asks for a tenant, wherever tenants come from.

use std::{error::Error as StdError, sync::Arc};

use async_trait::async_trait;

use super::model::Tenant;
use crate::error::{Code, Error};

/// The tenants, as they are now.
#[async_trait]
pub trait Tenants: Send + Sync {
    /// The tenant of this id; none where there is no such tenant. Whoever works on one request asks
    /// once: what is asked twice may differ.
    async fn tenant(&self, id: &str) -> Result<Option<Arc<Tenant>>, TenantsError>;

    /// Those that are in memory now.
    fn held(&self) -> Vec<Arc<Tenant>>;

    /// The ids of all of them, in order.
    async fn ids(&self) -> Result<Vec<String>, TenantsError>;
}

/// Why it is not known whether there is such a tenant, or what it is.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TenantsError {
    /// The store does not answer.
    #[error("the tenants store is not available")]
    Unavailable(#[source] Arc<dyn StdError + Send + Sync>),
    /// The store has the tenant, but nothing to serve can be made of it.
    #[error("the tenant's stored settings cannot be used")]
    Faulty(#[source] Arc<dyn StdError + Send + Sync>),
}

impl TenantsError {
    /// [`Self::Unavailable`] because of `source`.
    pub fn unavailable(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(source))
    }

    /// [`Self::Faulty`] because of `source`.
    pub fn faulty(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Faulty(Arc::new(source))
    }
}

impl From<TenantsError> for Error {
    fn from(error: TenantsError) -> Self {
        let code = match &error {
            TenantsError::Unavailable(_) => Code::StoreUnavailable,
            TenantsError::Faulty(_) => Code::Internal,
        };
        Self::new(code).because(error)
    }
}
