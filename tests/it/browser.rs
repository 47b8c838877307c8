//! A person with a real browser: headless Chromium clicks its way through chooser, bank and app.
//!
//! The scenarios are programs of their own under `tests/interop/browser`, a file for each test here.
//! Each is played against a sandbox of its own. What only this side can do (let time pass, break an
//! upstream) a scenario asks for by a line of JSON, and goes on when it is answered by one.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tunnus::tenant::model::Connection;
use tunnus_sdk::LocalizedText;

use crate::support::sandbox::Bench;

/// Where the scenarios are.
const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/browser");

/// How many browsers may run at once: they are heavy.
static BROWSERS: Semaphore = Semaphore::const_new(2);

macro_rules! play {
    ($($name:ident: $file:literal),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")] async fn $name() { play($file).await; })*
    };
}

play! {
    each_connection_over_both_faces_by_clicks: "connections",
    the_chooser_and_the_ways_back_from_it: "chooser",
    what_is_sent_twice_late_or_in_another_order: "deliveries",
    several_logins_in_one_browser: "tabs",
    what_comes_from_elsewhere: "strangers",
    a_browser_without_cookies: "cookieless",
    every_page_to_eye_ear_and_keyboard: "pages",
}

/// What a scenario says.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Let so many seconds pass.
    Pass(i64),
    /// Let every simulator that knows this fault commit it from now on; none: no more.
    Fault(Option<String>),
    /// Pause these connections and no others.
    Pause(Vec<String>),
    /// How many scenarios were played: all of the file.
    Played(usize),
}

/// A program that ends with the test.
struct Playing(Child);

impl Drop for Playing {
    fn drop(&mut self) {
        // It has ended by itself unless the test has failed.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Plays the scenarios of one file against a sandbox of its own.
async fn play(file: &str) {
    let bench = Bench::start();
    play_on(file, &stage(&bench), |line| bench.does(line)).await;
}

/// Plays the scenarios of one file on `stage`; `answer` does what they ask for.
pub async fn play_on(file: &str, stage: &Value, answer: impl Fn(&Line)) {
    let _turn = BROWSERS.acquire().await.expect("never closed");
    let mut playing = start(stage, file);
    let answers = playing.0.stdin.take().expect("a way in");
    let lines = playing.0.stdout.take().expect("a way out");
    let mut errors = playing.0.stderr.take().expect("a way out for errors");
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text)
    });
    let played = tokio::task::block_in_place(|| listen(&answer, lines, answers));
    let errors = errors.join().unwrap().unwrap();
    let status = playing.0.wait().expect("an end");
    assert!(status.success(), "{file}: {status}\n{errors}");
    assert_ne!(played, 0, "{file}: nothing was played");
    // Past the harness, which shows nothing of a test that passes.
    writeln!(std::io::stdout(), "browser: {played} scenarios of {file}.mjs played").unwrap();
}

/// What the scenarios are told of a sandbox.
fn stage(bench: &Bench) -> Value {
    let offered = bench.sandbox.connections.iter();
    let connections: Vec<Value> = offered
        .map(|offered| json!({ "id": offered.id, "name": offered.name, "personas": offered.personas }))
        .collect();
    json!({ "demo": bench.sandbox.demo_url, "issuer": bench.issuer(), "connections": connections })
}

fn start(stage: &Value, file: &str) -> Playing {
    let program = Command::new("node")
        .args([format!("{SCENARIOS}/{file}.mjs"), stage.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Playing(program.expect("node is installed"))
}

/// Pauses these connections with a notice in every language.
fn pause(bench: &Bench, ids: &[String]) {
    let notice = LocalizedText {
        fi: Some("Huoltokatko kello 22–24. Valitse sillä välin toinen tapa.".to_owned()),
        sv: Some("Serviceavbrott kl. 22–24. Välj ett annat sätt under tiden.".to_owned()),
        en: Some("Maintenance from 22 to 24. Please choose another way meanwhile.".to_owned()),
    };
    bench.change(|tenant| {
        for connection in &mut tenant.connections {
            let paused = ids.contains(&connection.id).then(|| notice.clone());
            *connection = Connection { paused, ..Connection::clone(connection) }.into();
        }
    });
}

/// Does what the scenarios ask for until they end. Answers how many were played.
fn listen(answer: &impl Fn(&Line), lines: ChildStdout, mut answers: impl Write) -> usize {
    let mut played = 0;
    for line in BufReader::new(lines).lines() {
        let line = line.expect("text");
        match serde_json::from_str(&line) {
            Ok(Line::Played(count)) => played = count,
            Ok(line) => answer(&line),
            Err(_) => {
                println!("{line}");
                continue;
            }
        }
        // A scenario that has ended hears no more.
        drop(answers.write_all(b"{}\n"));
    }
    played
}

impl Bench {
    /// Does what a scenario asks for.
    fn does(&self, line: &Line) {
        match line {
            Line::Pass(seconds) => self.pass(*seconds),
            Line::Fault(fault) => {
                let simulators = self.sandbox.simulators.values();
                let known = simulators.filter(|simulator| simulator.set_fault(fault.as_deref())).count();
                assert_ne!(known, 0, "no simulator knows {fault:?}");
            }
            Line::Pause(connections) => pause(self, connections),
            Line::Played(_) => {}
        }
    }
}
