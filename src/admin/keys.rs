//! The keys of a tenant, for whoever may: what can be done with them is `keyring`'s.

use tunnus_sdk::SettingsError;

use super::{Admin, AdminError, Caller, On, Right};
use crate::keyring::{Keyring, KeyringError, Policy};

impl Admin {
    /// The same with another policy for keys than the default.
    #[must_use]
    pub fn with_key_policy(self, keys: Policy) -> Self {
        Self { keys, ..self }
    }

    /// The keys of a tenant, to read.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`] where the tenants are files, which have no rings.
    pub async fn read_keys(&self, caller: &Caller, tenant: &str) -> Result<Keyring, AdminError> {
        self.permit(caller, Right::ReadKeys, On::Tenant(tenant)).await?;
        self.keyring().map_err(|_| AdminError::NotFound)
    }

    /// The keys of a tenant, to change.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::ReadOnly`].
    pub async fn write_keys(&self, caller: &Caller, tenant: &str) -> Result<Keyring, AdminError> {
        self.permit(caller, Right::WriteKeys, On::Tenant(tenant)).await?;
        self.keyring()
    }

    fn keyring(&self) -> Result<Keyring, AdminError> {
        Ok(Keyring::new(self.source.store()?.clone(), self.keys, self.ambient.clone()))
    }
}

impl From<KeyringError> for AdminError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::NoTenant(_) | KeyringError::NoConnection(_) | KeyringError::NoKey(_) => {
                Self::NotFound
            }
            KeyringError::Busy => Self::Stale(Box::new(None)),
            KeyringError::Store(error) => error.into(),
            KeyringError::Faulty(faults) => {
                let told = |fault: &dyn std::fmt::Display| SettingsError::new("", fault.to_string());
                Self::Faulty(faults.iter().map(|fault| told(fault)).collect())
            }
            // An address must not be a way to look around: why stands in the doctor's findings.
            KeyringError::NotTaken(_) => {
                Self::fault("/prove", "the upstream does not take a request that the key has signed")
            }
            KeyringError::Purpose
            | KeyringError::Kind
            | KeyringError::Subject
            | KeyringError::State { .. }
            | KeyringError::UnderWay(_)
            | KeyringError::Full
            | KeyringError::Ended(_)
            | KeyringError::Name(_)
            | KeyringError::Key(_)
            | KeyringError::Certificate(_) => Self::fault("", error.to_string()),
        }
    }
}
