//! `[upstream]`: how long and how much a connection waits for its upstream.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;

/// How long and how much a connection waits for its upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Upstream {
    /// How many seconds resolving a name and connecting may take, TLS included. At most `timeout`.
    #[schemars(range(min = 1, max = 60))]
    pub connect_timeout: u32,
    /// How many seconds a whole call may take, to the last byte of the response.
    #[schemars(range(min = 1, max = 60))]
    pub timeout: u32,
    /// The largest response that is read, in KiB.
    #[schemars(range(min = 16, max = 16_384))]
    pub response_kib: u32,
    /// How many calls of a connection to one upstream are under way at once. As many more wait.
    #[schemars(range(min = 1, max = 10_000))]
    pub calls: u32,
    /// How many failures in a row of an endpoint make the connection spare it for a while.
    #[schemars(range(min = 1, max = 1_000))]
    pub failures: u32,
}

impl Default for Upstream {
    fn default() -> Self {
        Self { connect_timeout: 3, timeout: 10, response_kib: 1_024, calls: 128, failures: 5 }
    }
}

impl Section for Upstream {
    const NAME: &'static str = "upstream";

    fn check(&self) -> Vec<SettingsError> {
        if self.connect_timeout > self.timeout {
            let message = "connecting may take no longer than the whole call";
            return vec![SettingsError::new("/connect_timeout", message)];
        }
        Vec::new()
    }
}
