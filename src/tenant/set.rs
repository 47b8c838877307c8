//! The tenants known now: an immutable set, exchanged as a whole.

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;

use super::model::Tenant;

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

/// The tenants as they are now.
#[derive(Debug)]
pub struct Tenants(ArcSwap<TenantSet>);

impl Tenants {
    /// Tenants that stay as they are, unless [`Tenants::replace`] is called.
    #[must_use]
    pub fn fixed(set: TenantSet) -> Self {
        Self(ArcSwap::from_pointee(set))
    }

    /// The tenant of this id, as it is now. Whoever works on one request asks once.
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
