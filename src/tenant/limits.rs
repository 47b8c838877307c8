//! `limits` of a connection: what its owner bounds tighter than the operator does.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::OutboundLimits;

/// Bounds on the calls of one connection to its upstream. Where the operator's is tighter, that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How many seconds connecting may take.
    #[schemars(range(min = 1, max = 60))]
    pub connect_timeout: Option<u32>,
    /// How many seconds a whole call may take.
    #[schemars(range(min = 1, max = 60))]
    pub timeout: Option<u32>,
    /// The largest response that is read, in KiB.
    #[schemars(range(min = 16, max = 16_384))]
    pub response_kib: Option<u32>,
    /// How many calls are under way at once.
    #[schemars(range(min = 1, max = 10_000))]
    pub calls: Option<u32>,
}

impl Limits {
    /// The operator's bounds, tightened.
    #[must_use]
    pub fn tighten(&self, operators: &OutboundLimits) -> OutboundLimits {
        let seconds = |own: Option<u32>, theirs: Duration| {
            own.map_or(theirs, |own| theirs.min(Duration::from_secs(own.into())))
        };
        let count = |own: Option<u32>, unit: usize, theirs: usize| {
            own.and_then(|own| usize::try_from(own).ok()?.checked_mul(unit))
                .map_or(theirs, |own| theirs.min(own))
        };
        OutboundLimits {
            connect_timeout: seconds(self.connect_timeout, operators.connect_timeout),
            timeout: seconds(self.timeout, operators.timeout),
            response_bytes: count(self.response_kib, 1024, operators.response_bytes),
            calls: count(self.calls, 1, operators.calls),
            ..*operators
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_may_tighten_what_the_operator_allows_and_nothing_else() {
        let operators = OutboundLimits::default();
        assert_eq!(Limits::default().tighten(&operators), operators);
        let tight =
            Limits { connect_timeout: Some(1), timeout: Some(2), response_kib: Some(16), calls: Some(4) };
        let expected = OutboundLimits {
            connect_timeout: Duration::from_secs(1),
            timeout: Duration::from_secs(2),
            response_bytes: 16 * 1024,
            calls: 4,
            ..operators
        };
        assert_eq!(tight.tighten(&operators), expected);
        let wide = Limits {
            connect_timeout: Some(60),
            timeout: Some(60),
            response_kib: Some(16_384),
            calls: Some(10_000),
        };
        assert_eq!(wide.tighten(&operators), operators);
    }
}
