//! What a simulator remembers between requests, for as long as it counts and no longer.

use std::{collections::HashMap, sync::Arc};

use tunnus_sdk::{Params, Timestamp, sandbox::SimulatedResponse};

use crate::{clients::Registered, faults::FaultRow, personas::Persona};

/// An authorization request that passed every check.
#[derive(Clone)]
pub(crate) struct Asked {
    pub client: Arc<Registered>,
    pub parameters: Params,
}

/// What a person granted: behind a code, then behind an access token.
#[derive(Clone)]
pub(crate) struct Grant {
    pub asked: Asked,
    pub persona: &'static Persona,
    pub fault: Option<&'static FaultRow>,
    pub authenticated_at: Timestamp,
}

/// Everything remembered.
#[derive(Default)]
pub(crate) struct Memory {
    /// Pushed requests by `request_uri`.
    pub pushed: Expiring<Asked>,
    /// Requests whose person looks at the bank's page, by ticket.
    pub waiting: Expiring<Asked>,
    /// What was pressed on a bank's page and what it was answered, by ticket.
    pub pressed: Expiring<(Option<String>, SimulatedResponse)>,
    /// Grants by code.
    pub codes: Expiring<Grant>,
    /// Grants by access token.
    pub tokens: Expiring<Grant>,
    /// The `jti`s seen, with the client's id before them.
    pub seen: Expiring<()>,
}

/// A map whose entries end at a time of their own.
pub(crate) struct Expiring<V> {
    entries: HashMap<String, (Timestamp, V)>,
    sweep_at: usize,
}

/// How many entries there are before the first sweep.
const SWEEP: usize = 1024;

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), sweep_at: SWEEP }
    }
}

impl<V> Expiring<V> {
    /// Keeps `value` until `end`. False where the key is taken.
    pub(crate) fn keep(&mut self, key: String, value: V, now: Timestamp, end: Timestamp) -> bool {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, (end, _)| *end > now);
            self.sweep_at = SWEEP.max(self.entries.len() * 2);
        }
        if self.find(&key, now).is_some() {
            return false;
        }
        self.entries.insert(key, (end, value));
        true
    }

    /// Takes the value: a second time finds nothing.
    pub(crate) fn take(&mut self, key: &str, now: Timestamp) -> Option<V> {
        self.entries.remove(key).filter(|(end, _)| *end > now).map(|(_, value)| value)
    }

    /// Looks at the value.
    pub(crate) fn find(&self, key: &str, now: Timestamp) -> Option<&V> {
        self.entries.get(key).filter(|(end, _)| *end > now).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1000);

    #[test]
    fn a_value_can_be_taken_once_and_in_time() {
        let mut map = Expiring::default();
        assert!(map.keep("a".into(), 1, NOW, Timestamp(1015)));
        assert!(!map.keep("a".into(), 2, NOW, Timestamp(1015)));
        assert_eq!(map.find("a", NOW), Some(&1));
        assert_eq!(map.take("a", Timestamp(1014)), Some(1));
        assert_eq!(map.take("a", NOW), None);
        assert!(map.keep("b".into(), 3, NOW, Timestamp(1015)));
        assert_eq!(map.take("b", Timestamp(1015)), None);
    }

    #[test]
    fn what_has_ended_is_swept() {
        let mut map = Expiring::default();
        for number in 0..SWEEP {
            map.keep(number.to_string(), (), NOW, Timestamp(1001));
        }
        map.keep("last".into(), (), Timestamp(2000), Timestamp(2001));
        assert_eq!(map.entries.len(), 1);
    }
}
