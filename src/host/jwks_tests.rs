use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tunnus_jose::{KeyUse, Operations, SigningKey, VerifyError, generate};
use tunnus_sdk::{Claims, Hidden, SigningAlgorithm};

use super::{super::for_tests::Clock, *};

const AGE: Duration = Duration::from_secs(300);

/// A signing key under a name of its own.
fn key(kid: &str) -> SigningKey {
    SigningKey::parse(&generate::p256(KeyUse::Signature).unwrap()).unwrap().with_kid(kid)
}

fn token(key: &SigningKey) -> Hidden<String> {
    key.sign(&Operations::new(), SigningAlgorithm::ES256, None, &Claims::new()).unwrap()
}

fn knows(snapshot: &Snapshot, key: &SigningKey) -> bool {
    let algorithms = [SigningAlgorithm::ES256];
    let verified =
        tunnus_jose::verify(&Operations::new(), &algorithms, &snapshot.keys, token(key).expose_str());
    match verified {
        Ok(_) => true,
        Err(VerifyError::KeyUnknown | VerifyError::Rejected(_)) => false,
    }
}

/// An upstream that publishes what a test says, one set a fetch; then it is away.
#[derive(Default)]
struct Scripted {
    sets: Mutex<VecDeque<Vec<Value>>>,
    fetches: AtomicUsize,
    conflicts: AtomicUsize,
}

impl Scripted {
    fn publishing(sets: &[&[&SigningKey]]) -> Self {
        let sets = sets.iter().map(|set| set.iter().map(|key| key.public_jwk()).collect());
        Self { sets: Mutex::new(sets.collect()), ..Self::default() }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl FetchKeys for Scripted {
    async fn fetch(&self, _uri: &Url) -> Result<PublicKeys, Cause> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        let set = self.sets.lock().unwrap().pop_front().ok_or("away")?;
        Ok(PublicKeys::parse(json!({ "keys": set }).to_string().as_bytes())?)
    }

    fn conflict(&self, _issuer: &str) {
        self.conflicts.fetch_add(1, Ordering::Relaxed);
    }
}

struct Cache {
    jwks: Jwks,
    clock: Clock,
    uri: Url,
}

impl Cache {
    fn new() -> Self {
        let clock = Clock::new();
        Self { jwks: Jwks::new(clock.ambient()), clock, uri: Url::parse("https://idp.example/jwks").unwrap() }
    }

    async fn current(&self, upstream: &Scripted) -> Result<Snapshot, Unavailable> {
        self.jwks.current(upstream, ("https://idp.example", &self.uri), AGE).await
    }

