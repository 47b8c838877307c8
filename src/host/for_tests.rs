//! An upstream on loopback that answers whatever a test wants, and hosts to call it with.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tunnus_jose::Operations;
use tunnus_sdk::{Credentials, Environment, Floor, LocalizedText, Request, Stage, SubjectSource, Timestamp};
use url::Url;

use super::{ConnectionHost, CredentialError, Outbound, OutboundLimits};
use crate::{
    ambient::Ambient,
    keyring::Key,
    metrics::Metrics,
    tenant::{limits::Limits, model::Connection},
};

/// What the upstream does with a request.
pub(super) enum Answer {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends these bytes and then nothing, until the caller hangs up.
    Silence(Vec<u8>),
    /// Sends these bytes and then one after the other, some hundred a second, until the caller hangs up.
    Drip(Vec<u8>),
}

/// A whole response.
pub(super) fn response(status: &str, content_type: &str, body: &[u8]) -> Answer {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Answer::Bytes([head.as_bytes(), body].concat())
}

/// A JSON document.
pub(super) fn json(body: &str) -> Answer {
    response("200 OK", "application/json", body.as_bytes())
}

/// A server in threads of its own, one connection a request.
pub(super) struct Upstream {
    pub(super) origin: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    /// By http on 127.0.0.1.
    pub(super) fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen("http://127.0.0.1", None, answer)
    }

    /// By https on `localhost`.
    pub(super) fn start_tls(
        tls: ServerConfig,
        answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen("https://localhost", Some(Arc::new(tls)), answer)
    }

    fn listen(
        base: &str,
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("{base}:{}", listener.local_addr().unwrap().port());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer, tls) = (Arc::clone(&seen), Arc::clone(&answer), tls.clone());
                thread::spawn(move || match tls {
                    Some(tls) => {
                        serve(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream), &seen, &*answer);
                    }
                    None => serve::<TcpStream>(stream, &seen, &*answer),
                });
            }
        });
        Self { origin, requests }
    }

    /// A URL of it.
    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(&self.origin).unwrap().join(path).unwrap()
    }

    /// The requests so far, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Reads one request, answers, closes. A broken connection is the other side's business.
fn serve<S: Read + Write>(stream: S, seen: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Answer) {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        match stream.read_line(&mut request) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let length =
        request.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    drop(stream.read_exact(&mut body));
    request.push_str(&String::from_utf8(body).unwrap());
    seen.lock().unwrap().push(request.clone());
    let (bytes, silent, drips) = match answer(&request) {
        Answer::Bytes(bytes) => (bytes, false, false),
        Answer::Silence(bytes) => (bytes, true, false),
        Answer::Drip(bytes) => (bytes, false, true),
    };
    let mut stream = stream.into_inner();
    drop(stream.write_all(&bytes).and_then(|()| stream.flush()));
    while silent && stream.read(&mut [0]).is_ok_and(|read| read > 0) {}
    while drips && stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// A clock that a test sets.
#[derive(Clone)]
pub(super) struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Somewhere in the year 2026.
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_795_256_803)))
    }

    /// Lets time pass.
    pub(super) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Time and chance by this clock.
    pub(super) fn ambient(&self) -> Ambient {
        let clock = Arc::clone(&self.0);
        Ambient::given(move || Timestamp(clock.load(Ordering::Relaxed)), |bytes| bytes.fill(7))
    }
}

/// What a host is made of.
pub(super) struct Setup {
    pub(super) allow: Vec<String>,
    pub(super) credentials: Credentials,
    pub(super) floor: Floor,
    pub(super) limits: OutboundLimits,
    pub(super) clock: Clock,
    pub(super) ring: Vec<Key>,
}

impl Setup {
    /// A host that may call `upstream` and has no credentials.
    pub(super) fn calling(upstream: &Upstream) -> Self {
        Self {
            allow: vec![upstream.origin.clone()],
            credentials: Credentials::default(),
            floor: Floor::default(),
            limits: OutboundLimits::default(),
            clock: Clock::new(),
            ring: Vec::new(),
        }
    }

    pub(super) fn outbound(&self) -> Outbound {
        let metrics = Arc::new(Metrics::new(10, ["fi-op".to_owned()].into()).unwrap());
        let outbound = Outbound::new(&self.allow, metrics, Arc::new(Operations::new()), self.clock.ambient());
        outbound.unwrap().limited(self.limits)
    }

    pub(super) fn build(self) -> Result<ConnectionHost, CredentialError> {
        let outbound = self.outbound();
        self.build_over(outbound)
    }

    pub(super) fn build_over(self, outbound: Outbound) -> Result<ConnectionHost, CredentialError> {
        self.build_limited(outbound, Limits::default())
    }

    pub(super) fn build_limited(
        self,
        outbound: Outbound,
        limits: Limits,
    ) -> Result<ConnectionHost, CredentialError> {
        let connection = Connection {
            id: "ftn".to_owned(),
            provider: "acme-id".to_owned(),
            environment: Environment::Sandbox,
            enabled: true,
            display_name: LocalizedText::default(),
            paused: None,
            limits,
            subject: SubjectSource::Upstream,
            settings: serde_json::Value::Null,
            credentials: self.credentials,
            revision: 1,
            ring: self.ring,
            key_set: OnceLock::new(),
        };
        ConnectionHost::new(
            "acme",
            &connection,
            self.floor,
            "https://broker.example/t/acme/return/ftn",
            &Arc::new(outbound),
        )
    }
}

/// A GET of the token endpoint.
pub(super) fn get(url: Url) -> Request {
    Request::get(Stage::Token, url)
}
