//! Keys of ours that upstreams were seen to have: a token that an upstream has signed, and that opens,
//! names them.
//!
//! Owns what waits to be noted, and bounds it. What follows for a key is `keyring`'s.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    keyring::{Key, Purpose, State},
    tenant::model::Connection,
};

/// How many wait at most: a key that is dropped is named again by the next login.
const MOST: usize = 1_000;

/// A decryption key that a token has named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The tenant.
    pub tenant: String,
    /// Its connection.
    pub connection: String,
    /// What the key is called.
    pub kid: String,
}

/// The keys that wait to be noted, each once.
#[derive(Clone, Debug, Default)]
pub struct Proofs(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    named: Mutex<BTreeSet<Named>>,
    news: Notify,
}

impl Proofs {
    /// Puts one down.
    pub(super) fn put(&self, named: Named) {
        let mut waiting = self.0.named.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST && waiting.insert(named) {
            self.0.news.notify_one();
        }
    }

    /// Takes the next one, as soon as there is one.
    pub async fn next(&self) -> Named {
        loop {
            if let Some(named) = self.pop() {
                return named;
            }
            self.0.news.notified().await;
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.0.named.lock().unwrap().len()
    }

    fn pop(&self) -> Option<Named> {
        self.0.named.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
    }
}

/// What the keys of a connection are called that wait until its upstream has them.
pub(super) fn awaited(connection: &Connection) -> Vec<String> {
    connection.ring.iter().filter(|key| is_awaited(key)).map(|key| key.kid.clone()).collect()
}

/// Whether a key waits until somebody says, or a token shows, that the upstream has it.
#[must_use]
pub fn is_awaited(key: &Key) -> bool {
    let waits = matches!(key.state, State::Created | State::AwaitingRegistration);
    key.purpose == Purpose::Decryption && waits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kid: &str) -> Named {
        Named { tenant: "acme".to_owned(), connection: "ftn".to_owned(), kid: kid.to_owned() }
    }

    #[tokio::test]
    async fn a_key_waits_once_and_whoever_waits_for_one_is_told() {
        let proofs = Proofs::default();
        let next = proofs.next();
        let put = async {
            tokio::task::yield_now().await;
            proofs.put(named("a"));
        };
        assert_eq!(tokio::join!(next, put).0, named("a"));
        proofs.put(named("b"));
        proofs.put(named("b"));
        assert_eq!((proofs.next().await, proofs.pop()), (named("b"), None));
    }

    #[test]
    fn no_more_wait_than_may() {
        let proofs = Proofs::default();
        (0..MOST + 10).for_each(|number| proofs.put(named(&number.to_string())));
        assert_eq!(std::iter::from_fn(|| proofs.pop()).count(), MOST);
    }
}
