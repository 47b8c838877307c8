//! `[server]`: where the broker listens and how the world addresses it.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;
use url::{Host, Url};

use super::Section;

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
    /// Where `/metrics`, `/healthz` and `/readyz` are served, and nothing else. Never public.
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub management_listen: SocketAddr,
    /// How many seconds the broker goes on as before once it is asked to stop, while `/readyz` says so
    /// already: as long as a balancer needs to notice.
    #[schemars(range(min = 0, max = 60))]
    pub drain: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            public_url: PublicUrl::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            management_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)),
            drain: 0,
        }
    }
}

impl Section for Server {
    const NAME: &'static str = "server";

    fn check(&self) -> Vec<SettingsError> {
        let same = self.listen == self.management_listen && self.listen.port() != 0;
        let message = "the management listener needs an address of its own: metrics are not public";
        same.then(|| SettingsError::new("/management_listen", message)).into_iter().collect()
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
    fn metrics_are_not_served_to_the_public() {
        let listen = SocketAddr::from(([0, 0, 0, 0], 80));
        let server = Server { listen, management_listen: listen, ..Server::default() };
        assert_eq!(server.check().len(), 1);
        assert!(Server::default().check().is_empty());
    }
}
