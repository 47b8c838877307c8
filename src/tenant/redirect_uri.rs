//! A registered address of an app, and whether an address asked for is that one.
//!
//! Owns the comparison (RFC 6749, section 3.1.2.2; RFC 8252, section 7.3). What may be registered at
//! all is judged where tenants' files are read.

use url::{Position, Url};

use crate::config::is_loopback;

/// How long an address may be.
pub const ADDRESS_MAX: usize = 2048;

/// A registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectUri {
    /// Compared byte by byte.
    Exact(String),
    /// A loopback address of a native app: any port (RFC 8252, section 7.3). Held without a port.
    Loopback(Url),
    /// Whatever stands on a loopback address: for the sandbox's own app, and for no other.
    AnyLoopback,
}

impl RedirectUri {
    /// Whether `uri` is this one: equal byte by byte, but for the port of a loopback address.
    #[must_use]
    pub fn matches(&self, uri: &str) -> bool {
        match self {
            Self::Exact(registered) => registered == uri,
            Self::Loopback(registered) => plain(uri).is_some_and(|mut asked| {
                // `http://127.0.0.1` without a path would gain one here.
                asked.as_str() == uri && asked.set_port(None).is_ok() && asked == *registered
            }),
            Self::AnyLoopback => plain(uri)
                .is_some_and(|asked| ["http", "https"].contains(&asked.scheme()) && is_loopback(&asked)),
        }
    }
}

/// Parses an address that says just what it seems to say: one that a parser has nothing to mend in,
/// without user, password and fragment. A browser may mend otherwise than we do, and what is mended
/// away (line breaks, backslashes, dots) has no good purpose.
#[must_use]
pub fn plain(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= ADDRESS_MAX)?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (bare && is_as_written(&url, text)).then_some(url)
}

/// Whether `text` is the normal form of `url`. The scheme's own port may be written, and the slash
/// that is the whole path left out.
fn is_as_written(url: &Url, text: &str) -> bool {
    let (before, behind) = (&url[..Position::AfterPort], &url[Position::BeforePath..]);
    let own_port = url.port_or_known_default().filter(|_| url.port().is_none() && has_port(text));
    let own_port = own_port.map(|port| format!(":{port}")).unwrap_or_default();
    let normal = format!("{before}{own_port}{behind}");
    normal == text || normal.strip_suffix('/') == Some(text)
}

/// Whether a port is written, be it the scheme's own.
#[must_use]
pub fn has_port(text: &str) -> bool {
    let authority =
        text.split("//").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    authority.rsplit_once(']').map_or(authority, |(_, behind)| behind).contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_means_byte_by_byte() {
        let uri = RedirectUri::Exact("https://shop.example/cb".to_owned());
        assert!(uri.matches("https://shop.example/cb"));
        for other in [
            "https://shop.example/cb/",
            "https://shop.example/cb?x",
            "https://shop.example/cb\n",
            "https://SHOP.example/cb",
            "https://shop.example:443/cb",
        ] {
            assert!(!uri.matches(other), "{other}");
        }
    }

    #[test]
    fn the_sandbox_app_stays_on_this_machine() {
        for uri in [
            "http://127.0.0.1:9/x?y=1",
            "http://127.0.0.1:80/",
            "http://[::1]:3000/",
            "http://[::1]:3000",
            "http://localhost:8081/cb",
            "http://localhost:3000",
            "https://127.0.0.9/",
        ] {
            assert!(RedirectUri::AnyLoopback.matches(uri), "{uri}");
        }
        for uri in [
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "http://localhost./",
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "ftp://127.0.0.1/",
            "x:",
            "",
        ] {
            assert!(!RedirectUri::AnyLoopback.matches(uri), "{uri}");
        }
    }

    #[test]
    fn what_a_parser_would_mend_is_no_loopback_address() {
        let long = format!("http://127.0.0.1/{}", "x".repeat(10_000));
        let mended = [
            "http://127.0.0.1/cb\r\nLocation: https://evil.example",
            "http://127.0.0.1/c\nb",
            "http://127.0.0.1/c\tb",
            "http://127.0.0.1/cb\u{0}",
            "http://127.0.0.1/cb ",
            " http://127.0.0.1/cb",
            "http://127.0.0.1\\@evil.example/cb",
            "http:\\\\127.0.0.1/cb",
            "http:127.0.0.1/cb",
            "http:///127.0.0.1/cb",
            "HTTP://127.0.0.1/cb",
            "http://LOCALHOST/cb",
            "http://127.1/cb",
            "http://0x7f.0.0.1/cb",
            "http://2130706433/cb",
            "http://１２７.0.0.1/cb",
            "http://%31%32%37.0.0.1/cb",
            "http://[0:0:0:0:0:0:0:1]/cb",
            "http://[::1%25lo]/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:00080/cb",
            "http://127.0.0.1/a/../cb",
            "http://127.0.0.1/./cb",
            "http://127.0.0.1/%2e%2E/cb",
            "http://127.0.0.1/käynti",
            "http://127.0.0.1/\"><script>",
            "http://user@127.0.0.1/cb",
            "http://:secret@127.0.0.1/cb",
            "http://@127.0.0.1/cb",
            "http://127.0.0.1/cb#x",
            "http://127.0.0.1/cb#",
            &long,
        ];
        let native = RedirectUri::Loopback(Url::parse("http://127.0.0.1/cb").unwrap());
        for uri in mended {
            assert!(!RedirectUri::AnyLoopback.matches(uri) && !native.matches(uri), "{uri:?}");
        }
    }

    #[test]
    fn a_loopback_address_may_have_any_port_and_nothing_else() {
        let uri = RedirectUri::Loopback(Url::parse("http://127.0.0.1/cb").unwrap());
        assert!(uri.matches("http://127.0.0.1:4711/cb") && uri.matches("http://127.0.0.1/cb"));
        for other in [
            "http://127.0.0.1:4711/cb2",
            "http://127.0.0.1:4711/cb?x",
            "http://127.0.0.1:4711/cb/",
            "http://127.0.0.2:4711/cb",
            "http://[::1]:4711/cb",
            "http://localhost:4711/cb",
            "https://127.0.0.1:4711/cb",
        ] {
            assert!(!uri.matches(other), "{other}");
        }
    }
}
