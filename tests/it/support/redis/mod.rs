//! Real Redis servers of one test: on free loopback ports, keeping nothing.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use url::Url;

pub mod cluster;
pub mod sentinel;
pub mod servers;
pub mod trouble;

/// A running `redis-server`; ends with its value.
pub struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    process: Child,
    /// A replica writes here what it has been sent.
    _folder: TempDir,
}

impl RedisServer {
    /// Starts one with further arguments, and waits until it accepts connections. With a certificate it
    /// speaks TLS alone.
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = ["--dir", folder.path().to_str().unwrap()];
        let arguments: Vec<String> = own.iter().chain(arguments).map(ToString::to_string).collect();
        // Another process may get the free port first: then try another.
        let launched = (0..10).find_map(|_| {
            let port = free_port();
            Some((port, launch_server(port, &arguments)?))
        });
        let (port, process) = launched.expect("redis-server starts");
        Self { port, arguments, process, _folder: folder }
    }

    /// Where it listens.
    pub fn url(&self) -> Url {
        Url::parse(&format!("redis://127.0.0.1:{}/", self.port)).unwrap()
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Asks it something past the store.
    pub async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> T {
        self.try_ask(command).await.unwrap()
    }

    /// The same of a server that may be gone or refuse.
    pub async fn try_ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> redis::RedisResult<T> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        command.query_async(&mut connection).await
    }

    /// One line of its `INFO`.
    pub async fn info(&self, section: &str, name: &str) -> Option<String> {
        let info: String = self.try_ask(redis::cmd("INFO").arg(section)).await.ok()?;
        info.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.to_owned()))
    }

    /// Until it is a primary.
    pub async fn is_primary(&self) {
        comes("the replica is promoted", async || {
            self.info("replication", "role").await.as_deref() == Some("master")
        })
        .await;
    }

    /// Until it is a replica that has what its primary has.
    pub async fn is_replica(&self) {
        comes("the replica follows", async || {
            self.info("replication", "master_link_status").await.as_deref() == Some("up")
        })
        .await;
    }

    /// Makes it slow: it accepts connections and answers nothing.
    pub fn stop(&self) {
        self.signal("STOP");
    }

    /// Ends [`Self::stop`].
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// Makes it gone.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again after [`Self::kill`], on the same port, empty. A connection of another test may
    /// have got that for a moment.
    pub fn restart(&mut self) {
        let launched = (0..20).find_map(|_| launch_server(self.port, &self.arguments));
        self.process = launched.expect("the port is free again");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server of data; `None` if it ends before it is ready.
fn launch_server(port: u16, arguments: &[String]) -> Option<Child> {
    let port = port.to_string();
    let tls = arguments.iter().any(|argument| argument == "--tls-cert-file");
    let door = if tls { ["--port", "0", "--tls-port", &port] } else { ["--port", &port, "--tls-port", "0"] };
    let fixed = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    let arguments: Vec<&str> =
        door.into_iter().chain(fixed).chain(arguments.iter().map(String::as_str)).collect();
    launch(&arguments, "Ready to accept connections")
}

/// Starts `redis-server`; `None` if it ends before it says `ready`, as when the port is taken.
fn launch(arguments: &[&str], ready: &str) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests need redis-server (Debian: apt-get install redis-server)");
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    if lines.by_ref().map_while(Result::ok).any(|line| line.contains(ready)) {
        // Keep reading, or the server would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        return Some(process);
    }
    process.wait().unwrap();
    None
}

/// Waits for what comes by itself, a half a minute at most.
async fn comes<F: Future<Output = bool>>(what: &str, mut here: impl FnMut() -> F) {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    let waiting = async {
        while !here().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("{what}"));
}
