//! A key of a ring, and what it does in which state.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunnus_sdk::{SigningAlgorithm, Timestamp};

use crate::vault::{Holder, Place};

/// A key without its private part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Whose it is; none where it is the tenant's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// What kind of key it is.
    pub kind: KeyKind,
    /// Its name in tokens: the thumbprint, or what a vendor has called it.
    pub kid: String,
    /// Where in its life it is.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// When it came into the ring.
    pub made_at: Timestamp,
    /// When the certificate, or what the upstream has on file, ends. An alarm and no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Whether the upstream fetches the public part by itself, so that nobody has to register it.
    #[serde(default)]
    pub fetched: bool,
    /// The public part, a JWK.
    pub public: Value,
    /// The certificate with its chain, PEM, the key's own first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The common name that a certificate was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The organisation in that request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

impl Key {
    /// A key that has just been made, or come from elsewhere: with the name and the public
    /// part that it has.
    pub(super) fn created(
        connection: Option<String>,
        (purpose, kind): (Purpose, KeyKind),
        (name, public): (String, Value),
        now: Timestamp,
    ) -> Self {
        Self {
            connection,
            purpose,
            kind,
            kid: name,
            state: State::Created,
            since: now,
            made_at: now,
            not_after: None,
            fetched: false,
            public,
            certificate: None,
            subject: None,
            organisation: None,
        }
    }
}

/// What a key is for. The key of a tenant's subjects is none of these: it never rotates, and stands
/// with the tenant's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It signs: a connection's requests, a tenant's ID tokens.
    Signing,
    /// It opens what an upstream has encrypted.
    Decryption,
    /// It is shown to an upstream with a certificate (mutual TLS).
    Certificate,
}

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KeyKind {
    /// RSA, of so many bits.
    Rsa(u32),
    /// P-256.
    P256,
}

/// Keys that can stand for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// RSA.
    Rsa,
    /// Elliptic curves.
    Ec,
}

/// The place of one key in use: at most one is active in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Whose it is; none where it is the tenant's own.
    pub connection: Option<String>,
    /// What its keys are for.
    pub purpose: Purpose,
    /// Of signing keys, which; an RSA key and a P-256 key sign side by side.
    pub family: Option<Family>,
}

/// Where in its life a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Made, and on its way to every broker.
    Created,
    /// The upstream must be told of it.
    AwaitingRegistration,
    /// Known outside, or about to be.
    WarmUp,
    /// In use.
    Active,
    /// Replaced; what was made with it is still good.
    Cooldown,
    /// Gone: its private part is destroyed.
    Retired,
}

/// What a key does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Duties {
    /// It signs, or is shown.
    pub signs: bool,
    /// It opens what is encrypted to it.
    pub opens: bool,
    /// Its public part stands in the key set.
    pub published: bool,
}

impl Duties {
    /// The table of what a key does, by purpose and state.
    #[must_use]
    pub const fn of(purpose: Purpose, state: State) -> Self {
        let published = match purpose {
            // Nothing is signed with what nobody could verify, before or after.
            Purpose::Signing => !matches!(state, State::Created | State::Retired),
            // Nobody learns of what not every broker could open, and what was withdrawn still opens.
            Purpose::Decryption => matches!(state, State::WarmUp | State::Active),
            // It is shown in the handshake.
            Purpose::Certificate => false,
        };
        let signs = !matches!(purpose, Purpose::Decryption) && matches!(state, State::Active);
        let opens = matches!(purpose, Purpose::Decryption) && !matches!(state, State::Retired);
        Self { signs, opens, published }
    }
}

impl Key {
    /// What it does now.
    #[must_use]
    pub const fn duties(&self) -> Duties {
        Duties::of(self.purpose, self.state)
    }

    /// Its place.
    #[must_use]
    pub fn slot(&self) -> Slot {
        let family = (self.purpose == Purpose::Signing).then(|| self.kind.family());
        Slot { connection: self.connection.clone(), purpose: self.purpose, family }
    }

