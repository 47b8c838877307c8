//! A real PostgreSQL of one test: an ordinary user's, on a free loopback port, keeping nothing.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use tempfile::TempDir;

/// Ends its children when its standard input ends: when the test does, however it does.
const GUARD: &str = r#""$@" </dev/null & server=$!; cat >/dev/null; kill -QUIT $server; wait $server"#;

/// A running `postgres`; ends with its value.
pub struct PostgresServer {
    dir: TempDir,
    port: u16,
    databases: AtomicU32,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl PostgresServer {
    /// Makes a cluster, starts it, and waits until it accepts connections.
    pub fn start() -> Self {
        Self::start_with(|_| Vec::new())
    }

    /// The same with more arguments, for which `prepare` puts files into its folder; `data` is the cluster.
    pub fn start_with(prepare: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let dir = TempDir::new().unwrap();
        if is_root() {
            // PostgreSQL refuses to be run by root.
            assert!(Command::new("chown").arg("postgres").arg(dir.path()).status().unwrap().success());
        }
        let made = as_user(&program("initdb"))
            .args(["--auth=trust", "--username=tunnus", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(dir.path().join("data"))
            .current_dir("/")
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success(), "initdb makes a cluster");
        let arguments = prepare(dir.path());
        if is_root() {
            let own = Command::new("chown").args(["-R", "postgres"]).arg(dir.path()).status();
            assert!(own.unwrap().success());
        }
        let mut server = Self { dir, port: 0, databases: AtomicU32::default(), arguments, process: None };
        // Another process may get the free port first: then try another.
        let started = (0..10).any(|_| {
            server.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            server.go()
        });
        assert!(started, "postgres starts");
        server
    }

    /// Makes an empty database, and gives its address.
    pub fn database(&self) -> String {
        let name = &format!("tunnus{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        let made = Command::new(program("createdb"))
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "tunnus", name])
            .status();
        assert!(made.unwrap().success(), "createdb makes a database");
        format!("postgres://tunnus@127.0.0.1:{}/{name}?sslmode=disable", self.port)
    }

    /// Ends the server; what it keeps stays.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            drop(process.wait());
        }
    }

    /// Starts it again, on the same port. A connection of another test may have got that for a moment.
    pub fn restart(&mut self) {
        assert!((0..20).any(|_| self.go()), "the port is free again");
    }

    /// Whether the server has come up.
    fn go(&mut self) -> bool {
        let mut process = as_user(Path::new("sh"))
            .args(["-c", GUARD, "guard"])
            .arg(program("postgres"))
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(&self.arguments)
            .args(["-c", "unix_socket_directories=", "-c", "fsync=off", "-D"])
            .arg(self.dir.path().join("data"))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let ready = |line: String| line.contains("ready to accept connections");
        let up =
            lines.by_ref().map_while(Result::ok).find(|line| ready(line.clone()) || line.contains("FATAL"));
        let up = up.is_some_and(ready);
        // Keep reading, or the server would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
        if !up {
            self.stop();
        }
        up
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Debian keeps these programs out of the path.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| PathBuf::from(name))
}

fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
