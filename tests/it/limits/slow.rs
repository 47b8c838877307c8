//! Clients that take their time, over real connections. The patience of these brokers is a second.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tunnus::config::Limits;

use crate::support::sandbox::Bench;

/// Longer than any of them may last.
const TOO_LONG: Duration = Duration::from_secs(10);

fn impatient() -> Limits {
    Limits { patience_seconds: 1, ..Limits::none() }
}

async fn connect(bench: &Bench) -> TcpStream {
    let at = bench.issuer().trim_start_matches("http://").split('/').next().unwrap().to_owned();
    TcpStream::connect(at).await.unwrap()
}

/// All that comes until the connection is closed.
async fn rest_of(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is an end too.
    drop(timeout(TOO_LONG, stream.read_to_end(&mut answer)).await.expect("it is cut off"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_nothing_or_half_a_head_is_cut_off() {
    let bench = Bench::limited(impatient());
    for sent in ["", "G", "GET /t/demo/jwks HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = connect(&bench).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = rest_of(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_head_after_a_whole_request_is_cut_off_too() {
    let bench = Bench::limited(impatient());
    let mut stream = connect(&bench).await;
    stream.write_all(b"GET /t/demo/jwks HTTP/1.1\r\nHost: x\r\n\r\nGET /t/demo/jw").await.unwrap();
    let answer = rest_of(&mut stream).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_in_is_refused() {
    let bench = Bench::limited(impatient());
    for (path, length) in [
        ("token", "Content-Length: 1000"),
        ("token", "Transfer-Encoding: chunked"),
        ("return/ftn/callback", "Content-Length: 1000"),
        ("authorize", "Transfer-Encoding: chunked"),
    ] {
        let mut stream = connect(&bench).await;
        let head = format!("POST /t/demo/{path} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n1\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = rest_of(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{path} {length}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_an_end_is_read_no_further_than_its_bound() {
    let bench = Bench::limited(Limits::none());
    for path in ["token", "return/ftn/callback", "authorize", "api/v1/identifications"] {
        let mut stream = connect(&bench).await;
        let head = format!("POST /t/demo/{path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        let endless = async { while stream.write_all(chunk.as_bytes()).await.is_ok() {} };
        timeout(TOO_LONG, endless).await.unwrap_or_else(|_| panic!("{path}: it reads on and on"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_never_reads_is_cut_off() {
    let bench = Bench::limited(impatient());
    let mut stream = connect(&bench).await;
    let request = "GET /errors HTTP/1.1\r\nHost: x\r\n\r\n".repeat(16);
    // Until nothing goes any more; and then until the connection breaks.
    let asking = async { while stream.write_all(request.as_bytes()).await.is_ok() {} };
    timeout(TOO_LONG, asking).await.expect("it is cut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_has_a_bounded_number_of_connections() {
    let bench = Bench::limited(Limits { address_connections: 3, ..Limits::none() });
    let request = b"GET /t/demo/jwks HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&bench).await;
        stream.write_all(request).await.unwrap();
        let mut begin = [0; 12];
        timeout(TOO_LONG, stream.read_exact(&mut begin)).await.unwrap().unwrap();
        assert_eq!(&begin, b"HTTP/1.1 200");
        open.push(stream);
    }
    let mut one_more = connect(&bench).await;
    drop(one_more.write_all(request).await);
    assert_eq!(rest_of(&mut one_more).await, "");
}
