//! Which addresses outside are called: https to public addresses, and the operator's exceptions.
//!
//! An exception is an origin, which may be http and stand anywhere, or a network, whose addresses
//! count as public.
//!
//! A name is judged by the addresses it has at the moment of connecting, so that one that resolves to
//! another address the second time (DNS rebinding) gains nothing. A literal address is judged up
//! front, since nothing is resolved for it.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Origin, Url};

use super::address::is_public;
use crate::config::Network;

/// Addresses of names. A trait, so that tests need no name server.
#[async_trait]
pub(super) trait Lookup: Send + Sync {
    /// All addresses that `name` has now.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// What the operating system resolves.
pub(super) struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Why calls to the outside cannot be set up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// An entry is neither an origin nor a network; which, counted from 0.
    #[error(
        "entry {0} of egress.allow is neither an origin like `http://localhost:4010` nor a network like `10.20.0.0/16`"
    )]
    Exception(usize),
}

/// An address that may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address is not public")]
pub(super) struct Forbidden;

/// How an address is reached. Each way has connections of its own: one that was made under an
/// exception never serves another origin of the same host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Route {
    /// By https, where all is public.
    Public,
    /// Under an exception for exactly this origin: by http too, wherever it is.
    Exception,
}

/// The policy.
#[derive(Default)]
pub(super) struct Egress {
    origins: Vec<Origin>,
    networks: Vec<Network>,
}

impl Egress {
    /// The policy with the exceptions `allow`: origins and networks.
    pub(super) fn new(allow: &[String]) -> Result<Self, OutboundError> {
        let mut egress = Self::default();
        for (n, text) in allow.iter().enumerate() {
            match (text.parse(), origin(text)) {
                (Ok(network), _) => egress.networks.push(network),
                (Err(_), Some(origin)) => egress.origins.push(origin),
                (Err(_), None) => return Err(OutboundError::Exception(n)),
            }
        }
        Ok(egress)
    }

    /// Whether `address` is public, or in a network that counts as such.
    fn reaches(&self, address: IpAddr) -> bool {
        is_public(address) || self.networks.iter().any(|network| network.contains(address))
    }

    /// How `url` is reached, if it may be called at all.
    pub(super) fn check(&self, url: &Url) -> Result<Route, Forbidden> {
        if has_credentials(url) {
            return Err(Forbidden);
        }
        if self.origins.contains(&url.origin()) {
            return Ok(Route::Exception);
        }
        let reached = match url.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => self.reaches(address.into()),
            Some(Host::Ipv6(address)) => self.reaches(address.into()),
            None => false,
        };
        if reached && url.scheme() == "https" { Ok(Route::Public) } else { Err(Forbidden) }
    }
}

/// The origin that `text` is, and nothing more than that.
fn origin(text: &str) -> Option<Origin> {
    let url = Url::parse(text).ok()?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && !has_credentials(&url);
    (bare && matches!(url.scheme(), "http" | "https")).then(|| url.origin())
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Resolves names for one route.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) egress: Arc<Egress>,
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) route: Route,
}

impl Resolver {
    async fn reachable(&self, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let mut addresses = self.lookup.addresses(name).await.map_err(Refusal::Lookup)?;
        match self.route {
            Route::Public => addresses.retain(|address| self.egress.reaches(*address)),
            Route::Exception => {}
        }
        if addresses.is_empty() { Err(Refusal::Forbidden(Forbidden)) } else { Ok(addresses) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.reachable(name.as_str()).await?;
            // Port 0 stands for the URL's.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// Why a name has no address to connect to.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the name does not resolve")]
    Lookup(#[source] io::Error),
    #[error(transparent)]
    Forbidden(Forbidden),
}

impl Forbidden {
    /// Whether `error` has this at its root.
    pub(super) fn caused(error: &(dyn std::error::Error + 'static)) -> bool {
        std::iter::successors(Some(error), |error| error.source())
            .any(|error| matches!(error.downcast_ref(), Some(Refusal::Forbidden(_))))
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("origins", &self.origins.len())
            .field("networks", &self.networks)
            .finish()
    }
}

#[cfg(test)]
#[path = "egress_tests.rs"]
mod tests;
