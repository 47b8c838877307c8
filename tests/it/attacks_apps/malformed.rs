//! Whatever comes over the socket: an answer in time, never a fault of ours, never an echo.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::sandbox::Bench;

/// Every route of the public listener, with a method that it knows.
const ROUTES: [(&str, &str); 21] = [
    ("GET", "/errors"),
    ("GET", "/errors/request_invalid"),
    ("GET", "/t/demo/.well-known/openid-configuration"),
    ("GET", "/t/demo/jwks"),
    ("GET", "/t/demo/connections/ftn/jwks"),
    ("GET", "/t/demo/authorize"),
    ("POST", "/t/demo/authorize"),
    ("POST", "/t/demo/token"),
    ("OPTIONS", "/t/demo/token"),
    ("GET", "/t/demo/userinfo"),
    ("POST", "/t/demo/userinfo"),
    ("GET", "/t/demo/identify/AAAAAAAAAAAAAAAAAAAAAA.x"),
    ("GET", "/t/demo/return/ftn/callback"),
    ("POST", "/t/demo/return/ftn/callback"),
    ("POST", "/t/demo/return/idpartner/selected"),
    ("GET", "/t/demo/api/v1/connections"),
    ("POST", "/t/demo/api/v1/identifications"),
    ("GET", "/t/demo/api/v1/identifications/AAAAAAAAAAAAAAAAAAAAAA"),
    ("DELETE", "/t/demo/api/v1/identifications/AAAAAAAAAAAAAAAAAAAAAA"),
    ("POST", "/t/demo/api/v1/identifications/AAAAAAAAAAAAAAAAAAAAAA/result"),
    ("GET", "/"),
];

/// Must never come back as it is.
const CANARY: &str = "<i>canary";

/// What is sent for one attack.
#[derive(Clone)]
struct Message {
    method: String,
    target: String,
    headers: Vec<u8>,
    body: Vec<u8>,
}

impl Message {
    fn new(method: &str, target: &str) -> Self {
        let basic = STANDARD.encode("shop:shop-secret");
        let headers = format!("Authorization: Basic {basic}\r\n").into_bytes();
        Self { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() }
    }

    fn query(&self, query: &str) -> Self {
        Self { target: format!("{}?{query}", self.target), ..self.clone() }
    }

    fn header(&self, line: impl AsRef<[u8]>) -> Self {
        Self { headers: [&self.headers, line.as_ref(), b"\r\n"].concat(), ..self.clone() }
    }

    /// A body of this type, with its length.
    fn body(&self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = format!("Content-Length: {}", body.len());
        let with = self.header(length).header(format!("Content-Type: {kind}"));
        Self { body, ..with }
    }

    fn bytes(&self) -> Vec<u8> {
        let line =
            format!("{} {} HTTP/1.1\r\nHost: tunnus\r\nConnection: close\r\n", self.method, self.target);
        [line.as_bytes(), &self.headers, b"\r\n", &self.body].concat()
    }
}

