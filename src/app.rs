//! The composition root: everything that the broker shares at run time, put together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::{runtime::Handle, task::JoinHandle, time::interval};
use tunnus_jose::Operations;
use tunnus_sdk::Hidden;

use crate::{
    ambient::Ambient,
    audit::Audit,
    config::Lifetimes,
    error::{Code, Error},
    flow::keep::Flows,
    host::{Outbound, OutboundLimits, Proofs, ends},
    limits::{Class, Limiter, Subject},
    metrics::Metrics,
    providers::Providers,
    store::{FlowStore, MasterKey, MeteredStore, SealError, Sealer},
    telemetry,
    tenant::{
        connections::Connections,
        lookup::Tenants,
        model::{App, Tenant},
        store::{cache::Refresh, follow::Followed},
        watch::Look,
    },
};

/// How often it is looked whether something of an upstream will soon be too old.
const REFRESH_EVERY: Duration = Duration::from_secs(10);

/// A broker at work. Handlers and flows are given it; nothing in it is global.
pub struct Broker {
    /// The base of every issuer and return URL, without a trailing slash.
    pub public_url: String,
    /// The tenants, as they are now.
    pub tenants: Arc<dyn Tenants>,
    /// The providers compiled in.
    pub providers: Providers,
    /// The connections that are built.
    pub connections: Connections,
    /// What uses private keys, and calls upstreams, for all that do.
    pub outbound: Arc<Outbound>,
    /// The flow store with its seals, time and chance.
    pub flows: Flows,
    /// Records what happens.
    pub audit: Audit,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How much senders, apps and tenants may ask.
    pub limits: Limiter,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// Counts every cryptographic operation.
    pub operations: Arc<Operations>,
    /// The keys of ours that upstreams are seen to have.
    pub proofs: Proofs,
    /// Where legs run: a caller that hangs up ends nothing.
    pub runtime: Handle,
    /// Whether hints of the sandbox are understood.
    pub sandbox: bool,
    /// Whether the process is about to end: not ready any more.
    pub stopping: AtomicBool,
}

/// What a broker is made of.
pub struct Parts {
    /// The base of every issuer and return URL, without a trailing slash.
    pub public_url: String,
    /// The tenants.
    pub tenants: Arc<dyn Tenants>,
    /// The providers compiled in.
    pub providers: Providers,
    /// Where flows are kept.
    pub store: Arc<dyn FlowStore>,
    /// The operator's keys with their ids, the active one first.
    pub master_keys: Vec<(String, [u8; 32])>,
    /// Origins that may be called although they are not public.
    pub egress: Vec<String>,
    /// Bounds on calls to the outside and on the use of keys.
    pub outbound: OutboundLimits,
    /// Records what happens.
    pub audit: Audit,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How much senders, apps and tenants may ask.
    pub limits: Limiter,
    /// How many connections are kept built.
    pub connections_kept: usize,
    /// How many tenants metrics tell apart.
    pub metrics_tenants: usize,
    /// Time and chance.
    pub ambient: Ambient,
    /// Whether hints of the sandbox are understood.
    pub sandbox: bool,
}

