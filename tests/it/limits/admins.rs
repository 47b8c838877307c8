//! The same of admins' listener, over real connections: floods, slow clients, guessed tokens.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tunnus::{admin::Role, config::Limits};

use crate::trials::desk::Desk;

/// Longer than any of them may last.
const TOO_LONG: Duration = Duration::from_secs(10);

/// A connection from one of this machine's own addresses.
async fn connect(desk: &Desk, host: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("127.3.0.{host}:0").parse().unwrap()).unwrap();
    socket.connect(desk.at().parse().unwrap()).await.unwrap()
}

/// All that comes until the connection is closed.
async fn rest_of(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is an end too.
    drop(timeout(TOO_LONG, stream.read_to_end(&mut answer)).await.expect("it is cut off"));
    String::from_utf8_lossy(&answer).into_owned()
}

/// What is answered to a request from there.
async fn ask(desk: &Desk, host: u8, path: &str, headers: &str) -> String {
    let mut stream = connect(desk, host).await;
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    rest_of(&mut stream).await
}

/// The first refusal of the first address: each is held for so long that the next may be let through.
async fn refusal(desk: &Desk, path: &str, headers: &str) -> String {
    for forged in 0..20 {
        // Whom it claims to ask for is nothing: it is no proxy of ours.
        let claims =
            format!("X-Forwarded-For: 198.51.100.{forged}\r\nForwarded: for=198.51.100.{forged}\r\n");
        let answer = ask(desk, 1, path, &[headers, &claims].concat()).await;
        if answer.starts_with("HTTP/1.1 429") {
            return answer;
        }
    }
    panic!("no refusal of {path}");
}

async fn with_token(desk: &Desk, host: u8, token: &str) -> String {
    ask(desk, host, "/admin/v1/tenants", &format!("Authorization: Bearer {token}\r\n")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_floods_admins_is_turned_away_and_others_are_not() {
    let desk = Desk::limited(Limits { burst_seconds: 4, address_admin: 1, ..Limits::none() }).await;
    let token = desk.token(Role::Operator, None).await;
    let refused = refusal(&desk, "/admin/v1/tenants", &format!("Authorization: Bearer {token}\r\n")).await;
    assert!(refused.contains("\"code\":\"rate_limited\""), "{refused}");
    assert!(refused.to_lowercase().contains("\r\nretry-after: 5\r\n"), "{refused}");
    let page = refusal(&desk, "/console/sign-in", "Accept-Language: fi\r\n").await;
    assert!(page.contains("<html lang=\"fi\""), "{page}");
    assert!(page.to_lowercase().contains("\r\ncontent-security-policy: default-src 'none'"), "{page}");
    assert!(with_token(&desk, 2, &token).await.starts_with("HTTP/1.1 200"), "another address");
    let counted = desk.bench.sandbox.broker.metrics.render();
    assert!(counted.contains("tunnus_requests_limited_total{class=\"admin\",subject=\"address\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_tokens_is_told_to_wait_and_a_right_one_lets_in_all_the_same() {
    let desk = Desk::limited(Limits::none()).await;
    let token = desk.token(Role::Operator, None).await;
    let mut answers = Vec::new();
    for number in 0..30 {
        answers.push(with_token(&desk, 1, &format!("tnsa_{number:043}")).await);
    }
    assert!(answers[0].starts_with("HTTP/1.1 401"), "{}", answers[0]);
    // The minute may end in between: then ten more are looked up like anybody's.
    let turned_away = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 429")).count();
    assert!((10..=20).contains(&turned_away), "{turned_away}");
    assert!(with_token(&desk, 1, &token).await.starts_with("HTTP/1.1 200"), "behind the same address");
    assert!(with_token(&desk, 2, "tnsa_").await.starts_with("HTTP/1.1 401"), "a slip of somebody else");
    let counted = desk.bench.sandbox.broker.metrics.render();
    assert!(counted.contains("tunnus_requests_limited_total{class=\"wrong_tokens\",subject=\"address\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_at_admins_listener_is_cut_off() {
    let desk = Desk::limited(Limits { patience_seconds: 1, ..Limits::none() }).await;
    let token = desk.token(Role::Operator, None).await;
    let body = format!(
        "PUT /admin/v1/tenants/slow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n{{"
    );
    for (sent, status) in [
        ("", "HTTP/1.1 408"),
        ("GET /console/ HTTP/1.1\r\nHost: x\r\nX-Slow: ", "HTTP/1.1 408"),
        (body.as_str(), "HTTP/1.1 400"),
        (
            "POST /console/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx",
            "HTTP/1.1 403",
        ),
    ] {
        let mut stream = connect(&desk, 1).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = rest_of(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with(status), "{sent}: {answer}");
    }
    let mut after = connect(&desk, 1).await;
    after.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\nGET /open").await.unwrap();
    assert_eq!(rest_of(&mut after).await.matches("HTTP/1.1 200").count(), 1, "half a head after a request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_has_a_bounded_number_of_connections_to_admins_listener() {
    let desk = Desk::limited(Limits { address_connections: 3, ..Limits::none() }).await;
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&desk, 1).await;
        stream.write_all(request).await.unwrap();
        let mut begin = [0; 12];
        timeout(TOO_LONG, stream.read_exact(&mut begin)).await.unwrap().unwrap();
        assert_eq!(&begin, b"HTTP/1.1 200");
        open.push(stream);
    }
    let mut one_more = connect(&desk, 1).await;
    drop(one_more.write_all(request).await);
    assert_eq!(rest_of(&mut one_more).await, "");
    assert!(ask(&desk, 2, "/openapi.json", "").await.starts_with("HTTP/1.1 200"), "another address");
}
