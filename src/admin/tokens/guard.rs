//! Bounds what wrong tokens cost: beyond a number a second they are looked up one after the other.
//!
//! A token that is right always lets in: who guesses keeps nobody out. One that was right lately does
//! not even wait.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{Semaphore, SemaphorePermit};
use tunnus_sdk::Timestamp;

/// How many wrong tokens are looked up in a second side by side.
const WRONG: u32 = 20;
/// How many right ones are remembered.
const RIGHT: usize = 1_000;

/// What was shown lately.
pub(super) struct Guard {
    lately: Mutex<Lately>,
    /// Whose turn it is where many guess.
    turn: Semaphore,
}

#[derive(Default)]
struct Lately {
    second: i64,
    wrong: u32,
    /// The hashes of right ones.
    right: HashSet<[u8; 32]>,
}

impl Default for Guard {
    fn default() -> Self {
        Self { lately: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl Guard {
    /// Waits for the turn of a token where too many wrong ones were shown; none where it need not wait.
    pub(super) async fn admit(&self, hash: &[u8; 32], now: Timestamp) -> Option<SemaphorePermit<'_>> {
        if self.is_quiet(hash, now) { None } else { self.turn.acquire().await.ok() }
    }

    fn is_quiet(&self, hash: &[u8; 32], now: Timestamp) -> bool {
        let lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        lately.second != now.0 || lately.wrong < WRONG || lately.right.contains(hash)
    }

    /// Learns whether a token was right.
    pub(super) fn learn(&self, hash: [u8; 32], right: bool, now: Timestamp) {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if right {
            if lately.right.len() >= RIGHT {
                lately.right.clear();
            }
            lately.right.insert(hash);
            return;
        }
        lately.right.remove(&hash);
        if lately.second != now.0 {
            (lately.second, lately.wrong) = (now.0, 0);
        }
        lately.wrong = lately.wrong.saturating_add(1);
    }
}
