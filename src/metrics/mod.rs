//! What is counted and timed.
//!
//! One struct, built once and handed down: there is no global registry. Names and help texts are in
//! `families`, bounds of label values in `labels`. Whoever counts passes names from the
//! configuration, never from a request.

mod families;
mod labels;

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    time::Duration,
};

use prometheus::{Registry, TextEncoder};
use tunnus_jose::OperationCounts;
use tunnus_sdk::{Reason, Stage, Timestamp};

use self::{
    families::Families,
    labels::{OTHER, Tenants},
};
pub use self::{
    families::Known,
    labels::{CallOutcome, Credential, FlowStep, JoseOperation},
};
use crate::error::Error;

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
        Ok(Self { registry, families, tenants: Tenants::new(tenants), methods })
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

    /// An app has taken back what it asked for before it ended.
    pub fn cancelled(&self, tenant: &str, connection: &str) {
        self.finished(tenant, connection, "cancelled_by_app", None);
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

    /// Which endpoints of a connection's upstream were called, and whether their circuit is open.
    ///
    /// Of tenants beyond the bound nothing is shown: one value cannot speak for all.
    pub fn circuits(&self, tenant: &str, connection: &str, seen: &HashMap<Stage, bool>) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        let family = &self.families.circuit_open;
        for endpoint in Stage::ENDPOINTS.into_iter().filter(|_| tenant != OTHER) {
            let labels = [tenant, connection, &endpoint.to_string()];
            match seen.get(&endpoint) {
                Some(open) => family.with_label_values(&labels).set(i64::from(*open)),
                // Where there was none before, there is none to remove.
                None => drop(family.remove_label_values(&labels)),
            }
        }
    }

    /// A key was used.
    pub fn jose_operation(&self, operation: JoseOperation, took: Duration) {
        let labels = [operation.name()];
        self.families.jose_operation_duration_seconds.with_label_values(&labels).observe(took.as_secs_f64());
    }

    /// What the JOSE crate has counted so far.
    pub fn jose_operations(&self, counts: OperationCounts) {
        for (operation, count) in [
            (JoseOperation::Decrypt, counts.decrypt),
            (JoseOperation::Sign, counts.sign),
            (JoseOperation::Verify, counts.verify),
            (JoseOperation::Encrypt, counts.encrypt),
        ] {
            let shown = self.families.jose_operations_total.with_label_values(&[operation.name()]);
            // The management listener has one thread: no other scrape adds meanwhile.
            shown.inc_by(count.saturating_sub(shown.get()));
        }
    }

    /// A browser's return was answered; `own` is the broker's own part of the time.
    pub fn returned(&self, provider: &str, leg: &str, own: Duration) {
        let family = &self.families.return_own_duration_seconds;
        family.with_label_values(&[provider, leg]).observe(own.as_secs_f64());
    }

    /// The flow store did its part, or did not.
    pub fn store_operation(&self, operation: &'static str, success: bool, took: Duration) {
        let labels = [operation, if success { "ok" } else { "error" }];
        let family = &self.families.flow_store_operation_duration_seconds;
        family.with_label_values(&labels).observe(took.as_secs_f64());
    }

    /// When the first credential of each kind of a connection ends; of a kind that is not named none does.
    ///
    /// Of tenants beyond the bound nothing is shown: one value cannot speak for all.
    pub fn credentials(&self, tenant: &str, connection: &str, ends: &[(Credential, Timestamp)]) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        let family = &self.families.credential_expiry_timestamp_seconds;
        for kind in Credential::ALL.into_iter().filter(|_| tenant != OTHER) {
            let labels = [tenant, connection, kind.name()];
            match ends.iter().filter(|(of, _)| *of == kind).map(|(_, end)| end).min() {
                Some(end) => family.with_label_values(&labels).set(end.0),
                // Where there was none before, there is none to remove.
                None => drop(family.remove_label_values(&labels)),
            }
        }
    }

    /// A connection's present settings cannot be built, or now can.
    pub fn connection_build_failed(&self, tenant: &str, connection: &str, failed: bool) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        if tenant != OTHER {
            let family = &self.families.connection_build_failed;
            family.with_label_values(&[tenant, connection]).set(i64::from(failed));
        }
    }

    /// This broker can take logins, or cannot.
    pub fn ready(&self, ready: bool) {
        self.families.ready.with_label_values::<&str>(&[]).set(i64::from(ready));
    }

    /// The tenants were read again, and taken or refused as a whole.
    pub fn tenants_reloaded(&self, taken: bool) {
        let outcome = if taken { "taken" } else { "refused" };
        self.families.tenants_reloads_total.with_label_values(&[outcome]).inc();
    }

    /// The tenants store answers, or no longer.
    pub fn tenants_store(&self, answers: bool) {
        self.families.tenants_store_up.with_label_values::<&str>(&[]).set(i64::from(answers));
    }

    /// The audit trail answers, or no longer.
    pub fn audit_trail(&self, answers: bool) {
        self.families.audit_trail_up.with_label_values::<&str>(&[]).set(i64::from(answers));
    }

    /// Forgets the series of tenants and connections that are gone.
    pub fn retain(&self, known: &Known<'_>) {
        self.families.retain(known);
        self.tenants.retain(|tenant| known(tenant, None));
    }

    /// Key ids of an upstream turned out to stand for two keys.
    pub fn key_conflict(&self, tenant: &str, connection: &str) {
        let (tenant, connection) = self.tenants.bounded(tenant, connection);
        self.families.upstream_key_conflicts_total.with_label_values(&[tenant, connection]).inc();
    }

    /// A request was refused, for a subject of this kind has made too many of this class.
    pub fn limited(&self, subject: &'static str, class: &'static str) {
        self.families.requests_limited_total.with_label_values(&[subject, class]).inc();
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

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
