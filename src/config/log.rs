//! `[log]`: what is logged, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;
use crate::telemetry::LogFormat;

/// What is logged, and how. Personal data and secrets never are, at no level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Levels by target: `info`, `warn,tunnus=debug`.
    #[schemars(extend("format" = "log-filter"))]
    pub filter: String,
    /// `json`, one object a line, or `text` for people.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Json }
    }
}

impl Section for Log {
    const NAME: &'static str = "log";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}
