//! `[server]`: where the broker listens and how the world addresses it.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;
use url::{Host, Url};

use super::{Network, Proxies, ProxyHeader, Section};

/// Where the broker listens and how the world addresses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The base of every issuer and return URL. Plain http only for a loopback address. It never
    /// changes once an app or an upstream knows it.
    #[schemars(with = "String", extend("format" = "public-url"))]
    pub public_url: PublicUrl,
    /// Where apps and browsers are served.
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// Who may say for whom it asks: the networks of the balancers and proxies in front of `listen`. From
    /// anybody else such a header means nothing.
    #[schemars(schema_with = "networks")]
    pub trusted_proxies: Vec<Network>,
    /// The header in which they say it, each adding the address that it was asked from.
    pub proxy_header: ProxyHeader,
    /// Where `/metrics`, `/healthz` and `/readyz` are served, and nothing else. Never public.
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub management_listen: SocketAddr,
    /// How many seconds the broker goes on as before once it is asked to stop, while `/readyz` says so
    /// already: as long as a balancer needs to notice.
    #[schemars(range(min = 0, max = 60))]
    pub drain: u32,
    /// Where admins are served: the API, the console, `/openapi.json`. Nowhere where the key is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub admin_listen: Option<SocketAddr>,
    /// How admins' browsers reach it: an origin of its own. `http://` and `admin_listen` where the key
    /// is missing, which is good for a loopback address alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "public-url"))]
    pub admin_url: Option<PublicUrl>,
}

fn networks(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "format": "network" } })
}

impl Default for Server {
    fn default() -> Self {
        Self {
            public_url: PublicUrl::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            management_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)),
            drain: 0,
            admin_listen: None,
            admin_url: None,
        }
    }
}

impl Section for Server {
    const NAME: &'static str = "server";

    fn check(&self) -> Vec<SettingsError> {
        let mut faults = Vec::new();
        let mut fault = |pointer, message: &str| faults.push(SettingsError::new(pointer, message));
        let same = |one: SocketAddr, other: SocketAddr| one == other && one.port() != 0;
        if same(self.listen, self.management_listen) {
            fault(
                "/management_listen",
                "the management listener needs an address of its own: metrics are not public",
            );
        }
        let anybody = |network: &Network| network.is_everything();
        if let Some(index) = self.trusted_proxies.iter().position(anybody) {
            let pointer = format!("/trusted_proxies/{index}");
            faults.push(SettingsError::new(
                pointer,
                "whoever asks would be believed: name the proxies' networks",
            ));
        }
        let mut fault = |pointer, message: &str| faults.push(SettingsError::new(pointer, message));
        let Some(listen) = self.admin_listen else {
            if self.admin_url.is_some() {
                fault("/admin_url", "admin_listen is missing: nobody listens there");
            }
            return faults;
        };
        if same(listen, self.listen) || same(listen, self.management_listen) {
            fault("/admin_listen", "the admin listener needs an address of its own");
        }
        match self.admin_url() {
            None => fault("/admin_listen", "say how browsers reach it: admin_url, an https URL"),
            Some(url) if !url.is_origin() => fault("/admin_url", "an admin URL has no path"),
            Some(url) if url.origin() == self.public_url.origin() => {
                fault("/admin_url", "the admin listener needs an origin of its own, apart from public_url");
            }
            Some(_) => {}
        }
        faults
    }
}

impl Server {
    /// Whose word about a sender's address is taken.
    #[must_use]
    pub fn proxies(&self) -> Proxies {
        Proxies { networks: self.trusted_proxies.clone(), header: self.proxy_header }
    }

    /// How admins' browsers reach the admin listener; none where there is none, or it is not said.
    #[must_use]
    pub fn admin_url(&self) -> Option<PublicUrl> {
        let listen = self.admin_listen?;
        let loopback = || format!("http://{listen}").parse().ok();
        self.admin_url.clone().or_else(loopback)
    }
}

