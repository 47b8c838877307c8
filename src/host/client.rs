//! The HTTP clients: one for each connection and certificate, kept in a bounded cache.
//!
//! A client never follows a redirect, sends no request twice, and knows no proxy, cookie or referrer.
//! Connections never share one: a certificate is shown to nobody but the upstream it is for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, ClientBuilder, redirect::Policy, retry};
use rustls::ClientConfig;
use tunnus_sdk::Credentials;

use super::{
    credentials::CredentialError,
    egress::{Egress, Lookup, Resolver, Route},
    tls::{ConnectionTls, TlsBase},
};

/// How long an idle connection to an upstream is kept: less than the five seconds after which many
/// servers close theirs. A code that meets the closing of its connection is lost, since it is not
/// sent again.
const IDLE: Duration = Duration::from_secs(4);

/// What a client is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientKey {
    /// The tenant's id.
    pub(super) tenant: String,
    /// The connection's id.
    pub(super) connection: String,
    /// The connection's revision: with its settings its certificate and its trust may change.
    pub(super) revision: u64,
    /// Whether it shows the connection's certificate.
    pub(super) mutual: bool,
    /// How it reaches its address.
    pub(super) route: Route,
}

/// The clients in use.
pub(super) struct Clients {
    cache: Mutex<Cache>,
    capacity: usize,
    egress: Arc<Egress>,
    lookup: Arc<dyn Lookup>,
}

#[derive(Default)]
struct Cache {
    clients: HashMap<ClientKey, (Client, u64)>,
    /// Counts uses: the client of the lowest is the longest unused.
    uses: u64,
}

impl Clients {
    /// At most `capacity` clients that resolve names with `lookup`, within `egress`.
    pub(super) fn new(capacity: usize, egress: Arc<Egress>, lookup: Arc<dyn Lookup>) -> Self {
        Self { cache: Mutex::default(), capacity, egress, lookup }
    }

    /// The client for `key`, with `tls` and the time that connecting may take where it must be made.
    pub(super) fn client(
        &self,
        key: ClientKey,
        tls: &ClientConfig,
        connect_timeout: Duration,
    ) -> Result<Client, reqwest::Error> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.uses += 1;
        let uses = cache.uses;
        if let Some((client, last)) = cache.clients.get_mut(&key) {
            *last = uses;
            return Ok(client.clone());
        }
        let client = self.build(key.route, tls, connect_timeout)?;
        if cache.clients.len() >= self.capacity {
            cache.drop_longest_unused();
        }
        cache.clients.insert(key, (client.clone(), uses));
        Ok(client)
    }

    fn build(
        &self,
        route: Route,
        tls: &ClientConfig,
        connect_timeout: Duration,
    ) -> Result<Client, reqwest::Error> {
        let (egress, lookup) = (Arc::clone(&self.egress), Arc::clone(&self.lookup));
        let resolver = Resolver { egress, lookup, route };
        plain_client(tls)
            .https_only(route == Route::Public)
            .dns_resolver(resolver)
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE)
            .build()
    }
}

impl Cache {
    fn drop_longest_unused(&mut self) {
        let longest = self.clients.iter().min_by_key(|(_, (_, last))| *last).map(|(key, _)| key.clone());
        if let Some(key) = longest {
            self.clients.remove(&key);
        }
    }
}

/// Why the trace collector has no client.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// TLS.
    #[error("TLS cannot be set up")]
    Tls(#[source] CredentialError),
    /// The client.
    #[error("the client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// The client of the operator's own trace collector, which may be anywhere: no input leads to it.
///
/// # Errors
/// Where it cannot be built.
pub fn collector(timeout: Duration) -> Result<Client, CollectorError> {
    let tls = ConnectionTls::new(&TlsBase::system(), &Credentials::default());
    let tls = tls.map_err(CollectorError::Tls)?.plain;
    plain_client(&tls).timeout(timeout).build().map_err(CollectorError::Client)
}

/// What every client of ours is: it goes where it is told, once, and says no more than it must.
fn plain_client(tls: &ClientConfig) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .redirect(Policy::none())
        .retry(retry::never())
        .user_agent("tunnus")
        .no_proxy()
        .referer(false)
}

#[cfg(test)]
mod tests {
    use super::{super::egress::SystemLookup, *};

    #[test]
    fn the_longest_unused_client_makes_room() {
        let clients = Clients::new(2, Arc::new(Egress::new(&[]).unwrap()), Arc::new(SystemLookup));
        let tls = ConnectionTls::new(&TlsBase::system(), &Credentials::default()).unwrap();
        let key = |revision| ClientKey {
            tenant: "acme".to_owned(),
            connection: "ftn".to_owned(),
            revision,
            mutual: false,
            route: Route::Public,
        };
        for revision in [1, 2, 1, 3] {
            clients.client(key(revision), &tls.plain, IDLE).unwrap();
        }
        let cache = clients.cache.lock().unwrap();
        let mut kept: Vec<_> = cache.clients.keys().map(|key| key.revision).collect();
        kept.sort_unstable();
        assert_eq!(kept, [1, 3]);
    }
}
