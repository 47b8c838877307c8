//! The floods, each over many connections from a few addresses, without a pause.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::{Failure, ended};

/// Over how many connections at a time.
const CONNECTIONS: u64 = 64;
/// From how many addresses.
const ADDRESSES: u64 = 8;

/// A kind of flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Logins that are begun and left.
    Authorize,
    /// Returns that belong to nobody.
    Returns,
    /// Bodies of 10 MB.
    Bodies,
    /// Heads that never end.
    Slow,
}

/// What was sent and answered.
#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    limited: AtomicU64,
    bytes: AtomicU64,
}

impl Attack {
    pub const ALL: [Self; 4] = [Self::Authorize, Self::Returns, Self::Bodies, Self::Slow];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Returns => "returns",
            Self::Bodies => "bodies",
            Self::Slow => "slow",
        }
    }

    /// What is sent, and whether an answer is awaited.
    fn request(self, number: u64) -> Vec<u8> {
        let get =
            |path: String, more: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n").into_bytes();
        match self {
            Self::Authorize => {
                let redirect = "redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Freturn";
                let pkce =
                    "code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
                let query = format!(
                    "client_id=shop&response_type=code&scope=openid&connection=ftn&{redirect}&{pkce}"
                );
                get(format!("/t/demo/authorize?{query}"), "")
            }
            Self::Returns => {
                let state = format!("{number:0>43}");
                let cookie =
                    format!("Cookie: tunnus_AAAAAAAAAAAAAAAA=demo.ftn.{number}.1.{state}.{state}\r\n");
                get(format!("/t/demo/return/ftn/callback?state={state}&code={number}"), &cookie)
            }
            Self::Bodies => {
                let length = 10 * 1024 * 1024;
                let head = "POST /t/demo/return/ftn/callback HTTP/1.1\r\nHost: x\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n";
                let body = vec![b'x'; length];
                [format!("{head}{length:x}\r\n").as_bytes(), &body, b"\r\n0\r\n\r\n"].concat()
            }
            Self::Slow => b"GET /t/demo/jwks HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_vec(),
        }
    }
}

/// Floods until standard input ends, and says how much.
#[expect(clippy::print_stdout, reason = "whoever started it reads the figures")]
pub async fn flood(attack: Attack, at: SocketAddr) -> Result<(), Failure> {
    let counts = Arc::new(Counts::default());
    let begun = Instant::now();
    let connections = if attack == Attack::Slow { CONNECTIONS * 32 } else { CONNECTIONS };
    let senders: Vec<_> =
        (0..connections).map(|number| tokio::spawn(send(attack, at, number, Arc::clone(&counts)))).collect();
    ended().await;
    senders.iter().for_each(tokio::task::JoinHandle::abort);
    let seconds = begun.elapsed().as_secs_f64();
    let [requests, limited, bytes] =
        [&counts.requests, &counts.limited, &counts.bytes].map(|count| count.load(Ordering::Relaxed));
    let each = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
    println!(
        "{:.0} requests/s over {connections} connections, {:.0}/s refused with 429, {:.1} MB/s sent",
        each(requests),
        each(limited),
        each(bytes / 1024) / 1024.0
    );
    Ok(())
}

/// One connection after the other.
async fn send(attack: Attack, at: SocketAddr, number: u64, counts: Arc<Counts>) {
    for round in 0.. {
        // A connection that is cut off is the answer that a flood gets.
        drop(talk(attack, at, (number, round), &counts).await);
        tokio::task::yield_now().await;
    }
}

async fn talk(
    attack: Attack,
    at: SocketAddr,
    (number, round): (u64, u64),
    counts: &Counts,
) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    let host = u8::try_from(number % ADDRESSES).unwrap_or_default();
    socket.bind(SocketAddrV4::new(Ipv4Addr::new(127, 2, 0, host + 1), 0).into())?;
    let mut stream = socket.connect(at).await?;
    for again in 0.. {
        counts.requests.fetch_add(1, Ordering::Relaxed);
        let request = attack.request((round * 1_000 + again) * 1_000 + number);
        for piece in request.chunks(64 * 1024) {
            stream.write_all(piece).await?;
            counts.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        let status = answer(&mut stream).await?;
        if status == 429 {
            counts.limited.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Reads one answer; its status.
async fn answer(stream: &mut TcpStream) -> io::Result<u16> {
    let mut read = Vec::new();
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or_default();
        if body.len() >= length {
            return Ok(head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default());
        }
    }
}
