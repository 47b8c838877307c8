//! The circuit of one endpoint (the breaker): closed while the endpoint answers, open after failures in
//! a row. After a rest one call is let through; its end closes the circuit or opens it for longer.
//!
//! Pure: the time and the jitter are given. What counts as a failure is `upstream`'s.

use std::time::Duration;

use tunnus_sdk::Timestamp;

/// How long the first rest lasts at least.
const REST: Duration = Duration::from_secs(10);
/// How often a rest is doubled: to 80 seconds.
const DOUBLINGS: u32 = 3;
/// No rest is longer. One that seems to be was begun before the clock was set back.
const LONGEST: Duration = Duration::from_secs(120);

/// One endpoint's circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Circuit {
    /// In a row, since the last success.
    failures: u32,
    state: State,
    /// When the endpoint answered last.
    answered: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    /// Nobody calls before `until`; `rests` were there before this one.
    Open { until: Timestamp, rests: u32 },
    /// One call tries.
    Trial { rests: u32 },
}

/// A call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// As always.
    Usual,
    /// It decides what comes next.
    Trial,
}

impl Circuit {
    /// Whether a call would be refused now.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        match self.state {
            State::Closed => false,
            State::Open { until, .. } => rests(until, now),
            State::Trial { .. } => true,
        }
    }

    /// Lets a call through, unless the endpoint rests or another call tries.
    pub(super) fn admit(&mut self, now: Timestamp) -> Option<Admitted> {
        match self.state {
            State::Closed => Some(Admitted::Usual),
            State::Open { until, rests: before } if !rests(until, now) => {
                self.state = State::Trial { rests: before };
                Some(Admitted::Trial)
            }
            State::Open { .. } | State::Trial { .. } => None,
        }
    }

    /// The endpoint answered; also one that was asked before the circuit opened shows that it does.
    /// True where this closes the circuit.
    pub(super) fn succeeded(&mut self, now: Timestamp) -> bool {
        let before = std::mem::replace(self, Self { answered: Some(now), ..Self::default() });
        before.state != State::Closed
    }

    /// Whether the endpoint has answered in so long a time.
    pub(super) fn answered_within(&self, time: Duration, now: Timestamp) -> bool {
        self.answered.is_some_and(|answered| now < answered.plus(time))
    }

    /// The endpoint failed. After `most` failures in a row it rests, and `jitter` spreads the brokers'
    /// next tries. True where this opens a closed circuit.
    pub(super) fn failed(&mut self, admitted: Admitted, most: u32, now: Timestamp, jitter: u8) -> bool {
        self.failures = self.failures.saturating_add(1);
        let rests = match (self.state, admitted) {
            (State::Closed, _) if self.failures >= most => 0,
            (State::Trial { rests }, Admitted::Trial) => rests.saturating_add(1),
            // One that was on the way when the circuit opened says nothing new.
            (State::Closed | State::Open { .. } | State::Trial { .. }, _) => return false,
        };
        let closed = self.state == State::Closed;
        self.state = State::Open { until: now.plus(rest(rests, jitter)), rests };
        closed
    }

    /// The call ended without an end that says anything: another may try.
    pub(super) const fn abandoned(&mut self, admitted: Admitted, now: Timestamp) {
        if let (State::Trial { rests }, Admitted::Trial) = (self.state, admitted) {
            self.state = State::Open { until: now, rests };
        }
    }
}

fn rests(until: Timestamp, now: Timestamp) -> bool {
    now < until && until <= now.plus(LONGEST)
}

