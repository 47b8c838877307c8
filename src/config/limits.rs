//! `[limits]`: how much one sender, one app and one tenant may ask, and how long they may take over it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;

/// How many requests a second, lastingly, one sender, one app and one tenant may make, and how many
/// connections there may be; 0 is without a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// For how many seconds' worth a quiet sender, app or tenant may ask at once.
    #[schemars(range(min = 1, max = 600))]
    pub burst_seconds: u32,
    /// From one address (IPv6: one /64): requests that begin logins or go on with them, `authorize` and
    /// `identify`. A login makes one to four.
    #[schemars(range(max = 1_000_000))]
    pub address_starts: u32,
    /// From one address: returns from upstreams. A login makes one to three.
    #[schemars(range(max = 1_000_000))]
    pub address_returns: u32,
    /// From one address: everything else, as the calls of apps' servers. A login makes one to three.
    #[schemars(range(max = 1_000_000))]
    pub address_calls: u32,
    /// From one address: requests to the admin listener.
    #[schemars(range(max = 1_000_000))]
    pub address_admin: u32,
    /// For one app: logins begun at `authorize`.
    #[schemars(range(max = 1_000_000))]
    pub app_starts: u32,
    /// Of one app: calls of its servers, once it has proved who it is.
    #[schemars(range(max = 1_000_000))]
    pub app_calls: u32,
    /// For all apps of one tenant: logins begun at `authorize`.
    #[schemars(range(max = 1_000_000))]
    pub tenant_starts: u32,
    /// Of all apps of one tenant: calls of their servers.
    #[schemars(range(max = 1_000_000))]
    pub tenant_calls: u32,
    /// How many connections one address may have open; a trusted proxy as many as it needs.
    #[schemars(range(max = 1_000_000))]
    pub address_connections: u32,
    /// How many connections there may be in all: more wait until one is closed.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub connections: u32,
    /// How many seconds a client may take over a request's head, over its body, over reading an answer.
    #[schemars(range(min = 1, max = 300))]
    pub patience_seconds: u32,
}

impl Limits {
    /// Nothing is limited: for the sandbox, where all comes from one address.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            burst_seconds: 1,
            address_starts: 0,
            address_returns: 0,
            address_calls: 0,
            address_admin: 0,
            app_starts: 0,
            app_calls: 0,
            tenant_starts: 0,
            tenant_calls: 0,
            address_connections: 0,
            connections: 10_000,
            patience_seconds: 15,
        }
    }
}

impl Default for Limits {
    /// A mobile operator puts ten thousand subscribers behind one IPv4 address. If a tenth of them log in
    /// within the same hour, that is one request a second; the limit is five, and fifty at once, as
    /// where a school class begins. More would let one address take what a core can do: a start costs the
    /// signing of a request and a call of the upstream, some milliseconds in all, a return twice that.
    ///
    /// An app's server makes the calls of all its logins from one address: two hundred a second are those
    /// of some seventy logins, more than a core can do. An admin's script makes at most as many requests as
    /// it has things to change: fifty a second, five hundred at once.
    fn default() -> Self {
        Self {
            burst_seconds: 10,
            address_starts: 5,
            address_returns: 5,
            address_calls: 200,
            address_admin: 50,
            app_starts: 100,
            app_calls: 400,
            tenant_starts: 200,
            tenant_calls: 800,
            address_connections: 256,
            connections: 10_000,
            patience_seconds: 15,
        }
    }
}

impl Section for Limits {
    const NAME: &'static str = "limits";

    fn check(&self) -> Vec<SettingsError> {
        let pairs = [
            ("/app_starts", self.app_starts, self.tenant_starts),
            ("/app_calls", self.app_calls, self.tenant_calls),
        ];
        let beyond = pairs.into_iter().filter(|(_, app, tenant)| *tenant > 0 && (*app == 0 || app > tenant));
        beyond.map(|(at, ..)| SettingsError::new(at, "an app may do no more than its tenant")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_limited_below_its_tenant() {
        let faults = |limits: Limits| -> Vec<String> {
            limits.check().into_iter().map(|fault| fault.pointer).collect()
        };
        assert!(faults(Limits::default()).is_empty() && faults(Limits::none()).is_empty());
        assert_eq!(faults(Limits { app_starts: 201, ..Limits::default() }), ["/app_starts"]);
        assert_eq!(faults(Limits { app_calls: 0, ..Limits::default() }), ["/app_calls"]);
    }
}
