//! Many persons who log in while things go wrong, and what must hold for each: one right result or a
//! clean refusal, never two, never another's, and no end that does not come.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Client;
use tokio::{
    task::JoinSet,
    time::{interval, timeout},
};

use self::journey::Journey;
use super::house::{CONNECTIONS, House};

pub mod browser;
pub mod journey;
pub mod tally;

use tally::Tally;

/// Longer than any login takes, whatever is away: who has not come to an end by then hangs.
const HANGS: Duration = Duration::from_secs(180);
/// How many persons of a connection log in: each has been seen before anything goes wrong.
const PERSONS: usize = 2;
/// So many logins in a row show that all is well.
const WELL: usize = 8;

/// How a login did not end with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The person or the app was told a code of the contract. Right while something is wrong.
    Refused(String),
    /// It was finished, and the app does not get it.
    Lost(String),
    /// It had two results.
    Doubled(String),
    /// The app got what belongs to another login.
    Foreign(String),
    /// Nothing that may ever be.
    Strange(String),
    /// It came to no end.
    Hung,
}

/// Where everybody walks.
pub struct Ground {
    pub issuer: String,
    pub http: Client,
    pub connections: [&'static str; CONNECTIONS.len()],
    /// Whose subject it is, by connection and subject.
    pub subjects: Mutex<BTreeMap<(&'static str, String), usize>>,
}

/// Persons at a house.
pub struct Crowd {
    pub ground: Arc<Ground>,
    pub tally: Arc<Tally>,
    /// Odd while something is wrong.
    weather: AtomicU64,
    next: AtomicUsize,
    stopped: AtomicBool,
}

impl Crowd {
    /// A crowd at `house`, every person of which has logged in once.
    pub async fn at(house: &House) -> Arc<Self> {
        let ground = Ground {
            issuer: house.issuer(),
            http: house.http.clone(),
            connections: CONNECTIONS,
            subjects: Mutex::default(),
        };
        let crowd = Arc::new(Self {
            ground: Arc::new(ground),
            tally: Arc::default(),
            weather: AtomicU64::default(),
            next: AtomicUsize::default(),
            stopped: AtomicBool::default(),
        });
        // Both faces, apps, connections and persons.
        for _ in 0..8 * PERSONS {
            crowd.one().await;
        }
        crowd
    }

    /// The next login, to its end.
    pub async fn one(&self) -> bool {
        let journey = self.journey();
        self.judged(journey, async |journey| journey.made().await).await
    }

    /// A person who is about to log in.
    pub fn journey(&self) -> Journey {
        Journey::new(&self.ground, &self.tally, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether what is left of a journey ends with its result; counted.
    pub async fn judged(
        &self,
        mut journey: Journey,
        rest: impl AsyncFnOnce(&mut Journey) -> Result<(), Miss>,
    ) -> bool {
        let begun = self.weather.load(Ordering::SeqCst);
        let end = timeout(HANGS, rest(&mut journey)).await.unwrap_or(Err(Miss::Hung));
        let calm = begun.is_multiple_of(2) && begun == self.weather.load(Ordering::SeqCst);
        self.tally.count(&end, calm);
        end.is_ok()
    }

    /// So many persons log in again and again until [`Self::stop`].
    pub fn begin(self: &Arc<Self>, persons: usize) -> JoinSet<()> {
        let mut all = JoinSet::new();
        for _ in 0..persons {
            let crowd = Arc::clone(self);
            all.spawn(async move {
                while !crowd.stopped.load(Ordering::Relaxed) {
                    crowd.one().await;
                }
            });
        }
        all
    }

    /// Lets nobody begin any more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// From now on a login may be refused.
    pub fn storm(&self) {
        assert!(self.weather.fetch_add(1, Ordering::SeqCst).is_multiple_of(2), "one fault at a time");
    }

    /// Until logins succeed by themselves, several in a row. From then on none may fail.
    pub async fn calm(&self) {
        let mut well = 0;
        let succeeding = async {
            while well < WELL {
                well = if self.one().await { well + 1 } else { 0 };
            }
        };
        timeout(HANGS, succeeding).await.expect("service is back by itself");
        self.weather.fetch_add(1, Ordering::SeqCst);
    }

    /// Until `more` further answers were missed or said that the store is away.
    pub async fn notices(&self, more: u64) {
        self.counts(Tally::noticed, more).await;
    }

    /// Until `more` further persons were refused.
    pub async fn is_refused(&self, more: u64) {
        self.counts(Tally::refused, more).await;
    }

    async fn counts(&self, count: impl Fn(&Tally) -> u64, more: u64) {
        let before = count(&self.tally);
        let mut looks = interval(Duration::from_millis(10));
        let noticing = async {
            while count(&self.tally) < before + more {
                looks.tick().await;
            }
        };
        timeout(HANGS, noticing).await.expect("the fault is noticed");
    }
}
