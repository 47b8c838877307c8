//! Points in time: whole seconds since 1970-01-01T00:00:00Z, as JWTs count them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Seconds since the Unix epoch (RFC 7519, section 2, `NumericDate` without fractions).
///
/// The clock is always passed in: nothing in a provider reads the time by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This point in time and `duration` later; stops at the end of the number range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)))
    }

    /// This point in time and `duration` earlier; stops at the end of the number range.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)))
    }

    /// As RFC 3339 in UTC, `2026-11-21T10:26:43Z`. `None` beyond the year 9999.
    #[must_use]
    pub fn to_rfc3339(self) -> Option<String> {
        let time = OffsetDateTime::from_unix_timestamp(self.0).ok()?;
        time.format(&Rfc3339).ok()
    }

    /// The calendar date in UTC, `2026-11-21`. `None` beyond the year 9999.
    #[must_use]
    pub fn to_date(self) -> Option<String> {
        self.to_rfc3339()?.get(..10).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_utc_and_saturates() {
        assert_eq!(Timestamp(1_795_256_803).to_rfc3339().as_deref(), Some("2026-11-21T10:26:43Z"));
        assert_eq!(Timestamp(0).to_date().as_deref(), Some("1970-01-01"));
        assert_eq!(Timestamp(i64::MAX).plus(Duration::from_secs(9)), Timestamp(i64::MAX));
        assert_eq!(Timestamp(i64::MAX).to_rfc3339(), None);
    }
}
