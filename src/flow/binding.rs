//! What ties an attempt to one browser: a cookie of its own, checked before the store is touched.
//!
//! Each secret is a value of its own: the ticket finds the door and its key opens it, the `state`
//! finds the attempt and the binding proves the browser, the app's code gives the result. A stranger
//! who learns `state` or ticket lacks binding and key, and the attempt cannot even be opened without
//! the binding. A binding also proves that a broker has made it for its attempt, so that nobody takes
//! an attempt away with a binding of his own making.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;
use tunnus_sdk::{Hidden, Timestamp};

use super::identification::Identification;
use crate::{
    ambient::Ambient,
    digest::sha256_base64url,
    store::{SealError, Sealer},
};

/// How many attempts a browser may have open.
pub const ATTEMPTS_MAX: usize = 8;

/// What the proofs of bindings are derived for.
const PURPOSE: &str = "binding";

/// How much of the hash of `state` names the cookie: 96 bits.
const NAME_LENGTH: usize = 16;

/// How long a secret is. It begins with 128 bits of chance, which nobody knows but the browser; the rest
/// proves that it is ours.
const SECRET_LENGTH: usize = 43;
const CHANCE_LENGTH: usize = 22;

/// One attempt as its browser knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The tenant.
    pub tenant: String,
    /// The identification's id.
    pub identification: String,
    /// The connection.
    pub connection: String,
    /// When the attempt began: the oldest goes first.
    pub started_at: Timestamp,
    /// The attempt's `state`.
    pub state: Hidden<String>,
    /// What proves the browser.
    pub secret: Hidden<String>,
}

/// A cookie to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// Its name.
    pub name: String,
    /// Its value; none removes it.
    pub value: Option<Hidden<String>>,
    /// How long it lives.
    pub max_age: Duration,
}

/// The cookies that a browser sent, as far as they are ours.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    prefix: &'static str,
    bindings: Vec<Binding>,
}

/// The name under which the store keeps the attempt of `state`.
#[must_use]
pub fn state_hash(state: &str) -> String {
    sha256_base64url(state)
}

/// What the names of our cookies begin with. `__Host-` needs https (RFC 6265bis, section 4.1.3.2).
#[must_use]
pub const fn cookie_prefix(https: bool) -> &'static str {
    if https { "__Host-tunnus_" } else { "tunnus_" }
}

impl Binding {
    /// A binding for a new attempt.
    ///
    /// # Errors
    /// Where no secret can be derived.
    pub fn begin(
        identification: &Identification,
        connection: &str,
        ambient: &Ambient,
        sealer: &Sealer,
    ) -> Result<Self, SealError> {
        let mut binding = Self {
            tenant: identification.tenant.clone(),
            identification: identification.id.clone(),
            connection: connection.to_owned(),
            started_at: ambient.now(),
            state: ambient.secret(),
            secret: Hidden::default(),
        };
        let chance = Hidden::new(URL_SAFE_NO_PAD.encode(ambient.bytes::<16>()));
        let proof = sealer.derive_secret(PURPOSE, &binding.proved(chance.expose_str()))?;
        let secret = chance.expose_str().chars().chain(proof.expose_str().chars());
        binding.secret = Hidden::new(secret.take(SECRET_LENGTH).collect());
        Ok(binding)
    }

    /// Whether a broker of ours has made it, for this attempt of this connection. A former version's
    /// proves nothing.
    #[must_use]
    pub fn is_proved(&self, sealer: &Sealer) -> bool {
        let Some((chance, proof)) = self.secret.expose_str().split_at_checked(CHANCE_LENGTH) else {
            return false;
        };
        sealer.derived_secrets(PURPOSE, &self.proved(chance)).any(|expected| {
            let expected = expected.expose_str().get(..SECRET_LENGTH - CHANCE_LENGTH).unwrap_or_default();
            expected.as_bytes().ct_eq(proof.as_bytes()).into()
        })
    }

