//! The memory of brokers over time.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::interval};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// By how many MiB the median of the last third of a life may be above that of the first.
const GROWTH_MAX: f64 = 8.0;
/// This part of a life goes before its first third: caches and pools fill.
const WARM_UP: f64 = 0.1;
/// A life with fewer looks says nothing.
const LOOKS_MIN: usize = 30;

/// One process.
struct Life {
    broker: usize,
    pid: u32,
    begun: Duration,
    /// MiB.
    looks: Vec<f64>,
}

impl Life {
    /// The medians of the first and the last third after the warm-up.
    fn thirds(&self) -> Option<[f64; 2]> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a part of a small count"
        )]
        let warm = &self.looks[(self.looks.len() as f64 * WARM_UP) as usize..];
        let third = warm.len() / 3;
        (warm.len() >= LOOKS_MIN).then(|| [median(&warm[..third]), median(&warm[warm.len() - third..])])
    }
}

fn median(looks: &[f64]) -> f64 {
    let mut sorted = looks.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The memory of all that live.
pub struct Memory {
    begun: Instant,
    lives: Arc<Mutex<Vec<Life>>>,
    looking: JoinHandle<()>,
}

impl Memory {
    /// Looks at it from now on.
    pub fn watched() -> Self {
        let lives: Arc<Mutex<Vec<Life>>> = Arc::default();
        let seen = Arc::clone(&lives);
        let looking = tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            loop {
                ticks.tick().await;
                for life in &mut *seen.lock().unwrap() {
                    life.looks.extend(resident_mib(life.pid));
                }
            }
        });
        Self { begun: Instant::now(), lives, looking }
    }

    /// This broker is now the process `pid`.
    pub fn lives(&self, broker: usize, pid: u32) {
        let life = Life { broker, pid, begun: self.begun.elapsed(), looks: Vec::new() };
        self.lives.lock().unwrap().push(life);
    }

    /// No more looks.
    pub fn end(&self) {
        self.looking.abort();
    }

    /// What of it has grown beyond the bound.
    pub fn grown(&self) -> Vec<String> {
        let lives = self.lives.lock().unwrap();
        let grown = lives.iter().filter_map(|life| {
            let [first, last] = life.thirds()?;
            let text = || format!("broker {} has grown from {first:.1} to {last:.1} MiB", life.broker);
            (last - first > GROWTH_MAX).then(text)
        });
        grown.collect()
    }

    /// One row a process.
    pub fn table(&self) {
        println!(
            "{:>6} {:>8} {:>8} {:>8} {:>8} {:>11} {:>11}",
            "broker", "process", "from s", "looks", "max MiB", "first third", "last third"
        );
        for life in &*self.lives.lock().unwrap() {
            let [first, last] = life.thirds().unwrap_or([f64::NAN; 2]);
            println!(
                "{:>6} {:>8} {:>8} {:>8} {:>8.1} {first:>11.1} {last:>11.1}",
                life.broker,
                life.pid,
                life.begun.as_secs(),
                life.looks.len(),
                life.looks.iter().copied().fold(0.0, f64::max)
            );
        }
    }

    /// The same as JSON, of those whose life was long enough.
    pub fn to_json(&self) -> Value {
        let lives = self.lives.lock().unwrap();
        let rows = lives.iter().filter_map(|life| {
            let [first, last] = life.thirds()?;
            Some(json!({ "broker": life.broker, "looks": life.looks.len(), "first_third_mib": first, "last_third_mib": last }))
        });
        json!({ "growth_max_mib": GROWTH_MAX, "lives": rows.collect::<Vec<_>>() })
    }
}

fn resident_mib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}
