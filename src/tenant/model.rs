//! A tenant as the broker works with it: apps, connections, keys, all references resolved.
//!
//! Owns the shape only. Where it comes from is `files` and `store`; a connection ready to
//! identify people is `connections`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, OnceLock},
};

use serde_json::Value;
use tunnus_jose::{PublicKeys, SigningKey};
use tunnus_sdk::{
    Credentials, Environment, Hidden, Level, LocalizedText, Member, SettingsError, SigningAlgorithm,
    SubjectSource,
};
use url::Url;

pub use super::redirect_uri::RedirectUri;
use super::{alias::Alias, key_set::KeySet, limits::Limits};
use crate::keyring::Key;

/// An organisation that uses the broker.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its id, part of its issuer; never changes.
    pub id: String,
    /// The platform that it is of, where it is of one.
    pub platform: Option<String>,
    /// Its name and looks on pages.
    pub branding: Branding,
    /// The keys that sign for it, by algorithm; the first of an algorithm is the active one.
    pub signing_keys: Vec<Arc<SigningKey>>,
    /// Its own keys in the ring, without private parts.
    pub ring: Vec<Key>,
    /// The key of its subjects: 32 bytes or more, random, never rotated.
    pub subject_key: Hidden<Vec<u8>>,
    /// Its apps, those of its platform that are enabled here among them.
    pub apps: Vec<Arc<App>>,
    /// Its connections, in the order of the chooser.
    pub connections: Vec<Arc<Connection>>,
    /// Names that apps may use in the place of a connection's id.
    pub aliases: BTreeMap<String, Alias>,
    /// What its platform has taken back since the tenant was written: it is not there, and the doctor
    /// tells of it.
    pub lapsed: Vec<SettingsError>,
    /// Made when first asked for: [`Tenant::key_set`].
    pub key_set: OnceLock<KeySet>,
}

/// What a person sees of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Branding {
    /// The organisation's name.
    pub name: LocalizedText,
    /// A logo, https.
    pub logo_url: Option<Url>,
    /// `#rrggbb`, the colour of buttons; checked for contrast with white.
    pub accent_colour: Option<String>,
    /// Whom to ask for help: an e-mail address, a phone number or a URL.
    pub support: Option<String>,
}

/// An application of a tenant.
#[derive(Clone, Debug)]
pub struct App {
    /// Its id: the `client_id` of the OpenID face.
    pub id: String,
    /// Its name on pages.
    pub name: LocalizedText,
    /// How it proves who it is.
    pub authentication: AppAuthentication,
    /// Redirect URIs of the OpenID face, exact.
    pub redirect_uris: Vec<RedirectUri>,
    /// Return URLs of the REST face, exact.
    pub return_urls: Vec<RedirectUri>,
    /// Where the person finds the app again.
    pub home_url: Option<Url>,
    /// Origins of browser apps that may read answers (CORS).
    pub origins: Vec<String>,
    /// Whether PKCE may be left out; only for confidential apps.
    pub pkce_optional: bool,
    /// How its ID tokens are signed.
    pub id_token_algorithm: SigningAlgorithm,
    /// The members of the identity record that it may get.
    pub claims: BTreeSet<Member>,
    /// The connections it may use.
    pub connections: BTreeSet<String>,
    /// The least level of assurance for all its identifications.
    pub minimum_assurance: Level,
    /// Its name as an upstream shall show it.
    pub service_name: LocalizedText,
    /// How a REST result is released.
    pub release: Release,
}

/// How an app proves who it is (RFC 6749, section 2.3; RFC 7523).
#[derive(Clone, Debug)]
pub enum AppAuthentication {
    /// `client_secret_basic`: SHA-256 of each secret that is valid now.
    SecretBasic(Vec<[u8; 32]>),
    /// `client_secret_post`: the same.
    SecretPost(Vec<[u8; 32]>),
    /// `private_key_jwt`.
    PrivateKeyJwt(Arc<PublicKeys>),
    /// A public client: none.
    Public,
}

/// How a REST result is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// To who holds the browser's code.
    Code,
    /// To whoever polls with the app's credentials: call centre, link by SMS.
    Poll,
}

/// One use of a provider by a tenant.
#[derive(Clone)]
pub struct Connection {
    /// Its id; never changes.
    pub id: String,
    /// The provider's id.
    pub provider: String,
    /// Whether its persons are real.
    pub environment: Environment,
    /// Whether it may be used at all.
    pub enabled: bool,
    /// Its name on the chooser.
    pub display_name: LocalizedText,
    /// What people are told where it is paused: nobody starts over it, who is on the way arrives.
    pub paused: Option<LocalizedText>,
    /// What the subject is made from.
    pub subject: SubjectSource,
    /// Bounds on its calls to its upstream.
    pub limits: Limits,
    /// The provider's settings, checked.
    pub settings: Value,
    /// Its keys and secrets.
    pub credentials: Credentials,
    /// Its keys in the ring, without private parts.
    pub ring: Vec<Key>,
    /// Changes whenever anything of the above does, but for the pause.
    pub revision: u64,
    /// Made when first asked for: [`Connection::key_set`].
    pub key_set: OnceLock<Option<KeySet>>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl Tenant {
    /// The app of this id.
    #[must_use]
    pub fn app(&self, id: &str) -> Option<&Arc<App>> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// The connection of this id, enabled or not.
    #[must_use]
    pub fn connection(&self, id: &str) -> Option<&Arc<Connection>> {
        self.connections.iter().find(|connection| connection.id == id)
    }

    /// The connections that `app` may use now, in the order of the chooser.
    pub fn connections_of<'a>(&'a self, app: &'a App) -> impl Iterator<Item = &'a Arc<Connection>> {
        self.connections
            .iter()
            .filter(|connection| connection.enabled && app.connections.contains(&connection.id))
    }

    /// The active signing key for `algorithm`.
    #[must_use]
    pub fn signing_key(&self, algorithm: SigningAlgorithm) -> Option<&Arc<SigningKey>> {
        self.signing_keys.iter().find(|key| key.supports(algorithm))
    }

    /// Its public keys, as its apps fetch them.
    pub fn key_set(&self) -> &KeySet {
        let in_use = || self.signing_keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>();
        self.key_set.get_or_init(|| KeySet::published(in_use(), &self.ring))
    }
}

impl Connection {
    /// Its public keys, as its upstream fetches them; none where a key cannot be used.
    ///
    /// The private keys are parsed for it once in the life of a revision, however often strangers ask.
    pub fn key_set(&self) -> Option<&KeySet> {
        // Which key cannot be used, and why, is told where the connection is built.
        let set = || KeySet::of_credentials(&self.credentials, &self.ring).ok();
        self.key_set.get_or_init(set).as_ref()
    }
}
