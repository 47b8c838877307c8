use proptest::prelude::*;
use serde_json::json;

use super::*;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

fn key(connection: Option<&str>, purpose: Purpose, kid: &str, at: i64) -> Key {
    Key {
        connection: connection.map(str::to_owned),
        purpose,
        kind: KeyKind::Rsa(2048),
        kid: kid.to_owned(),
        state: State::Created,
        since: Timestamp(at),
        made_at: Timestamp(at),
        not_after: None,
        fetched: true,
        public: json!({ "kid": kid }),
        certificate: None,
        subject: None,
        organisation: None,
    }
}

fn ring(keys: impl IntoIterator<Item = Key>) -> Ring {
    keys.into_iter().map(|key| (key.kid.clone(), key)).collect()
}

fn states(ring: &Ring) -> Vec<(&str, State)> {
    ring.iter().map(|(id, key)| (id.as_str(), key.state)).collect()
}

/// Takes whatever is due, step after step.
fn settle(ring: &mut Ring, now: i64, policy: &Policy) {
    loop {
        let steps = advance(ring, Timestamp(now), policy);
        if steps.is_empty() {
            return;
        }
        take(ring, &steps, Timestamp(now));
    }
}

#[test]
fn a_new_key_of_a_tenant_is_published_used_and_withdrawn_in_its_time() {
    let policy = Policy::default();
    let old = Key { state: State::Active, ..key(None, Purpose::Signing, "old", 0) };
    let mut ring = ring([old, key(None, Purpose::Signing, "new", 0)]);
    for (now, expected) in [
        (59, [State::Created, State::Active]),
        (60, [State::WarmUp, State::Active]),
        (60 + DAY - 1, [State::WarmUp, State::Active]),
        (60 + DAY, [State::Active, State::Cooldown]),
        (60 + 8 * DAY - 1, [State::Active, State::Cooldown]),
        (60 + 8 * DAY, [State::Active, State::Retired]),
    ] {
        settle(&mut ring, now, &policy);
        assert_eq!(states(&ring), [("new", expected[0]), ("old", expected[1])], "at {now}");
    }
}

#[test]
fn a_key_that_an_upstream_must_be_told_of_waits_for_that() {
    let policy = Policy::default();
    let told = Key { fetched: false, ..key(Some("bank"), Purpose::Signing, "new", 0) };
    let old = Key { state: State::Active, ..key(Some("bank"), Purpose::Signing, "old", 0) };
    let mut ring = ring([told, old]);
    settle(&mut ring, 365 * DAY, &policy);
    assert_eq!(states(&ring), [("new", State::AwaitingRegistration), ("old", State::Active)]);
    ring.get_mut("new").unwrap().state = State::WarmUp;
    settle(&mut ring, 365 * DAY, &policy);
    assert_eq!(states(&ring), [("new", State::Active), ("old", State::Cooldown)]);
}

#[test]
fn no_date_stops_decryption() {
    let policy = Policy::default();
    let ended = |state| Key {
        state,
        fetched: false,
        not_after: Some(Timestamp(1)),
        ..key(Some("bank"), Purpose::Decryption, &format!("{state:?}"), 0)
    };
    let mut ring = ring([ended(State::Active), ended(State::Cooldown)]);
    settle(&mut ring, 1_000 * DAY, &policy);
    assert_eq!(states(&ring), [("Active", State::Active), ("Cooldown", State::Cooldown)]);
}

#[test]
fn an_rsa_and_a_p256_key_do_not_replace_each_other() {
    let rsa = Key { state: State::Active, ..key(None, Purpose::Signing, "rsa", 0) };
    let p256 = Key { kind: KeyKind::P256, ..key(None, Purpose::Signing, "p256", 0) };
    let mut ring = ring([rsa, p256]);
    settle(&mut ring, 60, &Policy::default());
    settle(&mut ring, 2 * DAY, &Policy::default());
    assert_eq!(states(&ring), [("p256", State::Active), ("rsa", State::Active)]);
}

#[test]
fn of_several_that_are_due_the_newest_comes_into_use() {
    let warm = |kid: &str, at| Key { state: State::WarmUp, ..key(None, Purpose::Signing, kid, at) };
    let mut ring = ring([warm("b", 1), warm("c", 2), warm("a", 0)]);
    settle(&mut ring, 2 + DAY, &Policy::default());
    assert_eq!(states(&ring), [("a", State::Cooldown), ("b", State::Cooldown), ("c", State::Active)]);
}

