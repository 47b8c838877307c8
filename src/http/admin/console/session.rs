//! The session of a browser that is signed in.
//!
//! The cookie holds a secret and nothing else. What it stands for is kept in the flow store under the
//! secret's hash, sealed under the secret: a dump of the store opens nothing, and signing out ends it
//! for good. Who it is, is asked anew with every request, so a token that is revoked ends its
//! sessions, and so does a rule that lets the person in no more.

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use subtle::ConstantTimeEq;
use tunnus_sdk::{Hidden, Timestamp};

use crate::{
    admin::{AdminError, login::Person},
    digest::sha256_base64url,
    flow::keep::Flows,
    store::{Key, StoreError, Taken},
};

/// The cookie of a session.
pub const COOKIE: &str = "tunnusconsole";

/// How long a session lasts without a request.
pub const IDLE: Duration = Duration::from_secs(30 * 60);

/// How long it lasts at all.
const WHOLE: Duration = Duration::from_secs(10 * 60 * 60);

/// The kind of key under which it stands that a session has ended.
const ENDED: &str = "console-ended";

/// How old the note of the last request gets before it is written anew.
const FRESH: i64 = 60;

/// How long what is shown once waits for the page that shows it.
const ONCE: Duration = Duration::from_secs(120);

/// A session: its secret, and what is kept under it.
#[derive(Clone, Debug)]
pub struct Session {
    secret: Hidden<String>,
    kept: Kept,
}

/// Who a session is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// Who has shown the admin token of this id.
    Token(String),
    /// Who has signed in at the issuer.
    Login(Box<Person>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    holder: Holder,
    begun: Timestamp,
    seen: Timestamp,
}

impl Session {
    /// Begins one. Its secret goes into the cookie.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub async fn begin(flows: &Flows, holder: Holder) -> Result<Self, AdminError> {
        let now = flows.ambient.now();
        let session = Self { secret: flows.ambient.secret(), kept: Kept { holder, begun: now, seen: now } };
        session.keep(flows).await?;
        Ok(session)
    }

    /// The session of a cookie's secret; none where there is none any more.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub async fn find(flows: &Flows, secret: &str) -> Result<Option<Self>, AdminError> {
        let Some(kept) = open::<Kept>(flows, "console", secret, secret).await? else { return Ok(None) };
        if has_ended(flows, secret).await? {
            return Ok(None);
        }
        let now = flows.ambient.now();
        if now >= kept.seen.plus(IDLE) || now >= kept.begun.plus(WHOLE) {
            return Ok(None);
        }
        let mut session = Self { secret: Hidden::new(secret.to_owned()), kept };
        if now.0 - session.kept.seen.0 >= FRESH {
            session.kept.seen = now;
            session.keep(flows).await?;
        }
        Ok(Some(session))
    }

    /// Ends it. That it has ended is kept apart for as long as it could have lasted: a request under way
    /// may write the session anew after this.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub async fn end(&self, flows: &Flows) -> Result<(), AdminError> {
        let secret = self.secret.expose_str();
        let unavailable = |error: StoreError| AdminError::Unavailable(error.into());
        flows.store.put(&key(ENDED, secret), b"1", WHOLE).await.map_err(unavailable)?;
        flows.store.delete(&key("console", secret)).await.map_err(unavailable)
    }

    /// Who it is of.
    #[must_use]
    pub const fn holder(&self) -> &Holder {
        &self.kept.holder
    }

    /// What a person who has signed in is called: for themselves alone.
    #[must_use]
    pub fn shown_name(&self) -> Option<&str> {
        match &self.kept.holder {
            Holder::Token(_) => None,
            Holder::Login(person) => Some(person.name().expose_str()),
        }
    }

    /// What goes into the cookie.
    #[must_use]
    pub const fn secret(&self) -> &Hidden<String> {
        &self.secret
    }

    /// What every form of the session carries: nobody else can know it, nor find the secret by it.
    #[must_use]
    pub fn csrf(&self) -> String {
        sha256_base64url(["tunnus/console/csrf/1", self.secret.expose_str()].concat())
    }

    /// Whether a form is one of this session's.
    #[must_use]
    pub fn is_ours(&self, csrf: &str) -> bool {
        self.csrf().as_bytes().ct_eq(csrf.as_bytes()).into()
    }

    /// Keeps what one page shall show once. The answer finds it.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub async fn keep_once(&self, flows: &Flows, shown: &Hidden<String>) -> Result<String, AdminError> {
        let id = flows.ambient.id();
        seal(flows, "console-once", &id, self.secret.expose_str(), shown, ONCE).await?;
        Ok(id)
    }

    /// What shall be shown once; nothing the second time.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub async fn take_once(&self, flows: &Flows, id: &str) -> Result<Option<Hidden<String>>, AdminError> {
        let shown = open(flows, "console-once", id, self.secret.expose_str()).await?;
        if shown.is_some() {
            let deleted = flows.store.delete(&key("console-once", id)).await;
            deleted.map_err(|error| AdminError::Unavailable(error.into()))?;
        }
        Ok(shown)
    }

    async fn keep(&self, flows: &Flows) -> Result<(), AdminError> {
        let secret = self.secret.expose_str();
        seal(flows, "console", secret, secret, &self.kept, IDLE).await
    }
}