/// The base of every address that the broker gives away, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// As it begins every issuer: `https://id.example.com`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// Whether it is an origin and nothing more.
    fn is_origin(&self) -> bool {
        self.origin() == self.0
    }

    /// The issuer of a tenant, byte for byte: `{public_url}/t/{tenant}`.
    #[must_use]
    pub fn issuer(&self, tenant: &str) -> String {
        format!("{}/t/{tenant}", self.0)
    }

    /// Whether browsers reach it by https. Where not, it is a loopback address.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl Default for PublicUrl {
    fn default() -> Self {
        Self("http://127.0.0.1:8080".to_owned())
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "expected a URL, as https://id.example.com")?;
        let bare = text.strip_suffix('/').unwrap_or(text);
        if !is_https_or_loopback(&url) {
            return Err("expected an https URL; plain http is only for a loopback address");
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err("a public URL has no user, query or fragment");
        }
        // Issuers are compared byte by byte: what a parser would mend must not become one.
        if url.as_str().trim_end_matches('/') != bare {
            return Err(
                "the URL is not in its normal form: lower case, no default port, one trailing slash at most",
            );
        }
        Ok(Self(bare.to_owned()))
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `url` is https, or plain http to this machine itself.
#[must_use]
pub fn is_https_or_loopback(url: &Url) -> bool {
    url.scheme() == "https" && url.host().is_some() || url.scheme() == "http" && is_loopback(url)
}

/// Whether the host of `url` is this machine itself.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_https_or_loopback_and_in_normal_form() {
        for good in [
            "https://id.example.com",
            "https://example.com:8443/broker",
            "http://127.0.0.1:8080",
            "http://[::1]",
        ] {
            assert_eq!(good.parse::<PublicUrl>().map(String::from).as_deref(), Ok(good));
        }
        assert_eq!(
            "https://id.example.com/".parse::<PublicUrl>().unwrap().issuer("acme"),
            "https://id.example.com/t/acme"
        );
        for bad in [
            "id.example.com",
            "http://id.example.com",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "https://ID.example.com",
            "https://id.example.com:443",
            "https://id.example.com//",
            "https://user@id.example.com",
            "https://id.example.com?x=1",
            "https://id.example.com#x",
            "https://id.example.com/a/../b",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn admins_are_served_at_an_origin_of_their_own() {
        let faults = |listen: &str, url: Option<&str>| -> Vec<String> {
            let admin_url = url.map(|url| url.parse().unwrap());
            let server =
                Server { admin_listen: Some(listen.parse().unwrap()), admin_url, ..Server::default() };
            server.check().into_iter().map(|fault| fault.pointer).collect()
        };
        assert!(faults("127.0.0.1:8081", None).is_empty());
        assert!(faults("0.0.0.0:8081", Some("https://admin.example")).is_empty());
        for (listen, url, at) in [
            ("0.0.0.0:8081", None, "/admin_listen"),
            ("127.0.0.1:8080", Some("https://admin.example"), "/admin_listen"),
            ("127.0.0.1:9090", Some("https://admin.example"), "/admin_listen"),
            ("127.0.0.1:8081", Some("http://127.0.0.1:8080"), "/admin_url"),
            ("127.0.0.1:8081", Some("https://id.example/admin"), "/admin_url"),
        ] {
            assert_eq!(faults(listen, url), [at], "{listen} {url:?}");
        }
        let nobody = Server { admin_url: "https://admin.example".parse().ok(), ..Server::default() };
        assert_eq!(nobody.check()[0].pointer, "/admin_url");
    }

    #[test]
    fn metrics_are_not_served_to_the_public() {
        let listen = SocketAddr::from(([0, 0, 0, 0], 80));
        let server = Server { listen, management_listen: listen, ..Server::default() };
        assert_eq!(server.check().len(), 1);
        assert!(Server::default().check().is_empty());
    }
}
