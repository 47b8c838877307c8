//! When a key goes from one state to the next.
//!
//! Pure: the ring, the time and the policy are given. A key moves one step at a time, and the length
//! of each step counts from when it was really taken: a broker that was away makes a rotation later,
//! never a state shorter.

use std::{collections::BTreeMap, time::Duration};

use tunnus_sdk::Timestamp;

use super::{Key, KeyKind, Purpose, Ring, Slot, State};

/// How many decryption keys of a connection may be live: a token that names none costs a
/// private-key operation for each.
pub const MOST_LIVE: usize = 4;

/// How long the states last that end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Until every broker has a new key.
    pub settle: Duration,
    /// How long a tenant's signing key is in use.
    pub lives: Duration,
    /// How long it is published before.
    pub warm_up: Duration,
    /// And after.
    pub cooldown: Duration,
    /// How long a key is known before its use to an upstream that fetches it.
    pub upstream_warm_up: Duration,
    /// How long a connection's key is kept after its use.
    pub upstream_cooldown: Duration,
}

/// A step that a key takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The key.
    pub id: String,
    /// Where it goes.
    pub to: State,
}

impl Default for Policy {
    fn default() -> Self {
        const HOUR: u64 = 60 * 60;
        Self {
            settle: Duration::from_secs(60),
            lives: Duration::from_secs(90 * 24 * HOUR),
            warm_up: Duration::from_secs(24 * HOUR),
            cooldown: Duration::from_secs(7 * 24 * HOUR),
            upstream_warm_up: Duration::from_secs(24 * HOUR),
            upstream_cooldown: Duration::from_secs(7 * 24 * HOUR),
        }
    }
}

impl Key {
    /// The next step that it takes by itself, and when. None where somebody has to do something.
    #[must_use]
    pub fn next(&self, policy: &Policy) -> Option<(State, Timestamp)> {
        let told = self.connection.is_some() && !self.fetched;
        let (to, after) = match self.state {
            // Its certificate must be asked for.
            State::Created if self.purpose == Purpose::Certificate => return None,
            State::Created if told => (State::AwaitingRegistration, policy.settle),
            State::Created => (State::WarmUp, policy.settle),
            // That the upstream has it was said, or proved: there is nothing to wait for.
            State::WarmUp if told => (State::Active, Duration::ZERO),
            State::WarmUp if self.connection.is_none() => (State::Active, policy.warm_up),
            State::WarmUp => (State::Active, policy.upstream_warm_up),
            // Whether the upstream still uses it, only a person knows.
            State::Cooldown if told && self.purpose == Purpose::Decryption => return None,
            State::Cooldown if self.connection.is_none() => (State::Retired, policy.cooldown),
            State::Cooldown => (State::Retired, policy.upstream_cooldown),
            State::AwaitingRegistration | State::Active | State::Retired => return None,
        };
        Some((to, self.since.plus(after)))
    }
}

impl Key {
    /// Whether it goes on by itself, sooner or later: a tenant's own key in use is followed in time.
    #[must_use]
    pub fn moves(&self) -> bool {
        let is_followed = self.connection.is_none() && self.state == State::Active;
        is_followed || self.next(&Policy::default()).is_some()
    }
}

/// The steps that are due. Each key takes one at most: whoever has taken them asks again.
#[must_use]
pub fn advance(ring: &Ring, now: Timestamp, policy: &Policy) -> Vec<Transition> {
    let due = |key: &Key| key.next(policy).filter(|(_, at)| *at <= now).map(|(to, _)| to);
    // The newest that may come into use does, in each place.
    let mut heirs: BTreeMap<Slot, (&String, &Key)> = BTreeMap::new();
    for (id, key) in ring.iter().filter(|(_, key)| due(key) == Some(State::Active)) {
        let heir = heirs.entry(key.slot()).or_insert((id, key));
        if (key.made_at, id) > (heir.1.made_at, heir.0) {
            *heir = (id, key);
        }
    }
    let step = |(id, key): (&String, &Key)| {
        let heir = heirs.get(&key.slot()).map(|(heir, _)| *heir);
        let to = match (heir, key.state) {
            (Some(heir), State::Active) if heir != id => State::Cooldown,
            // Overtaken by a newer one: what upstreams have made with it still opens.
            (Some(heir), State::WarmUp) if heir != id && due(key).is_some() => State::Cooldown,
            _ => due(key)?,
        };
        Some(Transition { id: id.clone(), to })
    };
    ring.iter().filter_map(step).collect()
}

/// Takes the steps in the ring itself.
pub fn take(ring: &mut Ring, steps: &[Transition], now: Timestamp) {
    for Transition { id, to } in steps {
        if let Some(key) = ring.get_mut(id) {
            (key.state, key.since) = (*to, now);
        }
    }
}

/// The tenant's own keys that are in use long enough to be followed by a new one.
#[must_use]
pub fn outlived(ring: &Ring, now: Timestamp, policy: &Policy) -> Vec<KeyKind> {
    let lead = policy.settle.saturating_add(policy.warm_up);
    let old = |key: &&Key| {
        let is_own = key.connection.is_none() && key.state == State::Active;
        is_own && key.since.plus(policy.lives.saturating_sub(lead)) <= now
    };
    ring.values()
        .filter(old)
        .filter(|key| successor(ring, &key.slot()).is_none())
        .map(|key| key.kind)
        .collect()
}

/// The key that is about to come into use in a place.
#[must_use]
pub fn successor<'a>(ring: &'a Ring, slot: &Slot) -> Option<(&'a String, &'a Key)> {
    ring.iter().find(|(_, key)| key.is_coming() && key.slot() == *slot)
}

/// The key that is in use in a place.
#[must_use]
pub fn active<'a>(ring: &'a Ring, slot: &Slot) -> Option<(&'a String, &'a Key)> {
    ring.iter().find(|(_, key)| key.state == State::Active && key.slot() == *slot)
}

/// How many keys of a connection open what is encrypted.
#[must_use]
pub fn live(ring: &Ring, connection: &str) -> usize {
    ring.values().filter(|key| key.connection.as_deref() == Some(connection) && key.duties().opens).count()
}

#[cfg(test)]
#[path = "life_tests.rs"]
mod tests;
