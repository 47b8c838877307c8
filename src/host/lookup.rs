//! Names, resolved once for all who ask at the same time, and a bounded number of them at once.
//!
//! The operating system keeps a thread for each name that it resolves, and one whose name server is
//! silent stays busy long after everybody has given up. Private keys are used on threads of the same
//! pool: no upstream's name may use them up.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};

use super::egress::Lookup;

/// How many names are resolved at once.
const AT_ONCE: usize = 64;

/// Resolves each name once at a time.
pub(super) struct SharedLookup {
    inner: Arc<dyn Lookup>,
    turns: Arc<Semaphore>,
    /// By name, while it is resolved.
    flights: Arc<Mutex<HashMap<String, Answer>>>,
}

type Answer = watch::Receiver<Option<Result<Vec<IpAddr>, io::ErrorKind>>>;

impl SharedLookup {
    /// Resolves with `inner`.
    pub(super) fn over(inner: Arc<dyn Lookup>) -> Self {
        Self { inner, turns: Arc::new(Semaphore::new(AT_ONCE)), flights: Arc::default() }
    }

    /// The answer to come. Whoever gives up leaves it to the others.
    fn answer(&self, name: &str) -> Answer {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has ended without an answer is begun anew.
        if let Some(answer) = flights.get(name).filter(|answer| answer.has_changed().is_ok()) {
            return answer.clone();
        }
        let (sender, answer) = watch::channel(None);
        flights.insert(name.to_owned(), answer.clone());
        let (inner, turns, under_way) =
            (Arc::clone(&self.inner), Arc::clone(&self.turns), Arc::clone(&self.flights));
        let name = name.to_owned();
        tokio::spawn(async move {
            let Ok(_turn) = turns.acquire().await else { return };
            let resolved = inner.addresses(&name).await.map_err(|error| error.kind());
            under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
            sender.send_replace(Some(resolved));
        });
        answer
    }
}

#[async_trait]
impl Lookup for SharedLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut answer = self.answer(name);
        let resolved = answer.wait_for(Option::is_some).await.map_err(io::Error::other)?;
        match resolved.as_ref() {
            Some(Ok(addresses)) => Ok(addresses.clone()),
            Some(Err(kind)) => Err((*kind).into()),
            None => Err(io::ErrorKind::Other.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::{sync::Notify, task::JoinSet};

    use super::*;

    /// A name server that is silent about names that begin with `slow` until it is told to go on, and
    /// counts.
    #[derive(Default)]
    struct Server {
        asked: AtomicUsize,
        go_on: Notify,
    }

    #[async_trait]
    impl Lookup for Server {
        async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if name.starts_with("slow") {
                self.go_on.notified().await;
            }
            assert!(!name.ends_with("broken"), "as a library may");
            if name.ends_with("unknown") {
                return Err(io::ErrorKind::NotFound.into());
            }
            Ok(vec![[192, 0, 2, 1].into()])
        }
    }

    fn server() -> (Arc<Server>, Arc<SharedLookup>) {
        let server = Arc::new(Server::default());
        (Arc::clone(&server), Arc::new(SharedLookup::over(server)))
    }

    fn ask(asking: &mut JoinSet<io::Result<Vec<IpAddr>>>, lookup: &Arc<SharedLookup>, name: &str) {
        let (lookup, name) = (Arc::clone(lookup), name.to_owned());
        asking.spawn(async move { lookup.addresses(&name).await });
    }

    #[tokio::test]
    async fn a_name_is_resolved_once_for_all_who_ask_meanwhile() {
        let (server, lookup) = server();
        let mut asking = JoinSet::new();
        (0..100).for_each(|_| ask(&mut asking, &lookup, "slow.example"));
        while server.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(lookup.addresses("quick.example").await.is_ok(), "another name does not wait");
        server.go_on.notify_one();
        assert!(asking.join_all().await.into_iter().all(|resolved| resolved.unwrap().len() == 1));
        assert_eq!(server.asked.load(Ordering::SeqCst), 2);
        assert!(lookup.flights.lock().unwrap().is_empty());
        lookup.addresses("quick.example").await.unwrap();
        assert_eq!(server.asked.load(Ordering::SeqCst), 3, "nothing is remembered");
    }

    #[tokio::test]
    async fn only_so_many_names_keep_a_thread_each() {
        let (server, lookup) = server();
        let mut asking = JoinSet::new();
        (0..AT_ONCE + 10).for_each(|n| ask(&mut asking, &lookup, &format!("slow{n}.example")));
        while server.asked.load(Ordering::SeqCst) < AT_ONCE
            || lookup.flights.lock().unwrap().len() < AT_ONCE + 10
        {
            tokio::task::yield_now().await;
        }
        assert_eq!(server.asked.load(Ordering::SeqCst), AT_ONCE);
        while asking.try_join_next().is_some() || !asking.is_empty() {
            server.go_on.notify_waiters();
            tokio::task::yield_now().await;
        }
        assert_eq!(server.asked.load(Ordering::SeqCst), AT_ONCE + 10);
    }

    #[tokio::test]
    async fn what_is_unknown_is_an_error_and_what_broke_is_asked_again() {
        let (server, lookup) = server();
        let unknown = lookup.addresses("unknown").await.unwrap_err();
        assert_eq!(unknown.kind(), io::ErrorKind::NotFound);
        for asked in [2, 3] {
            assert!(lookup.addresses("broken").await.is_err());
            assert_eq!(server.asked.load(Ordering::SeqCst), asked);
        }
    }
}