/// Sends bytes and reads until the server closes. What it would not read is not our concern.
async fn send(at: &str, bytes: Vec<u8>) -> String {
    let talk = async {
        let stream = TcpStream::connect(at).await.unwrap();
        let (mut read, mut write) = stream.into_split();
        let writing = tokio::spawn(async move {
            drop(write.write_all(&bytes).await);
            drop(write.shutdown().await);
        });
        let mut answer = Vec::new();
        // A server that refuses early may reset what we still write: what it said counts.
        drop(read.read_to_end(&mut answer).await);
        writing.abort();
        answer
    };
    let answer = timeout(Duration::from_secs(8), talk).await.expect("an answer in time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends an attack and judges the answer.
async fn attack(at: &str, name: &str, bytes: Vec<u8>) -> String {
    let answer = send(at, bytes).await;
    judge(name, &answer);
    answer
}

/// Nothing at all is an answer too: the connection was closed.
fn judge(name: &str, answer: &str) {
    let answer = answer.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n");
    if answer.is_empty() {
        return;
    }
    let head = answer.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
    let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
    let seen: String = answer.chars().take(2_000).collect();
    assert!((200..500).contains(&status) || status == 503, "{name}: {seen}");
    assert!(!answer.contains(CANARY), "{name}: echoes {seen}");
    assert!(!head.contains("\r\nx-canary:"), "{name}: a header was smuggled: {seen}");
    assert!(!answer.contains("panicked"), "{name}: {seen}");
}

fn at(bench: &Bench) -> String {
    bench.issuer().trim_start_matches("http://").split('/').next().unwrap().to_owned()
}

/// An address's own characters, escaped.
const ESCAPED: &str = "%22%3E%3Ci%3Ecanary%0d%0aX-Canary:%201";

#[tokio::test(flavor = "multi_thread")]
async fn wrong_methods_and_headers_are_survived_on_every_route() {
    let bench = Bench::start();
    let at = at(&bench);
    let long = format!("X-Long: {}", "x".repeat(100_000));
    let many = "X-Many: 1\r\n".repeat(1_000);
    for (method, path) in ROUTES {
        let message = Message::new(method, path);
        for other in ["PUT", "PATCH", "TRACE", "CONNECT", "HEAD", "OPTIONS", "PROPFIND", "get", "G\u{0}T"] {
            attack(&at, &format!("{other} {path}"), Message::new(other, path).bytes()).await;
        }
        for (name, line) in [
            ("long", long.as_bytes()),
            ("many", many.trim_end().as_bytes()),
            ("another host", b"Host: evil.example"),
            ("two lengths", b"Content-Length: 1\r\nContent-Length: 2"),
            ("length and chunks", b"Content-Length: 4\r\nTransfer-Encoding: chunked"),
            ("no chunks", b"Transfer-Encoding: chunked, gzip"),
            ("a folded line", b"X-Folded: a\r\n b: c"),
            ("no colon", b"X-No-Colon"),
            ("not text", b"Accept-Language: \xff\xfe\r\nOrigin: \xff\r\nCookie: \xff=\xff; a=b; ;;=\r\nSec-Purpose: \xff"),
            ("canaries", b"Accept-Language: <i>canary\r\nOrigin: <i>canary\r\nCookie: tunnus_<i>canary=<i>canary"),
            ("a forwarded host", b"X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example"),
            ("websocket", b"Upgrade: websocket\r\nSec-WebSocket-Key: x"),
            ("http2", b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"),
            ("continue", b"Expect: 100-continue"),
            ("a range", b"Range: bytes=0-9999999999,5-1"),
            ("an unending length", b"Content-Length: 18446744073709551616"),
            ("a negative length", b"Content-Length: -1"),
        ] {
            let answer = attack(&at, &format!("{path}: {name}"), message.header(line).bytes()).await;
            assert!(!answer.contains("evil.example"), "{path}: {name}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_addresses_are_survived_on_every_route() {
    let bench = Bench::start();
    let at = at(&bench);
    let queries = [
        ESCAPED.to_owned(),
        format!("{ESCAPED}={ESCAPED}"),
        format!("client_id={ESCAPED}&redirect_uri={ESCAPED}&state={ESCAPED}&code={ESCAPED}&error={ESCAPED}"),
        format!(
            "client_id=shop&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Freturn&state={ESCAPED}&scope={ESCAPED}&ui_locales={ESCAPED}"
        ),
        format!(
            "client_id=shop&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Freturn&response_mode=form_post&state={ESCAPED}"
        ),
        "state=a&state=b&code=a&code=a".to_owned(),
        "%ff%fe=%ff&%00=%00&%=%&%zz".to_owned(),
        "&&==&=&;".to_owned(),
        format!("state={}", "x".repeat(60_000)),
        format!("connection={ESCAPED}&abandon={ESCAPED}&proceed={ESCAPED}&wait={ESCAPED}"),
        many(10_000),
    ];
    for (method, path) in ROUTES {
        let message = Message::new(method, path);
        for query in &queries {
            let name = format!("{path}?{}", &query[..query.len().min(60)]);
            attack(&at, &name, message.query(query).bytes()).await;
        }
        for part in [ESCAPED, "%ff", "%00", "..", "%2e%2e", "%2f", "\u{e4}", &"x".repeat(10_000), "a/b", "//"]
        {
            for target in [
                format!("{path}/{part}"),
                path.replace("demo", part),
                path.replace("AAAAAAAAAAAAAAAAAAAAAA", part).replace("ftn", part).replace("callback", part),
                format!("http://evil.example{path}"),
            ] {
                let name = format!("{method} {}", &target.chars().take(80).collect::<String>());
                let answer = attack(&at, &name, Message::new(method, &target).bytes()).await;
                assert!(!answer.contains("evil.example"), "{name}: {answer}");
            }
        }
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn many(number: usize) -> String {
    (0..number).map(|index| format!("a{index}=1&")).collect::<Vec<_>>().concat()
}

/// Bodies that say that they are JSON.
fn documents(message: &Message) -> Vec<(&'static str, Message)> {
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let lists = format!("{{\"claims\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let claims: Vec<_> = (0..6_000).map(|index| format!("\"c{index}\"")).collect();
    let claims = format!(
        r#"{{"return_url":"http://127.0.0.1:9/return","claims":{{"required":[{}]}}}}"#,
        claims.join(",")
    );
    vec![
        ("empty", message.body(JSON, "")),
        ("much too long", message.body(JSON, "x".repeat(4 * 1024 * 1024))),
        ("deep", message.body(JSON, deep)),
        ("deep lists", message.body(JSON, lists)),
        ("many claims", message.body(JSON, claims)),
        ("not text", message.body(JSON, b"{\"a\":\"\xff\xfe\"}".as_slice())),
        ("a NUL", message.body(JSON, b"{\"return_url\":\"\\u0000\",\"login_hint\":\"\x00\"}".as_slice())),
        ("half a pair", message.body(JSON, r#"{"reference":"\ud800"}"#)),
        ("a mark", message.body(JSON, b"\xef\xbb\xbf{}".as_slice())),
        ("numbers", message.body(JSON, r#"{"max_age":1e999}"#)),
        ("huge numbers", message.body(JSON, r#"{"max_age":18446744073709551616}"#)),
        ("negative", message.body(JSON, r#"{"max_age":-1}"#)),
        ("twice", message.body(JSON, r#"{"return_url":"a","return_url":"b"}"#)),
        ("canaries", message.body(JSON, r#"{"<i>canary":"<i>canary"}"#)),
        (
            "a canary",
            message.body(JSON, r#"{"return_url":"<i>canary","connection":"<i>canary","code":"<i>canary"}"#),
        ),
        ("gzip", message.header("Content-Encoding: gzip").body(JSON, b"\x1f\x8b\x08\x00\x00".as_slice())),
    ]
}

/// Forms, other types, and bodies that are not what they say.
fn others(message: &Message) -> Vec<(&'static str, Message)> {
    vec![
        ("nothing", message.clone()),
        ("too long", message.body(FORM, "x".repeat(64 * 1024 + 1))),
        ("many fields", message.body(FORM, many(5_000))),
        ("not text in a form", message.body(FORM, b"grant_type=\xff&\xfe=%ff&code=%00".as_slice())),
        ("canaries in a form", message.body(FORM, format!("{ESCAPED}={ESCAPED}&grant_type={ESCAPED}"))),
        ("doubled", message.body(FORM, "grant_type=authorization_code&grant_type=authorization_code")),
        ("no type", message.header("Content-Length: 2").header("X-Body: {}")),
        ("another type", message.body("multipart/form-data; boundary=x", "--x\r\n\r\n\r\n--x--")),
        ("a strange type", message.body("<i>canary/\"", "{}")),
        (
            "another charset",
            message.body("application/json; charset=utf-16", b"\xff\xfe{\x00}\x00".as_slice()),
        ),
        (
            "shorter than said",
            message.header("Content-Length: 1000").header("Content-Type: application/json"),
        ),
        (
            "bad chunks",
            Message { body: b"zz\r\n{}\r\n".to_vec(), ..message.header("Transfer-Encoding: chunked") },
        ),
        (
            "endless chunk",
            Message {
                body: b"ffffffffffffffff\r\n{}".to_vec(),
                ..message.header("Transfer-Encoding: chunked")
            },
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_survived_on_every_route_that_takes_one() {
    let bench = Bench::start();
    let at = at(&bench);
    for (method, path) in ROUTES.into_iter().filter(|(method, _)| *method == "POST") {
        let message = Message::new(method, path);
        for (name, message) in documents(&message).into_iter().chain(others(&message)) {
            let answer = attack(&at, &format!("{path}: {name}"), message.bytes()).await;
            // A return that is posted once more stands in a page, its quotes escaped.
            assert!(answer.len() < 6 * 64 * 1024, "{path}: {name}: an answer of {} bytes", answer.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_opens_a_door_without_a_json_error() {
    let bench = Bench::start();
    let at = at(&bench);
    for (path, code) in
        [("/t/demo/token", "request_invalid"), ("/t/demo/api/v1/identifications", "request_invalid")]
    {
        for body in ["x".repeat(64 * 1024 + 1), "{".to_owned(), String::new()] {
            let message = Message::new("POST", path).body("application/json", body);
            let answer = attack(&at, path, message.bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(code), "{path}: {answer}");
            assert!(answer.to_lowercase().contains("content-type: application/json"), "{path}: {answer}");
        }
    }
}
