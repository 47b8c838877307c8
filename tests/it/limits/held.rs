//! Refusals that are held for a moment, and those that are not.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};
use tunnus::config::Limits;

use crate::support::sandbox::Bench;

/// Longer than any of them may last.
const TOO_LONG: Duration = Duration::from_secs(20);
/// A little less than a refusal is held: a clock may be coarse.
const HELD: Duration = Duration::from_millis(950);

/// One request a second, for everybody here comes from one address; a refusal is held for each sixteen
/// connections.
fn spent(connections: u32) -> Limits {
    Limits { address_starts: 1, address_returns: 1, patience_seconds: 2, connections, ..Limits::none() }
}

/// What came of requests that were sent at once over one connection.
struct Answered {
    text: String,
    /// When the first byte came.
    first: Duration,
    /// When the connection was closed.
    last: Duration,
}

impl Answered {
    fn refused(&self) -> u32 {
        u32::try_from(self.text.matches("HTTP/1.1 429").count()).unwrap()
    }
}

/// The answers to these requests over `connections` connections at a time.
async fn flood(bench: &Bench, connections: usize, requests: &str) -> Vec<Answered> {
    let at = bench.issuer().trim_start_matches("http://").split('/').next().unwrap();
    let one = |_| answered(at.to_owned(), requests.to_owned());
    (0..connections).map(one).collect::<JoinSet<_>>().join_all().await
}

async fn answered(at: String, requests: String) -> Answered {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut answer = vec![0];
    timeout(TOO_LONG, stream.read_exact(&mut answer)).await.expect("an answer").unwrap();
    let first = begun.elapsed();
    // A reset is an end too.
    drop(timeout(TOO_LONG, stream.read_to_end(&mut answer)).await.expect("an end"));
    Answered { text: String::from_utf8_lossy(&answer).into_owned(), first, last: begun.elapsed() }
}

/// So many requests to the door of nothing, the last of its connection.
fn knocks(count: usize) -> String {
    let one = |close: &str| format!("GET /t/demo/identify/x.y HTTP/1.1\r\nHost: x\r\n{close}\r\n");
    one("").repeat(count - 1) + &one("Connection: close\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_on_and_on_over_a_connection_is_refused_once_a_second() {
    let bench = Bench::limited(spent(1_600));
    let all = flood(&bench, 10, &knocks(3)).await;
    assert!(all.iter().map(Answered::refused).sum::<u32>() >= 20);
    for one in all {
        assert!(one.last >= HELD * one.refused(), "{} in {:?}", one.refused(), one.last);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_flood_of_refusals_fills_the_connections() {
    let bench = Bench::limited(spent(16));
    let all = flood(&bench, 20, &knocks(1)).await;
    let refused = all.iter().filter(|one| one.refused() == 1).count();
    let held = all.iter().filter(|one| one.refused() == 1 && one.last >= HELD).count();
    assert!(refused >= 15 && held < refused / 2, "{held} of {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_refused_is_neither_read_nor_waited_for() {
    let bench = Bench::limited(spent(1_600));
    for form in ["Content-Length: 10485760", "Transfer-Encoding: chunked"] {
        let head = format!("POST /t/demo/return/ftn/callback HTTP/1.1\r\nHost: x\r\n{form}\r\n\r\n");
        let all = flood(&bench, 10, &head).await;
        let refused: Vec<_> = all.iter().filter(|one| one.refused() == 1).collect();
        assert!(refused.len() >= 5, "{form}: {}", refused.len());
        assert!(refused.iter().any(|one| one.first < HELD), "{form}");
    }
}
