//! What stands between a connection and each upstream that it calls: a bounded number of calls at once
//! (the bulkhead) and, for each endpoint, a circuit (the breaker).
//!
//! An upstream is an origin: where a connection leads to many banks, one that hangs costs the others
//! nothing. Connections share none of this, and what is known here is this broker's own view. It ends
//! with the built connection: changed settings may lead elsewhere and begin anew.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tunnus_sdk::{Response, SendError, Stage, Timestamp};
use url::{Origin, Url};

use super::{
    OutboundLimits,
    circuit::{Admitted, Circuit},
    jwks::STALE,
};
use crate::ambient::Ambient;

/// How many upstreams one connection may have.
const UPSTREAMS: usize = 256;

/// The upstreams of one connection.
pub(super) struct Upstreams {
    /// How many calls may be under way to one of them; as many more wait.
    calls: usize,
    /// How long a call waits for its turn.
    wait: Duration,
    /// How many failures in a row open a circuit.
    failures: u32,
    ambient: Ambient,
    known: Mutex<HashMap<Origin, Arc<Upstream>>>,
}

/// One upstream.
struct Upstream {
    /// One permit for each call that is under way or waits.
    places: Arc<Semaphore>,
    /// One permit for each that is under way.
    turns: Arc<Semaphore>,
    circuits: Mutex<HashMap<Stage, Circuit>>,
}

/// How calls to an endpoint fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spared {
    /// They are refused at one upstream at least.
    pub(super) at_one: bool,
    /// At every upstream that has this endpoint, and no login can do without.
    pub(super) at_all: bool,
}

/// What a call's end did to its circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is open now.
    Opened,
    /// It is closed again.
    Closed,
}

impl Upstreams {
    /// None called yet.
    pub(super) fn new(limits: &OutboundLimits, ambient: Ambient) -> Self {
        let OutboundLimits { calls, connect_timeout: wait, failures, .. } = *limits;
        Self { calls, wait, failures, ambient, known: Mutex::default() }
    }

    /// Lets a call to an endpoint through when its turn comes.
    pub(super) async fn enter(&self, stage: Stage, url: &Url) -> Result<Pass<'_>, SendError> {
        let upstream = self.upstream(url);
        if upstream.is_open(stage, &self.ambient) {
            return Err(SendError::CircuitOpen);
        }
        let place = Arc::clone(&upstream.places).try_acquire_owned().map_err(|_| SendError::Busy)?;
        let turn = timeout(self.wait, Arc::clone(&upstream.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| SendError::Busy)?.map_err(|_| SendError::Busy)?;
        // The circuit may have opened meanwhile.
        let admitted = upstream.circuits().entry(stage).or_default().admit(self.ambient.now());
        let admitted = Some(admitted.ok_or(SendError::CircuitOpen)?);
        Ok(Pass { upstreams: self, upstream, stage, admitted, _permits: (place, turn) })
    }

    /// Each endpoint that was called, and whether it is spared now.
    pub(super) fn endpoints(&self) -> HashMap<Stage, Spared> {
        let now = self.ambient.now();
        let mut endpoints = HashMap::new();
        let known: Vec<_> = self.known().values().cloned().collect();
        for upstream in known {
            for (stage, circuit) in upstream.circuits().iter() {
                let open = circuit.is_open(now);
                let hurts = open && !serves_from_memory(*stage, circuit, now);
                let spared = endpoints.entry(*stage).or_insert(Spared { at_one: open, at_all: hurts });
                spared.at_one |= open;
                spared.at_all &= hurts;
            }
        }
        endpoints
    }

    fn upstream(&self, url: &Url) -> Arc<Upstream> {
        let (origin, mut known) = (url.origin(), self.known());
        if !known.contains_key(&origin) && known.len() >= UPSTREAMS {
            // Settings with more upstreams than this cost tries, not memory.
            known.clear();
        }
        Arc::clone(known.entry(origin).or_insert_with(|| Arc::new(Upstream::new(self.calls))))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Origin, Arc<Upstream>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what an endpoint published is still at hand, so that logins go on without it.
fn serves_from_memory(stage: Stage, circuit: &Circuit, now: Timestamp) -> bool {
    matches!(stage, Stage::Discovery | Stage::Jwks) && circuit.answered_within(STALE, now)
}

impl Upstream {
    fn new(calls: usize) -> Self {
        let places = calls.saturating_mul(2).min(Semaphore::MAX_PERMITS);
        let turns = calls.min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
            turns: Arc::new(Semaphore::new(turns)),
            circuits: Mutex::default(),
        }
    }

    fn is_open(&self, stage: Stage, ambient: &Ambient) -> bool {
        self.circuits().get(&stage).is_some_and(|circuit| circuit.is_open(ambient.now()))
    }

    fn circuits(&self) -> MutexGuard<'_, HashMap<Stage, Circuit>> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way. What is dropped before it is settled says nothing of the endpoint.
pub(super) struct Pass<'a> {
    upstreams: &'a Upstreams,
    upstream: Arc<Upstream>,
    stage: Stage,
    /// None once it is settled.
    admitted: Option<Admitted>,
    _permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

impl Pass<'_> {
    /// Takes the call's end for what it says of the endpoint: a failure is no answer in time, or one of
    /// status 5xx. Every other answer, a refusal too, shows that somebody is there.
    pub(super) fn settle(mut self, end: &Result<Response, SendError>) -> Option<Turn> {
        let failed = match end {
            Ok(response) => response.status >= 500,
            Err(SendError::Unreachable(_) | SendError::TimedOut) => true,
            Err(SendError::TooLarge) => false,
            Err(
                SendError::Forbidden
                | SendError::CredentialMissing
                | SendError::CircuitOpen
                | SendError::Busy,
            ) => return None,
        };
        let (admitted, ambient) = (self.admitted.take()?, &self.upstreams.ambient);
        let mut circuits = self.upstream.circuits();
        let circuit = circuits.entry(self.stage).or_default();
        if failed {
            let [jitter] = ambient.bytes();
            let opened = circuit.failed(admitted, self.upstreams.failures, ambient.now(), jitter);
            opened.then_some(Turn::Opened)
        } else {
            circuit.succeeded(ambient.now()).then_some(Turn::Closed)
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(admitted) = self.admitted.take() {
            let mut circuits = self.upstream.circuits();
            circuits.entry(self.stage).or_default().abandoned(admitted, self.upstreams.ambient.now());
        }
    }
}

#[cfg(test)]
#[path = "upstream_tests.rs"]
mod tests;