/// Whether the session of a secret was ended.
async fn has_ended(flows: &Flows, secret: &str) -> Result<bool, AdminError> {
    let found = flows.store.look(&key(ENDED, secret)).await;
    found.map(|found| found != Taken::Missing).map_err(|error| AdminError::Unavailable(error.into()))
}

/// The key of what is known by `name`, which is no part of it.
fn key(kind: &'static str, name: &str) -> Key {
    Key::new(kind, &sha256_base64url(name))
}

/// Keeps `value`, sealed under `secret`.
pub(super) async fn seal<T: Serialize>(
    flows: &Flows,
    kind: &'static str,
    name: &str,
    secret: &str,
    value: &T,
    keep: Duration,
) -> Result<(), AdminError> {
    let key = key(kind, name);
    let plain = Hidden::new(serde_json::to_vec(value).map_err(AdminError::internal)?);
    let sealed = flows.sealer.seal(kind, &[secret], &key, plain.expose()).map_err(AdminError::internal)?;
    let put = flows.store.put(&key, &sealed, keep).await;
    put.map_err(|error| AdminError::Unavailable(error.into()))
}

/// What was kept so, for this once; nothing where it is gone or of another secret.
pub(super) async fn take<T: DeserializeOwned>(
    flows: &Flows,
    kind: &'static str,
    name: &str,
    secret: &str,
) -> Result<Option<T>, AdminError> {
    let key = key(kind, name);
    let taken = flows.store.take(&key).await.map_err(|error| AdminError::Unavailable(error.into()))?;
    let Taken::Value(sealed) = taken else { return Ok(None) };
    Ok(opened(flows, kind, &key, secret, &sealed))
}

/// What was kept so; nothing where it is gone or of another secret.
async fn open<T: DeserializeOwned>(
    flows: &Flows,
    kind: &'static str,
    name: &str,
    secret: &str,
) -> Result<Option<T>, AdminError> {
    let key = key(kind, name);
    let sealed = flows.store.read(&key).await.map_err(|error| AdminError::Unavailable(error.into()))?;
    Ok(sealed.and_then(|sealed| opened(flows, kind, &key, secret, &sealed)))
}

fn opened<T: DeserializeOwned>(
    flows: &Flows,
    kind: &'static str,
    key: &Key,
    secret: &str,
    sealed: &[u8],
) -> Option<T> {
    let plain = flows.sealer.open(kind, &[secret], key, sealed).ok()?;
    serde_json::from_slice(plain.expose()).ok()
}
