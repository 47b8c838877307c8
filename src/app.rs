//! The composition root: everything that the broker shares at run time.

use std::sync::Arc;

use tokio::runtime::Handle;
use tunnus_jose::Operations;

use crate::{
    config::Lifetimes,
    flow::keep::Flows,
    metrics::Metrics,
    providers::Providers,
    tenant::{connections::Connections, set::Tenants},
};

/// A broker at work. Handlers and flows are given it; nothing in it is global.
pub struct Broker {
    /// The base of every issuer and return URL, without a trailing slash.
    pub public_url: String,
    /// The tenants, as they are now.
    pub tenants: Arc<Tenants>,
    /// The providers compiled in.
    pub providers: Providers,
    /// The connections that are built.
    pub connections: Connections,
    /// The flow store with its seals, time and chance.
    pub flows: Flows,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// Counts every cryptographic operation.
    pub operations: Arc<Operations>,
    /// Where legs run: a caller that hangs up ends nothing.
    pub runtime: Handle,
    /// Whether hints of the sandbox are understood.
    pub sandbox: bool,
}

impl Broker {
    /// The issuer of a tenant.
    #[must_use]
    pub fn issuer(&self, tenant: &str) -> String {
        format!("{}/t/{tenant}", self.public_url)
    }

    /// Whether browsers reach us by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}
