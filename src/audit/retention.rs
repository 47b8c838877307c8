//! How long it can be told whom an event leads to: for some years after the year in which it happened.
//!
//! Also how a month is read. What ends is the key to the personal references and what finds them by reference or subject; the
//! event stays, and its chain.

use time::{Date, OffsetDateTime, Time};
use tunnus_sdk::Timestamp;

use super::event::Class;

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Years after the year of an identification.
    pub identification_years: u16,
    /// Years after the year of an admin's change.
    pub administration_years: u16,
    /// Whether a law demands it: then nothing is erased before.
    pub statutory: bool,
}

impl Retention {
    const fn years(self, class: Class) -> i32 {
        match class {
            Class::Identification => self.identification_years as i32,
            Class::Administration => self.administration_years as i32,
        }
    }

    /// The end of what happened at `at`: the first moment that it need not be kept any more.
    #[must_use]
    pub fn end(self, class: Class, at: Timestamp) -> Option<Timestamp> {
        new_year(year(at)? + self.years(class) + 1)
    }

    /// What happened before this is not kept any more at `now`.
    #[must_use]
    pub fn ended_before(self, class: Class, now: Timestamp) -> Option<Timestamp> {
        new_year(year(now)? - self.years(class))
    }
}

/// A month of the calendar, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    begin: Timestamp,
    end: Timestamp,
}

impl Month {
    /// Reads `2026-11`; none where that is no month.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) =
            text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2))?;
        let (year, month): (i32, u8) = (year.parse().ok()?, month.parse().ok()?);
        let month = time::Month::try_from(month).ok()?;
        let next = match month.next() {
            time::Month::January => (year + 1, time::Month::January),
            next => (year, next),
        };
        Some(Self { begin: first_of(year, month)?, end: first_of(next.0, next.1)? })
    }

    /// Its first moment.
    #[must_use]
    pub const fn begin(self) -> Timestamp {
        self.begin
    }

    /// The first moment after it.
    #[must_use]
    pub const fn end(self) -> Timestamp {
        self.end
    }
}

fn year(at: Timestamp) -> Option<i32> {
    OffsetDateTime::from_unix_timestamp(at.0).ok().map(OffsetDateTime::year)
}

fn new_year(year: i32) -> Option<Timestamp> {
    first_of(year, time::Month::January)
}

fn first_of(year: i32, month: time::Month) -> Option<Timestamp> {
    let date = Date::from_calendar_date(year, month, 1).ok()?;
    Some(Timestamp(date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETENTION: Retention =
        Retention { identification_years: 5, administration_years: 0, statutory: true };

    fn date(at: Option<Timestamp>) -> String {
        at.and_then(Timestamp::to_rfc3339).unwrap()
    }

    #[test]
    fn five_years_and_the_rest_of_the_year() {
        // 2026-01-01T00:00:00Z and 2026-12-31T23:59:59Z.
        for at in [Timestamp(1_767_225_600), Timestamp(1_798_761_599)] {
            assert_eq!(date(RETENTION.end(Class::Identification, at)), "2032-01-01T00:00:00Z");
            assert_eq!(date(RETENTION.end(Class::Administration, at)), "2027-01-01T00:00:00Z");
            assert_eq!(date(RETENTION.ended_before(Class::Identification, at)), "2021-01-01T00:00:00Z");
        }
    }

    #[test]
    fn a_month_goes_to_the_first_of_the_next() {
        let december = Month::parse("2026-12").unwrap();
        assert_eq!(date(Some(december.begin())), "2026-12-01T00:00:00Z");
        assert_eq!(date(Some(december.end())), "2027-01-01T00:00:00Z");
        for bad in ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "2026-11-01"] {
            assert!(Month::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_event_ends_when_what_has_ended_reaches_it() {
        let at = Timestamp(1_798_761_599);
        let end = RETENTION.end(Class::Identification, at).unwrap();
        let ended = |now| RETENTION.ended_before(Class::Identification, now).unwrap();
        assert!(ended(Timestamp(end.0 - 1)) <= at && at < ended(end));
    }
}
