//! `[connections]`: how many are kept ready.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;

/// How many connections are kept ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Connections {
    /// How many connections are kept built, their keys parsed; of more, the longest unused makes room.
    #[schemars(range(min = 1, max = 100_000))]
    pub kept: u32,
}

impl Default for Connections {
    fn default() -> Self {
        Self { kept: 1_000 }
    }
}

impl Section for Connections {
    const NAME: &'static str = "connections";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}
