//! The providers compiled in: one line each, and the only file outside `providers/` that names one.

use std::{collections::BTreeMap, sync::Arc};

use tunnus_sdk::{Definition, ErasedDefinition, erase};

/// The providers that a broker knows, by id.
#[derive(Clone, Default)]
pub struct Providers(BTreeMap<&'static str, Arc<dyn ErasedDefinition>>);

impl Providers {
    /// Those that come with Tunnus.
    #[must_use]
    pub fn built_in() -> Self {
        Self::default()
            .with::<tunnus_generic_oidc::GenericOidc>()
            .with::<tunnus_idpartner::IdPartner>()
            .with::<tunnus_signicat_ftn::SignicatFtn>()
            .with::<tunnus_signicat_mle::SignicatMle>()
    }

    /// Adds one.
    #[must_use]
    pub fn with<D: Definition>(mut self) -> Self {
        self.0.insert(D::DESCRIPTOR.id, erase::<D>());
        self
    }

    /// The provider of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Arc<dyn ErasedDefinition>> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn ErasedDefinition>> {
        self.0.values()
    }
}
