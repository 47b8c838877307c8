//! `[keys]`: how long keys in a tenants store are warmed up, used and kept.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;
use crate::keyring::Policy;

/// How long keys in a tenants store are warmed up, used and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// For how many days a tenant's signing key is in use before the next one follows by itself.
    #[schemars(range(min = 1, max = 3_650))]
    pub rotate_days: u32,
    /// For how many hours it is published before: as long as an app may go on with a key set that it
    /// has fetched. Shorter than it is in use.
    #[schemars(range(min = 1, max = 8_760))]
    pub warm_up_hours: u32,
    /// For how many hours it is published after.
    #[schemars(range(min = 1, max = 8_760))]
    pub cooldown_hours: u32,
    /// For how many hours a connection's new key is published before its use, where the upstream fetches
    /// it.
    #[schemars(range(min = 1, max = 8_760))]
    pub upstream_warm_up_hours: u32,
    /// For how many hours a connection's key is kept after its use. A decryption key that the upstream
    /// must be told of is kept until `tunnus keys retire`.
    #[schemars(range(min = 1, max = 8_760))]
    pub upstream_cooldown_hours: u32,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            rotate_days: 90,
            warm_up_hours: 24,
            cooldown_hours: 168,
            upstream_warm_up_hours: 24,
            upstream_cooldown_hours: 168,
        }
    }
}

impl Keys {
    /// The same as the rings take it.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let hours = |count: u32| Duration::from_secs(u64::from(count) * 60 * 60);
        Policy {
            lives: hours(self.rotate_days.saturating_mul(24)),
            warm_up: hours(self.warm_up_hours),
            cooldown: hours(self.cooldown_hours),
            upstream_warm_up: hours(self.upstream_warm_up_hours),
            upstream_cooldown: hours(self.upstream_cooldown_hours),
            ..Policy::default()
        }
    }
}

impl Section for Keys {
    const NAME: &'static str = "keys";

    fn check(&self) -> Vec<SettingsError> {
        let too_long = self.warm_up_hours >= self.rotate_days.saturating_mul(24);
        let message = "a key is published before its use for a shorter time than it is in use";
        too_long.then(|| SettingsError::new("/warm_up_hours", message)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_policys_and_a_warm_up_is_shorter_than_a_life() {
        assert_eq!(Keys::default().policy(), Policy::default());
        assert!(Keys::default().check().is_empty());
        let keys = Keys { rotate_days: 1, ..Keys::default() };
        assert_eq!(keys.check().first().map(|fault| fault.pointer.as_str()), Some("/warm_up_hours"));
    }
}
