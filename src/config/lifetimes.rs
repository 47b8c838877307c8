//! `[lifetimes]`: how long things stay good, in seconds.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;

/// How long things stay good, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetimes {
    /// An identification, from the app's request to its end.
    #[schemars(range(min = 60, max = 86_400))]
    pub identification: u32,
    /// One attempt at an upstream. At most the identification's.
    #[schemars(range(min = 60, max = 86_400))]
    pub attempt: u32,
    /// A code that the browser carries to an app.
    #[schemars(range(min = 10, max = 600))]
    pub code: u32,
    /// An access token of the OpenID face.
    #[schemars(range(min = 60, max = 3_600))]
    pub access_token: u32,
    /// The result of an identification, once finished.
    #[schemars(range(min = 60, max = 86_400))]
    pub result: u32,
}

impl Lifetimes {
    /// How long an identification may take.
    #[must_use]
    pub const fn identification(&self) -> Duration {
        Duration::from_secs(self.identification as u64)
    }

    /// How long one attempt may take.
    #[must_use]
    pub const fn attempt(&self) -> Duration {
        Duration::from_secs(self.attempt as u64)
    }

    /// How long a code is good.
    #[must_use]
    pub const fn code(&self) -> Duration {
        Duration::from_secs(self.code as u64)
    }

    /// How long an access token is good.
    #[must_use]
    pub const fn access_token(&self) -> Duration {
        Duration::from_secs(self.access_token as u64)
    }

    /// How long a result can be read.
    #[must_use]
    pub const fn result(&self) -> Duration {
        Duration::from_secs(self.result as u64)
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { identification: 900, attempt: 600, code: 60, access_token: 300, result: 3_600 }
    }
}

impl Section for Lifetimes {
    const NAME: &'static str = "lifetimes";

    fn check(&self) -> Vec<SettingsError> {
        let too_long = self.attempt > self.identification;
        let message = "an attempt cannot outlive its identification";
        too_long.then(|| SettingsError::new("/attempt", message)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_lives_within_its_identification() {
        assert!(Lifetimes::default().check().is_empty());
        let lifetimes = Lifetimes { attempt: 901, ..Lifetimes::default() };
        assert_eq!(lifetimes.check().first().map(|fault| fault.pointer.as_str()), Some("/attempt"));
    }
}
