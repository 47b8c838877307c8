//! Fetching the upstream's metadata, and keeping it.
//!
//! One fetch at a time, ahead of the document's end while logins use it; a document that was judged
//! good serves on while the upstream is away. What a document must be is [`crate::metadata`]'s.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use tunnus_sdk::{Fault, Host, ProviderError, Request, Response, Stage, Timestamp, error::AtStage as _};

use crate::{
    Metadata, Profile,
    metadata::{self, MetadataError},
};

/// How long a document serves without a question: upstreams send no cache headers that could say.
const FRESH: Duration = Duration::from_secs(3600);

/// How long before its end a document in use is fetched anew, beside the logins.
const AHEAD: Duration = Duration::from_secs(600);

/// For how long after a login a document is in use.
const IN_USE: Duration = FRESH;

/// How long after a failed refetch the old document serves before the next try.
const PAUSE: Duration = Duration::from_secs(30);

/// How long an old document serves while the upstream is away.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// The document at hand.
#[derive(Debug, Default)]
pub(crate) struct MetadataCache {
    kept: ArcSwapOption<Kept>,
    flight: Mutex<()>,
    flights: AtomicU64,
    /// When a login asked last, in seconds since 1970.
    used: AtomicI64,
}

#[derive(Debug)]
struct Kept {
    metadata: Arc<Metadata>,
    fetched: Timestamp,
    /// When it was asked for last, with or without success.
    tried: Timestamp,
}

impl Kept {
    /// Whether it serves without a question.
    fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fetched.plus(FRESH) || self.rests(now)
    }

    /// Whether it serves at all.
    fn is_good(&self, now: Timestamp) -> bool {
        now <= self.fetched.plus(STALE)
    }

    /// Whether a fetch has failed just now.
    fn rests(&self, now: Timestamp) -> bool {
        self.tried > self.fetched && now < self.tried.plus(PAUSE)
    }
}

impl MetadataCache {
    /// The document, fetched where none is at hand or the one at hand is old. Who comes while an old one
    /// is fetched anew does not wait for it.
    pub(crate) async fn current(
        &self,
        profile: &Profile,
        host: &dyn Host,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let now = host.now();
        self.used.store(now.0, Ordering::Relaxed);
        let kept = self.kept.load_full().filter(|kept| kept.is_good(now));
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(now)) {
            return Ok(Arc::clone(&kept.metadata));
        }
        let before = self.flights.load(Ordering::Acquire);
        let _flight = match (self.flight.try_lock(), kept) {
            (Ok(flight), _) => flight,
            (Err(_), Some(old)) => return Ok(Arc::clone(&old.metadata)),
            (Err(_), None) => self.flight.lock().await,
        };
        if self.flights.load(Ordering::Acquire) != before {
            // Somebody else asked while this login waited: it shares their answer.
            return self.at_hand(host.now()).ok_or_else(unavailable);
        }
        self.fetch(profile, host).await
    }

    /// Fetches a document in use anew, before it is old.
    pub(crate) async fn refresh(&self, profile: &Profile, host: &dyn Host) {
        let (now, used) = (host.now(), Timestamp(self.used.load(Ordering::Relaxed)));
        let is_due = |kept: &Kept| {
            kept.is_good(now) && !kept.rests(now) && now.plus(AHEAD) >= kept.fetched.plus(FRESH)
        };
        let kept = self.kept.load_full();
        if now >= used.plus(IN_USE) || !kept.is_some_and(|kept| is_due(&kept)) {
            return;
        }
        if let Ok(_flight) = self.flight.try_lock() {
            // A document that cannot be had leaves the one at hand in use; the call was measured.
            drop(self.fetch(profile, host).await);
        }
    }

    /// The document at hand, however old; calls nobody.
    pub(crate) fn at_hand(&self, now: Timestamp) -> Option<Arc<Metadata>> {
        let kept = self.kept.load_full()?;
        kept.is_good(now).then(|| Arc::clone(&kept.metadata))
    }

    /// Fetches; the caller holds the flight.
    async fn fetch(&self, profile: &Profile, host: &dyn Host) -> Result<Arc<Metadata>, ProviderError> {
        let fetched = fetch(profile, host).await;
        self.flights.fetch_add(1, Ordering::AcqRel);
        let tried = host.now();
        let kept = match (fetched, self.kept.load_full().filter(|kept| kept.is_good(tried))) {
            (Ok(metadata), _) => Kept { metadata: Arc::new(metadata), fetched: tried, tried },
            (Err(_), Some(old)) => Kept { metadata: Arc::clone(&old.metadata), fetched: old.fetched, tried },
            (Err(error), None) => return Err(error),
        };
        let metadata = Arc::clone(&kept.metadata);
        self.kept.store(Some(Arc::new(kept)));
        Ok(metadata)
    }
}

/// Fetches and judges the document now, past any cache.
pub(crate) async fn fetch(profile: &Profile, host: &dyn Host) -> Result<Metadata, ProviderError> {
    let misconfigured = || ProviderError::new(Fault::ConnectionMisconfigured, Stage::Discovery);
    let url = metadata::location(&profile.issuer).ok_or_else(misconfigured)?;
    let request = Request::get(Stage::Discovery, url);
    let response = host.send(request).await.map_err(|error| error.at(Stage::Discovery))?;
    let body = body(&response)?;
    Ok(Metadata::judge(profile, body)?)
}

/// The body of a success. Anything else of a document that everybody may read says that the issuer
/// is wrong, or away. Pure.
fn body(response: &Response) -> Result<&[u8], ProviderError> {
    match response.status {
        200 if response.content_type.as_deref() == Some("application/json") => Ok(&response.body),
        200 => Err(MetadataError::MediaType.into()),
        status => Err(MetadataError::Status(status).into()),
    }
}

fn unavailable() -> ProviderError {
    ProviderError::new(Fault::ProviderUnavailable, Stage::Discovery)
}

#[cfg(test)]
#[path = "metadata_cache_tests.rs"]
mod tests;
