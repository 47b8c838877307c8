//! An upstream's public keys, as one connection knows them.
//!
//! Some upstreams publish another selection of their keys with every call. So what counts is the
//! union of the fetches of the last hour; a `kid` that is in none of them is asked for again, within
//! budgets, since anybody can write one into a token. While the upstream is away, the keys known last
//! go on serving. Each connection has a cache of its own: no tenant spends another's budget, or sees
//! from the time of an answer what another has fetched.

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
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a failed fetch is not tried again.
const REST: Duration = Duration::from_secs(5);

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
        if let Some(fresh) = issuer.state().younger_than(age, self.ambient.now()) {
            return Ok(fresh);
        }
        let _single_flight = issuer.flight.lock().await;
        let now = self.ambient.now();
        let (fresh, stale, rests) = {
            let state = issuer.state();
            (state.younger_than(age, now), state.younger_than(STALE, now), state.rests(now))
        };
        match (fresh, stale) {
            (Some(fresh), _) => Ok(fresh),
            (None, Some(stale)) if rests => Ok(stale),
            (None, None) if rests => Err(Unavailable(None)),
            (None, stale) => {
                let fetched = self.fetch(upstream, &issuer, (name, uri)).await;
                fetched.or_else(|cause| stale.ok_or(Unavailable(Some(cause))))
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
        let mut issuers = self.issuers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), uri.clone());
        if !issuers.contains_key(&key) && issuers.len() >= ISSUERS {
            // Settings with more issuers than this cost fetches, not memory.
            issuers.clear();
        }
        Arc::clone(issuers.entry(key).or_default())
    }
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

    fn rests(&self, now: Timestamp) -> bool {
        self.failed.is_some_and(|failed| failed.plus(REST) > now)
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
