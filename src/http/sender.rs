//! Who sends a request: the peer, or for whom a trusted proxy asks.
//!
//! Each proxy adds the address that it was asked from at the right. So the first address from the right
//! that is no proxy of ours is the sender's; what stands left of it, and whatever anybody but a trusted
//! proxy says, the sender made up.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
};

use actix_web::{
    HttpRequest,
    http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR},
    web::Data,
};

use crate::{
    config::{Proxies, ProxyHeader},
    limits::Network64,
};

/// How many proxies in a row are followed.
const HOPS_MAX: usize = 16;

/// Tells senders by their addresses.
pub struct Senders {
    proxies: Proxies,
    told: AtomicBool,
}

impl Senders {
    /// Believes these proxies.
    #[must_use]
    pub const fn new(proxies: Proxies) -> Self {
        Self { proxies, told: AtomicBool::new(false) }
    }

    /// The address of who sends `request`.
    #[must_use]
    pub fn of(&self, request: &HttpRequest) -> IpAddr {
        self.behind(peer(request), request.headers())
    }

    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let listed = self.is_proxy(peer);
        if self.is_odd(listed, headers) && !self.told.swap(true, Ordering::Relaxed) {
            self.tell(what_is_odd(listed));
        }
        if !listed {
            return peer;
        }
        let lines: Vec<_> = headers.get_all(self.header()).map(|line| line.to_str().ok()).collect();
        let hops = lines.into_iter().rev().flat_map(|line| line.unwrap_or_default().rsplit(','));
        let mut sender = peer;
        for hop in hops.take(HOPS_MAX) {
            // What is no address ends the way: it is as far as one can see.
            let Some(address) = self.address(hop) else { break };
            sender = address;
            if !self.is_proxy(sender) {
                break;
            }
        }
        sender
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.networks.iter().any(|network| network.contains(address))
    }

    const fn header(&self) -> HeaderName {
        match self.proxies.header {
            ProxyHeader::XForwardedFor => X_FORWARDED_FOR,
            ProxyHeader::Forwarded => FORWARDED,
        }
    }

    fn address(&self, hop: &str) -> Option<IpAddr> {
        match self.proxies.header {
            ProxyHeader::XForwardedFor => parse(hop),
            ProxyHeader::Forwarded => {
                let mut pairs = hop.split(';').filter_map(|pair| pair.split_once('='));
                let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
                parse(node)
            }
        }
    }

    /// Whether what the headers say of proxies does not fit the settings.
    fn is_odd(&self, listed: bool, headers: &HeaderMap) -> bool {
        let some = [FORWARDED, X_FORWARDED_FOR].iter().any(|header| headers.contains_key(header));
        if listed { !headers.contains_key(self.header()) && some } else { some }
    }

    /// All who come through a proxy that is not believed are one sender: the operator should know.
    fn tell(&self, what: &str) {
        let awaited = self.header();
        tracing::warn!(
            awaited = awaited.as_str(),
            "{what}: all who come through a proxy so are limited as one"
        );
    }
}

/// What the operator is told of headers that do not fit the settings.
const fn what_is_odd(listed: bool) -> &'static str {
    if listed {
        "a proxy that server.trusted_proxies lists does not say by server.proxy_header for whom it asks"
    } else {
        "a request with a proxy's header came from a peer that server.trusted_proxies does not list"
    }
}

/// Whose `request` counts as, where the settings say whom to believe or not.
#[must_use]
pub fn sender(request: &HttpRequest) -> Network64 {
    let senders = request.app_data::<Data<Senders>>();
    senders.map_or_else(|| peer(request), |senders| senders.of(request)).into()
}

/// Without a peer there is no socket: all of those are one sender.
fn peer(request: &HttpRequest) -> IpAddr {
    request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip())
}

