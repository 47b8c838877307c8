//! `[egress]`: what the broker may call beside public addresses.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;
use url::Url;

use super::Section;

/// What the broker may call beside public addresses, by https.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    /// Networks whose addresses count as public: `10.20.0.0/16`, `fd00::/8`, `192.0.2.7`. And origins
    /// that may be called wherever they are, by http too: `http://idp.internal.example:8080`.
    #[schemars(schema_with = "exceptions")]
    pub allow: Vec<String>,
}

fn exceptions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "format": "egress-exception" } })
}

impl Section for Egress {
    const NAME: &'static str = "egress";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}

/// Checks an exception: a network or an origin.
///
/// # Errors
/// When it is neither.
pub fn check_exception(text: &str) -> Result<(), &'static str> {
    let is_origin = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.origin().ascii_serialization() == text.trim_end_matches('/')
    });
    match text.parse::<Network>() {
        Ok(_) => Ok(()),
        Err(_) if is_origin => Ok(()),
        Err(_) if text.contains("://") => {
            Err("an origin is scheme, host and port alone: http://idp.internal.example:8080")
        }
        Err(complaint) => Err(complaint),
    }
}

/// A network of IP addresses in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    /// The first address, as IPv6; IPv4 is mapped (RFC 4291, section 2.5.5.2).
    first: u128,
    /// How many of the 128 leading bits count.
    bits: u32,
    /// Whether it was written as IPv4.
    v4: bool,
}

impl Network {
    /// Whether `address` lies in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(as_bits(address), self.bits) == self.first
    }

    /// Whether every address of its family lies in it.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.bits == 0 || (self.v4 && self.bits == 96)
    }
}

/// An address as 128 bits, IPv4 mapped, so that both spellings of one address are equal.
fn as_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

const fn masked(address: u128, bits: u32) -> u128 {
    match u128::MAX.checked_shl(128 - bits) {
        Some(mask) => address & mask,
        None => 0,
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected a network, as 10.20.0.0/16, fd00::/8 or one address";
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| EXPECTED)?;
        let v4 = address.is_ipv4();
        let width = if v4 { 32 } else { 128 };
        let digits = prefix.is_none_or(|prefix| prefix.bytes().all(|byte| byte.is_ascii_digit()));
        let prefix: u32 = prefix.map_or(Ok(width), str::parse).map_err(|_| EXPECTED)?;
        if !digits || prefix > width {
            return Err(EXPECTED);
        }
        let (first, bits) = (as_bits(address), prefix + 128 - width);
        if masked(first, bits) != first {
            return Err("the network has bits set behind its prefix");
        }
        Ok(Self { first, bits, v4 })
    }
}

impl TryFrom<String> for Network {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.first);
        match address.to_ipv4_mapped().filter(|_| self.v4) {
            Some(address) => write!(f, "{address}/{}", self.bits - 96),
            None => write!(f, "{address}/{}", self.bits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_in_both_spellings() {
        let network: Network = "10.20.0.0/16".parse().unwrap();
        for (address, inside) in
            [("10.20.255.1", true), ("::ffff:10.20.0.9", true), ("10.21.0.0", false), ("::1", false)]
        {
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert!("::/0".parse::<Network>().unwrap().contains("192.0.2.1".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("192.0.2.1".parse().unwrap()));
        assert!(!"0.0.0.0/0".parse::<Network>().unwrap().contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn a_network_prints_as_it_was_written() {
        for text in ["10.20.0.0/16", "192.0.2.7/32", "fd00::/8", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        assert_eq!("::1".parse::<Network>().unwrap().to_string(), "::1/128");
    }

    #[test]
    fn an_exception_is_a_network_or_an_origin() {
        for good in ["10.20.0.0/16", "https://idp.internal", "http://localhost:4010", "http://[::1]:4010/"] {
            assert_eq!(check_exception(good), Ok(()), "{good}");
        }
        for bad in ["idp.internal", "http://localhost/x", "https://a@idp.internal", "ftp://localhost", "*"] {
            assert!(check_exception(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "fd00::/129",
            "example.com",
            "10.0.0.0/",
            "10.0.0/8",
            "10.0.0.0/+8",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
