//! Connections made ready to identify people: built once, kept by revision.
//!
//! A connection is built when it is first used and again when its revision has changed, so that a
//! change of settings needs no restart. A revision that cannot be built is tried once: it shows in
//! the log and in metrics, and what was built before goes on serving. A bounded number is kept.
//!
//! Owns no rights: whether a connection may be used at all, and by whom, is judged by the tenant's
//! present settings, on every leg.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;
use tokio::task::JoinSet;
use tunnus_sdk::{Descriptor, Environment, Host, Provider, ProviderError};

use super::model::{Connection, Tenant};
use crate::{
    error::{Code, Error},
    host::{ConnectionHost, Outbound},
    metrics::Metrics,
    providers::Providers,
};

/// A connection that is built.
#[derive(Clone)]
pub struct Ready {
    /// What identifies people.
    pub provider: Arc<dyn Provider>,
    /// The fixed facts of its provider.
    pub descriptor: Descriptor,
    host: Arc<ConnectionHost>,
    environment: Environment,
    revision: u64,
}

/// How a connection is, as far as this broker knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// Its upstream fails again and again and is spared for a while.
    Disturbed,
    /// Its owner lets nobody start over it.
    Paused,
    /// Its settings or keys cannot be used.
    Misconfigured,
}

/// The connections that are built.
pub struct Connections {
    providers: Providers,
    outbound: Arc<Outbound>,
    metrics: Arc<Metrics>,
    public_url: String,
    capacity: usize,
    slots: Mutex<BTreeMap<Key, Arc<Slot>>>,
    /// Counts uses: the slot of the lowest is the longest unused.
    uses: AtomicU64,
}

/// The ids of a tenant and of its connection.
type Key = (String, String);

/// What is known of one connection.
#[derive(Default)]
struct Slot {
    /// Held while building: who comes meanwhile waits for the same build, and nobody else does.
    state: Mutex<State>,
    used: AtomicU64,
}

#[derive(Default)]
struct State {
    serving: Option<Ready>,
    refused: Option<Refusal>,
}

/// A revision that cannot be built.
struct Refusal {
    revision: u64,
    error: Arc<Error>,
}

/// What later callers are told of it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.causes())]
struct Refused(Arc<Error>);

impl Connections {
    /// None built yet; at most `capacity` are kept.
    #[must_use]
    pub fn new(
        providers: Providers,
        outbound: Arc<Outbound>,
        metrics: Arc<Metrics>,
        public_url: String,
        capacity: usize,
    ) -> Self {
        let (slots, uses) = (Mutex::default(), AtomicU64::default());
        Self { providers, outbound, metrics, public_url, capacity, slots, uses }
    }

    /// The connection, built at its present revision; where that cannot be built, at the one before.
    ///
    /// # Errors
    /// [`Code::ConnectionMisconfigured`] where neither can.
    pub fn ready(&self, tenant: &Tenant, connection: &Connection) -> Result<Ready, Error> {
        let slot = self.slot(&tenant.id, &connection.id);
        self.at_present(&mut slot.state(), tenant, connection)
    }

    /// How a connection is. Other brokers may have another view of its upstream.
    pub fn health(&self, tenant: &Tenant, connection: &Connection) -> Health {
        match self.ready(tenant, connection) {
            Err(_) => Health::Misconfigured,
            Ok(_) if connection.paused.is_some() => Health::Paused,
            Ok(ready) if ready.host.is_disturbed() => Health::Disturbed,
            Ok(_) => Health::Ok,
        }
    }

    /// Whether the upstream of a connection in use fails, as far as this broker knows.
    pub fn is_disturbed(&self, tenant: &str, connection: &str) -> bool {
        let slot = self.slots().get(&(tenant.to_owned(), connection.to_owned())).cloned();
        slot.is_some_and(|slot| slot.state().serving.as_ref().is_some_and(|ready| ready.host.is_disturbed()))
    }

    /// Fetches anew, for every connection that is built, what its upstream publishes, logins use, and
    /// will soon be too old. All at once, so that none waits for another's upstream.
    pub async fn refresh(&self) {
        let slots: Vec<_> = self.slots().values().cloned().collect();
        let mut refreshing = JoinSet::new();
        for ready in slots.iter().filter_map(|slot| slot.state().serving.clone()) {
            refreshing.spawn(async move {
                ready.provider.refresh().await;
                ready.host.refresh().await;
            });
        }
        while refreshing.join_next().await.is_some() {}
    }

    /// Has the metrics say which circuits are open now.
    pub fn show_circuits(&self) {
        let slots: Vec<_> = self.slots().iter().map(|(key, slot)| (key.clone(), Arc::clone(slot))).collect();
        for ((tenant, connection), slot) in slots {
            let circuits = slot.state().serving.as_ref().map(|ready| ready.host.circuits());
            self.metrics.circuits(&tenant, &connection, &circuits.unwrap_or_default());
        }
    }

    /// Follows a change of the tenant `id`, which is `now` or gone: connections that are gone or
    /// switched off are forgotten, those in use are built again where they have changed.
    pub fn follow(&self, id: &str, now: Option<&Tenant>) {
        for (key, slot) in self.slots_of(id) {
            let connection = now.and_then(|tenant| Some((tenant, tenant.connection(&key.1)?)));
            match connection.filter(|(_, connection)| connection.enabled) {
                Some((tenant, connection)) => self.renew(&slot, tenant, connection),
                None => self.forget(&mut self.slots(), &key),
            }
        }
    }