/// `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, each with a port or without, quoted or not.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn senders(networks: &[&str], header: ProxyHeader) -> Senders {
        let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
        Senders::new(Proxies { networks, header })
    }

    /// Who sends, asked from `peer` with these lines of the header.
    fn sender(senders: &Senders, peer: &str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(senders.header(), HeaderValue::from_static(line));
        }
        senders.behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_but_a_listed_proxy_is_believed() {
        for networks in [&[][..], &["10.0.0.0/8"]] {
            let senders = senders(networks, ProxyHeader::XForwardedFor);
            assert_eq!(sender(&senders, "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        }
        let senders = senders(&["10.0.0.0/8"], ProxyHeader::XForwardedFor);
        assert_eq!(sender(&senders, "10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(sender(&senders, "::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn the_first_stranger_from_the_right_is_the_sender_whatever_it_says_of_others() {
        let senders = senders(&["10.0.0.0/8", "2001:db8:1::/48"], ProxyHeader::XForwardedFor);
        for (lines, expected) in [
            (&["1.1.1.1, 2.2.2.2, 198.51.100.7"][..], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            (&["1.1.1.1", "198.51.100.7", "10.0.0.2,2001:db8:1::5"], "198.51.100.7"),
            (&["10.0.0.9, 198.51.100.7"], "198.51.100.7"),
            (&["198.51.100.7:4711, 10.0.0.2:80"], "198.51.100.7"),
            (&["[2001:db8:2::7]:4711"], "2001:db8:2::7"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            assert_eq!(sender(&senders, "10.0.0.1", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_looked_behind() {
        let senders = senders(&["10.0.0.0/8"], ProxyHeader::XForwardedFor);
        for line in ["", "unknown", "198.51.100.7, _hidden", "198.51.100.7, ", "198.51.100.7, 10.0.0"] {
            assert_eq!(sender(&senders, "10.0.0.1", &[line]), "10.0.0.1", "{line}");
        }
        assert_eq!(sender(&senders, "10.0.0.1", &["198.51.100.7, x, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(sender(&senders, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_other_header_is_the_senders_own_word() {
        let senders = senders(&["10.0.0.0/8"], ProxyHeader::Forwarded);
        let mut headers = HeaderMap::new();
        headers.append(X_FORWARDED_FOR, HeaderValue::from_static("1.1.1.1"));
        assert_eq!(senders.behind("10.0.0.1".parse().unwrap(), &headers).to_string(), "10.0.0.1");
        for (line, expected) in [
            ("for=192.0.2.43, for=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
            (r#"For="[2001:db8:cafe::17]:4711""#, "2001:db8:cafe::17"),
            (r#"for="\", for=198.51.100.7"#, "198.51.100.7"),
            ("for=198.51.100.7, for=unknown", "10.0.0.1"),
            ("by=198.51.100.7", "10.0.0.1"),
        ] {
            assert_eq!(sender(&senders, "10.0.0.1", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn what_does_not_fit_the_settings_is_noticed() {
        let senders = senders(&["10.0.0.0/8"], ProxyHeader::XForwardedFor);
        let odd = |listed, header: Option<HeaderName>| {
            let value = HeaderValue::from_static("198.51.100.7");
            senders.is_odd(listed, &header.map(|header| (header, value)).into_iter().collect())
        };
        assert!(odd(false, Some(X_FORWARDED_FOR)) && odd(false, Some(FORWARDED)));
        assert!(odd(true, Some(FORWARDED)), "the listed proxy speaks the other way");
        assert!(!odd(true, Some(X_FORWARDED_FOR)) && !odd(true, None) && !odd(false, None));
    }

    #[test]
    fn a_thousand_hops_are_not_followed() {
        let senders = senders(&["10.0.0.0/8"], ProxyHeader::XForwardedFor);
        let line: &'static str = Box::leak(format!("198.51.100.7{}", ", 10.0.0.2".repeat(1_000)).into());
        assert_eq!(sender(&senders, "10.0.0.1", &[line]), "10.0.0.2");
    }
}
