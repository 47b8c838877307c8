//! An upstream's public keys, as one connection knows them.
//!
//! Some upstreams publish another selection of their keys with every call. So what counts is the
//! union of the fetches of the last hour; a `kid` that is in none of them is asked for again, within
//! budgets, since anybody can write one into a token. Keys in use are fetched anew ahead of their end,
//! beside the logins. While the upstream is away, the keys known last go on serving for a day: a key
//! that was withdrawn meanwhile stays trusted for so long, and for the hour of the union before. Each
//! connection has a cache of its own: no tenant spends another's budget, or sees from the time of an
//! answer what another has fetched.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tunnus_jose::PublicKeys;
use tunnus_sdk::{Channel, Timestamp, host::Cause};
use url::Url;

use crate::ambient::Ambient;

/// How long a fetched key counts at least.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// How many fetches are remembered.
const FETCHES: usize = 32;

/// How long the keys known last serve while the upstream is away.
pub(super) const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a failed fetch is not tried again.
const REST: Duration = Duration::from_secs(5);

/// The same for logins that have keys at hand: the refresh beside them goes on trying.
const STALE_REST: Duration = Duration::from_secs(30);

/// For how long after a login an issuer's keys are in use.
const IN_USE: Duration = Duration::from_secs(15 * 60);

/// The time that a budget is for.
const MINUTE: Duration = Duration::from_secs(60);

/// How many issuers one connection may have.
const ISSUERS: usize = 64;

/// How keys are fetched; the connection's host does it.
#[async_trait]
pub(super) trait FetchKeys: Sync {
    /// The document at `uri`.
    async fn fetch(&self, uri: &Url) -> Result<PublicKeys, Cause>;

    /// Some `kid` turned out to stand for two keys.
    fn conflict(&self, issuer: &str);
}

/// The keys of an issuer at one moment.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// The keys.
    pub(super) keys: Arc<PublicKeys>,
    /// Which fetch was the last.
    pub(super) generation: u64,
}

/// The keys cannot be had, and none is known.
#[derive(Debug)]
pub(super) struct Unavailable(pub(super) Option<Cause>);

/// The keys of a connection's issuers.
pub(super) struct Jwks {
    issuers: Mutex<HashMap<(String, Url), Arc<Issuer>>>,
    ambient: Ambient,
}

impl Jwks {
    /// No keys yet.
    pub(super) fn new(ambient: Ambient) -> Self {
        Self { issuers: Mutex::default(), ambient }
    }

    /// The keys of `issuer`, fetched where those known are older than `age`.
    pub(super) async fn current(
        &self,
        upstream: &dyn FetchKeys,
        (name, uri): (&str, &Url),
        age: Duration,
    ) -> Result<Snapshot, Unavailable> {
        let issuer = self.issuer(name, uri);
        let old = match issuer.state().asked(age, self.ambient.now()) {
            Known::Good(keys) => return Ok(keys),
            Known::Old(keys) => Some(keys),
            Known::Away => return Err(Unavailable(None)),
            Known::Nothing => None,
        };
        let _single_flight = match (issuer.flight.try_lock(), &old) {
            (Ok(flight), _) => flight,
            // Somebody asks already: the keys known last serve until they have an answer.
            (Err(_), Some(old)) => return Ok(old.clone()),
            (Err(_), None) => issuer.flight.lock().await,
        };
        // While this login waited, somebody may have had an answer.
        match issuer.state().asked(age, self.ambient.now()) {
            Known::Good(keys) => return Ok(keys),
            Known::Away => return Err(Unavailable(None)),
            Known::Old(_) | Known::Nothing => {}
        }
        let fetched = self.fetch(upstream, &issuer, (name, uri)).await;
        fetched.or_else(|cause| old.ok_or(Unavailable(Some(cause))))
    }

    /// Fetches the keys in use anew, before they are old.
    pub(super) async fn refresh(&self, upstream: &dyn FetchKeys) {
        let known: Vec<_> =
            self.issuers().iter().map(|(key, issuer)| (key.clone(), Arc::clone(issuer))).collect();
        for ((name, uri), issuer) in known {
            if !issuer.state().is_due(self.ambient.now()) {
                continue;
            }
            if let Ok(_single_flight) = issuer.flight.try_lock() {
                // Keys that cannot be had leave those known in use; the call was measured.
                drop(self.fetch(upstream, &issuer, (&name, &uri)).await);
            }
        }
    }

    /// Newer keys than those of generation `seen`, in which a token's `kid` was not found. `None`
    /// when the budget of its channel is spent.
    pub(super) async fn refetch(
        &self,
        upstream: &dyn FetchKeys,
        (name, uri): (&str, &Url),
        channel: Channel,
        seen: u64,
    ) -> Result<Option<Snapshot>, Unavailable> {
        let issuer = self.issuer(name, uri);
        let _single_flight = issuer.flight.lock().await;
        let may_fetch = {
            let mut state = issuer.state();
            if state.generation > seen {
                return Ok(Some(state.snapshot()));
            }
            state.spend(channel, self.ambient.now())
        };
        if !may_fetch {
            return Ok(None);
        }
        let fetched = self.fetch(upstream, &issuer, (name, uri)).await;
        fetched.map(Some).map_err(|cause| Unavailable(Some(cause)))
    }

