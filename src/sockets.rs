//! The connections of a listener to the world: how many one sender may have, and how long one may dawdle.
//!
//! A connection is at work while a request of it is answered, which has bounds of its own. All the rest
//! is the client's time: to send a head, to read an answer, to be silent. Who takes longer over it than
//! the settings' patience is cut off, for the HTTP library watches over the first head alone.

use std::{
    collections::HashMap,
    net::{IpAddr, Shutdown},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::time::interval;

use crate::{
    config::{Limits, Proxies},
    limits::{Network64, Ticks},
};

/// How often the connections are looked through.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Stands for the end of a connection that is at work.
const AT_WORK: u64 = u64::MAX;
/// How long one stays, in milliseconds, whose client sends what nobody reads: to take its answer.
const FAREWELL: u64 = 1_500;
/// How long one may take to read an answer that is made while it is sent, in milliseconds.
const STREAM: u64 = 60 * 60 * 1_000;

/// What a listener bears.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    /// Whose word about a sender's address is taken.
    pub proxies: Proxies,
    /// How many connections there may be, and for how long.
    pub limits: Limits,
}

/// The connections that are open.
pub struct Sockets {
    open: Mutex<Open>,
    intake: Intake,
    ticks: Ticks,
}

#[derive(Default)]
struct Open {
    all: Vec<Weak<Socket>>,
    senders: HashMap<Network64, u32>,
}

/// One connection, as long as it is open.
pub struct Socket {
    sockets: Arc<Sockets>,
    handle: socket2::Socket,
    sender: Option<Network64>,
    /// Until when it is the client's turn, in milliseconds.
    until: AtomicU64,
}

/// A request being answered; until it is dropped.
pub struct Work {
    socket: Arc<Socket>,
    after: u64,
}

impl Sockets {
    /// None so far.
    #[must_use]
    pub fn new(intake: Intake, ticks: Ticks) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), intake, ticks })
    }

    /// A connection was opened: none where it is cut off at once.
    #[must_use]
    pub fn opened(self: &Arc<Self>, stream: &TcpStream) -> Option<Arc<Socket>> {
        let opened = self.watched(stream);
        if opened.is_none() {
            cut(&SockRef::from(stream));
        }
        opened
    }

    fn watched(self: &Arc<Self>, stream: &TcpStream) -> Option<Arc<Socket>> {
        let peer = stream.peer_addr().ok()?.ip();
        let handle = SockRef::from(stream).try_clone().ok()?;
        let sender = self.counted(peer);
        let mut open = self.open();
        if let Some(sender) = sender {
            let count = open.senders.entry(sender).or_default();
            if *count >= self.intake.limits.address_connections {
                return None;
            }
            *count += 1;
        }
        let until = AtomicU64::new(self.now() + self.patience());
        let socket = Arc::new(Socket { sockets: Arc::clone(self), handle, sender, until });
        open.all.push(Arc::downgrade(&socket));
        Some(socket)
    }

    /// As whose the connections from `peer` are counted: of a proxy they are many people's.
    fn counted(&self, peer: IpAddr) -> Option<Network64> {
        let proxy = self.intake.proxies.networks.iter().any(|network| network.contains(peer));
        let limited = self.intake.limits.address_connections > 0 && !proxy;
        limited.then(|| peer.into())
    }

    /// Cuts off whoever dawdles, until the listener is gone.
    pub fn attend(self: &Arc<Self>) {
        let sockets = Arc::downgrade(self);
        let mut looks = interval(LOOK_EVERY);
        drop(tokio::spawn(async move {
            loop {
                looks.tick().await;
                let Some(sockets) = sockets.upgrade() else { break };
                sockets.look_through();
            }
        }));
    }

    fn look_through(&self) {
        let mut open = Vec::new();
        self.open().all.retain(|socket| {
            let socket = socket.upgrade();
            let is_open = socket.is_some();
            open.extend(socket);
            is_open
        });
        // Not while the list is held: one that was closed meanwhile is dropped here, and wants it.
        let now = self.now();
        for socket in open {
            if now > socket.until.load(Ordering::Relaxed) {
                cut(&socket.handle);
            }
        }
    }

    fn patience(&self) -> u64 {
        u64::from(self.intake.limits.patience_seconds) * 1_000
    }

    fn now(&self) -> u64 {
        u64::try_from(self.ticks.elapsed().as_millis()).unwrap_or(AT_WORK)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Socket {
    /// A request of it is being answered.
    #[must_use]
    pub fn work(self: &Arc<Self>) -> Work {
        self.until.store(AT_WORK, Ordering::Relaxed);
        Work { socket: Arc::clone(self), after: self.sockets.patience() }
    }
}

impl Work {
    /// The client still sends what was not wanted: once it has its answer it is cut off.
    pub fn bid_farewell(&mut self) {
        self.after = FAREWELL;
    }

    /// The answer is made while it is sent, and may be long: what an admin exports.
    pub fn stream(&mut self) {
        self.after = STREAM;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.socket.until.store(self.socket.sockets.now() + self.after, Ordering::Relaxed);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some(sender) = self.sender else { return };
        let mut open = self.sockets.open();
        if let Some(count) = open.senders.get_mut(&sender) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.senders.remove(&sender);
            }
        }
    }
}

/// Ends a connection in both directions: what serves it learns so by itself.
fn cut(socket: &socket2::Socket) {
    // One that the other side has closed meanwhile is cut already.
    drop(socket.shutdown(Shutdown::Both));
}

#[cfg(test)]
#[path = "sockets_tests.rs"]
mod tests;