    fn forget(&self, slots: &mut BTreeMap<Key, Arc<Slot>>, key: &Key) {
        slots.remove(key);
        self.metrics.circuits(&key.0, &key.1, &HashMap::new());
    }

    /// The tenants of which connections are kept.
    pub fn tenants(&self) -> Vec<String> {
        let mut tenants: Vec<_> = self.slots().keys().map(|(tenant, _)| tenant.clone()).collect();
        tenants.dedup();
        tenants
    }

    fn renew(&self, slot: &Slot, tenant: &Tenant, connection: &Connection) {
        let mut state = slot.state();
        // A change that was taken back may be made again, and then is tried again.
        if state.refused.take_if(|refusal| refusal.revision != connection.revision).is_some() {
            self.metrics.connection_build_failed(&tenant.id, &connection.id, false);
        }
        // What cannot be built has been told of.
        drop(self.at_present(&mut state, tenant, connection));
    }

    fn at_present(
        &self,
        state: &mut State,
        tenant: &Tenant,
        connection: &Connection,
    ) -> Result<Ready, Error> {
        if let Some(ready) = state.serving.as_ref().filter(|ready| ready.revision == connection.revision) {
            return Ok(ready.clone());
        }
        let known = state.refused.take().filter(|refusal| refusal.revision == connection.revision);
        let refusal = match known {
            Some(refusal) => refusal,
            None => match self.build(tenant, connection) {
                Ok(ready) => {
                    self.metrics.connection_build_failed(&tenant.id, &connection.id, false);
                    state.serving = Some(ready.clone());
                    return Ok(ready);
                }
                Err(error) => self.refuse(tenant, connection, error),
            },
        };
        let former = state.serving.clone().filter(|former| former.stands_for(connection));
        let answer = former.ok_or_else(|| refusal.to_error());
        state.refused = Some(refusal);
        answer
    }

    /// The connection, built for once and kept nowhere.
    ///
    /// # Errors
    /// [`Code::ConnectionMisconfigured`] where it cannot be.
    pub fn apart(&self, tenant: &Tenant, connection: &Connection) -> Result<Arc<dyn Provider>, Error> {
        Ok(self.build(tenant, connection)?.provider)
    }

    fn build(&self, tenant: &Tenant, connection: &Connection) -> Result<Ready, Error> {
        let misconfigured = || Error::new(Code::ConnectionMisconfigured);
        let definition = self.providers.find(&connection.provider).ok_or_else(misconfigured)?;
        let floor = definition.floor(&connection.settings).ok_or_else(misconfigured)?;
        let return_base = format!("{}/t/{}/return/{}", self.public_url, tenant.id, connection.id);
        let host = ConnectionHost::new(&tenant.id, connection, floor, &return_base, &self.outbound)
            .map_err(|source| misconfigured().because(source))?;
        let host = Arc::new(host);
        let provider = definition
            .build(&connection.settings, Arc::clone(&host) as Arc<dyn Host>)
            .map_err(|error: ProviderError| Error::from(error))?;
        let (environment, revision) = (connection.environment, connection.revision);
        Ok(Ready { provider, descriptor: definition.descriptor(), host, environment, revision })
    }

    /// Tells once of a revision that cannot be built.
    fn refuse(&self, tenant: &Tenant, connection: &Connection, error: Error) -> Refusal {
        self.metrics.connection_build_failed(&tenant.id, &connection.id, true);
        tracing::error!(
            tenant = tenant.id,
            connection = connection.id,
            code = error.code.name(),
            causes = error.causes(),
            "a connection cannot be built; what was built before goes on serving"
        );
        Refusal { revision: connection.revision, error: Arc::new(error) }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot of a connection, marked as used.
    fn slot(&self, tenant: &str, connection: &str) -> Arc<Slot> {
        let key = (tenant.to_owned(), connection.to_owned());
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        let mut slots = self.slots();
        if !slots.contains_key(&key) && slots.len() >= self.capacity {
            let longest_unused = slots.iter().min_by_key(|(_, slot)| slot.used.load(Ordering::Relaxed));
            if let Some(key) = longest_unused.map(|(key, _)| key.clone()) {
                self.forget(&mut slots, &key);
            }
        }
        let slot = slots.entry(key).or_default();
        slot.used.store(used, Ordering::Relaxed);
        Arc::clone(slot)
    }

    fn slots_of(&self, tenant: &str) -> Vec<(Key, Arc<Slot>)> {
        let slots = self.slots();
        let from = slots.range((tenant.to_owned(), String::new())..);
        let own = from.take_while(|((other, _), _)| other == tenant);
        own.map(|(key, slot)| (key.clone(), Arc::clone(slot))).collect()
    }
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ready {
    /// Whether this may serve in place of `connection`, an earlier revision of which it is. With
    /// another provider or environment it would be something else under the same name: a test person
    /// must never pass for a real one.
    fn stands_for(&self, connection: &Connection) -> bool {
        self.descriptor.id == connection.provider && self.environment == connection.environment
    }
}

impl Refusal {
    fn to_error(&self) -> Error {
        let Error { code, reason, stage, .. } = *self.error;
        Error { reason, stage, ..Error::new(code).because(Refused(Arc::clone(&self.error))) }
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("provider", &self.descriptor.id)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

#[cfg(test)]
#[path = "connections_tests.rs"]
mod tests;
