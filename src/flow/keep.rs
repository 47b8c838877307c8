//! Keeps flows in the store: which key holds what, sealed under which secrets, for how long.
//!
//! An identification and its outcome are sealed under the server's key and their id. An attempt is
//! sealed under the server's key, its `state` *and* its binding: access logs, the store's dump and
//! the server's key together open nothing. Expiry stands inside the values; the store's own time is
//! longer, so that an expired return still finds its way home.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    attempt::Attempt,
    binding::{Binding, state_hash},
    identification::{Identification, Outcome},
    persist::persist,
    unfinished::Unfinished,
    waiting::Waiting,
};
use crate::{
    ambient::Ambient,
    config::Lifetimes,
    error::{Code, Error},
    store::{FlowStore, Key, StoreError, Taken, seal::Sealer},
};

/// How much longer than it lives a flow is kept, in the store and in its browser's cookie.
pub const GRACE: Duration = Duration::from_secs(15 * 60);

/// The flow store with its seals.
#[derive(Clone)]
pub struct Flows {
    /// The store.
    pub store: Arc<dyn FlowStore>,
    /// The seals.
    pub sealer: Arc<Sealer>,
    /// Time and chance.
    pub ambient: Ambient,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// Who waits for one to be settled.
    pub waiting: Arc<Waiting>,
    /// What has not ended yet.
    pub unfinished: Arc<Unfinished>,
}

/// What taking an attempt found.
#[derive(Debug)]
pub enum TakenAttempt {
    /// The attempt; it is ours alone now.
    Ours(Box<Attempt>),
    /// The same browser's other request is at work on it.
    AtWork,
    /// Nothing, or nothing that this browser can open.
    Unknown,
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::new(Code::StoreUnavailable).because(error)
    }
}

