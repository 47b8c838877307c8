//! Where Redis is, read from `flow_store.url`.
//!
//! Owns the forms of the URL. Connecting is `node`'s, `sentinel`'s and `cluster`'s.
//!
//! ```text
//! redis://[USER:PASSWORD@]HOST[:6379][/DB]
//! redis+sentinel://[USER:PASSWORD@]HOST[:26379],HOST[:26379],…/PRIMARY[/DB]
//! redis+cluster://[USER:PASSWORD@]HOST[:6379],HOST[:6379],…
//! ```
//!
//! With `rediss` in place of `redis`, TLS is spoken with every server, Sentinels included. Behind a `?`
//! may stand `prefix` (what every key begins with), `replicas` (how many must confirm what decides a
//! login; 0 at one server, else 1), `ca` (a PEM file that vouches for the servers in place of the
//! system's), `sentinel_username` and `sentinel_password`. The user and password before the hosts are
//! those of the data servers.

use std::path::PathBuf;

use ::redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use url::Url;

/// What every key begins with, unless the URL says `?prefix=…`.
const PREFIX: &str = "tunnus:";

/// Where a Sentinel listens, unless the URL says a port.
const SENTINEL_PORT: u16 = 26379;

/// Why a URL leads to no Redis. It shows nothing of the URL, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub enum RedisUrlError {
    /// Neither `redis` nor `rediss`, alone or with `+sentinel` or `+cluster`.
    Scheme,
    /// No host, or one that is none; a database that is no number.
    Address,
    /// A Sentinel URL without its primary's name.
    Primary,
    /// A Cluster has one database.
    Database,
    /// A member behind `?` that is not known, stands twice, or has a value that cannot be.
    Query,
    /// `#insecure` would switch the server's certificate off.
    Fragment,
}

impl RedisUrlError {
    /// What was expected.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Scheme => {
                "expected memory:, redis://, redis+sentinel:// or redis+cluster://; with TLS rediss"
            }
            Self::Address => "expected HOST, HOST:PORT or HOST:PORT/DATABASE",
            Self::Primary => "expected the primary's name: redis+sentinel://HOST,HOST/PRIMARY",
            Self::Database => "a Redis Cluster has no databases to choose from",
            Self::Query => {
                "behind ? may stand prefix, replicas (0 to 9), ca, sentinel_username, sentinel_password"
            }
            Self::Fragment => "the URL has a fragment",
        }
    }
}

/// Which servers hold the flows.
#[derive(Clone)]
pub(super) enum Topology {
    /// One server.
    Standalone(ConnectionInfo),
    /// Whichever server the Sentinels name as `primary`; `server` says how to log in there.
    Sentinel { sentinels: Vec<ConnectionInfo>, primary: String, server: ConnectionInfo },
    /// Servers that share the keys by slot; these are known to begin with.
    Cluster(Vec<ConnectionInfo>),
}

/// Where Redis is, and how it is spoken with. No `Debug`: it holds passwords.
#[derive(Clone)]
pub struct RedisPlace {
    pub(super) topology: Topology,
    /// What every key begins with.
    pub(super) prefix: String,
    /// How many replicas confirm a take and a finish.
    pub(super) replicas: u8,
    /// The file, in PEM, of the CA that vouches for the servers.
    pub(crate) ca: Option<PathBuf>,
    has_password: bool,
}

impl RedisPlace {
    /// Reads the URL.
    ///
    /// # Errors
    /// When it is of none of the forms above.
    pub fn parse(url: &str) -> Result<Self, RedisUrlError> {
        let parts = Parts::split(url)?;
        let query = Query::parse(parts.query)?;
        let (topology, replicas) = match parts.kind {
            "standalone" => (Topology::Standalone(parts.server(parts.hosts, parts.path)?), 0),
            "sentinel" => (parts.sentinel(&query)?, 1),
            "cluster" => (parts.cluster()?, 1),
            _ => return Err(RedisUrlError::Scheme),
        };
        let has_password = parts.user.contains(':') || query.sentinel_password.is_some();
        Ok(Self {
            topology,
            prefix: query.prefix.unwrap_or_else(|| PREFIX.to_owned()),
            replicas: query.replicas.unwrap_or(replicas),
            ca: query.ca,
            has_password,
        })
    }

    /// Whether a password stands in the URL.
    #[must_use]
    pub const fn has_password(&self) -> bool {
        self.has_password
    }
}

