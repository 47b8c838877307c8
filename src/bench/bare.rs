//! What the cryptography of a login costs by itself.
//!
//! Sampled on the broker's core while the logins run, so that both are told by the same clock, the same
//! frequency and the same neighbours.

use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use tunnus_jose::{KeyError, bare::Bare};

use super::{BenchError, cores::Cores};

/// How many logins' cryptography is done in a row.
const IN_A_ROW: u32 = 5;
/// How long it rests then.
const REST: Duration = Duration::from_millis(250);

/// The samples being taken.
pub struct Samples {
    end: Sender<()>,
    thread: JoinHandle<Result<Duration, KeyError>>,
}

impl Samples {
    /// Begins to sample.
    #[must_use]
    pub fn begin(bare: Bare, cores: Cores) -> Self {
        let (end, ended) = channel();
        let thread = std::thread::spawn(move || {
            cores.join_broker();
            let (mut spent, mut logins) = (Duration::ZERO, 0);
            loop {
                let begun = thread_time();
                for _ in 0..IN_A_ROW {
                    bare.login()?;
                }
                spent += thread_time().saturating_sub(begun);
                logins += IN_A_ROW;
                if ended.recv_timeout(REST) != Err(RecvTimeoutError::Timeout) {
                    return Ok(spent / logins);
                }
            }
        });
        Self { end, thread }
    }

    /// Ends; the CPU time of one login.
    ///
    /// # Errors
    /// Where an operation has failed.
    pub fn end(self) -> Result<Duration, BenchError> {
        // A thread that is gone has left its error.
        self.end.send(()).unwrap_or_default();
        match self.thread.join() {
            Ok(mean) => Ok(mean?),
            Err(_) => Err(BenchError::Login("the samples ended abnormally")),
        }
    }
}

/// The CPU time of this thread.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
