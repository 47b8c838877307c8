//! Who runs on which core: the broker on one that is its own, where there are several.

use rustix::{
    io,
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};

/// The cores of this machine, shared out: the broker's, where it has one to itself.
#[derive(Clone, Copy, Debug)]
pub struct Cores(Option<usize>);

impl Cores {
    /// The last of the cores that this process may use is the broker's, the rest everybody else's. With
    /// one core, or where that cannot be told, all share all.
    #[must_use]
    pub fn share_out() -> Self {
        let ours = sched_getaffinity(None).ok().filter(|ours| ours.count() > 1);
        Self(ours.and_then(|ours| (0..CpuSet::MAX_CPU).rev().find(|core| ours.is_set(*core))))
    }

    /// Whether the broker has a core to itself.
    #[must_use]
    pub const fn are_shared_out(self) -> bool {
        self.0.is_some()
    }

    /// Leaves the broker's core to the broker: this thread, and whatever it starts.
    pub fn keep_clear(self) {
        self.move_to(|broker| {
            let mut others = sched_getaffinity(None)?;
            others.unset(broker);
            Ok(others)
        });
    }

    /// Goes to the broker's core: this thread, and whatever it starts.
    pub fn join_broker(self) {
        self.move_to(|broker| {
            let mut own = CpuSet::new();
            own.set(broker);
            Ok(own)
        });
    }

    fn move_to(self, cores: impl Fn(usize) -> io::Result<CpuSet>) {
        if let Some(broker) = self.0 {
            // A container may forbid it: then the cores are shared as with one.
            cores(broker).and_then(|cores| sched_setaffinity(None, &cores)).unwrap_or_default();
        }
    }
}