/// What the URL says behind `?`.
#[derive(Default)]
struct Query {
    prefix: Option<String>,
    replicas: Option<u8>,
    ca: Option<PathBuf>,
    sentinel_username: Option<String>,
    sentinel_password: Option<String>,
}

impl Query {
    fn parse(text: &str) -> Result<Self, RedisUrlError> {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let value = value.into_owned();
            let known = match name.as_ref() {
                // Braces would say which part of a key decides its slot.
                "prefix" => !value.contains(['{', '}']) && query.prefix.replace(value).is_none(),
                "ca" => query.ca.replace(value.into()).is_none(),
                "replicas" => {
                    let count = value.parse().ok().filter(|count| *count <= 9);
                    query.replicas.replace(count.ok_or(RedisUrlError::Query)?).is_none()
                }
                "sentinel_username" => query.sentinel_username.replace(value).is_none(),
                "sentinel_password" => query.sentinel_password.replace(value).is_none(),
                _ => false,
            };
            known.then_some(()).ok_or(RedisUrlError::Query)?;
        }
        Ok(query)
    }
}

/// The URL in its parts. By hand, since a URL of the standard names one host.
struct Parts<'a> {
    scheme: &'a str,
    kind: &'a str,
    user: &'a str,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, RedisUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(RedisUrlError::Scheme)?;
        let (scheme, kind) = scheme.split_once('+').unwrap_or((scheme, "standalone"));
        if !matches!(scheme, "redis" | "rediss") {
            return Err(RedisUrlError::Scheme);
        }
        if rest.contains('#') {
            return Err(RedisUrlError::Fragment);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let at = authority.rfind('@').map_or(0, |at| at + 1);
        let (user, hosts) = authority.split_at(at);
        Ok(Self { scheme, kind, user, hosts, path, query })
    }

    /// One data server.
    fn server(&self, host: &str, database: &str) -> Result<ConnectionInfo, RedisUrlError> {
        connection(&format!("{}://{}{host}/{database}", self.scheme, self.user), host)
    }

    fn sentinel(&self, query: &Query) -> Result<Topology, RedisUrlError> {
        let (primary, database) = self.path.split_once('/').unwrap_or((self.path, ""));
        if primary.is_empty() {
            return Err(RedisUrlError::Primary);
        }
        let own = Self { user: "", ..*self };
        let sentinels = self.hosts.split(',').map(|host| {
            let port = if has_port(host) { String::new() } else { format!(":{SENTINEL_PORT}") };
            let info = own.server(&format!("{host}{port}"), "")?;
            let mut login = RedisConnectionInfo::default();
            if let Some(user) = &query.sentinel_username {
                login = login.set_username(user);
            }
            if let Some(password) = &query.sentinel_password {
                login = login.set_password(password);
            }
            Ok(info.set_redis_settings(login))
        });
        let sentinels = sentinels.collect::<Result<_, _>>()?;
        let server = self.server("primary", database)?;
        Ok(Topology::Sentinel { sentinels, primary: primary.to_owned(), server })
    }

    fn cluster(&self) -> Result<Topology, RedisUrlError> {
        if !matches!(self.path, "" | "0") {
            return Err(RedisUrlError::Database);
        }
        self.hosts
            .split(',')
            .map(|host| self.server(host, ""))
            .collect::<Result<_, _>>()
            .map(Topology::Cluster)
    }
}

/// The server at another host, spoken with as the one of `info`.
pub(super) fn beside(info: &ConnectionInfo, host: &str, port: u16) -> ConnectionInfo {
    let host = host.to_owned();
    let address = match info.addr() {
        ConnectionAddr::TcpTls { .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        }
        ConnectionAddr::Tcp(..) | ConnectionAddr::Unix(_) | _ => ConnectionAddr::Tcp(host, port),
    };
    info.clone().set_addr(address)
}

/// Whether a port stands behind a name, an address or an IPv6 address in brackets.
fn has_port(host: &str) -> bool {
    host.rsplit(']').next().is_some_and(|rest| rest.contains(':'))
}

fn connection(url: &str, host: &str) -> Result<ConnectionInfo, RedisUrlError> {
    let url = Url::parse(url).map_err(|_| RedisUrlError::Address)?;
    if host.is_empty() || host.contains(',') || !url.has_host() {
        return Err(RedisUrlError::Address);
    }
    url.into_connection_info().map_err(|_| RedisUrlError::Address)
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
