//! How much was let through since it was told, by subject; only for subjects that make themselves felt.

use std::{
    collections::HashMap,
    hash::BuildHasher,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Class, Limiter, Network64, Subject};

/// How many subjects are counted at a time. Of more, those that come late are limited here alone.
const COUNTED_MAX: usize = 20_000;
/// Who has asked for less than this part of a limit is nobody's concern elsewhere.
const FELT_PART: u64 = 8;

/// Counts since the last round.
#[derive(Default)]
pub(super) struct Tally(Mutex<HashMap<u64, Busy>>);

/// A subject with what was let through for it.
pub(super) struct Busy {
    pub(super) subject: Named,
    pub(super) class: Class,
    pub(super) count: u64,
}

/// A subject that outlives its request.
pub(super) enum Named {
    Address(Network64),
    App { tenant: String, app: String },
    Tenant(String),
}

impl Named {
    fn of(subject: &Subject<'_>) -> Self {
        match *subject {
            Subject::Address(network) => Self::Address(network),
            Subject::App { tenant, app } => Self::App { tenant: tenant.to_owned(), app: app.to_owned() },
            Subject::Tenant(tenant) => Self::Tenant(tenant.to_owned()),
        }
    }

    pub(super) fn as_subject(&self) -> Subject<'_> {
        match self {
            Self::Address(network) => Subject::Address(*network),
            Self::App { tenant, app } => Subject::App { tenant, app },
            Self::Tenant(tenant) => Subject::Tenant(tenant),
        }
    }
}

impl Tally {
    fn counts(&self) -> MutexGuard<'_, HashMap<u64, Busy>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limiter {
    /// One more request of `subject` was let through.
    pub(super) fn count(&self, tally: &Tally, subject: &Subject<'_>, class: Class) {
        let hash = self.hasher.hash_one((subject, class));
        let mut counts = tally.counts();
        if counts.len() < COUNTED_MAX || counts.contains_key(&hash) {
            let fresh = || Busy { subject: Named::of(subject), class, count: 0 };
            counts.entry(hash).or_insert_with(fresh).count += 1;
        }
    }

    /// The subjects that were the busiest since this was asked before, at most `most`.
    pub(super) fn busiest(&self, most: usize) -> Vec<Busy> {
        let Some(tally) = &self.tally else { return Vec::new() };
        let counts = std::mem::take(&mut *tally.counts());
        let share = |busy: &Busy| {
            let rate = self.table(&busy.subject.as_subject(), busy.class)?.rate();
            Some(busy.count * FELT_PART / u64::from(rate))
        };
        let felt = counts.into_values().filter_map(|busy| Some((share(&busy)?, busy)));
        let mut felt: Vec<_> = felt.filter(|(share, _)| *share > 0).collect();
        felt.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
        felt.into_iter().take(most).map(|(_, busy)| busy).collect()
    }
}
