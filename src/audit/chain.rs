//! The chain: each event's hash covers the hash before it.
//!
//! Owns what is hashed, and the check of a chain from its first event to its last. Pure: where events
//! come from is `records`' and `export`'s, what signs the chain `checkpoint`'s. Whoever can write to
//! the store can make a whole chain anew; what it cannot make is a checkpoint.

use std::{cmp::Ordering, collections::BTreeMap, fmt};

use serde::Serialize;

use crate::digest::sha256_base64url;

/// How long after an event it is signed at the latest, in seconds, while a broker runs.
const SIGNED_WITHIN: u64 = 600;
/// Sets these hashes apart from any other.
const VERSION: &str = "tunnus/audit/1";

/// What of an event is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Whose chain it is in.
    pub tenant: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Its class.
    pub class: String,
    /// The rest, as it is kept: byte for byte.
    pub body: String,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its place, from 1 on.
    pub seq: i64,
    /// The hash over the one before and this event.
    pub hash: String,
    /// The event.
    pub entry: Entry,
}

/// The hash of the event `entry` in the place `seq`: SHA-256 in base64url over the parts, each after
/// its length in 8 bytes, the highest first. The first of a chain has nothing before it.
#[must_use]
pub fn hash(previous: &str, seq: i64, entry: &Entry) -> String {
    let (seq, at) = (seq.to_string(), entry.at.to_string());
    let parts = [VERSION, previous, &seq, &entry.id, &entry.tenant, &at, &entry.class, &entry.body];
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    sha256_base64url(bytes)
}

/// What is wrong with a trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum ChainFault {
    /// The event is not what was chained there: changed, inserted, or moved.
    Changed {
        /// Its place.
        seq: i64,
        /// Its id.
        id: String,
    },
    /// Events are gone.
    Missing {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// Another event has the place already.
    Twice {
        /// The place.
        seq: i64,
        /// The id of the one too many.
        id: String,
    },
    /// The event is another tenant's.
    Foreign {
        /// Its place.
        seq: i64,
        /// Its id.
        id: String,
    },
    /// What finds the event is not what the event says.
    Misfiled {
        /// Its place; 0 where it is not chained.
        seq: i64,
        /// Its id.
        id: String,
    },
    /// The signed hash is not the event's: the chain was made anew.
    Resigned {
        /// The place that was signed.
        seq: i64,
    },
    /// The checkpoint is not signed by the key, or not for this trail.
    Checkpoint {
        /// The place that it names, or stands at.
        seq: i64,
    },
    /// Nothing signs the end, which should have been signed.
    Unsigned {
        /// The first event that nothing signs.
        from: i64,
    },
    /// More was signed, or chained, than is there: the end was cut off.
    Cut {
        /// How far it went.
        to: i64,
    },
}

/// What a check of one trail came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Whose trail it is.
    pub tenant: String,
    /// How many events are chained.
    pub events: i64,
    /// How far a checkpoint signs the chain; 0 where none does.
    pub signed: i64,
    /// When the first event happened that nothing signs yet, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsigned_since: Option<i64>,
    /// How many events are not chained yet.
    pub unchained: i64,
    /// What is wrong.
    pub faults: Vec<ChainFault>,
}

/// Checks a chain, event by event in their order.
#[derive(Debug)]
pub struct Verifier {
    /// The hash signed at each place that is still to come.
    signed: BTreeMap<i64, String>,
    seq: i64,
    hash: String,
    /// The first event that nothing signs, and when it happened.
    unsigned: Option<(i64, i64)>,
    verified: Verified,
}

impl Verifier {
    /// A check of the trail of `tenant`.
    #[must_use]
    pub fn new(tenant: &str) -> Self {
        let verified = Verified { tenant: tenant.to_owned(), ..Verified::default() };
        Self { signed: BTreeMap::new(), seq: 0, hash: String::new(), unsigned: None, verified }
    }

