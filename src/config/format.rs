//! The formats of texts that the schemas name (`"format": "public-url"`), each with its check.

use std::net::SocketAddr;

use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    audit::AuditUrl,
    egress::{Network, check_exception},
    flow_store::FlowStoreUrl,
    server::PublicUrl,
    tenants::TenantsUrl,
};

/// A format.
pub struct Format {
    /// Its name in schemas.
    pub name: &'static str,
    /// Whether a text has it; else what is wrong, without the text.
    pub check: fn(&str) -> Result<(), &'static str>,
}

/// Every format that is checked here.
pub const ALL: [Format; 9] = [
    Format { name: "public-url", check: |text| parsed::<PublicUrl>(text) },
    Format { name: "flow-store-url", check: |text| parsed::<FlowStoreUrl>(text) },
    Format { name: "tenants-url", check: |text| parsed::<TenantsUrl>(text) },
    Format { name: "audit-url", check: |text| parsed::<AuditUrl>(text) },
    Format { name: "egress-exception", check: check_exception },
    Format { name: "network", check: |text| parsed::<Network>(text) },
    Format { name: "socket-address", check: socket_address },
    Format { name: "log-filter", check: log_filter },
    Format { name: "uri", check: uri },
];

/// What is wrong with a text that has not the format `name`.
#[must_use]
pub fn complaint(name: &str, text: &str) -> String {
    let known = ALL.iter().find(|format| format.name == name);
    match known.map(|format| (format.check)(text)) {
        Some(Err(complaint)) => complaint.to_owned(),
        Some(Ok(())) | None => format!("expected a text of the format {name}"),
    }
}

fn parsed<T: std::str::FromStr<Err = &'static str>>(text: &str) -> Result<(), &'static str> {
    text.parse::<T>().map(drop)
}

fn socket_address(text: &str) -> Result<(), &'static str> {
    let parsed: Result<SocketAddr, _> = text.parse();
    parsed.map(drop).map_err(|_| "expected an IP address and a port, as 127.0.0.1:8080 or [::1]:8080")
}

fn log_filter(text: &str) -> Result<(), &'static str> {
    let parsed = EnvFilter::try_new(text);
    parsed.map(drop).map_err(|_| "expected levels by target, as info or info,tunnus=debug")
}

fn uri(text: &str) -> Result<(), &'static str> {
    Url::parse(text).map(drop).map_err(|_| "expected a URL")
}
