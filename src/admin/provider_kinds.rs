//! The providers that a connection may use, with the form of their settings.

use serde::Serialize;
use serde_json::Value;
use tunnus_sdk::{Descriptor, ErasedDefinition};

use super::{Admin, AdminError, Caller, On, Right};

/// A kind of upstream.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderKind {
    /// Its fixed facts.
    #[serde(flatten)]
    pub descriptor: Descriptor,
    /// The JSON Schema of a connection's `settings`: titles, help texts, what is required.
    pub settings_schema: Value,
}

impl ProviderKind {
    fn of(definition: &dyn ErasedDefinition) -> Self {
        Self { descriptor: definition.descriptor(), settings_schema: definition.schema().to_value() }
    }
}

impl Admin {
    /// Every provider.
    ///
    /// # Errors
    /// As [`Self::permit`].
    pub async fn providers(&self, caller: &Caller) -> Result<Vec<ProviderKind>, AdminError> {
        self.permit(caller, Right::Look, On::Reach).await?;
        Ok(self.providers.iter().map(|definition| ProviderKind::of(definition.as_ref())).collect())
    }

    /// One provider.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`].
    pub async fn provider(&self, caller: &Caller, id: &str) -> Result<ProviderKind, AdminError> {
        self.permit(caller, Right::Look, On::Reach).await?;
        let definition = self.providers.find(id).ok_or(AdminError::NotFound)?;
        Ok(ProviderKind::of(definition.as_ref()))
    }
}
