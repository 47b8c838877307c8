//! The program itself, serving on SQLite, as `tunnus init` has made it ready.

use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// The program at work.
pub struct Program {
    pub process: Child,
    pub public: SocketAddr,
    pub management: SocketAddr,
    pub admin: SocketAddr,
    /// The token that it has printed on its first start.
    pub first_token: String,
    /// Holds its settings and database.
    _folder: TempDir,
}

impl Program {
    /// Starts one with more variables, made for the address where it serves, and waits until it does.
    pub fn start(variables: impl Fn(SocketAddr) -> Vec<(&'static str, String)>) -> Self {
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("tunnus");
        let init = tunnus().args(["init", "--tenant", "main", "--dir"]).arg(&dir).output().unwrap();
        assert!(init.status.success(), "{init:?}");
        // Another process may get the free ports first: then try others.
        let started = (0..10).find_map(|_| {
            let at = [free_address(), free_address(), free_address()];
            Some((launch(&dir, at, variables(at[0]))?, at))
        });
        let ((process, first_token), [public, management, admin]) = started.expect("the program serves");
        Self { process, public, management, admin, first_token, _folder: folder }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn tunnus() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tunnus"))
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The program once it serves, and the token that it has printed; none if it ends before.
fn launch(
    dir: &Path,
    [public, management, admin]: [SocketAddr; 3],
    variables: Vec<(&'static str, String)>,
) -> Option<(Child, String)> {
    let mut process = tunnus()
        .args(["serve", "--config"])
        .arg(dir.join("tunnus.toml"))
        .env("TUNNUS_SERVER__PUBLIC_URL", format!("http://{public}"))
        .env("TUNNUS_SERVER__LISTEN", public.to_string())
        .env("TUNNUS_SERVER__MANAGEMENT_LISTEN", management.to_string())
        .env("TUNNUS_SERVER__ADMIN_LISTEN", admin.to_string())
        .envs(variables)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut printed = BufReader::new(process.stdout.take().unwrap());
    if lines.by_ref().map_while(Result::ok).any(|line| line.contains("\"serving\"")) {
        let mut token = String::new();
        printed.read_line(&mut token).unwrap();
        // Keep reading, or the program would block on a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        std::thread::spawn(move || printed.read_to_end(&mut Vec::new()));
        return Some((process, token.rsplit(' ').next().unwrap_or_default().trim().to_owned()));
    }
    process.wait().unwrap();
    None
}
