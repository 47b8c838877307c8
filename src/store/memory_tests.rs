use std::sync::{Arc, atomic::AtomicI64};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

/// A store and its clock.
fn store(limits: MemoryLimits) -> (MemoryStore, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(1_000_000));
    let hands = Arc::clone(&clock);
    let ambient = Ambient::given(move || Timestamp(hands.load(Ordering::Relaxed)), |bytes| bytes.fill(0));
    (MemoryStore::new(limits, ambient), clock)
}

fn key(name: u32) -> Key {
    Key::new("attempt", &name.to_string())
}

fn used(store: &MemoryStore) -> (usize, usize) {
    (store.usage.entries.load(Ordering::Relaxed), store.usage.bytes.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_value_ends_with_its_time_and_so_does_a_tombstone() {
    let (store, clock) = store(MemoryLimits::default());
    store.put(&key(1), b"a", MINUTE).await.unwrap();
    store.put(&key(2), b"b", MINUTE).await.unwrap();
    assert_eq!(store.take(&key(2)).await.unwrap(), Taken::Value(b"b".to_vec()));
    clock.fetch_add(59, Ordering::Relaxed);
    assert_eq!(store.read(&key(1)).await.unwrap().as_deref(), Some(b"a".as_slice()));
    assert_eq!(store.take(&key(2)).await.unwrap(), Taken::AlreadyTaken);
    clock.fetch_add(1, Ordering::Relaxed);
    assert_eq!(store.read(&key(1)).await.unwrap(), None);
    assert_eq!(store.take(&key(1)).await.unwrap(), Taken::Missing);
    assert_eq!(store.take(&key(2)).await.unwrap(), Taken::Missing);
    assert!(store.create(&key(1), b"c", MINUTE).await.unwrap());
}

#[tokio::test]
async fn a_full_store_refuses_what_is_new_and_keeps_what_is_live() {
    let (store, _) = store(MemoryLimits { entries: 2, bytes: 1 << 20 });
    for n in 0..2 {
        store.put(&key(n), b"live", MINUTE).await.unwrap();
    }
    assert!(store.put(&key(2), b"new", MINUTE).await.is_err());
    assert!(store.create(&key(2), b"new", MINUTE).await.is_err());
    for n in 0..2 {
        assert_eq!(store.take(&key(n)).await.unwrap(), Taken::Value(b"live".to_vec()));
    }
}

#[tokio::test]
async fn bytes_are_bounded_too() {
    let (store, _) = store(MemoryLimits { entries: 100, bytes: 1000 });
    assert!(store.put(&key(0), &[0; 2000], MINUTE).await.is_err());
    assert_eq!(used(&store), (0, 0));
    store.put(&key(0), &[0; 600], MINUTE).await.unwrap();
    assert!(store.put(&key(1), &[0; 600], MINUTE).await.is_err());
    assert_eq!(store.read(&key(0)).await.unwrap().map(|value| value.len()), Some(600));
}

#[tokio::test]
async fn what_has_expired_makes_room() {
    let (store, clock) = store(MemoryLimits { entries: 2, bytes: 1 << 20 });
    for n in 0..2 {
        store.put(&key(n), b"old", Duration::from_secs(5)).await.unwrap();
    }
    assert!(store.put(&key(2), b"new", MINUTE).await.is_err());
    clock.fetch_add(5, Ordering::Relaxed);
    store.put(&key(2), b"new", MINUTE).await.unwrap();
    store.put(&key(3), b"new", MINUTE).await.unwrap();
    assert_eq!(used(&store).0, 2);
}

#[tokio::test]
async fn nothing_is_left_over_in_the_account() {
    let (store, clock) = store(MemoryLimits::default());
    for n in 0..50 {
        store.put(&key(n), &[7; 100], MINUTE).await.unwrap();
        store.put(&key(n), &[7; 10], MINUTE).await.unwrap();
    }
    for n in 0..20 {
        store.take(&key(n)).await.unwrap();
        store.take(&key(n)).await.unwrap();
    }
    for n in 0..30 {
        store.delete(&key(n)).await.unwrap();
        store.delete(&key(n)).await.unwrap();
    }
    clock.fetch_add(61, Ordering::Relaxed);
    store.sweep();
    assert_eq!(used(&store), (0, 0));
}
