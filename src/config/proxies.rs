//! `server.trusted_proxies` and `server.proxy_header`: whose word about a sender's address is taken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Network;

/// The header in which a proxy says for whom it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies that are believed, and where they say for whom they ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are.
    pub networks: Vec<Network>,
    /// The header that each of them adds to.
    pub header: ProxyHeader,
}
