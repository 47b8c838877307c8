//! Identifications that end without anybody coming back, counted once their time is over.
//!
//! The broker that was asked remembers each in its own memory until it ends there. Of one that does not,
//! the store is asked when nothing can end it any more: another broker may have. So a login that ends
//! well costs no call of the store. What a broker remembers when it stops is not counted.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};
use tunnus_sdk::Timestamp;

use super::{
    identification::Identification,
    keep::{Flows, GRACE},
};
use crate::{
    error::{Code, Error},
    metrics::Metrics,
};

/// How many are remembered, in about 20 MiB. More, as in a flood, are not counted where they expire.
const REMEMBERED_MAX: usize = 100_000;
/// How often it is looked whose time is over.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How long a return that came in time may still be at work.
const AT_WORK: Duration = Duration::from_secs(60);

/// The identifications that this broker was asked for and that have not ended here.
#[derive(Debug, Default)]
pub struct Unfinished(Mutex<BTreeMap<Place, Labels>>);

/// When its time is over, and its id.
type Place = (Timestamp, String);

/// As whose it is counted.
#[derive(Clone, Debug)]
struct Labels {
    tenant: String,
    connection: Option<String>,
}

impl Unfinished {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Place, Labels>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one whose time was over first by `now`.
    fn first(&self, now: Timestamp) -> Option<(Place, Labels)> {
        let all = self.all();
        let (place, labels) = all.first_key_value().filter(|((until, _), _)| *until < now)?;
        Some((place.clone(), labels.clone()))
    }
}

impl Flows {
    /// An app has asked. A trial is nobody's login.
    pub(super) fn begun(&self, identification: &Identification) {
        let mut all = self.unfinished.all();
        if identification.trial().is_none() && all.len() < REMEMBERED_MAX {
            let Identification { tenant, connection, .. } = identification.clone();
            all.insert(self.place(identification), Labels { tenant, connection });
        }
    }

    /// Its browser leaves over `connection`.
    pub(super) fn goes_over(&self, identification: &Identification, connection: &str) {
        if let Some(labels) = self.unfinished.all().get_mut(&self.place(identification)) {
            labels.connection = Some(connection.to_owned());
        }
    }

    /// It has ended, well or badly, or it was counted as if it had.
    pub(super) fn ended(&self, identification: &Identification) {
        self.unfinished.all().remove(&self.place(identification));
    }

    /// An attempt that begins in the last second is the last that can end it.
    fn place(&self, identification: &Identification) -> Place {
        let until = identification.expires_at.plus(self.lifetimes.attempt() + AT_WORK);
        (until, identification.id.clone())
    }

    /// Counts what has expired, until it is dropped.
    pub async fn count_expired(self, metrics: &Metrics) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            self.count_expired_by_now(metrics).await;
        }
    }

    /// Counts what has expired by now; the rest is left for later where the store stays away.
    pub async fn count_expired_by_now(&self, metrics: &Metrics) {
        let now = self.ambient.now();
        while let Some((place, Labels { tenant, connection })) = self.unfinished.first(now) {
            // Later the store may have forgotten how it ended.
            if now < place.0.plus(GRACE.saturating_sub(AT_WORK)) {
                match self.expires(&place.1).await {
                    Ok(true) => {
                        let connection = connection.as_deref().unwrap_or_default();
                        metrics.failed(&tenant, connection, &Code::FlowExpired.into());
                    }
                    Ok(false) => {}
                    Err(_) => return,
                }
            }
            self.unfinished.all().remove(&place);
        }
    }

    /// Whether it is now and here that the identification of this id counts as expired: it has no end, and
    /// nobody has counted it before.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub(super) async fn expires(&self, id: &str) -> Result<bool, Error> {
        Ok(!self.is_settled(id).await? && self.mark_counted(id).await?)
    }
}

#[cfg(test)]
#[path = "unfinished_tests.rs"]
mod tests;