impl Flows {
    /// Keeps an identification.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn keep_identification(&self, identification: &Identification) -> Result<(), Error> {
        let key = Key::new("identification", &identification.id);
        let value = self.seal("identification", &key, &[&identification.id], identification)?;
        let lives = seconds_between(identification.created_at.0, identification.expires_at.0);
        self.store.put(&key, &value, lives + GRACE).await?;
        self.begun(identification);
        Ok(())
    }

    /// The identification of this id.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn identification(&self, id: &str) -> Result<Option<Identification>, Error> {
        let key = Key::new("identification", id);
        let value = self.store.read(&key).await?;
        Ok(value.and_then(|value| self.open("identification", &key, &[id], &value)))
    }

    /// Forgets an identification.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn forget_identification(&self, identification: &Identification) -> Result<(), Error> {
        self.ended(identification);
        Ok(self.store.delete(&Key::new("identification", &identification.id)).await?)
    }

    /// Claims an identification for the browser whose key has this hash. False where another was
    /// first.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn claim(&self, identification: &Identification, owner: &str) -> Result<bool, Error> {
        let id = &identification.id;
        let key = Key::new("door", id);
        let value = self.seal("door", &key, &[id], &owner)?;
        let lives = seconds_between(self.ambient.now().0, identification.expires_at.0);
        if self.store.create(&key, &value, lives + GRACE).await? {
            return Ok(true);
        }
        let first = self.store.read(&key).await?;
        let first = first.and_then(|value| self.open::<String>("door", &key, &[id], &value));
        Ok(first.is_some_and(|first| first == owner))
    }

    /// Whether a browser has claimed the identification of this id.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn is_claimed(&self, id: &str) -> Result<bool, Error> {
        Ok(self.store.look(&Key::new("door", id)).await? != Taken::Missing)
    }

    /// Settles an identification. False where it was settled before: the first wins.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn settle(&self, outcome: &Outcome) -> Result<bool, Error> {
        let (key, value) = &self.sealed_outcome(outcome)?;
        let keep = self.outcome_kept(outcome);
        let is_first = persist(|tries| async move {
            if self.store.create(key, value, keep).await? {
                return Ok(true);
            }
            // What a try before has written may be ours: only its answer was lost.
            Ok(tries > 0 && self.store.read(key).await?.as_ref() == Some(value))
        })
        .await?;
        self.ended(&outcome.identification);
        self.waiting.wake(&outcome.identification.id);
        Ok(is_first)
    }

    /// Settles an identification whatever was settled before.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn overrule(&self, outcome: &Outcome) -> Result<(), Error> {
        let (key, value) = self.sealed_outcome(outcome)?;
        self.store.decide(&key, &value, self.outcome_kept(outcome)).await?;
        self.ended(&outcome.identification);
        self.waiting.wake(&outcome.identification.id);
        Ok(())
    }

    /// An outcome outlives whatever could settle its identification again: the attempts of its last
    /// minute, on their late way home.
    fn outcome_kept(&self, outcome: &Outcome) -> Duration {
        let attempts_end = outcome.identification.expires_at.plus(self.lifetimes.attempt() + GRACE);
        self.lifetimes.result().max(seconds_between(self.ambient.now().0, attempts_end.0))
    }

    /// Whether the app may still read an outcome.
    ///
    /// # Errors
    /// [`Code::IdentificationUnknown`] where its time is over.
    pub fn check_readable(&self, outcome: &Outcome) -> Result<(), Error> {
        let until = outcome.finished_at.plus(self.lifetimes.result());
        if self.ambient.now() <= until { Ok(()) } else { Err(Code::IdentificationUnknown.into()) }
    }

    /// What became of the identification of this id, be it too late to read it.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn outcome(&self, id: &str) -> Result<Option<Outcome>, Error> {
        let key = Key::new("outcome", id);
        let value = self.store.read(&key).await?;
        Ok(value.and_then(|value| self.open("outcome", &key, &[id], &value)))
    }

    /// Whether the identification of this id is settled, its outcome taken or not.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn is_settled(&self, id: &str) -> Result<bool, Error> {
        Ok(self.store.look(&Key::new("outcome", id)).await? != Taken::Missing)
    }

    /// Marks an end of the identification of this id as counted that no browser has brought about, for as
    /// long as one may still come. False where it was marked before.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn mark_counted(&self, id: &str) -> Result<bool, Error> {
        let key = Key::new("counted", id);
        let value = self.seal("counted", &key, &[id], &())?;
        Ok(self.store.create(&key, &value, self.lifetimes.attempt() + GRACE).await?)
    }

    fn sealed_outcome(&self, outcome: &Outcome) -> Result<(Key, Vec<u8>), Error> {
        let id = &outcome.identification.id;
        let key = Key::new("outcome", id);
        let value = self.seal("outcome", &key, &[id], outcome)?;
        Ok((key, value))
    }

    /// A binding for a new attempt of `identification` over `connection`.
    ///
    /// # Errors
    /// [`Code::Internal`] where none can be made.
    pub fn new_binding(&self, identification: &Identification, connection: &str) -> Result<Binding, Error> {
        let binding = Binding::begin(identification, connection, &self.ambient, &self.sealer);
        binding.map_err(|source| Error::new(Code::Internal).because(source))
    }

    /// Keeps an attempt for its browser.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn keep_attempt(&self, binding: &Binding, attempt: &Attempt) -> Result<(), Error> {
        let key = attempt_key(binding);
        let value = self.seal("attempt", &key, &attempt_secrets(binding), attempt)?;
        // One that is too late already is not kept the longer for it.
        let keep = seconds_between(self.ambient.now().0, attempt.expires_at.plus(GRACE).0);
        Ok(self.store.put(&key, &value, keep).await?)
    }

    /// Looks at an attempt without taking it.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn attempt(&self, binding: &Binding) -> Result<TakenAttempt, Error> {
        let key = attempt_key(binding);
        let found = self.store.look(&key).await?;
        Ok(self.taken_attempt(binding, &key, &found))
    }

    /// Takes an attempt; only by a binding that is proved, or of an attempt that was looked at with it:
    /// what does not open is gone all the same.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn take_attempt(&self, binding: &Binding) -> Result<TakenAttempt, Error> {
        let key = attempt_key(binding);
        let taken = self.store.take(&key).await?;
        Ok(self.taken_attempt(binding, &key, &taken))
    }

    fn taken_attempt(&self, binding: &Binding, key: &Key, taken: &Taken) -> TakenAttempt {
        match taken {
            Taken::Value(value) => self
                .open("attempt", key, &attempt_secrets(binding), value)
                .map_or(TakenAttempt::Unknown, |attempt| TakenAttempt::Ours(Box::new(attempt))),
            Taken::AlreadyTaken => TakenAttempt::AtWork,
            Taken::Missing => TakenAttempt::Unknown,
        }
    }

    /// Seals `value` for the place `key`.
    ///
    /// # Errors
    /// [`Code::Internal`] where it does not serialise.
    pub fn seal<T: Serialize>(
        &self,
        purpose: &'static str,
        key: &Key,
        secrets: &[&str],
        value: &T,
    ) -> Result<Vec<u8>, Error> {
        let sealed = self.sealer.seal_json(purpose, secrets, key, value);
        sealed.map_err(|source| Error::new(Code::Internal).because(source))
    }

    /// Opens what stands at the place `key`; none where it was not sealed for there.
    #[must_use]
    pub fn open<T: DeserializeOwned>(
        &self,
        purpose: &'static str,
        key: &Key,
        secrets: &[&str],
        value: &[u8],
    ) -> Option<T> {
        self.sealer.open_json(purpose, secrets, key, value).ok()
    }
}

fn attempt_key(binding: &Binding) -> Key {
    Key::new("attempt", &state_hash(binding.state.expose_str()))
}

fn attempt_secrets(binding: &Binding) -> [&str; 2] {
    [binding.state.expose_str(), binding.secret.expose_str()]
}

fn seconds_between(from: i64, until: i64) -> Duration {
    Duration::from_secs(u64::try_from(until.saturating_sub(from)).unwrap_or(0))
}

#[cfg(test)]
#[path = "keep_tests.rs"]
mod tests;
