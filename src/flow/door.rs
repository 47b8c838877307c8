//! The key to an identification's door: a cookie of its own, in the first browser that came.
//!
//! The ticket stands in an address, and addresses are learnt. So the ticket only finds the
//! identification; what lets a browser in is its key. Who owns the door is `knock`'s to settle.

use std::time::Duration;

use tunnus_sdk::{Hidden, Timestamp};

use super::binding::{SetCookie, state_hash};
use crate::ambient::Ambient;

/// How many keys a browser may hold.
pub const KEYS_MAX: usize = 8;

/// How much of the hash of an identification's id names the cookie: 96 bits.
const NAME_LENGTH: usize = 16;

/// What proves that a browser owns an identification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorKey {
    /// The start of a hash of the identification's id.
    name: String,
    /// When it was made: the oldest goes first.
    made_at: Timestamp,
    secret: Hidden<String>,
}

/// The keys that a browser sent.
#[derive(Clone, Debug, Default)]
pub struct DoorKeys {
    prefix: &'static str,
    keys: Vec<DoorKey>,
}

impl DoorKey {
    /// A fresh key to the identification of this id.
    #[must_use]
    pub fn make(id: &str, ambient: &Ambient) -> Self {
        Self { name: name(id), made_at: ambient.now(), secret: ambient.secret() }
    }

    /// What the owner is known by: the secret itself is kept nowhere but in the cookie.
    #[must_use]
    pub fn hash(&self) -> String {
        state_hash(self.secret.expose_str())
    }

    fn cookie_name(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.name)
    }

    fn parse(prefix: &str, name: &str, value: &str) -> Option<Self> {
        let (made_at, secret) = value.split_once('.')?;
        let made_at = Timestamp(made_at.parse().ok()?);
        let name = name.strip_prefix(prefix).filter(|name| name.len() == NAME_LENGTH)?.to_owned();
        (secret.len() == 43).then(|| Self { name, made_at, secret: secret.into() })
    }
}

impl DoorKeys {
    /// Reads a browser's cookies, at most twice as many as we set; the rest are not ours.
    #[must_use]
    pub fn read<'a>(https: bool, cookies: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let prefix = if https { "__Host-tunnusdoor_" } else { "tunnusdoor_" };
        let ours = cookies.filter(|(name, _)| name.starts_with(prefix)).take(2 * KEYS_MAX);
        let mut keys: Vec<_> = ours.filter_map(|(name, value)| DoorKey::parse(prefix, name, value)).collect();
        keys.sort_by_key(|key| key.made_at);
        Self { prefix, keys }
    }

    /// The key to the identification of this id.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<&DoorKey> {
        let name = name(id);
        self.keys.iter().find(|key| key.name == name)
    }

    /// Adds or renews a key: its cookie, and removals of the oldest ones above the limit.
    #[must_use]
    pub fn with(&self, key: &DoorKey, max_age: Duration) -> Vec<SetCookie> {
        let others: Vec<_> = self.keys.iter().filter(|other| other.name != key.name).collect();
        let surplus = (others.len() + 1).saturating_sub(KEYS_MAX);
        let removals = others.into_iter().take(surplus).map(|oldest| SetCookie {
            name: oldest.cookie_name(self.prefix),
            value: None,
            max_age: Duration::ZERO,
        });
        let value = format!("{}.{}", key.made_at.0, key.secret.expose());
        let set = SetCookie { name: key.cookie_name(self.prefix), value: Some(value.into()), max_age };
        removals.chain([set]).collect()
    }
}

fn name(id: &str) -> String {
    let mut name = state_hash(id);
    name.truncate(NAME_LENGTH);
    name
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    fn ambient() -> Ambient {
        let next = AtomicU8::new(1);
        Ambient::given(|| Timestamp(1_000), move |bytes| bytes.fill(next.fetch_add(1, Ordering::Relaxed)))
    }

    /// The browser's keys after it has taken these cookies.
    fn read_back(set: &[SetCookie]) -> DoorKeys {
        let pairs: Vec<_> =
            set.iter().map(|set| (set.name.as_str(), set.value.as_ref().unwrap().expose_str())).collect();
        DoorKeys::read(true, pairs.into_iter())
    }

    #[test]
    fn a_key_reads_back_and_opens_one_door() {
        let key = DoorKey::make("first", &ambient());
        let keys = read_back(&DoorKeys::read(true, std::iter::empty()).with(&key, Duration::from_secs(9)));
        assert_eq!(keys.of("first"), Some(&key));
        assert_eq!(keys.of("second"), None);
    }

    #[test]
    fn what_is_not_whole_is_no_key() {
        let name = format!("__Host-tunnusdoor_{}", name("first"));
        let secret = "A".repeat(43);
        for (name, value) in [
            (name.as_str(), "1000.short".to_owned()),
            (name.as_str(), format!("soon.{secret}")),
            (name.as_str(), secret.clone()),
            ("__Host-tunnusdoor_x", format!("1000.{secret}")),
            ("tunnusdoor_AAAAAAAAAAAAAAAA", format!("1000.{secret}")),
        ] {
            assert!(
                DoorKeys::read(true, [(name, value.as_str())].into_iter()).keys.is_empty(),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn the_ninth_key_ends_the_oldest_and_a_renewed_one_ends_none() {
        let ambient = ambient();
        let none = DoorKeys::read(true, std::iter::empty());
        let keys: Vec<_> = (0..KEYS_MAX).map(|n| DoorKey::make(&n.to_string(), &ambient)).collect();
        let set: Vec<_> = keys.iter().flat_map(|key| none.with(key, Duration::from_secs(9))).collect();
        let full = read_back(&set);
        let ninth = full.with(&DoorKey::make("ninth", &ambient), Duration::from_secs(9));
        assert_eq!(ninth.iter().map(|set| set.value.is_some()).collect::<Vec<_>>(), [false, true]);
        assert_eq!(full.with(&keys[3], Duration::from_secs(9)).len(), 1);
    }

    #[test]
    fn an_owner_is_known_by_a_hash_that_no_other_key_to_the_same_door_has() {
        let ambient = ambient();
        let (one, other) = (DoorKey::make("first", &ambient), DoorKey::make("first", &ambient));
        assert_eq!(one.hash(), state_hash(one.secret.expose_str()));
        assert_ne!(one.hash(), other.hash());
    }

    #[test]
    fn no_more_cookies_are_read_than_twice_as_many_as_we_set() {
        let value = format!("1000.{}", "A".repeat(43));
        let names: Vec<_> = (0..3 * KEYS_MAX).map(|n| format!("__Host-tunnusdoor_{n:016}")).collect();
        let keys = DoorKeys::read(true, names.iter().map(|name| (name.as_str(), value.as_str())));
        assert_eq!(keys.keys.len(), 2 * KEYS_MAX);
    }
}
