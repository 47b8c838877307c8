//! A Redis of the run's own, on a free loopback port, keeping nothing.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{BenchError, broker::free_address};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running `redis-server`; ends with its value.
pub struct Redis {
    process: Child,
    at: SocketAddr,
}

impl Redis {
    /// Starts one that works in `dir`.
    ///
    /// # Errors
    /// [`BenchError::NoRedis`] where it is not installed.
    pub fn start(dir: &Path) -> Result<Self, BenchError> {
        let at = free_address()?;
        let port = at.port().to_string();
        let process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => BenchError::NoRedis,
                _ => BenchError::Machine("redis-server cannot be started", error),
            })?;
        let redis = Self { process, at };
        redis.accepts()?;
        Ok(redis)
    }

    /// Where it is, as a setting.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}/", self.at)
    }

    fn accepts(&self) -> Result<(), BenchError> {
        let begun = Instant::now();
        loop {
            match TcpStream::connect(self.at) {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed() > PATIENCE => {
                    return Err(BenchError::Machine("redis-server does not answer", error));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