#[test]
fn a_tenants_key_is_followed_in_time_and_once() {
    let policy = Policy::default();
    let mut ring = ring([Key { state: State::Active, ..key(None, Purpose::Signing, "a", 0) }]);
    let from = 89 * DAY - 60;
    assert_eq!(outlived(&ring, Timestamp(from - 1), &policy), []);
    assert_eq!(outlived(&ring, Timestamp(from), &policy), [KeyKind::Rsa(2048)]);
    ring.insert("b".to_owned(), key(None, Purpose::Signing, "b", from));
    assert_eq!(outlived(&ring, Timestamp(from), &policy), []);
    let mut of_connection = ring.clone();
    for key in of_connection.values_mut() {
        key.connection = Some("bank".to_owned());
    }
    of_connection.remove("b");
    assert_eq!(outlived(&of_connection, Timestamp(1_000 * DAY), &policy), []);
}

/// What somebody outside does, or the time.
#[derive(Clone, Debug)]
enum Event {
    Rotate(Purpose),
    Wait(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::Rotate(Purpose::Signing)),
        1 => Just(Event::Rotate(Purpose::Decryption)),
        4 => (1..3 * DAY).prop_map(Event::Wait),
    ]
}

/// An upstream goes on this long with what it has fetched once.
const STALE: i64 = DAY;

/// A ring, and an upstream that fetches its key set whenever it likes.
struct World {
    ring: Ring,
    now: i64,
    /// When each key was first and last seen in the key set.
    seen: BTreeMap<String, (i64, i64)>,
}

impl World {
    fn new() -> Self {
        let first = |purpose, kid| Key { state: State::Active, ..key(Some("bank"), purpose, kid, 0) };
        let ring = ring([first(Purpose::Signing, "s0"), first(Purpose::Decryption, "d0")]);
        let mut world = Self { ring, now: 0, seen: BTreeMap::new() };
        world.fetch();
        world
    }

    fn fetch(&mut self) {
        for (id, _) in self.ring.iter().filter(|(_, key)| key.duties().published) {
            self.seen.entry(id.clone()).or_insert((self.now, 0)).1 = self.now;
        }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Wait(seconds) => self.now += seconds,
            Event::Rotate(purpose) => {
                let new = key(Some("bank"), *purpose, &format!("{purpose:?}{}", self.now), self.now);
                let is_full = *purpose == Purpose::Decryption && live(&self.ring, "bank") >= MOST_LIVE;
                if successor(&self.ring, &new.slot()).is_none() && !is_full {
                    self.ring.insert(new.kid.clone(), new);
                }
            }
        }
        // The upstream may have fetched just before anything was done.
        self.fetch();
        loop {
            let steps = advance(&self.ring, Timestamp(self.now), &Policy::default());
            take(&mut self.ring, &steps, Timestamp(self.now));
            self.fetch();
            self.check();
            if steps.is_empty() {
                return;
            }
        }
    }

    fn check(&self) {
        let signing: Vec<_> = self.ring.iter().filter(|(_, key)| key.duties().signs).collect();
        assert_eq!(signing.len(), 1, "exactly one key signs");
        for (id, key) in signing {
            assert!(key.duties().published, "nothing signed is unpublished");
            let known = self.seen.get(id).is_some_and(|(first, _)| self.now - first >= STALE);
            assert!(known || id == "s0", "an upstream that is behind knows the key, too");
        }
        for (id, (_, last)) in &self.seen {
            let key = &self.ring[id];
            let is_in_use = key.purpose == Purpose::Decryption && self.now - last <= STALE;
            assert!(!is_in_use || key.duties().opens, "what may still be encrypted opens");
        }
        assert!(live(&self.ring, "bank") <= MOST_LIVE, "no token costs more than it may");
    }
}

proptest! {
    #[test]
    fn whatever_happens_one_key_signs_and_everything_opens(events in prop::collection::vec(event(), 1..80)) {
        let mut world = World::new();
        for event in &events {
            world.happen(event);
        }
    }
}