    /// Notes that `hash` is signed at the place `seq`, which is still to come or was the last: of one
    /// that has passed it cannot be told any more whether it was so.
    pub fn signed(&mut self, seq: i64, hash: &str) {
        match seq.cmp(&self.seq) {
            Ordering::Less => return self.fault(ChainFault::Checkpoint { seq }),
            Ordering::Equal if hash != self.hash => self.fault(ChainFault::Resigned { seq }),
            Ordering::Equal => {}
            Ordering::Greater => drop(self.signed.insert(seq, hash.to_owned())),
        }
        self.verified.signed = self.verified.signed.max(seq);
        self.unsigned.take_if(|(first, _)| *first <= seq);
    }

    /// Notes what was found elsewhere.
    pub fn fault(&mut self, fault: ChainFault) {
        self.verified.faults.push(fault);
    }

    /// Notes an event that waits for its place.
    pub const fn unchained(&mut self) {
        self.verified.unchained += 1;
    }

    /// Checks the next event. What follows a fault is judged by what stands there, so that each fault
    /// is told once.
    pub fn next(&mut self, link: &Link) {
        let Link { seq, hash: found, entry } = link;
        let (seq, id) = (*seq, entry.id.clone());
        self.verified.events += 1;
        if entry.tenant != self.verified.tenant {
            return self.fault(ChainFault::Foreign { seq, id });
        }
        if seq <= self.seq {
            return self.fault(ChainFault::Twice { seq, id });
        }
        let gap = seq > self.seq + 1;
        if gap {
            self.fault(ChainFault::Missing { from: self.seq + 1, to: seq - 1 });
        }
        // Behind a gap nothing tells what it was chained to.
        if !gap && hash(&self.hash, seq, entry) != *found {
            self.fault(ChainFault::Changed { seq, id });
        }
        if self.signed.remove(&seq).is_some_and(|signed| signed != *found) {
            self.fault(ChainFault::Resigned { seq });
        }
        if seq > self.verified.signed {
            self.unsigned.get_or_insert((seq, entry.at));
        }
        (self.seq, self.hash) = (seq, found.clone());
    }

    /// What it came to by `now`; `last` is how far the chain is known to have gone, `signed` how far it
    /// is known to have been signed. Without a `now` of the checker's own the end must be signed: what
    /// nothing signs tells its time as it likes.
    #[must_use]
    pub fn finish(mut self, (last, signed): (i64, i64), now: Option<i64>) -> Verified {
        let last = last.max(self.verified.signed);
        if last > self.seq {
            self.fault(ChainFault::Cut { to: last });
        }
        if signed > self.verified.signed {
            self.fault(ChainFault::Checkpoint { seq: signed });
        }
        self.verified.unsigned_since = self.unsigned.map(|(_, at)| at);
        // An event of a time to come waits for its checkpoint no longer than one of now.
        let is_young = |at: i64| now.is_some_and(|now| now.abs_diff(at) <= SIGNED_WITHIN);
        if let Some((from, _)) = self.unsigned.filter(|(_, at)| !is_young(*at)) {
            self.fault(ChainFault::Unsigned { from });
        }
        self.verified
    }
}

impl Verified {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq, id } => {
                write!(f, "event {seq} ({id}) is not what was chained there: changed, inserted or moved")
            }
            Self::Missing { from, to } if from == to => write!(f, "event {from} is missing"),
            Self::Missing { from, to } => write!(f, "events {from} to {to} are missing"),
            Self::Twice { seq, id } => write!(f, "event {seq} is there already: {id} is one too many"),
            Self::Foreign { seq, id } => write!(f, "event {seq} ({id}) is another tenant's"),
            Self::Misfiled { seq, id } => {
                write!(f, "event {seq} ({id}) is filed under what it does not say")
            }
            Self::Resigned { seq } => {
                write!(f, "event {seq} is not the one that was signed: the chain was made anew")
            }
            Self::Checkpoint { seq } => write!(f, "the checkpoint at {seq} is not signed by the trail's key"),
            Self::Unsigned { from } => {
                write!(f, "no checkpoint signs what follows from event {from} on; does a broker run?")
            }
            Self::Cut { to } => write!(f, "the end was cut off: the chain went to {to}"),
        }
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