/// Why a broker cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The master keys.
    #[error("the master keys cannot be used")]
    Keys(#[from] SealError),
    /// The metrics.
    #[error("the metrics cannot be set up")]
    Metrics(#[from] prometheus::Error),
    /// What calls upstreams.
    #[error("the outbound side cannot be set up")]
    Outbound(#[from] crate::host::OutboundError),
}

impl Broker {
    /// Puts a broker together. Must be called on the runtime where its legs shall run.
    ///
    /// # Errors
    /// Where keys, metrics or the outbound side cannot be set up.
    pub fn assemble(parts: Parts) -> Result<Self, BrokerError> {
        let methods: BTreeSet<String> = parts
            .providers
            .iter()
            .flat_map(|provider| provider.descriptor().methods)
            .map(|method| method.id.to_owned())
            .collect();
        let metrics = Arc::new(Metrics::new(parts.metrics_tenants, methods)?);
        let keys = parts.master_keys.into_iter().map(|(id, key)| MasterKey::new(id, Hidden::new(key)));
        let sealer = Sealer::new(keys.collect::<Result<_, _>>()?, parts.ambient.clone())?;
        let operations = Arc::new(Operations::default());
        let outbound =
            Outbound::new(&parts.egress, metrics.clone(), operations.clone(), parts.ambient.clone())?;
        let outbound = Arc::new(outbound.limited(parts.outbound));
        let proofs = outbound.proofs().clone();
        let flows = Flows {
            store: Arc::new(MeteredStore::new(parts.store, metrics.clone())),
            sealer: Arc::new(sealer),
            ambient: parts.ambient,
            lifetimes: parts.lifetimes,
            waiting: Arc::default(),
            unfinished: Arc::default(),
        };
        let connections = Connections::new(
            parts.providers.clone(),
            Arc::clone(&outbound),
            metrics.clone(),
            parts.public_url.clone(),
            parts.connections_kept,
        );
        let broker = Self {
            public_url: parts.public_url,
            tenants: parts.tenants,
            providers: parts.providers,
            connections,
            outbound,
            flows,
            audit: parts.audit,
            lifetimes: parts.lifetimes,
            limits: parts.limits,
            metrics,
            operations,
            proofs,
            runtime: Handle::current(),
            sandbox: parts.sandbox,
            stopping: AtomicBool::new(false),
        };
        broker.take_over();
        Ok(broker)
    }

    /// Has a request's work done on the runtime where legs run, and to its end although its caller may
    /// hang up. It stays in the request's trace.
    pub fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.runtime.spawn(telemetry::within(work))
    }

    /// Keeps what upstreams publish fresh for the connections in use, until it is dropped.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut ticks = interval(REFRESH_EVERY);
        loop {
            ticks.tick().await;
            let broker = Arc::clone(&self);
            // An upstream that hangs does not hold up the next round.
            drop(self.runtime.spawn(async move { broker.connections.refresh().await }));
        }
    }

    /// Follows a look at the tenants' folder.
    pub fn follow(self: &Arc<Self>, look: &Look) {
        match look {
            Look::Unchanged => {}
            Look::Reloaded(_) => {
                self.metrics.tenants_reloaded(true);
                let broker = Arc::clone(self);
                // Keys are parsed: not for a thread that serves requests. Nobody waits for it.
                drop(self.runtime.spawn_blocking(move || broker.take_over()));
            }
            Look::Refused(_) => self.metrics.tenants_reloaded(false),
        }
    }

    /// Follows a change of the tenants store.
    pub fn follow_store(self: &Arc<Self>, followed: &Followed) {
        let (id, tenant) = match followed {
            Followed::Answers(answers) => return self.metrics.tenants_store(*answers),
            Followed::Tenant(_, Refresh::Nothing) => return,
            Followed::Tenant(_, Refresh::Refused(_)) => return self.metrics.tenants_reloaded(false),
            Followed::Tenant(id, Refresh::Loaded(tenant)) => (id.clone(), Some(Arc::clone(tenant))),
            Followed::Tenant(id, Refresh::Reloaded(tenant)) => {
                self.metrics.tenants_reloaded(true);
                (id.clone(), Some(Arc::clone(tenant)))
            }
            Followed::Tenant(id, Refresh::Removed) => {
                self.metrics.tenants_reloaded(true);
                (id.clone(), None)
            }
        };
        let broker = Arc::clone(self);
        // Keys are parsed: not for a thread that serves requests. Nobody waits for it.
        drop(self.runtime.spawn_blocking(move || broker.take_over_one(&id, tenant.as_deref())));
    }

    /// The same as [`Self::take_over`] for one tenant, which is `now` or gone.
    fn take_over_one(&self, id: &str, now: Option<&Tenant>) {
        self.connections.follow(id, now);
        self.metrics.retain(&|tenant, connection| {
            let known = |now: &Tenant| connection.is_none_or(|id| now.connection(id).is_some());
            tenant != id || now.is_some_and(known)
        });
        if let Some(tenant) = now {
            self.show_credentials(tenant);
        }
    }

    /// Takes the tenants as they are now: what is gone is forgotten, connections in use that have
    /// changed are built again, and metrics say when credentials end.
    fn take_over(&self) {
        let held = self.tenants.held().into_iter().map(|tenant| (tenant.id.clone(), tenant));
        let tenants: BTreeMap<String, Arc<Tenant>> = held.collect();
        for id in self.connections.tenants() {
            self.connections.follow(&id, tenants.get(&id).map(AsRef::as_ref));
        }
        self.metrics.retain(&|tenant, connection| {
            let tenant = tenants.get(tenant);
            tenant.is_some_and(|tenant| connection.is_none_or(|id| tenant.connection(id).is_some()))
        });
        for tenant in tenants.values() {
            self.show_credentials(tenant);
        }
    }

    /// Has the metrics say when a tenant's credentials end.
    fn show_credentials(&self, tenant: &Tenant) {
        for connection in &tenant.connections {
            self.metrics.credentials(&tenant.id, &connection.id, &ends(connection));
        }
    }

    /// The tenant of this id, as it is now.
    ///
    /// # Errors
    /// [`Code::FlowUnknown`] where there is none; [`Code::StoreUnavailable`].
    pub async fn tenant(&self, id: &str) -> Result<Arc<Tenant>, Error> {
        Ok(self.tenants.tenant(id).await?.ok_or(Code::FlowUnknown)?)
    }

    /// Lets one more request of `subject` through, or refuses it and counts that.
    ///
    /// # Errors
    /// [`Code::RateLimited`].
    pub fn admit(&self, subject: &Subject<'_>, class: Class) -> Result<(), Error> {
        if self.limits.admit(subject, class) {
            return Ok(());
        }
        self.metrics.limited(subject.kind(), class.name());
        Err(Code::RateLimited.into())
    }

    /// The same for an app, and with it for its tenant.
    ///
    /// # Errors
    /// [`Code::RateLimited`].
    pub fn admit_app(&self, tenant: &Tenant, app: &App, class: Class) -> Result<(), Error> {
        self.admit(&Subject::App { tenant: &tenant.id, app: &app.id }, class)?;
        self.admit(&Subject::Tenant(&tenant.id), class)
    }

    /// The issuer of a tenant.
    #[must_use]
    pub fn issuer(&self, tenant: &str) -> String {
        format!("{}/t/{tenant}", self.public_url)
    }

    /// Whether browsers reach us by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}
