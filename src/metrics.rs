//! What is counted and timed.
//!
//! One struct, built once and handed down: there is no global registry. Owns the names, the help
//! texts (the doc comments below) and the bounds of label values. Whoever counts passes names from
//! the configuration, never from a request.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder, core::Collector,
};
use tunnus_sdk::{Reason, Stage, Timestamp};

use crate::error::Error;

/// The label value of whatever may not be one of its own.
const OTHER: &str = "_other";

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
        struct Families { $(#[doc = $help] $name: $kind,)* }

        impl Families {
            fn registered(registry: &Registry) -> prometheus::Result<Self> {
                $(
                    let name = concat!("tunnus_", stringify!($name));
                    let $name = <$kind>::family(name, $help.trim(), &[$(stringify!($label)),*])?;
                    registry.register(Box::new($name.clone()))?;
                )*
                Ok(Self { $($name,)* })
            }
        }
    };
}

families! {
    /// Steps that logins reached.
    flow_steps_total: IntCounterVec { tenant, connection, step }
    /// Logins that ended: completed, or with the code of the error contract and the failed check.
    flows_finished_total: IntCounterVec { tenant, connection, outcome, reason }
    /// Persons identified, by who authenticated them.
    identifications_total: IntCounterVec { tenant, connection, method }
    /// How long calls to upstreams took, by endpoint and status class or failure.
    upstream_request_duration_seconds: HistogramVec { provider, endpoint, outcome }
    /// How long operations with keys took, without waiting for their turn.
    jose_operation_duration_seconds: HistogramVec { operation }
    /// How long operations of the flow store took.
    flow_store_operation_duration_seconds: HistogramVec { operation, outcome }
    /// When a key, certificate or secret ends, in seconds since 1970.
    credential_expiry_timestamp_seconds: IntGaugeVec { tenant, connection, credential }
    /// Whether calls to an endpoint are held back because it fails: 1 or 0.
    circuit_open: IntGaugeVec { tenant, connection, endpoint }
    /// Key ids of an upstream that stood for two different keys: an error there, or an attack.
    upstream_key_conflicts_total: IntCounterVec { tenant, connection }
    /// How long requests to this broker took.
    http_request_duration_seconds: HistogramVec { route, method, status }
    /// The program's version; always 1.
    build_info: IntGaugeVec { version }
}

/// A step of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowStep {
    /// An app asked.
    Started,
    /// A connection was chosen.
    Chosen,
    /// The browser was sent to the upstream.
    Sent,
    /// The browser came back.
    Returned,
    /// The upstream's claims are proved.
    Exchanged,
    /// The app's answer stands ready.
    Finished,
}

/// A kind of operation with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoseOperation {
    /// Decrypting a token.
    Decrypt,
    /// Signing.
    Sign,
    /// Verifying a signature.
    Verify,
    /// Encrypting to an upstream.
    Encrypt,
}

/// How a call to an upstream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// With a response of this status.
    Status(u16),
    /// Without a connection, or it broke.
    Unreachable,
    /// Not in time.
    TimedOut,
    /// With more than is read.
    TooLarge,
    /// Not made: the address may not be called, or a credential is missing.
    Refused,
}

/// The metrics of one broker.
pub struct Metrics {
    registry: Registry,
    families: Families,
    tenants: Tenants,
    methods: BTreeSet<String>,
}

