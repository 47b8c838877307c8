//! Keeps the tenants as their folder has them: looks every second, and takes a change only as a whole.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::{
    files::Folder,
    set::{HeldTenants, TenantSet},
    stamps::Stamps,
};
use crate::config::{Fault, Faults};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What a look at the folder led to.
#[derive(Debug)]
pub enum Look {
    /// Nothing has changed.
    Unchanged,
    /// The tenants are those of the files now; how many.
    Reloaded(usize),
    /// The files are faulty; the tenants stay as they were.
    Refused(Faults),
}

/// A folder that is watched.
pub struct Watch {
    folder: Folder,
    tenants: Arc<HeldTenants>,
    stamps: Stamps,
}

impl Watch {
    /// Reads the folder for the first time.
    ///
    /// # Errors
    /// All faults of all files.
    pub fn open(folder: Folder) -> Result<Self, Faults> {
        let reading = folder.read(&TenantSet::default());
        Ok(Self { folder, tenants: Arc::new(HeldTenants::new(reading.result?)), stamps: reading.stamps })
    }

    /// The tenants, which every look may exchange.
    #[must_use]
    pub fn tenants(&self) -> Arc<HeldTenants> {
        Arc::clone(&self.tenants)
    }

    /// Looks once. It reads files: not for a thread that serves requests.
    pub fn look(&mut self) -> Look {
        if !self.stamps.have_changed() {
            return Look::Unchanged;
        }
        let reading = self.folder.read(&self.tenants.all());
        // Also after a fault: the same faulty files are told of once, not every second.
        self.stamps = reading.stamps;
        match reading.result {
            Ok(set) => {
                let count = set.len();
                self.tenants.replace(set);
                Look::Reloaded(count)
            }
            Err(faults) => Look::Refused(faults),
        }
    }

    /// Looks every second until dropped, logs what comes of it, and tells `told`.
    pub async fn run(mut self, told: impl Fn(&Look) + Send) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let looked = spawn_blocking(move || {
                let look = self.look();
                (self, look)
            });
            let Ok((watch, look)) = looked.await else {
                tracing::error!("the tenants' folder is no longer watched");
                return;
            };
            self = watch;
            log(&look);
            told(&look);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn log(look: &Look) {
    match look {
        Look::Unchanged => {}
        Look::Reloaded(count) => tracing::info!(tenants = count, "the tenants were reloaded"),
        Look::Refused(faults) => faults.iter().for_each(log_fault),
    }
}

fn log_fault(fault: &Fault) {
    tracing::error!(%fault, "the tenants stay as they were");
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
