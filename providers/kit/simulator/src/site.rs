//! A sandbox's site for tests.

use tunnus_sdk::sandbox::SandboxSite;
use url::Url;

use crate::Clock;

/// A client certificate that only has a thumbprint: nothing in one process looks into it.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nc2FuZGJveA==\n-----END CERTIFICATE-----\n";

/// A site on loopback addresses that nobody listens on: simulator, mutual TLS and returns.
///
/// # Panics
/// Never: the addresses are fixed.
#[must_use]
pub fn test_site(clock: &Clock) -> SandboxSite {
    SandboxSite {
        base: fixed("http://localhost:4010/upstream"),
        mtls_base: fixed("https://localhost:4011/upstream"),
        now: clock.reader(),
        client_certificate: CERTIFICATE.into(),
        trust_anchor: CERTIFICATE.to_owned(),
        return_prefix: fixed("http://127.0.0.1:8080/t/sandbox/return"),
    }
}

#[expect(clippy::expect_used, reason = "the addresses are constants of this file, and tested")]
fn fixed(url: &str) -> Url {
    Url::parse(url).expect("a fixed URL")
}

#[cfg(test)]
mod tests {
    use tunnus_sdk::Timestamp;

    #[test]
    fn the_fixed_addresses_are_urls() {
        let site = super::test_site(&crate::Clock::at(Timestamp(1)));
        assert_eq!((site.now)(), Timestamp(1));
    }
}
