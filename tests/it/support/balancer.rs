//! A balancer without sticky sessions: each connection goes to the next broker that takes it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::net::{TcpListener, TcpStream};

/// A balancer at work; ends with its value.
pub struct Balancer {
    pub url: String,
    turn: Arc<AtomicUsize>,
    work: tokio::task::JoinHandle<()>,
}

impl Balancer {
    /// One that listens; the brokers are named later.
    pub async fn listen() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, url)
    }

    /// Serves `brokers` in turn.
    pub fn over(listener: TcpListener, brokers: Vec<SocketAddr>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let turn = Arc::new(AtomicUsize::new(0));
        let next = Arc::clone(&turn);
        let work = tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let first = next.fetch_add(1, Ordering::Relaxed);
                let order: Vec<_> =
                    (0..brokers.len()).map(|n| brokers[(first + n) % brokers.len()]).collect();
                tokio::spawn(async move {
                    for broker in order {
                        if let Ok(mut to) = TcpStream::connect(broker).await {
                            // Either side may hang up.
                            drop(tokio::io::copy_bidirectional(&mut from, &mut to).await);
                            return;
                        }
                    }
                });
            }
        });
        Self { url, turn, work }
    }

    /// Lets the next connection go to this broker.
    pub fn next(&self, broker: usize) {
        self.turn.store(broker, Ordering::Relaxed);
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.work.abort();
    }
}
