//! Fetching the upstream's metadata, and keeping it.
//!
//! One fetch at a time; a document that was judged good serves on while the upstream is away. What
//! a document must be is [`crate::metadata`]'s.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
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
}

#[derive(Debug)]
struct Kept {
    metadata: Arc<Metadata>,
    fetched_at: Timestamp,
    next_fetch: Timestamp,
}

impl MetadataCache {
    /// The document, fetched where none is at hand or the one at hand is old.
    pub(crate) async fn current(
        &self,
        profile: &Profile,
        host: &dyn Host,
    ) -> Result<Arc<Metadata>, ProviderError> {
        if let Some(metadata) = self.fresh(host.now()) {
            return Ok(metadata);
        }
        let before = self.flights.load(Ordering::Acquire);
        let _flight = self.flight.lock().await;
        if self.flights.load(Ordering::Acquire) != before {
            // Somebody else asked while this login waited: it shares their answer.
            return self.at_hand(host.now()).ok_or_else(unavailable);
        }
        let fetched = fetch(profile, host).await;
        self.flights.fetch_add(1, Ordering::AcqRel);
        self.settle(fetched, host.now())
    }

    /// The document at hand, however old; calls nobody.
    pub(crate) fn at_hand(&self, now: Timestamp) -> Option<Arc<Metadata>> {
        let kept = self.kept.load_full()?;
        (now <= kept.fetched_at.plus(STALE)).then(|| Arc::clone(&kept.metadata))
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<Metadata>> {
        let due = self.kept.load().as_ref().is_none_or(|kept| now >= kept.next_fetch);
        if due { None } else { self.at_hand(now) }
    }

    fn settle(
        &self,
        fetched: Result<Metadata, ProviderError>,
        now: Timestamp,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let (metadata, fetched_at, pause) = match (fetched, self.at_hand(now), self.kept.load_full()) {
            (Ok(metadata), _, _) => (Arc::new(metadata), now, FRESH),
            (Err(_), Some(metadata), Some(kept)) => (metadata, kept.fetched_at, PAUSE),
            (Err(error), _, _) => return Err(error),
        };
        let kept = Kept { metadata: Arc::clone(&metadata), fetched_at, next_fetch: now.plus(pause) };
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
        200 => Err(MetadataError::Malformed.into()),
        429 | 500..=599 => Err(unavailable()),
        _ => Err(ProviderError::new(Fault::ConnectionMisconfigured, Stage::Discovery)),
    }
}

fn unavailable() -> ProviderError {
    ProviderError::new(Fault::ProviderUnavailable, Stage::Discovery)
}

#[cfg(test)]
#[path = "metadata_cache_tests.rs"]
mod tests;