    /// What the proof is made of.
    fn proved<'a>(&'a self, chance: &'a str) -> [&'a str; 5] {
        [&self.tenant, &self.connection, &self.identification, self.state.expose_str(), chance]
    }

    /// What tells this attempt from the browser's others: the start of a hash of its state.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = state_hash(self.state.expose_str());
        name.truncate(NAME_LENGTH);
        name
    }

    fn cookie_name(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.name())
    }

    /// The cookie that holds it for `max_age`.
    #[must_use]
    pub fn to_cookie(&self, prefix: &str, max_age: Duration) -> SetCookie {
        let parts = [
            &self.tenant,
            &self.connection,
            &self.identification,
            &self.started_at.0.to_string(),
            self.state.expose(),
            self.secret.expose(),
        ];
        let value = parts.map(String::as_str).join(".");
        SetCookie { name: self.cookie_name(prefix), value: Some(value.into()), max_age }
    }

    /// Reads one cookie; none where it is not one of ours or its name does not fit its value.
    fn parse(prefix: &str, name: &str, value: &str) -> Option<Self> {
        let parts: Vec<_> = value.split('.').collect();
        let [tenant, connection, identification, started_at, state, secret] = *parts.as_slice() else {
            return None;
        };
        let whole = [state, secret].iter().all(|part| part.len() == SECRET_LENGTH);
        let started_at = Timestamp(started_at.parse().ok()?);
        let binding = Self {
            tenant: tenant.to_owned(),
            identification: identification.to_owned(),
            connection: connection.to_owned(),
            started_at,
            state: state.into(),
            secret: secret.into(),
        };
        (whole && binding.cookie_name(prefix) == name).then_some(binding)
    }
}

