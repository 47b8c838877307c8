//! Bounds what wrong tokens cost: beyond a number a second they are not looked up any more.
//!
//! A token that was right lately is never among those turned away: who guesses keeps nobody out.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use tunnus_sdk::Timestamp;

use super::super::AdminError;

/// How many wrong tokens are looked up in a second.
const WRONG: u32 = 20;
/// How many right ones are remembered.
const RIGHT: usize = 1_000;

/// What was shown lately.
#[derive(Default)]
pub(super) struct Guard(Mutex<Lately>);

#[derive(Default)]
struct Lately {
    second: i64,
    wrong: u32,
    /// The hashes of right ones.
    right: HashSet<[u8; 32]>,
}

impl Guard {
    /// Whether a token is looked up.
    pub(super) fn admit(&self, hash: &[u8; 32], now: Timestamp) -> Result<(), AdminError> {
        let lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let exhausted = lately.second == now.0 && lately.wrong >= WRONG;
        if exhausted && !lately.right.contains(hash) { Err(AdminError::TooMany) } else { Ok(()) }
    }

    /// Learns whether a token was right.
    pub(super) fn learn(&self, hash: [u8; 32], right: bool, now: Timestamp) {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
