//! The tenants known now: an immutable set, exchanged as a whole.

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use async_trait::async_trait;

use super::{
    lookup::{Tenants, TenantsError},
    model::Tenant,
};

/// Tenants by id. What is read from one set belongs together.
#[derive(Clone, Debug, Default)]
pub struct TenantSet(BTreeMap<String, Arc<Tenant>>);

impl TenantSet {
    /// The tenant of this id.
    #[must_use]
    pub fn tenant(&self, id: &str) -> Option<&Arc<Tenant>> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.0.values()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Tenant> for TenantSet {
    fn from_iter<I: IntoIterator<Item = Tenant>>(tenants: I) -> Self {
        Self(tenants.into_iter().map(|tenant| (tenant.id.clone(), Arc::new(tenant))).collect())
    }
}

/// Tenants that are all held in memory.
#[derive(Debug)]
pub struct HeldTenants(ArcSwap<TenantSet>);

impl HeldTenants {
    /// Tenants that stay as they are, unless [`HeldTenants::replace`] is called.
    #[must_use]
    pub fn new(set: TenantSet) -> Self {
        Self(ArcSwap::from_pointee(set))
    }

    /// The tenant of this id, as it is now.
    #[must_use]
    pub fn tenant(&self, id: &str) -> Option<Arc<Tenant>> {
        self.0.load().tenant(id).cloned()
    }

    /// The whole set, as it is now.
    #[must_use]
    pub fn all(&self) -> Arc<TenantSet> {
        self.0.load_full()
    }

    /// Puts another set in place. Who holds a tenant of the old one keeps it.
    pub fn replace(&self, set: TenantSet) {
        self.0.store(Arc::new(set));
    }
}

#[async_trait]
impl Tenants for HeldTenants {
    async fn tenant(&self, id: &str) -> Result<Option<Arc<Tenant>>, TenantsError> {
        Ok(self.tenant(id))
    }

    fn held(&self) -> Vec<Arc<Tenant>> {
        self.0.load().iter().cloned().collect()
    }

    async fn ids(&self) -> Result<Vec<String>, TenantsError> {
        Ok(self.0.load().iter().map(|tenant| tenant.id.clone()).collect())
    }
}
