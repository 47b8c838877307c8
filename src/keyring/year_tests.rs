//! A year of rotations on both sides, with logins all the time: real keys, a clock that is given.

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use serde_json::json;
use tunnus_jose::{
    DecryptionKey, DecryptionRing, KeyUse, Operations, PublicKeys, SigningKey, VerifyError, decrypt,
    generate, renamed, verify,
};
use tunnus_sdk::{Claims, ContentEncryption, Encryption, Hidden, KeyEncryption, SigningAlgorithm, Timestamp};

use super::{
    Key, KeyKind, NewKey, Policy, Purpose, Ring, Slot, State, advance, life,
    life::{MOST_LIVE, live, outlived, successor, take},
    made,
    make::public_of,
};
use crate::tenant::key_set::KeySet;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
const BANK: Option<&str> = Some("bank");
const ES256: [SigningAlgorithm; 1] = [SigningAlgorithm::ES256];

/// RSA keys take long to find: these come round again, when the one before is long gone.
fn decryption_key(number: usize) -> Hidden<String> {
    static POOL: OnceLock<Vec<Hidden<String>>> = OnceLock::new();
    let make = || generate::rsa(2048, KeyUse::Encryption).unwrap();
    let pool = POOL.get_or_init(|| (0..MOST_LIVE + 2).map(|_| make()).collect());
    renamed(&pool[number % pool.len()], &format!("d{number}"), KeyUse::Encryption).unwrap()
}

/// A key set that somebody has fetched and goes on with for a day.
struct Cache {
    fetched_at: i64,
    keys: String,
}

impl Cache {
    fn look(&mut self, now: i64, published: &str) -> &str {
        if now - self.fetched_at >= DAY {
            (self.fetched_at, self.keys) = (now, published.to_owned());
        }
        &self.keys
    }

    fn parsed(&self) -> PublicKeys {
        PublicKeys::parse(self.keys.as_bytes()).unwrap()
    }
}

/// The broker, an upstream that fetches its keys, and an app.
struct World {
    policy: Policy,
    now: i64,
    ring: Ring,
    private: BTreeMap<String, Hidden<String>>,
    made: usize,
    operations: Operations,
    /// What two machines of the upstream know of us, fetched at different times of the day.
    upstream: [Cache; 2],
    app: Cache,
    /// The upstream's own keys, the one in use last.
    theirs: Vec<SigningKey>,
    /// What we know of them.
    known: PublicKeys,
    logins: usize,
}

impl World {
    fn new(policy: Policy) -> Self {
        let none = |hours| Cache { fetched_at: hours * HOUR - DAY, keys: String::new() };
        let mut world = Self {
            policy,
            now: 0,
            ring: Ring::new(),
            private: BTreeMap::new(),
            made: 0,
            operations: Operations::new(),
            upstream: [none(0), none(0)],
            app: none(0),
            theirs: Vec::new(),
            known: PublicKeys::empty(),
            logins: 0,
        };
        for (connection, purpose) in
            [(None, Purpose::Signing), (BANK, Purpose::Signing), (BANK, Purpose::Decryption)]
        {
            world.add(connection, purpose, State::Active);
        }
        world.theirs.push(their_key());
        let published = world.published(BANK);
        // From here on each fetches a day after the last time, one of the two half a day later.
        world.upstream[0].look(0, &published);
        world.upstream[1].look(0, &published);
        world.upstream[1].fetched_at = -DAY / 2;
        let published = world.published(None);
        world.app.look(0, &published);
        world
    }

    fn add(&mut self, connection: Option<&str>, purpose: Purpose, state: State) {
        let (id, now) = (format!("{:05}", self.made), Timestamp(self.now));
        let connection = connection.map(str::to_owned);
        let NewKey { mut key, mut private } = made(connection, Purpose::Signing, KeyKind::P256, now).unwrap();
        if purpose == Purpose::Decryption {
            private = decryption_key(self.made);
            let (kid, public) = public_of(&private, purpose).unwrap();
            key = Key { purpose, kind: KeyKind::Rsa(2048), kid, public, ..key };
        }
        self.made += 1;
        self.ring.insert(id.clone(), Key { state, fetched: true, ..key });
        self.private.insert(id, private);
    }

