//! One limit for all subjects of a kind, in memory that does not grow however many there are.
//!
//! A subject has no entry of its own but a cell in each of two rows, found by its hash; it is refused
//! only where both are spent. Who shares one cell with somebody greedy has the other, and the hash is
//! keyed by chance, so that nobody can aim.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::StateStore,
};

use super::Ticks;

/// How far ahead a cell can be spent: nobody is refused for longer.
const DEBT_MAX: Duration = Duration::from_secs(60);

/// GCRA over the cells of a row.
type Limit = RateLimiter<u64, Row, Ticks, NoOpMiddleware<Nanos>>;

/// A limit for every subject of a kind.
pub(super) struct Table {
    rows: [(Limit, Row); 2],
    ticks: Ticks,
    start: Nanos,
    interval: Nanos,
    rate: u32,
}

impl Table {
    /// `rate` requests a second and `burst` at once, in rows of `cells`; none where there is no rate.
    pub(super) fn new(rate: u32, burst: u32, cells: usize, ticks: &Ticks) -> Option<Self> {
        let (per_second, burst) = (NonZeroU32::new(rate)?, NonZeroU32::new(burst)?);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let row = || {
            let row = Row((0..cells.max(1)).map(|_| AtomicU64::new(0)).collect());
            (RateLimiter::new(quota, row.clone(), ticks.clone()), row)
        };
        let interval = quota.replenish_interval().into();
        Some(Self { rows: [row(), row()], ticks: ticks.clone(), start: ticks.now(), interval, rate })
    }

    /// How many a second are let through lastingly; never 0.
    pub(super) const fn rate(&self) -> u32 {
        self.rate
    }

    /// Whether one more request of the subject of this hash is let through.
    pub(super) fn admit(&self, hash: u64) -> bool {
        let indices = indices(hash);
        let pairs = self.rows.iter().zip(indices);
        // Both are asked in any case: what is let through counts in both.
        pairs.fold(false, |admitted, ((row, _), index)| row.check_key(&index).is_ok() | admitted)
    }

    /// Counts `requests` that were let through elsewhere.
    pub(super) fn charge(&self, hash: u64, requests: u64) {
        let now = self.ticks.now().duration_since(self.start);
        let most = now + Nanos::from(DEBT_MAX);
        for ((_, row), index) in self.rows.iter().zip(indices(hash)) {
            let charged = row.measure_and_replace(&index, |spent| {
                let begin = spent.map_or(now, |spent| spent.max(now)).as_u64();
                let more = self.interval.as_u64().saturating_mul(requests);
                let end = Nanos::from(begin.saturating_add(more)).min(most);
                Ok::<_, std::convert::Infallible>(((), end.max(Nanos::from(begin))))
            });
            match charged {
                Ok(()) => {}
                Err(never) => match never {},
            }
        }
    }
}

/// Where a subject stands in each row.
const fn indices(hash: u64) -> [u64; 2] {
    [hash & 0xFFFF_FFFF, hash >> 32]
}

/// When each cell has its whole burst again, in nanoseconds since the start; 0 where it was never used.
#[derive(Clone)]
struct Row(Arc<[AtomicU64]>);

impl Row {
    #[expect(clippy::indexing_slicing, reason = "a remainder is below its divisor, which is not 0")]
    fn cell(&self, index: u64) -> &AtomicU64 {
        let index = index % self.0.len() as u64;
        &self.0[usize::try_from(index).unwrap_or_default()]
    }
}

impl StateStore for Row {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, index: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let cell = self.cell(*index);
        let mut before = cell.load(Ordering::Acquire);
        loop {
            let (answer, after) = decide((before != 0).then(|| before.into()))?;
            match cell.compare_exchange_weak(before, after.as_u64(), Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Ok(answer),
                Err(now) => before = now,
            }
        }
    }
}

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.elapsed().into()
    }
}
