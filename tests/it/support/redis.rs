//! A real Redis server of one test: on a free loopback port, keeping nothing.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use url::Url;

/// A running `redis-server`; ends with its value.
pub struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    process: Child,
}

impl RedisServer {
    /// Starts one with further arguments, and waits until it accepts connections.
    pub fn start(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        // Another process may get the free port first: then try another.
        (0..10)
            .find_map(|_| {
                let port = free_port();
                let process = launch(port, &arguments)?;
                Some(Self { port, arguments: arguments.clone(), process })
            })
            .expect("redis-server starts")
    }

    /// Where it listens.
    pub fn url(&self) -> Url {
        Url::parse(&format!("redis://127.0.0.1:{}/", self.port)).unwrap()
    }

    /// Asks it something past the store.
    pub async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        command.query_async(&mut connection).await.unwrap()
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

    /// Starts it again after [`Self::kill`], on the same port, empty.
    pub fn restart(&mut self) {
        self.process = launch(self.port, &self.arguments).expect("the port is still free");
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

/// Starts a server; `None` if it ends before it is ready, as when the port is taken.
fn launch(port: u16, arguments: &[String]) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests need redis-server (Debian: apt-get install redis-server)");
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    if lines.by_ref().map_while(Result::ok).any(|line| line.contains("Ready to accept connections")) {
        // Keep reading, or the server would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        return Some(process);
    }
    process.wait().unwrap();
    None
}