impl Bindings {
    /// Reads a browser's cookies, at most twice as many as we set; the rest are not ours.
    #[must_use]
    pub fn read<'a>(https: bool, cookies: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let prefix = cookie_prefix(https);
        let ours = cookies.filter(|(name, _)| name.starts_with(prefix)).take(2 * ATTEMPTS_MAX);
        let mut bindings: Vec<_> =
            ours.filter_map(|(name, value)| Binding::parse(prefix, name, value)).collect();
        bindings.sort_by_key(|binding| binding.started_at);
        Self { prefix, bindings }
    }

    /// This browser's attempts of one tenant's `connection`, at most eight, the latest first.
    #[must_use]
    pub fn of(&self, tenant: &str, connection: &str) -> Vec<Binding> {
        let is_of = |binding: &&Binding| binding.tenant == tenant && binding.connection == connection;
        self.bindings.iter().rev().filter(is_of).take(ATTEMPTS_MAX).cloned().collect()
    }

    /// Adds an attempt: its cookie, and removals of the oldest ones above the limit.
    #[must_use]
    pub fn with(&self, binding: &Binding, max_age: Duration) -> Vec<SetCookie> {
        let surplus = (self.bindings.len() + 1).saturating_sub(ATTEMPTS_MAX);
        let removals = self.bindings.iter().take(surplus).map(|oldest| self.removal(oldest));
        removals.chain([binding.to_cookie(self.prefix, max_age)]).collect()
    }

    /// The cookie of `binding` again, for `max_age`.
    #[must_use]
    pub fn renewed(&self, binding: &Binding, max_age: Duration) -> SetCookie {
        binding.to_cookie(self.prefix, max_age)
    }

    fn removal(&self, binding: &Binding) -> SetCookie {
        SetCookie { name: binding.cookie_name(self.prefix), value: None, max_age: Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::{flow::for_tests::identification, store::MasterKey};

    fn ambient() -> Ambient {
        let next = AtomicU8::new(1);
        Ambient::given(|| Timestamp(1_000), move |bytes| bytes.fill(next.fetch_add(1, Ordering::Relaxed)))
    }

    fn value(cookie: &SetCookie) -> String {
        cookie.value.as_ref().unwrap().expose().clone()
    }

    fn sealer(ids: &[&str]) -> Sealer {
        let key = |id: &&str| MasterKey::new(*id, Hidden::new([id.as_bytes()[0]; 32])).unwrap();
        Sealer::new(ids.iter().map(key).collect(), ambient()).unwrap()
    }

    fn begin(ambient: &Ambient) -> Binding {
        Binding::begin(&identification(&[], &[]), "ftn", ambient, &sealer(&["a"])).unwrap()
    }

    #[test]
    fn a_binding_that_we_made_is_proved_also_after_the_master_key_has_changed() {
        let binding = begin(&ambient());
        assert_eq!(binding.secret.expose_str().len(), SECRET_LENGTH);
        assert!(binding.is_proved(&sealer(&["a"])));
        assert!(binding.is_proved(&sealer(&["b", "a"])));
        assert!(!binding.is_proved(&sealer(&["b"])));
    }

    #[test]
    fn a_binding_of_another_making_or_for_another_attempt_is_not_proved() {
        let (ambient, sealer) = (ambient(), sealer(&["a"]));
        let (ours, other) = (begin(&ambient), begin(&ambient));
        let made_up = [ambient.secret(), Hidden::default(), "ä".repeat(22).into(), "A".repeat(43).into()];
        let made_up = made_up.map(|secret| Binding { secret, ..ours.clone() });
        let moved = [
            Binding { secret: other.secret.clone(), ..ours.clone() },
            Binding { state: other.state, ..ours.clone() },
            Binding { tenant: "other".to_owned(), ..ours.clone() },
            Binding { connection: "mle".to_owned(), ..ours.clone() },
            Binding { identification: "other".to_owned(), ..ours },
        ];
        for binding in made_up.iter().chain(&moved) {
            assert!(!binding.is_proved(&sealer), "{binding:?}");
        }
    }

    #[test]
    fn a_cookie_reads_back_for_its_own_tenant_and_connection() {
        let binding = begin(&ambient());
        let cookie = binding.to_cookie("__Host-tunnus_", Duration::from_secs(600));
        let value = value(&cookie);
        let bindings = Bindings::read(true, [(cookie.name.as_str(), value.as_str())].into_iter());
        assert_eq!(bindings.of("acme", "ftn"), [binding]);
        assert!(bindings.of("acme", "mle").is_empty());
        assert!(bindings.of("other", "ftn").is_empty());
    }

    #[test]
    fn a_cookie_under_another_name_is_not_ours() {
        let binding = begin(&ambient());
        let value = value(&binding.to_cookie("__Host-tunnus_", Duration::from_secs(600)));
        for name in ["__Host-tunnus_AAAAAAAAAAAAAAAA", "tunnus_AAAAAAAAAAAAAAAA", "__Host-tunnus_"] {
            assert!(Bindings::read(true, [(name, value.as_str())].into_iter()).bindings.is_empty());
        }
        for value in ["", "...", "acme.ftn.id.1.a.b", "acme.ftn.id.x.y", "acme.ftn.id.1.a.b.c"] {
            assert!(Bindings::read(true, [("__Host-tunnus_x", value)].into_iter()).bindings.is_empty());
        }
    }

    #[test]
    fn the_ninth_attempt_ends_the_oldest() {
        let ambient = ambient();
        let open: Vec<_> = (0..ATTEMPTS_MAX).map(|_| begin(&ambient)).collect();
        let cookies: Vec<_> =
            open.iter().map(|binding| binding.to_cookie("tunnus_", Duration::from_secs(1))).collect();
        let pairs: Vec<_> = cookies.iter().map(|cookie| (cookie.name.clone(), value(cookie))).collect();
        let bindings =
            Bindings::read(false, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let set = bindings.with(&begin(&ambient), Duration::from_secs(600));
        assert_eq!(set.len(), 2);
        assert!(set[0].value.is_none() && set[1].value.is_some());
    }

    #[test]
    fn each_attempt_has_a_name_of_its_own() {
        let ambient = ambient();
        let (one, other) = (begin(&ambient), begin(&ambient));
        assert_ne!(one.name(), other.name());
        assert_eq!(one.name().len(), NAME_LENGTH);
        assert_eq!(state_hash("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn a_cookie_whose_secrets_are_cut_short_is_not_ours() {
        let short = || Hidden::from("short");
        for cut in [
            Binding { state: short(), ..begin(&ambient()) },
            Binding { secret: short(), ..begin(&ambient()) },
        ] {
            let cookie = cut.to_cookie("tunnus_", Duration::from_secs(1));
            let value = value(&cookie);
            let bindings = Bindings::read(false, [(cookie.name.as_str(), value.as_str())].into_iter());
            assert!(bindings.bindings.is_empty());
        }
    }

    #[test]
    fn no_more_cookies_are_read_than_twice_as_many_as_we_set() {
        let ambient = ambient();
        let open = std::iter::repeat_with(|| begin(&ambient)).take(3 * ATTEMPTS_MAX);
        let cookies: Vec<_> =
            open.map(|binding| binding.to_cookie("tunnus_", Duration::from_secs(1))).collect();
        let pairs: Vec<_> = cookies.iter().map(|cookie| (cookie.name.clone(), value(cookie))).collect();
        let bindings =
            Bindings::read(false, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        assert_eq!(bindings.bindings.len(), 2 * ATTEMPTS_MAX);
    }
}
