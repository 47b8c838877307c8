//! Finds which of this browser's attempts a return belongs to.
//!
//! A return that names its state needs its cookie and no more, and neither does one of a browser with one
//! attempt on the connection. Among several, something inside the return tells them apart and the
//! provider reads it, or nothing does and the person is asked. Nothing is taken here, and what is found
//! proves nothing.

use tunnus_sdk::{Candidate, Correlation};

use super::{attempt::Attempt, binding::Binding, keep::TakenAttempt, returned::Return};
use crate::error::{Code, Error};

/// What a browser's cookies say about a return.
pub(super) enum Found {
    /// The one attempt that it can belong to.
    One(Binding),
    /// Several, among which the person picks.
    Several(Vec<Open>),
    /// One that is at work on it, or may be.
    AtWork(Binding),
}

/// An attempt that awaits a return on this leg.
pub(super) type Open = (Binding, Attempt);

/// This browser's attempts, as far as they can have to do with a return. The latest stands first.
#[derive(Default)]
struct Candidates {
    awaiting: Vec<Open>,
    answered: Option<Binding>,
    at_work: Option<Binding>,
}

impl Return<'_> {
    /// Finds the attempt by the cookie of its state, by what the person picked, or among all.
    pub(super) async fn find(&self) -> Result<Found, Error> {
        let correlation = self.ready.provider.correlate(&self.inbound);
        if let Correlation::State(state) = correlation {
            let of_state = |binding: &&Binding| binding.state.expose_str() == state.expose_str();
            let binding = self.own.iter().find(of_state).ok_or(Code::BrowserMismatch)?;
            return Ok(Found::One(binding.clone()));
        }
        let is_picked =
            |binding: &&Binding| self.brought.picked.as_ref().is_some_and(|picked| binding.name() == *picked);
        if let Some(picked) = self.own.iter().find(is_picked) {
            return Ok(Found::One(picked.clone()));
        }
        if let [only] = self.own.as_slice() {
            return Ok(Found::One(only.clone()));
        }
        let candidates = self.candidates().await?;
        match correlation {
            Correlation::Anonymous => self.by_elimination(candidates).await,
            Correlation::FromBrowser | Correlation::State(_) => self.by_content(candidates).await,
        }
    }

    async fn candidates(&self) -> Result<Candidates, Error> {
        let flows = &self.visit.broker.flows;
        let now = flows.ambient.now();
        let mut candidates = Candidates::default();
        for binding in &self.own {
            match flows.attempt(binding).await? {
                TakenAttempt::Ours(attempt) if !self.concerns(&attempt) => {}
                TakenAttempt::Ours(attempt) if attempt.awaits(&self.inbound.leg) => {
                    candidates.awaiting.push((binding.clone(), *attempt));
                }
                TakenAttempt::Ours(attempt) if attempt.answered(&self.asked, now).is_some() => {
                    candidates.answered.get_or_insert_with(|| binding.clone());
                }
                TakenAttempt::AtWork => {
                    candidates.at_work.get_or_insert_with(|| binding.clone());
                }
                TakenAttempt::Ours(_) | TakenAttempt::Unknown => {}
            }
        }
        Ok(candidates)
    }

    /// No two such returns are equal: one that was answered is the same once more. The only open
    /// attempt is it, unless another is at work; else the provider looks inside.
    async fn by_content(&self, candidates: Candidates) -> Result<Found, Error> {
        let Candidates { mut awaiting, answered, at_work } = candidates;
        if let Some(answered) = answered {
            return Ok(Found::One(answered));
        }
        let chosen = if awaiting.len() == 1 && at_work.is_none() {
            Some(0)
        } else {
            self.look_inside(&awaiting).await
        };
        match (chosen.filter(|index| *index < awaiting.len()), at_work) {
            (Some(index), _) => Ok(Found::One(awaiting.swap_remove(index).0)),
            (None, Some(at_work)) => Ok(Found::AtWork(at_work)),
            (None, None) if awaiting.is_empty() => Err(Code::BrowserMismatch.into()),
            (None, None) => Ok(Found::Several(awaiting)),
        }
    }

    /// Two such returns may be equal, so that an open attempt goes before one that was answered. Of
    /// several for one identification, as after a double click, the latest will do.
    async fn by_elimination(&self, candidates: Candidates) -> Result<Found, Error> {
        let Candidates { awaiting, answered, at_work } = candidates;
        let mut open = if awaiting.len() > 1 { self.still_open(awaiting).await? } else { awaiting };
        if open.len() > 1 {
            return Ok(Found::Several(open));
        }
        let one = open.pop().map(|(binding, _)| binding).or(answered).map(Found::One);
        one.or(at_work.map(Found::AtWork)).ok_or_else(|| Code::BrowserMismatch.into())
    }

    /// One attempt an identification that is neither over nor too late; all where none is left, so
    /// that each still finds its way home.
    async fn still_open(&self, awaiting: Vec<Open>) -> Result<Vec<Open>, Error> {
        let flows = &self.visit.broker.flows;
        let now = flows.ambient.now();
        let mut open: Vec<Open> = Vec::new();
        for (binding, attempt) in &awaiting {
            let id = &attempt.identification.id;
            let seen = open.iter().any(|(_, other)| other.identification.id == *id);
            if !seen && now <= attempt.expires_at && !flows.is_settled(id).await? {
                open.push((binding.clone(), attempt.clone()));
            }
        }
        Ok(if open.is_empty() { awaiting } else { open })
    }

    async fn look_inside(&self, awaiting: &[Open]) -> Option<usize> {
        let state = |attempt: &'_ Attempt| attempt.waiting.as_ref().map(|waiting| waiting.state.clone());
        let states: Vec<_> = awaiting.iter().map(|(_, attempt)| state(attempt)).collect();
        let pairs = awaiting.iter().zip(&states).enumerate();
        let pairs =
            pairs.filter_map(|(index, ((_, attempt), state))| Some((index, attempt, state.as_ref()?)));
        let (indices, candidates): (Vec<_>, Vec<_>) =
            pairs.map(|(index, attempt, state)| (index, Candidate { login: &attempt.login, state })).unzip();
        // No attempt waits: nothing is opened for whoever this is.
        if candidates.is_empty() {
            return None;
        }
        let chosen = self.ready.provider.choose(&candidates, &self.inbound).await?;
        indices.get(chosen).copied()
    }
}