    /// Whose it is.
    #[must_use]
    pub fn holder(&self) -> Holder {
        self.connection.clone().map_or(Holder::Tenant, Holder::Connection)
    }

    /// The one place where its private part opens.
    #[must_use]
    pub fn place(&self, tenant: &str) -> Place {
        Place { tenant: tenant.to_owned(), holder: self.holder(), name: "ring".to_owned() }
    }

    /// Whether it is about to come into use.
    #[must_use]
    pub const fn is_coming(&self) -> bool {
        matches!(self.state, State::Created | State::AwaitingRegistration | State::WarmUp)
    }
}

impl KeyKind {
    /// Its family.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::Rsa(_) => Family::Rsa,
            Self::P256 => Family::Ec,
        }
    }
}

impl From<SigningAlgorithm> for Family {
    fn from(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => Self::Rsa,
            SigningAlgorithm::ES256 => Self::Ec,
        }
    }
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Signing, Self::Decryption, Self::Certificate];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Decryption => "decryption",
            Self::Certificate => "certificate",
        }
    }
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::AwaitingRegistration => "awaiting_registration",
            Self::WarmUp => "warm_up",
            Self::Active => "active",
            Self::Cooldown => "cooldown",
            Self::Retired => "retired",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "rsa{bits}"),
            Self::P256 => f.write_str("p256"),
        }
    }
}

/// Not the name of a kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kind of key is rsa2048, rsa4096 or p256")]
pub struct UnknownKind;

impl FromStr for KeyKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        if text == "p256" {
            return Ok(Self::P256);
        }
        let bits = text.strip_prefix("rsa").and_then(|bits| bits.parse().ok());
        bits.filter(|bits| (2048..=4096).contains(bits)).map(Self::Rsa).ok_or(UnknownKind)
    }
}

impl TryFrom<String> for KeyKind {
    type Error = UnknownKind;

    fn try_from(text: String) -> Result<Self, UnknownKind> {
        text.parse()
    }
}

impl From<KeyKind> for String {
    fn from(kind: KeyKind) -> Self {
        kind.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 6] = [
        State::Created,
        State::AwaitingRegistration,
        State::WarmUp,
        State::Active,
        State::Cooldown,
        State::Retired,
    ];

    /// The states in which a key does something, as a line of flags.
    fn line(purpose: Purpose, does: impl Fn(Duties) -> bool) -> String {
        STATES.map(|state| if does(Duties::of(purpose, state)) { 'x' } else { '.' }).into_iter().collect()
    }

    #[test]
    fn a_key_does_in_each_state_what_its_purpose_needs() {
        // created, awaiting registration, warm-up, active, cooldown, retired
        assert_eq!(line(Purpose::Signing, |duties| duties.published), ".xxxx.");
        assert_eq!(line(Purpose::Signing, |duties| duties.signs), "...x..");
        assert_eq!(line(Purpose::Signing, |duties| duties.opens), "......");
        assert_eq!(line(Purpose::Decryption, |duties| duties.opens), "xxxxx.");
        assert_eq!(line(Purpose::Decryption, |duties| duties.published), "..xx..");
        assert_eq!(line(Purpose::Decryption, |duties| duties.signs), "......");
        assert_eq!(line(Purpose::Certificate, |duties| duties.signs), "...x..");
        assert_eq!(line(Purpose::Certificate, |duties| duties.published || duties.opens), "......");
    }

    #[test]
    fn a_kind_is_written_as_it_is_read_and_no_other_is_read() {
        for text in ["rsa2048", "rsa3072", "rsa4096", "p256"] {
            assert_eq!(text.parse::<KeyKind>().unwrap().to_string(), text);
        }
        for text in ["rsa1024", "rsa8192", "rsa", "p384", "P256", ""] {
            assert_eq!(text.parse::<KeyKind>(), Err(UnknownKind), "{text}");
        }
    }
}
