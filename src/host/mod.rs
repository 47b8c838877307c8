//! What a provider may ask for: keys, tokens, HTTP; and the rules of every call to the outside.
//!
//! [`Outbound`] is what all connections share: time-outs, the egress policy, HTTP clients, the pool of
//! key operations. A [`ConnectionHost`] is [`tunnus_sdk::Host`] for one connection, with its keys, its
//! certificate, its floor and the public keys of its upstream. Nothing here knows OpenID Connect;
//! what a token must be is said by an [`tunnus_sdk::Expect`], what it means is the toolkit's.

mod address;
#[cfg(test)]
mod attack_tests;
mod away;
mod circuit;
mod client;
mod connection;
mod credentials;
mod egress;
mod exchange;
#[cfg(test)]
mod for_tests;
mod jwks;
mod ledger;
mod lookup;
pub mod observed;
mod open;
mod proofs;
mod tls;
mod upstream;

use std::{
    fmt,
    num::NonZero,
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use tracing::Instrument;
use tunnus_jose::{Operations, SigningKey};
use tunnus_sdk::{Claims, Hidden, SealError, Signing, SigningAlgorithm};

pub use self::{
    away::away,
    client::{CollectorError, collector},
    connection::ConnectionHost,
    credentials::{CredentialError, ends},
    egress::OutboundError,
    exchange::body,
    ledger::{Ledger, noted},
    proofs::{Named, Proofs, is_awaited},
};
use self::{
    client::Clients,
    egress::{Egress, SystemLookup},
    lookup::SharedLookup,
    tls::TlsBase,
};
use crate::{
    ambient::Ambient,
    config::Upstream,
    metrics::{JoseOperation, Metrics},
    pool::{Pool, PoolError},
    telemetry::spans,
};

/// Bounds on calls to the outside and on the use of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundLimits {
    /// For resolving a name and connecting, TLS included.
    pub connect_timeout: Duration,
    /// For a whole exchange, the response's body included. Finding the key of a token may take twice
    /// as long.
    pub timeout: Duration,
    /// The largest response that is read, in bytes.
    pub response_bytes: usize,
    /// How many calls of a connection to one upstream are under way at once. As many more wait, for as
    /// long as connecting may take.
    pub calls: usize,
    /// How many failures in a row of an endpoint open its circuit.
    pub failures: u32,
    /// How many HTTP clients are kept.
    pub clients: usize,
    /// How many key operations run at once.
    pub key_threads: usize,
    /// How many more wait.
    pub key_queue: usize,
    /// Whether calls tell upstreams the trace that they belong to.
    pub traceparent: bool,
}

impl Default for OutboundLimits {
    fn default() -> Self {
        Self::within(&Upstream::default())
    }
}

impl OutboundLimits {
    /// The bounds of the settings.
    #[must_use]
    pub fn within(upstream: &Upstream) -> Self {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            connect_timeout: seconds(upstream.connect_timeout),
            timeout: seconds(upstream.timeout),
            response_bytes: count(upstream.response_kib).saturating_mul(1024),
            calls: count(upstream.calls),
            failures: upstream.failures,
            clients: 256,
            key_threads: available_parallelism().map_or(1, NonZero::get),
            key_queue: 512,
            traceparent: false,
        }
    }
}

/// What the hosts of all connections share.
pub struct Outbound {
    limits: OutboundLimits,
    egress: Arc<Egress>,
    clients: Clients,
    tls: TlsBase,
    pool: Pool,
    metrics: Arc<Metrics>,
    operations: Arc<Operations>,
    ambient: Ambient,
    proofs: Proofs,
}

impl Outbound {
    /// The outbound side, with the exceptions `allow` from the egress policy: origins, which may be
    /// http too, and networks, which are called by https.
    ///
    /// # Errors
    /// When an exception is neither.
    pub fn new(
        allow: &[String],
        metrics: Arc<Metrics>,
        operations: Arc<Operations>,
        ambient: Ambient,
    ) -> Result<Self, OutboundError> {
        let limits = OutboundLimits::default();
        let egress = Arc::new(Egress::new(allow)?);
        Ok(Self {
            limits,
            clients: clients(&limits, &egress),
            egress,
            tls: TlsBase::system(),
            pool: Pool::new(limits.key_threads, limits.key_queue),
            metrics,
            operations,
            ambient,
            proofs: Proofs::default(),
        })
    }

    /// Signs with a private key, be it a connection's or a tenant's.
    ///
    /// # Errors
    /// [`SealError::Busy`] where too many operations wait; [`SealError::Failed`].
    pub async fn sign(
        &self,
        key: &Arc<SigningKey>,
        signing: &Signing,
        claims: Claims,
    ) -> Result<Hidden<String>, SealError> {
        let (key, operations) = (Arc::clone(key), Arc::clone(&self.operations));
        let Signing { algorithm, typ } = *signing;
        let work = move || key.sign(&operations, algorithm, typ, &claims);
        if algorithm == SigningAlgorithm::ES256 {
            // A P-256 signature takes less time than the way to another thread and back.
            return self.measured(JoseOperation::Sign, work).map_err(|_| SealError::Failed);
        }
        match self.on_pool(JoseOperation::Sign, work).await {
            Ok(signed) => signed.map_err(|_| SealError::Failed),
            Err(PoolError::Busy) => Err(SealError::Busy),
            Err(PoolError::Failed) => Err(SealError::Failed),
        }
    }

    /// Uses a private key in its turn, and measures how long that takes.
    async fn on_pool<T: Send + 'static>(
        &self,
        operation: JoseOperation,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let metrics = Arc::clone(&self.metrics);
        let measured = move || {
            let begun = Instant::now();
            let result = work();
            let took = begun.elapsed();
            metrics.jose_operation(operation, took);
            (result, took)
        };
        let (result, took) = self.pool.run(measured).instrument(spans::jose(operation.name())).await?;
        away::add(took);
        Ok(result)
    }

    /// Does what is so short that nobody need wait for a turn, and measures how long it takes.
    fn measured<T>(&self, operation: JoseOperation, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = spans::jose(operation.name()).in_scope(work);
        let took = begun.elapsed();
        self.metrics.jose_operation(operation, took);
        away::add(took);
        result
    }

    /// The keys of ours that upstreams are seen to have.
    #[must_use]
    pub const fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// The same within other bounds.
    #[must_use]
    pub fn limited(self, limits: OutboundLimits) -> Self {
        let pool = Pool::new(limits.key_threads, limits.key_queue);
        let clients = clients(&limits, &self.egress);
        Self { limits, clients, pool, ..self }
    }
}

fn clients(limits: &OutboundLimits, egress: &Arc<Egress>) -> Clients {
    let lookup = Arc::new(SharedLookup::over(Arc::new(SystemLookup)));
    Clients::new(limits.clients, Arc::clone(egress), lookup)
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("limits", &self.limits)
            .field("egress", &self.egress)
            .finish_non_exhaustive()
    }
}
