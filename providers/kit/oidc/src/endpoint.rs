//! Which URLs an upstream's metadata may name: https, and on a host that belongs to the issuer.
//!
//! Metadata decides where codes and secrets are sent (RFC 9700, section 4.4), so the hosts are
//! pinned. Which addresses may be called at all is decided again by the host, when connecting.

use url::{Host, Url};

/// Why a URL is no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EndpointError {
    /// Not an absolute URL.
    #[error("not an absolute URL")]
    NotAUrl,
    /// Not https.
    #[error("not https")]
    NotHttps,
    /// With a fragment or a user.
    #[error("has a fragment or a user")]
    Extras,
    /// On a host that is neither the issuer's nor listed.
    #[error("on a host that is not the issuer's and not listed")]
    Host,
}

/// The hosts that an issuer's endpoints may be on.
pub(crate) struct Pinned<'a> {
    issuer: Url,
    hosts: &'a [String],
}

impl<'a> Pinned<'a> {
    /// The issuer's own host and the listed ones.
    pub(crate) fn new(issuer: &str, hosts: &'a [String]) -> Result<Self, EndpointError> {
        let issuer = Url::parse(issuer).map_err(|_| EndpointError::NotAUrl)?;
        Ok(Self { issuer, hosts })
    }

    /// Reads `text` as an endpoint.
    pub(crate) fn endpoint(&self, text: &str) -> Result<Url, EndpointError> {
        let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
        let loopback = is_loopback_http(&self.issuer) && is_loopback_http(&url);
        if url.scheme() != "https" && !loopback {
            return Err(EndpointError::NotHttps);
        }
        if url.fragment().is_some() || has_user(&url) {
            return Err(EndpointError::Extras);
        }
        self.check_host(&url)?;
        Ok(url)
    }

    fn check_host(&self, url: &Url) -> Result<(), EndpointError> {
        let authority = authority(url).ok_or(EndpointError::NotAUrl)?;
        let own = self::authority(&self.issuer).as_ref() == Some(&authority);
        let listed = self.hosts.iter().any(|host| host.eq_ignore_ascii_case(&authority));
        (own || listed).then_some(()).ok_or(EndpointError::Host)
    }
}

/// `host`, or `host:port` where the port is not the scheme's own.
pub(crate) fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether it is plain http to this very machine.
pub(crate) fn is_loopback_http(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && loopback
}

/// Whether it holds a user name or password.
pub(crate) fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(issuer: &str, url: &str) -> Result<(), EndpointError> {
        let hosts = ["mtls.op.example".to_owned(), "localhost:4011".to_owned()];
        Pinned::new(issuer, &hosts).unwrap().endpoint(url).map(drop)
    }

    #[test]
    fn the_issuers_host_and_the_listed_ones_are_taken() {
        for url in ["https://op.example/a?x=1", "https://OP.example:443/a", "https://mtls.op.example/a"] {
            assert_eq!(judge("https://op.example/oidc", url), Ok(()), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (url, error) in [
            ("undefined/token", EndpointError::NotAUrl),
            ("/token", EndpointError::NotAUrl),
            ("", EndpointError::NotAUrl),
            ("http://op.example/token", EndpointError::NotHttps),
            ("http://localhost/token", EndpointError::NotHttps),
            ("javascript:alert(1)", EndpointError::NotHttps),
            ("https://op.example/token#x", EndpointError::Extras),
            ("https://us:er@op.example/token", EndpointError::Extras),
            ("https://us@op.example/token", EndpointError::Extras),
            ("https://:er@op.example/token", EndpointError::Extras),
            ("https://evil.example/token", EndpointError::Host),
            ("https://op.example.evil.example/token", EndpointError::Host),
            ("https://op.example:8443/token", EndpointError::Host),
            ("https://sub.op.example/token", EndpointError::Host),
        ] {
            assert_eq!(judge("https://op.example/oidc", url), Err(error), "{url}");
        }
    }

    #[test]
    fn plain_http_is_for_an_issuer_on_loopback_only() {
        assert_eq!(judge("http://localhost:4010/op", "http://localhost:4010/op/token"), Ok(()));
        assert_eq!(judge("http://localhost:4010/op", "https://localhost:4011/op/token"), Ok(()));
        assert_eq!(judge("http://127.0.0.1:4010/op", "http://127.0.0.1:4010/op/token"), Ok(()));
        assert_eq!(judge("http://[::1]:4010/op", "http://[::1]:4010/op/token"), Ok(()));
        for elsewhere in ["http://10.0.0.1:4010/op", "http://[2001:db8::1]:4010/op", "http://op.example/op"] {
            assert_eq!(judge(elsewhere, elsewhere), Err(EndpointError::NotHttps), "{elsewhere}");
        }
        assert_eq!(judge("http://localhost:4010/op", "http://localhost:4012/"), Err(EndpointError::Host));
        assert_eq!(judge("http://localhost:4010/op", "http://op.example/"), Err(EndpointError::NotHttps));
    }
}