impl Metrics {
    /// Metrics that tell at most `tenants` tenants apart, and the methods of these names; the rest
    /// is `_other`.
    ///
    /// # Errors
    /// Never, unless two families have one name.
    pub fn new(tenants: usize, methods: BTreeSet<String>) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let families = Families::registered(&registry)?;
        families.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(Self { registry, families, tenants: Tenants { limit: tenants, seen: Mutex::default() }, methods })
    }

    /// All of it in the text format, version 0.0.4. Empty if a metric does not encode.
    #[must_use]
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    /// A login reached `step`.
    pub fn step(&self, tenant: &str, connection: &str, step: FlowStep) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        self.families.flow_steps_total.with_label_values(&[tenant, connection, step.name()]).inc();
    }

    /// A login ended well: a person was identified by `method`.
    pub fn identified(&self, tenant: &str, connection: &str, method: Option<&str>) {
        self.finished(tenant, connection, "completed", None);
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        // The upstream names the method: what it makes up must not become a label.
        let method = method.map_or("", |method| if self.methods.contains(method) { method } else { OTHER });
        self.families.identifications_total.with_label_values(&[tenant, connection, method]).inc();
    }

    /// A login ended with an error.
    pub fn failed(&self, tenant: &str, connection: &str, error: &Error) {
        self.finished(tenant, connection, error.code.name(), error.reason);
    }

    fn finished(&self, tenant: &str, connection: &str, outcome: &str, reason: Option<Reason>) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        let reason = reason.map(|reason| reason.to_string()).unwrap_or_default();
        self.families.flows_finished_total.with_label_values(&[tenant, connection, outcome, &reason]).inc();
    }

    /// A call to an upstream of this provider ended.
    pub fn upstream_request(&self, provider: &str, endpoint: Stage, outcome: CallOutcome, took: Duration) {
        let labels = [provider, &endpoint.to_string(), outcome.name()];
        self.families
            .upstream_request_duration_seconds
            .with_label_values(&labels)
            .observe(took.as_secs_f64());
    }

    /// A key was used.
    pub fn jose_operation(&self, operation: JoseOperation, took: Duration) {
        let labels = [operation.name()];
        self.families.jose_operation_duration_seconds.with_label_values(&labels).observe(took.as_secs_f64());
    }

    /// The flow store did its part, or did not.
    pub fn store_operation(&self, operation: &'static str, success: bool, took: Duration) {
        let labels = [operation, if success { "ok" } else { "error" }];
        let family = &self.families.flow_store_operation_duration_seconds;
        family.with_label_values(&labels).observe(took.as_secs_f64());
    }

    /// A credential ends at `expiry`.
    pub fn credential_expiry(
        &self,
        tenant: &str,
        connection: &str,
        credential: &'static str,
        expiry: Timestamp,
    ) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        let labels = [tenant, connection, credential];
        self.families.credential_expiry_timestamp_seconds.with_label_values(&labels).set(expiry.0);
    }

    /// Calls to an endpoint are held back, or no longer.
    pub fn circuit(&self, tenant: &str, connection: &str, endpoint: Stage, open: bool) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        let labels = [tenant, connection, &endpoint.to_string()];
        self.families.circuit_open.with_label_values(&labels).set(i64::from(open));
    }

    /// Key ids of an upstream turned out to stand for two keys.
    pub fn key_conflict(&self, tenant: &str, connection: &str) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        self.families.upstream_key_conflicts_total.with_label_values(&[tenant, connection]).inc();
    }

    /// A request to this broker was answered. `route` is the route's pattern, never the path.
    pub fn http_request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or(OTHER);
        let labels = [route, method, &status.to_string()];
        self.families.http_request_duration_seconds.with_label_values(&labels).observe(took.as_secs_f64());
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// The tenants told apart so far.
struct Tenants {
    limit: usize,
    seen: Mutex<HashSet<String>>,
}

impl Tenants {
    fn bounded<'a>(&self, tenant: &'a str, connection: &'a str) -> (&'a str, &'a str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(tenant) {
            return (tenant, connection);
        }
        if seen.len() < self.limit {
            seen.insert(tenant.to_owned());
            return (tenant, connection);
        }
        (OTHER, OTHER)
    }
}

impl FlowStep {
    const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Chosen => "chosen",
            Self::Sent => "sent",
            Self::Returned => "returned",
            Self::Exchanged => "exchanged",
            Self::Finished => "finished",
        }
    }
}

impl JoseOperation {
    const fn name(self) -> &'static str {
        match self {
            Self::Decrypt => "decrypt",
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Encrypt => "encrypt",
        }
    }
}

impl CallOutcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Status(200..300) => "2xx",
            Self::Status(300..400) => "3xx",
            Self::Status(400..500) => "4xx",
            Self::Status(_) => "5xx",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::TooLarge => "too_large",
            Self::Refused => "refused",
        }
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
