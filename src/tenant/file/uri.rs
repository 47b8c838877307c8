//! What an app may register as an address of its own (RFC 6749, section 3.1.2; RFC 8252, section 7).

use url::{Host, Url};

use crate::{
    config::{is_https_or_loopback, is_loopback},
    tenant::redirect_uri::{RedirectUri, has_port, plain},
};

/// Reads a redirect URI of the OpenID face.
///
/// # Errors
/// What is wrong with it.
pub fn redirect_uri(text: &str) -> Result<RedirectUri, &'static str> {
    let url = absolute(text)?;
    if url.scheme() == "http" && is_loopback_literal(&url) && url.port().is_none() && !has_port(text) {
        // The port is not compared, so the rest is compared as parsed: it must be what it parses to.
        let has_path = url.as_str() == text;
        return if has_path {
            Ok(RedirectUri::Loopback(url))
        } else {
            Err("a path is missing: http://127.0.0.1/PATH")
        };
    }
    // A private-use scheme is a domain name backwards: anything shorter may be another app's, or `javascript:`.
    let private = url.scheme().contains('.') && !url.cannot_be_a_base();
    if is_https_or_loopback(&url) || private {
        Ok(RedirectUri::Exact(text.to_owned()))
    } else {
        Err("expected https, http on a loopback address, or a private-use scheme as com.example.app:/PATH")
    }
}

/// Reads an address of the web: a return URL of the REST face, an app's home.
///
/// # Errors
/// What is wrong with it.
pub fn web_url(text: &str) -> Result<Url, &'static str> {
    let url = absolute(text)?;
    if is_https_or_loopback(&url) { Ok(url) } else { Err("expected https, or http on a loopback address") }
}

/// Checks the origin of a browser app, as browsers send it (RFC 6454, section 6.2).
///
/// # Errors
/// What is wrong with it.
pub fn check_origin(text: &str) -> Result<(), &'static str> {
    let url = web_url(text)?;
    let exact = url.origin().ascii_serialization() == text;
    if exact { Ok(()) } else { Err("an origin is scheme, host and port alone: https://shop.example.com") }
}

fn absolute(text: &str) -> Result<Url, &'static str> {
    if text.contains('*') {
        return Err("addresses are compared exactly: there are no wildcards");
    }
    let url = Url::parse(text).map_err(|_| "expected an absolute URI")?;
    if url.fragment().is_some() {
        return Err("an address has no fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address has no user or password");
    }
    plain(text).ok_or(
        "not in normal form: ASCII without spaces, control characters, backslashes and dot segments, \
         the host in lower case, at most 2048 characters",
    )
}

/// `127.0.0.1` or `[::1]`: the two that native apps listen on at any port (RFC 8252, section 7.3).
fn is_loopback_literal(url: &Url) -> bool {
    is_loopback(url) && !matches!(url.host(), Some(Host::Domain(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_exact_but_for_the_port_of_a_native_app() {
        for exact in [
            "https://shop.example.com/cb",
            "https://shop.example.com",
            "https://shop.example.com:8443/cb?x=1",
            "https://shop.example.com:443/cb",
            "https://xn--kynti-gra.example.com/k%C3%A4ynti",
            "http://localhost:3000/cb",
            "http://127.0.0.1:3000/cb",
            "http://127.0.0.1:80/cb",
            "http://[::1]:80/cb",
            "com.example.app:/cb",
            "com.example.app://host/cb",
        ] {
            assert_eq!(redirect_uri(exact), Ok(RedirectUri::Exact(exact.to_owned())), "{exact}");
        }
        for any_port in ["http://127.0.0.1/cb", "http://[::1]/"] {
            assert_eq!(
                redirect_uri(any_port),
                Ok(RedirectUri::Loopback(Url::parse(any_port).unwrap())),
                "{any_port}"
            );
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_redirect_uri() {
        for bad in [
            "",
            "/cb",
            "http://shop.example.com/cb",
            "http://127.0.0.1.example.com/cb",
            "https://*.example.com/cb",
            "https://shop.example.com/cb#x",
            "https://shop.example.com/cb#",
            "https://user@shop.example.com/cb",
            "https://shop.example.com\\@evil.example/",
            " https://shop.example.com/cb",
            "https://shop.example.com/c\tb",
            "https://shop.example.com/c\r\nb",
            "https://shop.example.com/cb ",
            "https://shop.example.com/cb\u{0}",
            "https://shop.example.com/käynti",
            "https://käynti.example.com/cb",
            "https://shop.example.com/a/../cb",
            "https://shop.example.com/%2e%2e/cb",
            "https://shop.example.com/\"><script>",
            "https://SHOP.example.com/cb",
            "HTTPS://shop.example.com/cb",
            "https:shop.example.com/cb",
            "https:///shop.example.com/cb",
            "https://@shop.example.com/cb",
            "https://:secret@shop.example.com/cb",
            "https://shop.example.com:/cb",
            "https://shop.example.com:0443/cb",
            "https://[fe80::1%25eth0]/cb",
            "http://localhost./cb",
            "http://shop.localhost/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://2130706433/cb",
            "com.example.app:/a/../cb",
            "com.example.app:/c\nb",
            "http://127.0.0.1",
            "http://127.1/cb",
            "http://127.0.0.1/a/../cb",
            "myapp:/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app:cb",
        ] {
            assert!(redirect_uri(bad).is_err(), "{bad:?}");
        }
        assert!(redirect_uri(&format!("https://shop.example.com/{}", "x".repeat(10_000))).is_err());
    }

    #[test]
    fn return_urls_and_homes_are_on_the_web() {
        assert!(
            web_url("https://shop.example.com/done?x=1").is_ok() && web_url("http://localhost:3000").is_ok()
        );
        for bad in
            ["http://shop.example.com", "com.example.app:/cb", "https://shop.example.com/#x", "mailto:a@b.c"]
        {
            assert!(web_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_what_browsers_send() {
        for good in ["https://shop.example.com", "https://shop.example.com:8443", "http://localhost:3000"] {
            assert_eq!(check_origin(good), Ok(()), "{good}");
        }
        for bad in [
            "https://shop.example.com/",
            "https://SHOP.example.com",
            "https://shop.example.com:443",
            "null",
            "*",
        ] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }
}
