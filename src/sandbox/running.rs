//! A sandbox at work: its parts put together, on listeners of their own.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use actix_web::{dev::ServerHandle, web::Data};
use tunnus_sdk::Locale;

use super::{
    authority::{Authority, AuthorityError},
    demo,
    hosts::{Hosts, listen},
    login::Relying,
    simulators::Simulators,
    tenant::{self, AssembleError, Assembled, TENANT},
};
use crate::{
    ambient::Ambient,
    app::{Broker, BrokerError, Parts},
    audit::{
        Audit,
        store::{EventStore, MemoryEvents},
    },
    config::{Lifetimes, Limits, Proxies},
    host::OutboundLimits,
    limits::{Limiter, Ticks},
    providers::Providers,
    server,
    sockets::Intake,
    store::{FlowStore, MemoryLimits, MemoryStore},
    tenant::{
        model::{App, Connection},
        set::{HeldTenants, TenantSet},
    },
    vault::VaultError,
};

/// How a sandbox shall run.
#[derive(Clone)]
pub struct Options {
    /// Where the broker listens; the simulators take the next port, the demo app the one after.
    /// Port 0 takes free ones.
    pub listen: SocketAddr,
    /// How browsers reach the broker, where not at that address.
    pub public_url: Option<String>,
    /// A fault for all logins.
    pub fault: Option<String>,
    /// Apps beside the built-in ones.
    pub apps: Vec<App>,
    /// Where flows are kept, where not in memory.
    pub store: Option<Arc<dyn FlowStore>>,
    /// Where events are recorded, where not in memory.
    pub audit: Option<Arc<dyn EventStore>>,
}

