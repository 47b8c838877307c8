//! The keys of a tenant, for whoever may: what can be done with them is `keyring`'s.

use tokio::time::timeout;
use tunnus_sdk::SettingsError;

use super::{Admin, AdminError, Caller, On, Right, Role, connection::DEADLINE};
use crate::{
    app::Broker,
    keyring::{Given, KeyView, Keyring, KeyringError, Policy, Registered},
};

/// That an upstream has a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// What it has on file.
    pub file: Registered,
    /// Whether it is to be asked first.
    pub prove: bool,
}

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

    /// Takes a private key in that was made elsewhere.
    ///
    /// # Errors
    /// As [`Self::write_keys`]; [`AdminError::Faulty`].
    pub async fn import_key(
        &self,
        caller: &Caller,
        tenant: &str,
        given: Given,
    ) -> Result<KeyView, AdminError> {
        let keys = self.write_keys(caller, tenant).await?;
        let is_text = std::str::from_utf8(given.bytes.expose()).is_ok();
        if (!is_text || given.passphrase.is_some()) && caller.role != Role::Operator {
            // What a passphrase protects costs as much to open as its maker likes.
            return Err(AdminError::fault(
                "",
                "give a JWK or PEM without a passphrase; the operator takes the others in",
            ));
        }
        Ok(keys.import(&caller.actor(), tenant, given).await?)
    }

    /// Notes that an upstream has a key; where that is to be proved, only if it takes what the key has
    /// signed.
    ///
    /// # Errors
    /// As [`Self::write_keys`]; [`AdminError::Faulty`]; [`AdminError::TooMany`] where an upstream of the
    /// tenant is being asked already.
    pub async fn register_key(
        &self,
        broker: &Broker,
        caller: &Caller,
        (tenant, id): (&str, &str),
        Registration { file, prove }: Registration,
    ) -> Result<KeyView, AdminError> {
        let keys = self.write_keys(caller, tenant).await?;
        if prove {
            let _turn = self.checks.begin(tenant)?;
            let proving = keys.prove(&broker.connections, tenant, (id, file.kid.as_deref()));
            let late = |_| KeyringError::NotTaken("it does not answer in time".to_owned());
            timeout(DEADLINE, proving).await.map_err(late)??;
        }
        Ok(keys.registered(&caller.actor(), tenant, (id, file)).await?)
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
            | KeyringError::Algorithm(_)
            | KeyringError::Name(_)
            | KeyringError::Key(_)
            | KeyringError::Certificate(_) => Self::fault("", error.to_string()),
        }
    }
}
