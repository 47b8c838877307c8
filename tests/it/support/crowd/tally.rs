//! What came of the logins of a crowd.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};

use super::Miss;

/// How many faults are kept in words.
const WORDS_MAX: usize = 20;

/// Counts.
#[derive(Default)]
pub struct Tally {
    identified: AtomicU64,
    /// Of these, those that lived through a fault.
    weathered: AtomicU64,
    /// Answers that the store is away, with a way to try again.
    unavailable: AtomicU64,
    /// Requests without an answer.
    cut: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
    wrongs: [AtomicU64; WRONGS.len()],
    words: Mutex<Vec<String>>,
}

/// What may never be.
pub const WRONGS: [&str; 5] = ["lost", "doubled", "foreign", "strange", "hung"];

impl Tally {
    /// Counts a login that was begun and ended in `calm`, or not.
    pub fn count(&self, end: &Result<(), Miss>, calm: bool) {
        let wrong = match end {
            Ok(()) => {
                self.identified.fetch_add(1, Ordering::Relaxed);
                self.weathered.fetch_add(u64::from(!calm), Ordering::Relaxed);
                return;
            }
            Err(Miss::Refused(code)) if !calm => {
                *self.refused.lock().unwrap().entry(code.clone()).or_default() += 1;
                return;
            }
            // Nobody is refused while nothing is wrong.
            Err(Miss::Refused(_) | Miss::Lost(_)) => 0,
            Err(Miss::Doubled(_)) => 1,
            Err(Miss::Foreign(_)) => 2,
            Err(Miss::Strange(_)) => 3,
            Err(Miss::Hung) => 4,
        };
        self.wrongs[wrong].fetch_add(1, Ordering::Relaxed);
        let mut words = self.words.lock().unwrap();
        if words.len() < WORDS_MAX {
            words.push(format!("{end:?}{}", if calm { " while nothing was wrong" } else { "" }));
        }
    }

    /// How many answers have not come or have said that the store is away.
    pub fn noticed(&self) -> u64 {
        self.unavailable.load(Ordering::Relaxed) + self.cut.load(Ordering::Relaxed)
    }

    /// Counts an answer that the store is away, with a way to try again.
    pub fn is_told_to_wait(&self) {
        self.unavailable.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request without an answer.
    pub fn is_cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
    }

    /// How many logins were refused.
    pub fn refused(&self) -> u64 {
        self.refused.lock().unwrap().values().sum()
    }

    /// What went wrong, in words; nothing may.
    pub fn wrongs(&self) -> Vec<String> {
        self.words.lock().unwrap().clone()
    }

    /// All counts.
    pub fn to_json(&self) -> Value {
        let wrongs = WRONGS.iter().zip(&self.wrongs);
        let mut all: serde_json::Map<_, _> =
            wrongs.map(|(name, count)| ((*name).to_owned(), json!(count.load(Ordering::Relaxed)))).collect();
        for (name, count) in [
            ("identified", &self.identified),
            ("through_faults", &self.weathered),
            ("unavailable_answers", &self.unavailable),
            ("cut_requests", &self.cut),
        ] {
            all.insert(name.to_owned(), json!(count.load(Ordering::Relaxed)));
        }
        all.insert("refused".to_owned(), json!(*self.refused.lock().unwrap()));
        Value::Object(all)
    }
}
