//! Programs that nobody of this project wrote the heart of: scripts under `tests/interop` on Node.js.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use serde_json::Value;

/// A script at work; ends with its value.
pub struct Peer {
    process: Child,
    /// The script ends when this does.
    _input: ChildStdin,
}

impl Peer {
    /// Starts a script, tells it `question`, and waits for its first line.
    pub fn start(script: &str, question: &Value) -> (Self, Value) {
        let mut process = launch(script);
        let mut input = process.stdin.take().unwrap();
        // A script that ended early has said why on stderr; what it answers shows it too.
        drop(writeln!(input, "{question}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let answer = lines.next().map(Result::unwrap).unwrap_or_default();
        let answer = serde_json::from_str(&answer).unwrap_or_else(|_| failed(script, &answer));
        // Keep reading, or the script would block on a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        (Self { process, _input: input }, answer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Runs a script to its end with `question`, and gives its answer.
pub async fn ask(script: &'static str, question: Value) -> Value {
    let run = move || {
        let mut process = launch(script);
        drop(writeln!(process.stdin.take().unwrap(), "{question}"));
        let output = process.wait_with_output().unwrap();
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&answer).unwrap_or_else(|_| failed(script, &answer))
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn failed(script: &str, answer: &str) -> ! {
    panic!("{script} answered {answer:?}; its packages come with `npm ci --prefix tests/interop`")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

/// The Node.js of the lock file, else the system's.
fn node() -> PathBuf {
    let pinned = folder().join("node_modules/.bin/node");
    if pinned.exists() { pinned } else { PathBuf::from("node") }
}

fn launch(script: &str) -> Child {
    Command::new(node())
        .arg(folder().join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests need Node.js (Debian: apt-get install nodejs npm)")
}
