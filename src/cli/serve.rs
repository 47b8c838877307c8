//! `tunnus serve`: runs the broker.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    thread::available_parallelism,
    time::Duration,
};

use actix_web::{
    dev::{Server, ServerHandle},
    web::Data,
};
use clap::Args;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
    time::timeout,
};

use super::{
    Failure, admin,
    apply::open,
    settings::{Settings, runtime},
};
use crate::{
    ambient::Ambient,
    app::{Broker, Parts},
    audit::{Audit, leading::Leading, store::MemoryEvents},
    config::{Config, FlowStoreUrl, TenantsUrl},
    host::OutboundLimits,
    keyring::{Keyring, Policy, Rotation},
    limits::{Limiter, Ticks, share::Sharing},
    providers::Providers,
    server,
    sockets::Intake,
    sql::SqlUrl,
    store::{MemoryLimits, open_store},
    telemetry::{self, Export},
    tenant::{
        files::Folder,
        lookup::Tenants,
        store::{Store, cache::StoredTenants, follow::Follower},
        watch::Watch,
    },
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(arguments: &Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    let config = arguments.settings.load()?;
    let runtime = runtime()?;
    let export = Export::begin(&config, Ambient::system(), runtime.handle().clone())?;
    telemetry::init(config.log.format, &config.log.filter, export.as_ref())?;
    let served = runtime.block_on(serve(config, providers));
    if let Some(export) = export {
        export.end();
    }
    served?;
    Ok(ExitCode::SUCCESS)
}

/// What keeps the tenants up to date.
pub(super) enum Keeping {
    /// A folder that is looked at.
    Watch(Watch),
    /// A store whose changes are followed.
    Follow(Follower),
}

impl Keeping {
    /// The store, where the tenants are in one.
    pub(super) fn store(&self) -> Option<&Store> {
        match self {
            Self::Watch(_) => None,
            Self::Follow(follower) => Some(follower.store()),
        }
    }

    /// Goes on until dropped. The keys of a store go on in their life with it.
    async fn run(self, broker: Data<Broker>, policy: Policy) {
        match self {
            Self::Watch(watch) => watch.run(|look| broker.follow(look)).await,
            Self::Follow(follower) => {
                let keyring = Keyring::new(follower.store().clone(), policy, Ambient::system());
                let following = follower.run(|followed| broker.follow_store(followed));
                let proving = keyring.clone().follow(broker.proofs.clone());
                tokio::join!(following, Rotation::new(keyring).run(), proving);
            }
        }
    }
}

/// The tenants of these settings, what keeps them up to date, and where is recorded what happens.
async fn tenants(
    config: &Config,
    providers: &Providers,
    recording: Recording,
) -> Result<(Arc<dyn Tenants>, Keeping, Audit), Failure> {
    let references = config.references.clone();
    match &config.tenants {
        TenantsUrl::Files(dir) => {
            let watch = Watch::open(Folder::new(dir.clone(), providers.clone(), references))?;
            Ok((watch.tenants(), Keeping::Watch(watch), trail(config, recording).await?))
        }
        TenantsUrl::Sql(_) => {
            let store = open(config, providers.clone()).await?;
            let audit = store.audit().clone();
            let tenants = StoredTenants::new(store, config.tenants_cache);
            let follower = Follower::new(tenants.clone()).await?;
            Ok((Arc::new(tenants), Keeping::Follow(follower), audit))
        }
    }
}

/// Whether there is anything to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recording {
    /// Logins.
    Logins,
    /// Nothing: who only looks makes no trail where there is none.
    Nothing,
}

/// The trail beside tenants that are files.
async fn trail(config: &Config, recording: Recording) -> Result<Audit, Failure> {
    let missing = matches!(&config.audit, SqlUrl::Sqlite(file) if !file.exists());
    if missing && recording == Recording::Nothing {
        let ambient = Ambient::system();
        return Ok(Audit::sandboxed(Arc::new(MemoryEvents::default()), &ambient)?);
    }
    Ok(Audit::open(&config.audit, config.vault.clone(), Ambient::system()).await?)
}

/// A broker of these settings, with what keeps its tenants up to date.
pub(super) async fn assemble(
    config: &Config,
    providers: Providers,
    recording: Recording,
) -> Result<(Data<Broker>, Keeping), Failure> {
    let (tenants, keeping, audit) = tenants(config, &providers, recording).await?;
    let ambient = Ambient::system();
    let url = match &config.flow_store {
        FlowStoreUrl::Memory => "memory:",
        FlowStoreUrl::Redis(url) => url.expose_str(),
    };
    let store = open_store(url, MemoryLimits::default(), &ambient)?;
    let master_keys = config.master_keys.iter().map(|key| (key.id.clone(), *key.key.expose()));
    let broker = Broker::assemble(Parts {
        public_url: config.server.public_url.as_str().trim_end_matches('/').to_owned(),
        tenants,
        providers,
        store,
        master_keys: master_keys.collect(),
        audit,
        egress: config.egress.allow.clone(),
        outbound: OutboundLimits {
            traceparent: config.telemetry.propagate,
            ..OutboundLimits::within(&config.upstream)
        },
        lifetimes: config.lifetimes,
        limits: limiter(config),
        connections_kept: usize::try_from(config.connections.kept).unwrap_or(usize::MAX),
        metrics_tenants: usize::try_from(config.metrics.tenants).unwrap_or(usize::MAX),
        ambient,
        sandbox: false,
    })?;
    Ok((Data::new(broker), keeping))
}

