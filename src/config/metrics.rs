//! `[metrics]`: how much is told apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;

/// How much is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// How many tenants have label values of their own; the rest are `_other`.
    #[schemars(range(min = 0, max = 100_000))]
    pub tenants: u32,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { tenants: 1_000 }
    }
}

impl Section for Metrics {
    const NAME: &'static str = "metrics";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}
