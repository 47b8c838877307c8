//! Where the simulated upstreams live: `localhost`, plain and with client certificates.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use actix_web::dev::Server;
use tunnus_sdk::sandbox::SandboxSite;
use url::Url;

use super::{
    authority::Authority,
    running::SandboxError,
    simulators::{self, Simulators},
};
use crate::ambient::Ambient;

/// The listeners of the simulators, and the addresses by which they are reached.
pub(super) struct Hosts {
    plain: Vec<TcpListener>,
    mtls: TcpListener,
    /// The origin of those without certificates.
    pub(super) url: String,
    /// The origin of those that demand one.
    pub(super) mtls_url: String,
}

impl Hosts {
    /// Listens on `port`, and for those with a certificate on `mtls_port`; 0 takes a free one.
    pub(super) fn listen(port: u16, mtls_port: u16) -> Result<Self, SandboxError> {
        let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let first = listen(loopback(port))?;
        let port = port_of(&first)?;
        // `localhost` may mean either family; without the second one the first serves alone.
        let second = TcpListener::bind(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)).ok();
        let mtls = listen(loopback(mtls_port))?;
        let mtls_port = port_of(&mtls)?;
        Ok(Self {
            plain: [Some(first), second].into_iter().flatten().collect(),
            mtls,
            url: format!("http://localhost:{port}"),
            mtls_url: format!("https://localhost:{mtls_port}"),
        })
    }

    /// Where the simulator of the provider `id` lives, whose broker takes returns below `return_prefix`.
    pub(super) fn site(
        &self,
        id: &str,
        authority: &Authority,
        return_prefix: &str,
        ambient: &Ambient,
    ) -> Result<SandboxSite, url::ParseError> {
        let ambient = ambient.clone();
        Ok(SandboxSite {
            base: Url::parse(&format!("{}/{id}", self.url))?,
            mtls_base: Url::parse(&format!("{}/{id}", self.mtls_url))?,
            now: Arc::new(move || ambient.now()),
            client_certificate: authority.client.clone(),
            trust_anchor: authority.certificate.clone(),
            return_prefix: Url::parse(return_prefix)?,
        })
    }

    /// Serves the simulators.
    pub(super) fn serve(self, simulators: Simulators, authority: Authority) -> Result<Server, SandboxError> {
        simulators::serve(simulators, self.plain, self.mtls, authority.server).map_err(SandboxError::Serve)
    }
}

/// Listens.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, SandboxError> {
    TcpListener::bind(address).map_err(|error| SandboxError::Listen(address, error))
}

fn port_of(listener: &TcpListener) -> Result<u16, SandboxError> {
    listener.local_addr().map(|address| address.port()).map_err(SandboxError::Serve)
}
