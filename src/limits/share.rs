//! What several brokers have let through, told to each other through the flow store.
//!
//! No request waits for it. Each second a broker adds what it has let through for its busiest subjects
//! to numbers in the store, and charges itself with what the others have added since. Together they let
//! through what one alone would, but for the second that the news takes and a burst at each of them.
//! While the store is away each limits alone.
//!
//! A subject's number has a keyed hash for a name: a dump of the store tells nobody's address.

use std::{collections::HashMap, hash::BuildHasher, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac::{HMAC_SHA256, Key as HmacKey, sign};
use tokio::time::{MissedTickBehavior, interval};

use super::{Class, Limiter, Subject, tally::Busy};
use crate::store::{FlowStore, Key, StoreError};

/// How often the brokers tell each other.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How long a number stays where nobody adds to it, and is remembered here.
const KEEP: Duration = Duration::from_secs(20);
/// How many subjects are told of at a time, the busiest.
const TOLD_MAX: usize = 128;
/// Sets the key of the names apart from any other use of the master keys.
const CONTEXT: &[u8] = b"tunnus/limits/1";

/// One broker's part in limiting together.
pub struct Sharing {
    names: HmacKey,
    /// What each number was when last seen, and how many rounds ago.
    known: HashMap<u64, (u64, u64)>,
    round: u64,
}

impl Sharing {
    /// With other brokers of the same master key.
    #[must_use]
    pub fn new(master_key: &[u8; 32]) -> Self {
        let derived = sign(&HmacKey::new(HMAC_SHA256, master_key), CONTEXT);
        Self { names: HmacKey::new(HMAC_SHA256, derived.as_ref()), known: HashMap::new(), round: 0 }
    }

    /// Goes on until dropped.
    pub async fn run(mut self, limiter: &Limiter, store: &dyn FlowStore) {
        let mut rounds = interval(TELL_EVERY);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            if let Err(error) = self.tell(limiter, store).await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::debug!(cause, "limiting alone: the other brokers were not told");
            }
        }
    }

    /// One round: what was let through here is told, what was elsewhere is charged.
    pub(super) async fn tell(&mut self, limiter: &Limiter, store: &dyn FlowStore) -> Result<(), StoreError> {
        self.round += 1;
        let oldest = self.round.saturating_sub(KEEP.as_secs());
        self.known.retain(|_, (_, seen)| *seen >= oldest);
        for busy in limiter.busiest(TOLD_MAX) {
            let Some(total) = store.add(&self.name(&busy), busy.count, KEEP).await? else { continue };
            let subject = busy.subject.as_subject();
            let hash = limiter.hasher.hash_one((subject, busy.class));
            // A number that was never seen may be old: it is remembered, and what comes is charged.
            let before = self.known.insert(hash, (total, self.round));
            let elsewhere = before.map_or(0, |(before, _)| total.saturating_sub(before + busy.count));
            limiter.charge(&subject, busy.class, elsewhere);
        }
        Ok(())
    }

    fn name(&self, busy: &Busy) -> Key {
        let class = busy.class.name();
        let text = match busy.subject.as_subject() {
            Subject::Address(network) => format!("{class}/address/{:x}", network.0),
            Subject::App { tenant, app } => format!("{class}/app/{tenant}/{app}"),
            Subject::Tenant(tenant) => format!("{class}/tenant/{tenant}"),
        };
        Key::new("limit", &URL_SAFE_NO_PAD.encode(sign(&self.names, text.as_bytes())))
    }
}

impl Limiter {
    fn charge(&self, subject: &Subject<'_>, class: Class, requests: u64) {
        if let Some(table) = self.table(subject, class).filter(|_| requests > 0) {
            table.charge(self.hasher.hash_one(subject), requests);
        }
    }
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