    /// Fetches; the caller holds the issuer's flight.
    async fn fetch(
        &self,
        upstream: &dyn FetchKeys,
        issuer: &Issuer,
        (name, uri): (&str, &Url),
    ) -> Result<Snapshot, Cause> {
        let fetched = upstream.fetch(uri).await;
        let now = self.ambient.now();
        let mut state = issuer.state();
        match fetched {
            Ok(keys) => {
                if state.add(Arc::new(keys), now) {
                    upstream.conflict(name);
                }
                Ok(state.snapshot())
            }
            Err(cause) => {
                state.failed = Some(now);
                Err(cause)
            }
        }
    }

    fn issuer(&self, name: &str, uri: &Url) -> Arc<Issuer> {
        let mut issuers = self.issuers();
        let key = (name.to_owned(), uri.clone());
        if !issuers.contains_key(&key) && issuers.len() >= ISSUERS {
            // Settings with more issuers than this cost fetches, not memory.
            issuers.clear();
        }
        Arc::clone(issuers.entry(key).or_default())
    }

    fn issuers(&self) -> MutexGuard<'_, HashMap<(String, Url), Arc<Issuer>>> {
        self.issuers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a login finds.
enum Known {
    /// Keys that serve.
    Good(Snapshot),
    /// Keys that serve where there are no newer ones to be had.
    Old(Snapshot),
    /// None, and the upstream was away just now.
    Away,
    /// None.
    Nothing,
}

/// What is known of one issuer.
#[derive(Default)]
struct Issuer {
    state: Mutex<State>,
    /// Held while fetching: who comes meanwhile waits and takes what was fetched.
    flight: tokio::sync::Mutex<()>,
}

impl Issuer {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    /// Fetches of the last hour, the oldest first.
    fetches: VecDeque<(Timestamp, Arc<PublicKeys>)>,
    /// Their union.
    keys: Arc<PublicKeys>,
    generation: u64,
    failed: Option<Timestamp>,
    /// When a login asked last, and the least age that any has asked for.
    asked: Option<(Timestamp, Duration)>,
    direct: Budget,
    browser: Budget,
}

impl State {
    fn snapshot(&self) -> Snapshot {
        Snapshot { keys: Arc::clone(&self.keys), generation: self.generation }
    }

    fn younger_than(&self, age: Duration, now: Timestamp) -> Option<Snapshot> {
        let (fetched, _) = self.fetches.back()?;
        (fetched.plus(age) > now).then(|| self.snapshot())
    }

    fn failed_within(&self, rest: Duration, now: Timestamp) -> bool {
        self.failed.is_some_and(|failed| failed.plus(rest) > now)
    }

    /// What a login finds that asks for keys younger than `age`.
    fn asked(&mut self, age: Duration, now: Timestamp) -> Known {
        self.asked = Some((now, self.asked.map_or(age, |(_, least)| least.min(age))));
        match (self.younger_than(age, now), self.younger_than(STALE, now)) {
            (Some(fresh), _) => Known::Good(fresh),
            (None, Some(stale)) if self.failed_within(STALE_REST, now) => Known::Good(stale),
            (None, Some(stale)) => Known::Old(stale),
            (None, None) if self.failed_within(REST, now) => Known::Away,
            (None, None) => Known::Nothing,
        }
    }

    /// Whether the keys are in use and have two thirds of their age.
    fn is_due(&self, now: Timestamp) -> bool {
        let Some((_, age)) = self.asked.filter(|(asked, _)| asked.plus(IN_USE) > now) else {
            return false;
        };
        self.younger_than(STALE, now).is_some()
            && self.younger_than(age * 2 / 3, now).is_none()
            && !self.failed_within(REST, now)
    }

    /// Adds a fetch; true where one of its `kid`s stood for another key so far.
    fn add(&mut self, keys: Arc<PublicKeys>, now: Timestamp) -> bool {
        self.fetches.retain(|(fetched, _)| fetched.plus(REMEMBERED) > now);
        while self.fetches.len() >= FETCHES {
            self.fetches.pop_front();
        }
        let known =
            self.fetches.iter().fold(PublicKeys::empty(), |known, (_, newer)| known.merged_with(newer));
        let union = known.merged_with(&keys);
        let conflict = !union.replaced().is_empty();
        self.keys = Arc::new(union);
        self.fetches.push_back((now, keys));
        self.generation += 1;
        self.failed = None;
        conflict
    }

    fn spend(&mut self, channel: Channel, now: Timestamp) -> bool {
        match channel {
            Channel::Direct => self.direct.spend(10, now),
            Channel::Browser => self.browser.spend(5, now),
        }
    }
}

/// Refetches of the last minute.
#[derive(Default)]
struct Budget(VecDeque<Timestamp>);

impl Budget {
    /// Spends one of `most` a minute, if one is left.
    fn spend(&mut self, most: usize, now: Timestamp) -> bool {
        self.0.retain(|spent| spent.plus(MINUTE) > now);
        let left = self.0.len() < most;
        if left {
            self.0.push_back(now);
        }
        left
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwks")
    }
}

#[cfg(test)]
#[path = "jwks_tests.rs"]
mod tests;