/// Why the sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// An address is taken or is not this machine's.
    #[error("cannot listen on {0}: choose other ports with --listen")]
    Listen(SocketAddr, #[source] io::Error),
    /// A listener failed.
    #[error("a listener failed")]
    Serve(#[source] io::Error),
    /// Certificates cannot be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The tenant cannot be put together.
    #[error(transparent)]
    Tenant(#[from] AssembleError),
    /// The broker cannot be put together.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// No simulator knows the fault.
    #[error("no simulator knows the fault {0}; known are: {1}")]
    Fault(String, String),
    /// Nothing can be sealed.
    #[error("the sandbox's keys cannot be used")]
    Vault(#[from] VaultError),
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built")]
    Client(#[from] reqwest::Error),
}

/// A sandbox at work.
pub struct Sandbox {
    /// The broker.
    pub broker: Data<Broker>,
    /// Its tenants.
    pub tenants: Arc<HeldTenants>,
    /// An app that speaks to it.
    pub relying: Relying,
    /// Where the demo app is.
    pub demo_url: String,
    /// The connections.
    pub connections: Vec<Offered>,
    /// The simulators, by provider.
    pub simulators: Simulators,
    servers: Vec<ServerHandle>,
}

/// A connection of the sandbox, as it is offered.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who can log in there.
    pub personas: Vec<&'static str>,
}

/// The listeners of the three sites.
struct Sites {
    broker: TcpListener,
    broker_url: String,
    hosts: Hosts,
    demo: TcpListener,
    demo_url: String,
    intake: Intake,
}

impl Sandbox {
    /// Starts broker, simulators and demo app.
    ///
    /// # Errors
    /// Where an address is taken, or a part cannot be made.
    pub fn start(providers: Providers, ambient: Ambient, options: Options) -> Result<Self, SandboxError> {
        Self::limited(providers, ambient, options, &Limits::none())
    }

    /// The same with limits on what may be asked.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn limited(
        providers: Providers,
        ambient: Ambient,
        options: Options,
        limits: &Limits,
    ) -> Result<Self, SandboxError> {
        let sites = Sites::listen(&options, limits)?;
        let authority = Authority::new()?;
        let returns = format!("{}/t/{TENANT}/return", sites.broker_url);
        let assembled = tenant::assemble(
            &providers,
            &ambient,
            |id| sites.hosts.site(id, &authority, &returns, &ambient),
            &sites.demo_url,
            options.apps,
        )?;
        set_fault(&assembled.simulators, options.fault.as_deref())?;
        let connections = offered(&assembled);
        let memory =
            || Arc::new(MemoryStore::new(MemoryLimits::default(), ambient.clone())) as Arc<dyn FlowStore>;
        let tenants = Arc::new(HeldTenants::new(TenantSet::from_iter([assembled.tenant])));
        let broker = Data::new(Broker::assemble(Parts {
            public_url: sites.broker_url.clone(),
            tenants: tenants.clone(),
            providers,
            store: options.store.unwrap_or_else(memory),
            master_keys: vec![("sandbox".to_owned(), ambient.bytes::<32>())],
            audit: Audit::sandboxed(
                options.audit.unwrap_or_else(|| Arc::new(MemoryEvents::default())),
                &ambient,
            )?,
            egress: vec![sites.hosts.url.clone(), sites.hosts.mtls_url.clone()],
            outbound: OutboundLimits::default(),
            limits: Limiter::new(limits, &Ticks::system()),
            lifetimes: Lifetimes::default(),
            connections_kept: 1_000,
            metrics_tenants: 1_000,
            ambient: ambient.clone(),
            sandbox: true,
        })?);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_backend_preconfigured(no_trust())
            .build()?;
        let relying = Relying { issuer: broker.issuer(TENANT), http, ambient };
        let servers = sites.serve(&broker, &assembled.simulators, authority, &relying, &connections)?;
        Ok(Self {
            broker,
            tenants,
            relying,
            demo_url: servers.1,
            connections,
            simulators: assembled.simulators,
            servers: servers.0,
        })
    }

    /// Stops everything.
    pub async fn stop(self) {
        for server in self.servers {
            server.stop(false).await;
        }
    }
}

fn offered(assembled: &Assembled) -> Vec<Offered> {
    let one = |connection: &Arc<Connection>| {
        let simulator = assembled.simulators.get(&connection.provider);
        Offered {
            id: connection.id.clone(),
            name: connection.display_name.in_locale(Locale::En).unwrap_or(&connection.id).to_owned(),
            personas: simulator.map(|simulator| simulator.personas()).unwrap_or_default(),
        }
    };
    assembled.tenant.connections.iter().map(one).collect()
}

/// TLS that trusts nobody: the sandbox's own client speaks plain http to loopback only.
fn no_trust() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    match builder {
        Ok(builder) => builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth(),
        // The provider's own default versions are always supported by it.
        Err(_) => std::process::abort(),
    }
}

pub(super) fn set_fault(simulators: &Simulators, fault: Option<&str>) -> Result<(), SandboxError> {
    let Some(fault) = fault else { return Ok(()) };
    let known: Vec<bool> = simulators.values().map(|simulator| simulator.set_fault(Some(fault))).collect();
    if known.contains(&true) {
        return Ok(());
    }
    let mut names: Vec<_> =
        simulators.values().flat_map(|simulator| simulator.faults()).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    Err(SandboxError::Fault(fault.to_owned(), names.join(", ")))
}

impl Sites {
    fn listen(options: &Options, limits: &Limits) -> Result<Self, SandboxError> {
        let next = |offset: u16| {
            if options.listen.port() == 0 { 0 } else { options.listen.port().saturating_add(offset) }
        };
        let broker = listen(options.listen)?;
        let at = broker.local_addr().map_err(SandboxError::Serve)?;
        let broker_url = options.public_url.clone().unwrap_or_else(|| format!("http://{at}"));
        let hosts = Hosts::listen(next(1), 0)?;
        let demo_at = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), next(2));
        let demo_v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), next(2));
        let demo = listen(demo_at).or_else(|_| listen(demo_v4))?;
        let demo_url = format!("http://{}", demo.local_addr().map_err(SandboxError::Serve)?);
        Ok(Self {
            broker,
            broker_url: broker_url.trim_end_matches('/').to_owned(),
            hosts,
            demo,
            demo_url,
            intake: Intake { proxies: Proxies::default(), limits: *limits },
        })
    }

    fn serve(
        self,
        broker: &Data<Broker>,
        simulators: &Simulators,
        authority: Authority,
        relying: &Relying,
        connections: &[Offered],
    ) -> Result<(Vec<ServerHandle>, String), SandboxError> {
        let servers = [
            server::public(broker.clone(), self.broker, 2, self.intake).map_err(SandboxError::Serve)?,
            self.hosts.serve(simulators.clone(), authority)?,
            demo::serve(relying.clone(), self.demo_url.clone(), connections.to_vec(), self.demo)
                .map_err(SandboxError::Serve)?,
        ];
        let handles = servers.iter().map(actix_web::dev::Server::handle).collect();
        for server in servers {
            broker.runtime.spawn(server);
        }
        Ok((handles, self.demo_url))
    }
}