/// A rest, longer with each that did not help, and by up to a half longer by chance.
fn rest(rests: u32, jitter: u8) -> Duration {
    let rest = REST * 2_u32.pow(rests.min(DOUBLINGS));
    rest + rest / 2 * u32::from(jitter) / u32::from(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);
    const MOST: u32 = 3;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds)
    }

    fn open() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..MOST {
            let admitted = circuit.admit(NOW).unwrap();
            circuit.failed(admitted, MOST, NOW, 0);
        }
        circuit
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_begins_anew() {
        let mut circuit = Circuit::default();
        for _ in 0..10 {
            for _ in 1..MOST {
                circuit.failed(Admitted::Usual, MOST, NOW, 0);
                assert_eq!(circuit.admit(NOW), Some(Admitted::Usual));
            }
            circuit.succeeded(NOW);
        }
        assert!(!circuit.is_open(NOW) && open().is_open(NOW));
        assert_eq!(open().admit(NOW), None);
    }

    #[test]
    fn after_its_rest_one_call_tries_and_nobody_else() {
        let mut circuit = open();
        assert_eq!((circuit.admit(at(9)), circuit.is_open(at(9))), (None, true));
        assert!(!circuit.is_open(at(10)), "it waits for somebody to try");
        assert_eq!(circuit.admit(at(10)), Some(Admitted::Trial));
        assert_eq!((circuit.admit(at(10)), circuit.admit(at(9_999))), (None, None));
        assert!(circuit.is_open(at(10)));
        circuit.succeeded(NOW);
        assert_eq!(circuit.admit(at(10)), Some(Admitted::Usual));
    }

    #[test]
    fn each_trial_that_fails_doubles_the_rest_up_to_a_bound() {
        let (mut circuit, mut now) = (open(), at(10));
        for rest in [20, 40, 80, 80, 80] {
            assert_eq!(circuit.admit(now), Some(Admitted::Trial), "{rest}");
            circuit.failed(Admitted::Trial, MOST, now, 0);
            assert_eq!(circuit.admit(Timestamp(now.0 + rest - 1)), None, "{rest}");
            now = Timestamp(now.0 + rest);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_prolongs_no_rest() {
        let mut circuit = open();
        assert!(circuit.is_open(at(-100)) && !circuit.is_open(at(-3_600)));
        assert_eq!(circuit.admit(at(-3_600)), Some(Admitted::Trial));
    }

    #[test]
    fn chance_lengthens_a_rest_by_up_to_a_half() {
        assert_eq!([rest(0, 0), rest(0, u8::MAX), rest(3, u8::MAX)], [10, 15, 120].map(Duration::from_secs));
        assert!(rest(0, 128) > rest(0, 0) && rest(0, 128) < rest(0, u8::MAX));
    }

    #[test]
    fn calls_that_were_on_the_way_as_it_opened_neither_prolong_nor_end_the_trial() {
        let mut circuit = open();
        circuit.failed(Admitted::Usual, MOST, at(9), 0);
        assert_eq!(circuit.admit(at(10)), Some(Admitted::Trial));
        circuit.failed(Admitted::Usual, MOST, at(10), 0);
        circuit.abandoned(Admitted::Usual, at(10));
        assert_eq!(circuit.admit(at(10)), None);
        circuit.failed(Admitted::Trial, MOST, at(10), 0);
        assert_eq!(circuit.admit(at(30)), Some(Admitted::Trial));
    }

    #[test]
    fn a_trial_that_came_to_no_end_is_anothers() {
        let mut circuit = open();
        assert_eq!(circuit.admit(at(10)), Some(Admitted::Trial));
        circuit.abandoned(Admitted::Trial, at(12));
        assert_eq!(circuit.admit(at(12)), Some(Admitted::Trial));
        circuit.failed(Admitted::Trial, MOST, at(12), 0);
        assert_eq!((circuit.admit(at(31)), circuit.admit(at(32))), (None, Some(Admitted::Trial)));
    }

    #[test]
    fn a_success_of_a_call_that_was_on_the_way_closes_it() {
        let mut circuit = open();
        assert_eq!((circuit.succeeded(NOW), circuit.succeeded(NOW)), (true, false));
        assert_eq!(circuit.admit(NOW), Some(Admitted::Usual));
        let day = Duration::from_secs(86_400);
        assert!(circuit.answered_within(day, at(86_399)) && !circuit.answered_within(day, at(86_400)));
        assert!(!open().answered_within(day, NOW), "it never has");
    }
}