    fn of<'a>(&'a self, connection: Option<&'a str>) -> impl Iterator<Item = (&'a String, &'a Key)> {
        self.ring.iter().filter(move |(_, key)| key.connection.as_deref() == connection)
    }

    fn published(&self, connection: Option<&str>) -> String {
        let ring: Vec<Key> = self.of(connection).map(|(_, key)| key.clone()).collect();
        KeySet::published(Vec::new(), &ring).body
    }

    /// The one key that signs.
    fn signing(&self, connection: Option<&str>) -> SigningKey {
        let signs: Vec<_> = self.of(connection).filter(|(_, key)| key.duties().signs).collect();
        let [(id, _)] = signs[..] else { panic!("exactly one key signs, not {}", signs.len()) };
        SigningKey::parse(&self.private[id]).unwrap()
    }

    /// The operator rotates, where nothing is under way and there is room.
    fn rotate(&mut self, purpose: Purpose) {
        let family = (purpose == Purpose::Signing).then_some(super::Family::Ec);
        let slot = Slot { connection: BANK.map(str::to_owned), purpose, family };
        let is_full = purpose == Purpose::Decryption && live(&self.ring, "bank") >= MOST_LIVE;
        if successor(&self.ring, &slot).is_none() && !is_full {
            self.add(BANK, purpose, State::Created);
        }
    }

    /// The broker has its keys go on, as its leader does.
    fn go_on(&mut self) {
        for _ in outlived(&self.ring, Timestamp(self.now), &self.policy) {
            self.add(None, Purpose::Signing, State::Created);
        }
        loop {
            let steps = advance(&self.ring, Timestamp(self.now), &self.policy);
            if steps.is_empty() {
                break;
            }
            take(&mut self.ring, &steps, Timestamp(self.now));
        }
        assert!(live(&self.ring, "bank") <= MOST_LIVE);
        for id in self.ring.iter().filter(|(_, key)| key.state == State::Retired).map(|(id, _)| id) {
            self.private.remove(id);
        }
    }

    fn login(&mut self) {
        let claims: Claims = serde_json::from_value(json!({ "sub": "1", "iat": self.now })).unwrap();
        let (ours, theirs) = (self.published(BANK), self.published(None));
        // Our request, as each machine of the upstream knows us.
        let signing = self.signing(BANK);
        let request = signing.sign(&self.operations, ES256[0], None, &claims).unwrap();
        for machine in 0..self.upstream.len() {
            self.upstream[machine].look(self.now, &ours);
            let known = self.upstream[machine].parsed();
            verify(&self.operations, &ES256, &known, request.expose_str())
                .expect("the upstream takes our request");
            self.answer(machine, &claims);
        }
        // Our token, as the app knows us.
        let token = self.signing(None).sign(&self.operations, ES256[0], Some("JWT"), &claims).unwrap();
        self.app.look(self.now, &theirs);
        verify(&self.operations, &ES256, &self.app.parsed(), token.expose_str())
            .expect("the app takes our token");
        self.logins += 1;
    }

    /// The upstream answers, encrypted to any of the keys that the machine knows.
    fn answer(&mut self, machine: usize, claims: &Claims) {
        let signed = self.theirs.last().unwrap().sign(&self.operations, ES256[0], None, claims).unwrap();
        let cached: serde_json::Value = serde_json::from_str(&self.upstream[machine].keys).unwrap();
        for jwk in cached["keys"].as_array().unwrap().iter().filter(|jwk| jwk["use"] == "enc") {
            let one = PublicKeys::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
            let key = one.encryption_key(KeyEncryption::RsaOaep).unwrap();
            let content = ContentEncryption::A256Gcm;
            let token =
                key.encrypt(&self.operations, content, None, Some("JWT"), signed.expose_str()).unwrap();
            self.open(token.expose_str());
        }
    }

    fn open(&mut self, token: &str) {
        let opens = self.of(BANK).filter(|(_, key)| key.duties().opens);
        let keys = opens.map(|(id, _)| DecryptionKey::parse(&self.private[id]).unwrap()).collect();
        let demand =
            Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A256Gcm] };
        let ring = DecryptionRing::of(keys).unwrap();
        let signed = decrypt(&self.operations, &demand, &ring, token).expect("what they encrypt opens");
        let verified = verify(&self.operations, &ES256, &self.known, signed.expose_str());
        if matches!(verified, Err(VerifyError::KeyUnknown)) {
            let keys: Vec<_> = self.theirs.iter().map(SigningKey::public_jwk).collect();
            let newer = PublicKeys::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
            self.known = self.known.merged_with(&newer);
        }
        verify(&self.operations, &ES256, &self.known, signed.expose_str()).expect("what they sign is theirs");
    }

    /// A year in which both sides rotate `every` so many days.
    fn year(mut self, every: i64) -> Self {
        let end = 365 * DAY;
        while self.now < end {
            if self.now % (every * DAY) == 0 {
                self.theirs.push(their_key());
                // The one before is still published.
                let old = self.theirs.len().saturating_sub(2);
                self.theirs.drain(..old);
            }
            if self.now / DAY >= every {
                self.rotate_when_old(every);
            }
            self.go_on();
            self.login();
            self.now += 6 * HOUR;
        }
        self
    }

    /// Rotates what has been in use for so many days.
    fn rotate_when_old(&mut self, every: i64) {
        for purpose in [Purpose::Signing, Purpose::Decryption] {
            let family = (purpose == Purpose::Signing).then_some(super::Family::Ec);
            let slot = Slot { connection: BANK.map(str::to_owned), purpose, family };
            let (_, active) = life::active(&self.ring, &slot).unwrap();
            if self.now - active.since.0 >= every * DAY - DAY {
                self.rotate(purpose);
            }
        }
    }
}

fn their_key() -> SigningKey {
    SigningKey::parse(&generate::p256(KeyUse::Signature).unwrap()).unwrap()
}

fn policy(lives: i64, cooldown: i64) -> Policy {
    let days = |count: i64| Duration::from_secs(u64::try_from(count * DAY).unwrap());
    let (lives, cooldown) = (days(lives), days(cooldown));
    Policy { lives, cooldown, upstream_cooldown: cooldown, ..Policy::default() }
}

#[test]
fn no_login_fails_in_a_year_of_weekly_rotations_on_both_sides() {
    let world = World::new(policy(7, 7)).year(7);
    assert_eq!(world.logins, 4 * 365);
    assert!(world.made >= 3 * 45, "{} keys", world.made);
}

#[test]
fn no_login_fails_in_a_year_of_daily_rotations_at_the_worst() {
    let world = World::new(policy(2, 1)).year(1);
    assert_eq!(world.logins, 4 * 365);
    assert!(world.made >= 3 * 150, "{} keys", world.made);
}

#[test]
#[should_panic(expected = "the upstream takes our request")]
fn a_warm_up_that_is_shorter_than_an_upstream_s_memory_is_found_out() {
    World::new(Policy { upstream_warm_up: Duration::ZERO, ..policy(7, 7) }).year(7);
}

#[test]
#[should_panic(expected = "what they encrypt opens")]
fn a_cooldown_that_is_shorter_than_an_upstream_s_memory_is_found_out() {
    World::new(policy(7, 0)).year(7);
}
