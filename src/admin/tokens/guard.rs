//! Bounds what wrong tokens cost: of who shows too many they are looked up one after the other, and so
//! are all that are not known where all together show too many.
//!
//! A token that is right always lets in: who guesses keeps nobody out, be it behind the same address. One
//! that was right lately does not even wait.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Semaphore, SemaphorePermit};
use tunnus_sdk::Timestamp;

use crate::limits::Network64;

/// How many wrong tokens of one address are looked up in a minute like anybody's.
const WRONG_OF_ONE: u32 = 10;
/// How many of all addresses are in a second, but for those that have shown more.
const WRONG: u32 = 20;
/// How many addresses are told apart in a minute; those of more count together alone.
const ADDRESSES: usize = 10_000;
/// How many right ones are remembered.
const RIGHT: usize = 1_000;

/// What was shown lately.
pub(super) struct Guard {
    lately: Mutex<Lately>,
    /// Whose turn it is where all together guess.
    turn: Semaphore,
    /// Whose turn it is among those who guess.
    guessers: Semaphore,
}

#[derive(Default)]
struct Lately {
    second: i64,
    wrong: u32,
    minute: i64,
    wrong_of: HashMap<Network64, u32>,
    /// The hashes of right ones.
    right: HashSet<[u8; 32]>,
}

impl Default for Guard {
    fn default() -> Self {
        Self { lately: Mutex::default(), turn: Semaphore::new(1), guessers: Semaphore::new(1) }
    }
}

impl Guard {
    /// Waits for the turn of a token where too many wrong ones were shown; none where it need not wait.
    pub(super) async fn admit(
        &self,
        hash: &[u8; 32],
        from: Network64,
        now: Timestamp,
    ) -> Option<SemaphorePermit<'_>> {
        self.queue(hash, from, now)?.acquire().await.ok()
    }

    fn queue(&self, hash: &[u8; 32], from: Network64, now: Timestamp) -> Option<&Semaphore> {
        let lately = self.lately(now);
        if lately.right.contains(hash) {
            None
        } else if lately.guesses(from) {
            Some(&self.guessers)
        } else {
            (lately.wrong >= WRONG).then_some(&self.turn)
        }
    }

    /// Learns whether a token was right.
    pub(super) fn learn(&self, hash: [u8; 32], from: Network64, right: bool, now: Timestamp) {
        let mut lately = self.lately(now);
        if right {
            if lately.right.len() >= RIGHT {
                lately.right.clear();
            }
            lately.right.insert(hash);
            return;
        }
        lately.right.remove(&hash);
        // Who guesses has a queue of their own: nobody else waits because of them.
        if lately.guesses(from) {
            return;
        }
        lately.wrong = lately.wrong.saturating_add(1);
        if lately.wrong_of.len() < ADDRESSES || lately.wrong_of.contains_key(&from) {
            *lately.wrong_of.entry(from).or_default() += 1;
        }
    }

    fn lately(&self, now: Timestamp) -> MutexGuard<'_, Lately> {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.second != now.0 {
            (lately.second, lately.wrong) = (now.0, 0);
        }
        if lately.minute != now.0.div_euclid(60) {
            lately.minute = now.0.div_euclid(60);
            lately.wrong_of.clear();
        }
        lately
    }
}

impl Lately {
    fn guesses(&self, from: Network64) -> bool {
        self.wrong_of.get(&from).is_some_and(|wrong| *wrong >= WRONG_OF_ONE)
    }
}
