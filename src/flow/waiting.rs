//! Who waits for an identification to be settled: a bounded number for each app, woken when it
//! happens in this process. Another broker's settling wakes nobody here: who waits looks now and
//! then besides.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// How many of an app's calls may wait at a time.
pub const PER_APP: usize = 500;

/// Everybody who waits.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<Waiters>);

#[derive(Debug, Default)]
struct Waiters {
    /// How many wait, by tenant and app.
    apps: HashMap<App, usize>,
    /// Who is to be woken, by identification.
    identifications: HashMap<String, watch::Sender<()>>,
}

/// Tenant and app.
type App = (String, String);

/// One who waits, until it is dropped.
pub struct Waiter<'a> {
    waiting: &'a Waiting,
    app: App,
    identification: String,
    settled: watch::Receiver<()>,
}

impl Waiting {
    /// Begins to wait for `identification`; none where the app has too many calls that wait.
    #[must_use]
    pub fn enter(&self, tenant: &str, app: &str, identification: &str) -> Option<Waiter<'_>> {
        let app = (tenant.to_owned(), app.to_owned());
        let mut waiters = self.waiters();
        let count = waiters.apps.entry(app.clone()).or_default();
        if *count >= PER_APP {
            return None;
        }
        *count += 1;
        let sender = waiters.identifications.entry(identification.to_owned());
        let settled = sender.or_insert_with(|| watch::Sender::new(())).subscribe();
        drop(waiters);
        Some(Waiter { waiting: self, app, identification: identification.to_owned(), settled })
    }

    /// Wakes everybody who waits for `identification`.
    pub fn wake(&self, identification: &str) {
        if let Some(sender) = self.waiters().identifications.get(identification) {
            sender.send_replace(());
        }
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter<'_> {
    /// Returns when the identification was settled since this was asked before.
    pub async fn woken(&mut self) {
        if self.settled.changed().await.is_err() {
            // The sender stays while somebody waits; without it there is nothing to be woken by.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiters = self.waiting.waiters();
        let Waiters { apps, identifications } = &mut *waiters;
        if let Some(count) = apps.get_mut(&self.app) {
            *count = count.saturating_sub(1);
        }
        forget(apps, &self.app, |count| *count == 0);
        forget(identifications, &self.identification, |sender| sender.receiver_count() <= 1);
    }
}

fn forget<K: Hash + Eq, V>(map: &mut HashMap<K, V>, key: &K, is_over: impl Fn(&V) -> bool) {
    if map.get(key).is_some_and(is_over) {
        map.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_woken_and_leaves_nothing_behind() {
        let waiting = Waiting::default();
        let mut one = waiting.enter("acme", "shop", "a").unwrap();
        let mut other = waiting.enter("acme", "shop", "a").unwrap();
        waiting.wake("b");
        waiting.wake("a");
        one.woken().await;
        other.woken().await;
        drop(one);
        assert!(waiting.waiters().identifications.contains_key("a"));
        drop(other);
        let waiters = waiting.waiters();
        assert!(waiters.apps.is_empty() && waiters.identifications.is_empty());
    }

    #[tokio::test]
    async fn what_was_settled_before_one_looked_is_not_missed() {
        let waiting = Waiting::default();
        let mut waiter = waiting.enter("acme", "shop", "a").unwrap();
        waiting.wake("a");
        tokio::task::yield_now().await;
        waiter.woken().await;
    }

    #[test]
    fn an_app_waits_with_a_bounded_number_of_calls() {
        let waiting = Waiting::default();
        let mut all: Vec<_> = (0..PER_APP).map(|_| waiting.enter("acme", "shop", "a").unwrap()).collect();
        assert!(waiting.enter("acme", "shop", "b").is_none());
        assert!(
            waiting.enter("acme", "desk", "a").is_some() && waiting.enter("other", "shop", "a").is_some()
        );
        all.pop();
        assert!(waiting.enter("acme", "shop", "b").is_some());
    }
}
