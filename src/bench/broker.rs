//! The broker under measurement: this program's `serve`, in a process of its own.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Client;

use super::{BenchError, cores::Cores, scrape::Scrape};

/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked.
const AGAIN: Duration = Duration::from_millis(2);
/// The unit of CPU time in `/proc`, which Linux has fixed for programs: a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// Where a broker listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// For apps and browsers.
    pub public: SocketAddr,
    /// For metrics and readiness.
    pub management: SocketAddr,
}

impl Addresses {
    /// Free ports on loopback.
    ///
    /// # Errors
    /// Where there are none.
    pub fn free() -> Result<Self, BenchError> {
        Ok(Self { public: free_address()?, management: free_address()? })
    }
}

/// A free port on loopback.
///
/// # Errors
/// Where there is none.
pub fn free_address() -> Result<SocketAddr, BenchError> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map_err(|error| BenchError::Machine("there is no free port on loopback", error))
}

/// A running broker; ends with its value.
pub struct Broker {
    process: Child,
    management: SocketAddr,
    http: Client,
    /// How long it took from its start until it was ready.
    pub ready_in: Duration,
}

impl Broker {
    /// Starts one with the settings in `dir` on its own core, and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not become ready.
    pub async fn start(dir: &Path, at: Addresses, cores: Cores, http: Client) -> Result<Self, BenchError> {
        let begun = Instant::now();
        let process = launch(dir, cores)?;
        let mut broker = Self { process, management: at.management, http, ready_in: Duration::ZERO };
        while !broker.is_ready().await {
            let ended = broker.process.try_wait().is_ok_and(|ended| ended.is_some());
            if ended || begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(dir.join(LOG)).unwrap_or_default();
                return Err(BenchError::Process(format!("the broker does not serve; it says:\n{log}")));
            }
            tokio::time::sleep(AGAIN).await;
        }
        broker.ready_in = begun.elapsed();
        Ok(broker)
    }

    async fn is_ready(&self) -> bool {
        let asked = self.http.get(format!("http://{}/readyz", self.management)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Its metrics now.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn scrape(&self) -> Result<Scrape, BenchError> {
        let answer = self.http.get(format!("http://{}/metrics", self.management)).send().await?;
        Ok(Scrape::new(answer.text().await?))
    }

    /// The CPU time that it has used: what `getrusage` of it says, in user mode and in the kernel.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn cpu(&self) -> Result<Duration, BenchError> {
        let stat = self.proc("stat")?;
        // The program's name, in parentheses, may hold spaces.
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |index: usize| fields.get(index).and_then(|ticks| ticks.parse::<u32>().ok());
        let (Some(user), Some(kernel)) = (ticks(11), ticks(12)) else {
            return Err(BenchError::Process("the system does not tell the CPU time".to_owned()));
        };
        Ok(TICK * (user + kernel))
    }

    /// The memory that it occupies, in KiB.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn resident_kib(&self) -> Result<u32, BenchError> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        kib.ok_or_else(|| BenchError::Process("the system does not tell the memory".to_owned()))
    }

    fn proc(&self, file: &str) -> Result<String, BenchError> {
        let path = format!("/proc/{}/{file}", self.process.id());
        fs::read_to_string(path).map_err(|error| BenchError::Machine("the broker is gone", error))
    }
}

/// What it logs.
const LOG: &str = "broker.log";

fn launch(dir: &Path, cores: Cores) -> Result<Child, BenchError> {
    let cannot = |error| BenchError::Machine("the broker cannot be started", error);
    let log = File::create(dir.join(LOG)).map_err(cannot)?;
    let mut command = Command::new(std::env::current_exe().map_err(cannot)?);
    command.args(["serve", "--config"]).arg(dir.join(super::folder::SETTINGS));
    // What was written is all that it is told.
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let launching = std::thread::spawn(move || {
        cores.join_broker();
        command.spawn()
    });
    match launching.join() {
        Ok(launched) => launched.map_err(cannot),
        Err(_) => Err(BenchError::Process("the broker cannot be started".to_owned())),
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