    async fn refetch(
        &self,
        upstream: &Scripted,
        channel: Channel,
        seen: u64,
    ) -> Result<Option<Snapshot>, Unavailable> {
        self.jwks.refetch(upstream, ("https://idp.example", &self.uri), channel, seen).await
    }
}

#[tokio::test]
async fn young_keys_are_not_fetched_again() {
    let (cache, a) = (Cache::new(), key("a"));
    let upstream = Scripted::publishing(&[&[&a], &[&a]]);
    for seconds in [0, 299, 1] {
        cache.clock.pass(seconds);
        assert!(knows(&cache.current(&upstream).await.unwrap(), &a));
    }
    assert_eq!(upstream.fetches(), 2, "at first and after 300 seconds");
}

#[tokio::test]
async fn what_counts_is_the_union_of_the_last_hour() {
    let (cache, a, b) = (Cache::new(), key("a"), key("b"));
    let upstream = Scripted::publishing(&[&[&a], &[&b], &[&b]]);
    cache.current(&upstream).await.unwrap();
    cache.clock.pass(3599);
    let union = cache.current(&upstream).await.unwrap();
    assert!(knows(&union, &a) && knows(&union, &b));
    cache.clock.pass(300);
    let later = cache.current(&upstream).await.unwrap();
    assert!(!knows(&later, &a) && knows(&later, &b));
    assert_eq!(upstream.conflicts.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn of_two_keys_with_one_name_the_newer_wins_and_an_alarm_is_raised() {
    let (cache, old, new) = (Cache::new(), key("a"), key("a"));
    let upstream = Scripted::publishing(&[&[&old], &[&new], &[&new]]);
    cache.current(&upstream).await.unwrap();
    cache.clock.pass(300);
    let union = cache.current(&upstream).await.unwrap();
    assert!(!knows(&union, &old) && knows(&union, &new));
    assert_eq!(upstream.conflicts.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn while_the_upstream_is_away_known_keys_serve_for_a_day() {
    let (cache, a) = (Cache::new(), key("a"));
    let upstream = Scripted::publishing(&[&[&a]]);
    cache.current(&upstream).await.unwrap();
    cache.clock.pass(24 * 60 * 60 - 1);
    assert!(knows(&cache.current(&upstream).await.unwrap(), &a));
    cache.clock.pass(1);
    assert!(cache.current(&upstream).await.is_err());
}

#[tokio::test]
async fn an_upstream_that_is_away_is_left_in_peace_for_some_seconds() {
    let cache = Cache::new();
    let upstream = Scripted::default();
    for _ in 0..3 {
        assert!(cache.current(&upstream).await.is_err());
    }
    assert_eq!(upstream.fetches(), 1);
    cache.clock.pass(5);
    assert!(cache.current(&upstream).await.is_err());
    assert_eq!(upstream.fetches(), 2);
}

#[tokio::test]
async fn who_comes_while_keys_are_fetched_takes_the_same() {
    let (cache, a) = (Cache::new(), key("a"));
    let upstream = Scripted::publishing(&[&[&a], &[&a]]);
    let (one, two) = tokio::join!(cache.current(&upstream), cache.current(&upstream));
    assert_eq!((one.unwrap().generation, two.unwrap().generation, upstream.fetches()), (1, 1, 1));
    let refetches = tokio::join!(
        cache.refetch(&upstream, Channel::Direct, 1),
        cache.refetch(&upstream, Channel::Direct, 1),
        cache.refetch(&upstream, Channel::Browser, 1),
    );
    assert!(
        [refetches.0, refetches.1, refetches.2]
            .into_iter()
            .all(|newer| newer.unwrap().unwrap().generation == 2)
    );
    assert_eq!(upstream.fetches(), 2);
}

/// Refetches through `channel` until no more are made.
async fn drain(cache: &Cache, upstream: &Scripted, channel: Channel) -> usize {
    let before = upstream.fetches();
    while let Ok(Some(_)) = cache.refetch(upstream, channel, u64::MAX).await {}
    upstream.fetches() - before
}

#[tokio::test]
async fn browsers_spend_a_budget_of_their_own() {
    let (cache, a) = (Cache::new(), key("a"));
    let sets: Vec<&[&SigningKey]> = vec![&[]; 100];
    let upstream = Scripted::publishing(&sets);
    assert_eq!(drain(&cache, &upstream, Channel::Browser).await, 5);
    assert_eq!(drain(&cache, &upstream, Channel::Direct).await, 10);
    cache.clock.pass(59);
    assert_eq!(drain(&cache, &upstream, Channel::Browser).await, 0);
    cache.clock.pass(1);
    assert_eq!(drain(&cache, &upstream, Channel::Browser).await, 5);
    assert_eq!(drain(&cache, &upstream, Channel::Direct).await, 10);
    assert!(!knows(&cache.current(&upstream).await.unwrap(), &a));
}

#[tokio::test]
async fn a_flood_of_fetches_and_issuers_stays_bounded() {
    let cache = Cache::new();
    let sets: Vec<&[&SigningKey]> = vec![&[]; 500];
    let upstream = Scripted::publishing(&sets);
    for n in 0..200 {
        let name = format!("https://idp{n}.example");
        cache.jwks.current(&upstream, (&name, &cache.uri), AGE).await.unwrap();
    }
    assert!(cache.jwks.issuers.lock().unwrap().len() <= ISSUERS);
    for _ in 0..100 {
        cache.clock.pass(6);
        drop(cache.refetch(&upstream, Channel::Direct, u64::MAX).await);
    }
    let issuer = cache.jwks.issuer("https://idp.example", &cache.uri);
    assert_eq!(issuer.state().fetches.len(), FETCHES);
}

#[tokio::test]
async fn keys_in_use_are_fetched_anew_ahead_of_their_end() {
    let (cache, a, b) = (Cache::new(), key("a"), key("b"));
    let upstream = Scripted::publishing(&[&[&a], &[&b]]);
    cache.jwks.refresh(&upstream).await;
    assert_eq!(upstream.fetches(), 0, "nobody has used them");
    cache.current(&upstream).await.unwrap();
    for (seconds, fetches) in [(199, 1), (1, 2), (199, 2)] {
        cache.clock.pass(seconds);
        cache.jwks.refresh(&upstream).await;
        assert_eq!(upstream.fetches(), fetches);
    }
    assert!(knows(&cache.current(&upstream).await.unwrap(), &b));
    assert_eq!(upstream.fetches(), 2, "no login has waited");
}

#[tokio::test]
async fn keys_that_nobody_uses_any_more_are_left_alone() {
    let (cache, a) = (Cache::new(), key("a"));
    let upstream = Scripted::publishing(&[&[&a], &[&a]]);
    cache.current(&upstream).await.unwrap();
    cache.clock.pass(15 * 60);
    cache.jwks.refresh(&upstream).await;
    assert_eq!(upstream.fetches(), 1);
}

#[tokio::test]
async fn while_the_upstream_is_away_the_refresh_asks_and_no_login_does() {
    let (cache, a, b) = (Cache::new(), key("a"), key("b"));
    let upstream = Scripted::publishing(&[&[&a]]);
    cache.current(&upstream).await.unwrap();
    cache.clock.pass(200);
    for fetches in 2..20 {
        cache.jwks.refresh(&upstream).await;
        cache.jwks.refresh(&upstream).await;
        assert_eq!(upstream.fetches(), fetches, "once in ten seconds");
        cache.clock.pass(10);
        assert!(knows(&cache.current(&upstream).await.unwrap(), &a));
        assert_eq!(upstream.fetches(), fetches);
    }
    // It has changed its keys meanwhile: a token of the new one is asked for, and found once it is back.
    assert!(cache.refetch(&upstream, Channel::Direct, 1).await.is_err());
    upstream.sets.lock().unwrap().push_back(vec![b.public_jwk()]);
    let newer = cache.refetch(&upstream, Channel::Direct, 1).await.unwrap().unwrap();
    assert!(knows(&newer, &a) && knows(&newer, &b));
}

#[tokio::test]
async fn who_comes_while_old_keys_are_fetched_anew_takes_the_old_ones() {
    let (cache, a, b) = (Cache::new(), key("a"), key("b"));
    let upstream = Scripted::publishing(&[&[&a], &[&b]]);
    cache.current(&upstream).await.unwrap();
    cache.clock.pass(300);
    let (fetching, meanwhile) = tokio::join!(cache.current(&upstream), cache.current(&upstream));
    assert_eq!((fetching.unwrap().generation, meanwhile.unwrap().generation), (2, 1));
    assert_eq!(upstream.fetches(), 2);
}