/// What senders, apps and tenants may ask; together with other brokers, where there may be some.
fn limiter(config: &Config) -> Limiter {
    let limiter = Limiter::new(&config.limits, &Ticks::system());
    match &config.flow_store {
        FlowStoreUrl::Memory => limiter,
        FlowStoreUrl::Redis(_) => limiter.shared(),
    }
}

/// Limits together with the other brokers, until the process ends.
fn share_limits(config: &Config, broker: &Data<Broker>) {
    let (FlowStoreUrl::Redis(_), Some(master_key)) = (&config.flow_store, config.master_keys.first()) else {
        return;
    };
    let (sharing, broker) = (Sharing::new(master_key.key.expose()), broker.clone());
    drop(tokio::spawn(async move { sharing.run(&broker.limits, broker.flows.store.as_ref()).await }));
}

/// Counts the logins that nobody came back for, until the process ends.
async fn count_expired(broker: Data<Broker>) {
    broker.flows.clone().count_expired(&broker.metrics).await;
}

async fn serve(config: Config, providers: Providers) -> Result<(), Failure> {
    let (broker, keeping) = assemble(&config, providers.clone(), Recording::Logins).await?;
    let admin = admin::listener(&config, providers, &broker, &keeping).await?;
    let mut servers = listen(&config, &broker)?;
    servers.extend(admin);
    share_limits(&config, &broker);
    let handles: Vec<ServerHandle> = servers.iter().map(Server::handle).collect();
    let serving: Vec<_> = servers.into_iter().map(tokio::spawn).collect();
    let watching = tokio::spawn(keeping.run(broker.clone(), config.keys.policy()));
    let refreshing = tokio::spawn(Arc::clone(&broker).keep_fresh());
    let counting = tokio::spawn(count_expired(broker.clone()));
    let metrics = Arc::clone(&broker.metrics);
    let leading = Leading::begin(&broker.audit, &broker.flows.ambient, config.retention, metrics);
    tracing::info!(listen = %config.server.listen, public_url = broker.public_url, audit = config.audit.place(), "serving");
    asked_to_stop().await?;
    stop(&broker, Duration::from_secs(config.server.drain.into()), &handles).await?;
    watching.abort();
    refreshing.abort();
    counting.abort();
    if let Some(leading) = leading {
        leading.end().await;
    }
    ended(serving).await
}

async fn ended(serving: Vec<JoinHandle<io::Result<()>>>) -> Result<(), Failure> {
    for server in serving {
        server.await??;
    }
    Ok(())
}

/// The keys of a store, with the settings' policy.
pub(super) fn keyring(config: &Config, store: Store) -> Keyring {
    Keyring::new(store, config.keys.policy(), Ambient::system())
}

/// The management listener and the public one.
fn listen(config: &Config, broker: &Data<Broker>) -> io::Result<Vec<Server>> {
    let workers = available_parallelism().map_or(1, std::num::NonZero::get);
    let public = bind("server.listen", config.server.listen)?;
    let management = bind("server.management_listen", config.server.management_listen)?;
    let management = server::management(broker.clone(), management)?;
    Ok(vec![management, server::public(broker.clone(), public, workers, intake(config))?])
}

/// What the listeners bear.
pub(super) fn intake(config: &Config) -> Intake {
    Intake { proxies: config.server.proxies(), limits: config.limits }
}

pub(super) fn bind(key: &str, address: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{key} = {address}: {error}"));
    TcpListener::bind(address).map_err(named)
}

/// Not ready first, and after `drain`, when whoever balances load has noticed, no new connections;
/// requests in flight end, on all listeners at a time. The management listener says so to the last. Who
/// asks a second time does not wait for the balancer.
async fn stop(broker: &Broker, drain: Duration, handles: &[ServerHandle]) -> io::Result<()> {
    broker.stopping.store(true, Ordering::Relaxed);
    tracing::info!("stopping");
    timeout(drain, asked_to_stop()).await.unwrap_or(Ok(()))?;
    let Some((management, others)) = handles.split_first() else { return Ok(()) };
    let stopping: Vec<_> = others.iter().map(|handle| handle.stop(true)).collect();
    for stopped in stopping {
        stopped.await;
    }
    management.stop(false).await;
    Ok(())
}

/// SIGTERM, or SIGINT from a terminal.
async fn asked_to_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
