//! The families of metrics: names, help texts (the doc comments below), labels.

use std::collections::HashMap;

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    core::{Collector, MetricVec, MetricVecBuilder},
    proto::MetricFamily,
};

use super::labels::OTHER;

/// Whether there is such a tenant, or such a connection of it.
pub type Known<'a> = dyn Fn(&str, Option<&str>) -> bool + 'a;

/// Seconds, from one elliptic-curve signature to the longest wait for an upstream.
const BUCKETS: [f64; 18] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0,
];

/// A kind of metric with its labels.
trait Family: Collector + Clone + Sized + 'static {
    fn family(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self>;
}

impl Family for IntCounterVec {
    fn family(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
        Self::new(Opts::new(name, help), labels)
    }
}

impl Family for IntGaugeVec {
    fn family(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
        Self::new(Opts::new(name, help), labels)
    }
}

impl Family for HistogramVec {
    fn family(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
        Self::new(HistogramOpts::new(name, help).buckets(BUCKETS.to_vec()), labels)
    }
}

/// Declares the families. A family's doc comment is its help text, its field's name its name.
macro_rules! families {
    ($(#[doc = $help:literal] $name:ident: $kind:ty { $($label:ident),* })*) => {
        pub(super) struct Families { $(#[doc = $help] pub(super) $name: $kind,)* }

        impl Families {
            pub(super) fn registered(registry: &Registry) -> prometheus::Result<Self> {
                $(
                    let name = concat!("tunnus_", stringify!($name));
                    let $name = <$kind>::family(name, $help.trim(), &[$(stringify!($label)),*])?;
                    registry.register(Box::new($name.clone()))?;
                )*
                Ok(Self { $($name,)* })
            }

            /// Forgets the series of what is not `known`.
            pub(super) fn retain(&self, known: &Known<'_>) {
                $(
                    if [$(stringify!($label)),*].contains(&"connection") {
                        retain(&self.$name, known);
                    }
                )*
            }
        }
    };
}

families! {
    /// Whether this broker can take logins, as `/readyz` says, looked at with each scrape: 1 or 0.
    ready: IntGaugeVec {}
    /// Whether the tenants store answers: 1 or 0; only where tenants are in a database.
    tenants_store_up: IntGaugeVec {}
    /// Whether the audit trail answers, which every login needs: 1 or 0; only where it is in a database.
    audit_trail_up: IntGaugeVec {}
    /// Steps that logins reached.
    flow_steps_total: IntCounterVec { tenant, connection, step }
    /// Logins that ended: completed, cancelled by the app, or with an error's code and the failed check.
    flows_finished_total: IntCounterVec { tenant, connection, outcome, reason }
    /// Persons identified, by who authenticated them.
    identifications_total: IntCounterVec { tenant, connection, method }
    /// How long calls to upstreams took, by endpoint and status class or failure.
    upstream_request_duration_seconds: HistogramVec { provider, endpoint, outcome }
    /// Whether a connection spares an endpoint of its upstream after failures in a row: 1 or 0.
    circuit_open: IntGaugeVec { tenant, connection, endpoint }
    /// How long operations with keys took, without waiting for their turn.
    jose_operation_duration_seconds: HistogramVec { operation }
    /// Operations with keys, as the JOSE crate itself counts them.
    jose_operations_total: IntCounterVec { operation }
    /// How long a browser's return took without waiting for the upstream and without operations with keys.
    return_own_duration_seconds: HistogramVec { provider, leg }
    /// How long operations of the flow store took.
    flow_store_operation_duration_seconds: HistogramVec { operation, outcome }
    /// When the first key or certificate of its kind ends, in seconds since 1970.
    credential_expiry_timestamp_seconds: IntGaugeVec { tenant, connection, credential }
    /// Whether a connection's present settings cannot be built, so that former ones serve: 1 or 0.
    connection_build_failed: IntGaugeVec { tenant, connection }
    /// How often the tenants were read again, and whether they were taken.
    tenants_reloads_total: IntCounterVec { outcome }
    /// Key ids of an upstream that stood for two different keys: an error there, or an attack.
    upstream_key_conflicts_total: IntCounterVec { tenant, connection }
    /// Requests that were refused because somebody asked too much: an address, an app or a tenant.
    requests_limited_total: IntCounterVec { subject, class }
    /// How long requests to this broker took.
    http_request_duration_seconds: HistogramVec { route, method, status }
    /// The program's version; always 1.
    build_info: IntGaugeVec { version }
}

/// Forgets the series of connections that are not `known`.
fn retain<B: MetricVecBuilder>(family: &MetricVec<B>, known: &Known<'_>) {
    let collected = family.collect();
    for metric in collected.iter().flat_map(MetricFamily::get_metric) {
        let labels: HashMap<&str, &str> =
            metric.get_label().iter().map(|label| (label.name(), label.value())).collect();
        let named = |name| labels.get(name).copied().unwrap_or_default();
        let (tenant, connection) = (named("tenant"), named("connection"));
        if tenant != OTHER && !known(tenant, Some(connection)) {
            // Another thread may have been faster: gone is gone.
            drop(family.remove(&labels));
        }
    }
}
