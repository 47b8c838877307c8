//! From a URL to a simulator's answer, within one process: what a server's listeners and sockets do,
//! without them.

use tunnus_sdk::{
    Hidden, Params, RequestMethod,
    sandbox::{SandboxSite, SimulatedRequest},
};
use url::Url;

/// Which of a simulator's two listeners a URL is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// Plain.
    Open,
    /// Demands a client certificate.
    MutualTls,
}

/// The listener and the path below its base; none where the URL is not the simulator's.
pub(crate) fn locate(site: &SandboxSite, url: &Url) -> Option<(Listener, String)> {
    let bases = [(Listener::Open, &site.base), (Listener::MutualTls, &site.mtls_base)];
    bases.into_iter().find_map(|(listener, base)| {
        let path = url.path().strip_prefix(base.path().trim_end_matches('/'))?;
        let is_there = url.origin() == base.origin() && (path.is_empty() || path.starts_with('/'));
        is_there.then(|| (listener, path.to_owned()))
    })
}

/// A request as a simulator sees it.
pub(crate) fn request(method: RequestMethod, path: String, url: &Url) -> SimulatedRequest {
    SimulatedRequest {
        method,
        path,
        query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        form: Params::default(),
        authorization: None,
        client_certificate: None,
    }
}

/// `client_secret_basic`: both parts form-encoded (RFC 6749, section 2.3.1).
pub(crate) fn basic(id: &str, secret: &Hidden<String>) -> Hidden<String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(id), encoded(secret.expose_str()));
    Hidden::new(format!("Basic {}", STANDARD.encode(pair)))
}

/// A header of a simulator's answer, by its name in any case.
pub(crate) fn header<'a>(headers: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_site;

    #[test]
    fn a_url_is_found_on_its_listener_and_nowhere_else() {
        let site = test_site(&crate::Clock::at(tunnus_sdk::Timestamp(0)));
        let found = |text: &str| locate(&site, &Url::parse(text).expect("a URL"));
        let path = "/connect/token".to_owned();
        assert_eq!(
            found("http://localhost:4010/upstream/connect/token?x=1"),
            Some((Listener::Open, path.clone()))
        );
        assert_eq!(found("https://localhost:4011/upstream/connect/token"), Some((Listener::MutualTls, path)));
        assert_eq!(found("http://localhost:4010/upstreams/token"), None);
        assert_eq!(found("https://localhost:4010/upstream/token"), None);
        assert_eq!(found("http://elsewhere.example/upstream/token"), None);
    }
}
