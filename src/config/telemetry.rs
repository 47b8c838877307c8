//! `[telemetry]`: where traces go.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;
use url::Url;

use super::Section;

/// Where traces go: nowhere, unless an address is given. They never tell of persons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// Where an OpenTelemetry collector takes traces, by OTLP over HTTP:
    /// `http://127.0.0.1:4318/v1/traces`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp_endpoint: Option<String>,
    /// Which part of the traces is recorded: 1 all, 0.01 one in a hundred.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample_ratio: f64,
    /// Whether calls to upstreams, which are other organisations, carry the trace's id.
    pub propagate: bool,
    /// What every trace says of this broker: `{ "deployment.environment.name" = "production" }`.
    pub attributes: BTreeMap<String, String>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0, propagate: false, attributes: BTreeMap::new() }
    }
}

impl Section for Telemetry {
    const NAME: &'static str = "telemetry";

    fn check(&self) -> Vec<SettingsError> {
        let mut faults = Vec::new();
        if !self.otlp_endpoint.as_deref().is_none_or(is_collector) {
            let message = "the address of a collector: http or https, without credentials";
            faults.push(SettingsError::new("/otlp_endpoint", message));
        }
        if self.propagate && self.otlp_endpoint.is_none() {
            faults.push(SettingsError::new("/propagate", "without a collector there are no traces"));
        }
        faults
    }
}

fn is_collector(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_go_to_an_http_address_only() {
        let faults = |endpoint: Option<&str>, propagate: bool| -> Vec<String> {
            let section =
                Telemetry { otlp_endpoint: endpoint.map(str::to_owned), propagate, ..Telemetry::default() };
            section.check().into_iter().map(|fault| fault.pointer).collect()
        };
        assert!(faults(None, false).is_empty());
        assert!(faults(Some("http://collector:4318/v1/traces"), true).is_empty());
        for bad in ["", "collector:4318", "grpc://collector:4317", "https://me:secret@collector/v1/traces"] {
            assert_eq!(faults(Some(bad), false), ["/otlp_endpoint"], "{bad}");
        }
        assert_eq!(faults(None, true), ["/propagate"]);
    }
}
