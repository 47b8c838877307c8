//! Connections made ready to identify people: built once, kept by revision.
//!
//! A connection is built when it is first used and again when its revision has changed, so that a
//! change of settings needs no restart. A build that fails is an error of that connection alone.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tunnus_sdk::{Descriptor, Provider, ProviderError};

use super::model::{Connection, Tenant};
use crate::{
    error::{Code, Error},
    host::{ConnectionHost, Outbound},
    providers::Providers,
};

/// A connection that is built.
#[derive(Clone)]
pub struct Ready {
    /// What identifies people.
    pub provider: Arc<dyn Provider>,
    /// The fixed facts of its provider.
    pub descriptor: Descriptor,
    revision: u64,
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("provider", &self.descriptor.id)
            .field("revision", &self.revision)
            .finish()
    }
}

/// The connections that are built.
pub struct Connections {
    providers: Providers,
    outbound: Arc<Outbound>,
    public_url: String,
    built: Mutex<HashMap<(String, String), Ready>>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl Connections {
    /// None built yet.
    #[must_use]
    pub fn new(providers: Providers, outbound: Arc<Outbound>, public_url: String) -> Self {
        Self { providers, outbound, public_url, built: Mutex::default() }
    }

    /// The connection, built at its present revision.
    ///
    /// # Errors
    /// [`Code::ConnectionMisconfigured`] where it cannot be built.
    pub fn ready(&self, tenant: &Tenant, connection: &Connection) -> Result<Ready, Error> {
        let key = (tenant.id.clone(), connection.id.clone());
        let built = self.built.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(ready) = built.filter(|ready| ready.revision == connection.revision) {
            return Ok(ready);
        }
        // Built outside the lock: two at once cost a second build, a lock would cost everybody.
        let ready = self.build(tenant, connection)?;
        self.built.lock().unwrap_or_else(PoisonError::into_inner).insert(key, ready.clone());
        Ok(ready)
    }

    fn build(&self, tenant: &Tenant, connection: &Connection) -> Result<Ready, Error> {
        let misconfigured = || Error::new(Code::ConnectionMisconfigured);
        let definition = self.providers.find(&connection.provider).ok_or_else(misconfigured)?;
        let floor = definition.floor(&connection.settings).ok_or_else(misconfigured)?;
        let return_base = format!("{}/t/{}/return/{}", self.public_url, tenant.id, connection.id);
        let host = ConnectionHost::new(&tenant.id, connection, floor, &return_base, &self.outbound)
            .map_err(|source| misconfigured().because(source))?;
        let provider = definition
            .build(&connection.settings, Arc::new(host))
            .map_err(|error: ProviderError| Error::from(error))?;
        Ok(Ready { provider, descriptor: definition.descriptor(), revision: connection.revision })
    }
}
