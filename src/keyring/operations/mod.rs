//! What can be done with the keys of a tenant that is in a store.
//!
//! Each operation is one change of the store: judged as a whole, audited, made only where nobody else
//! was faster, and done over where somebody was. Along with it every step is taken that is due.

mod change;
mod checks;
mod imported;
mod inputs;

use serde_json::json;
use tunnus_jose::{KeyUse, certificate, renamed};
use tunnus_sdk::Hidden;

pub use self::inputs::{Format, Given, Registered, Request, Wanted};

use self::{
    change::Changes,
    checks::{
        check_name, check_names, check_place, check_purpose, check_registered, check_retirement,
        check_rotation, find, is_empty, slot_of, use_of, wrong,
    },
    imported::imported,
};
use super::{Key, KeyView, KeyringError, NewKey, Policy, Purpose, State, life, made, make::public_of};
use crate::{
    ambient::Ambient,
    audit::event::Actor,
    tenant::store::{Store, StoreError, StoredTenant},
};

/// The keys of a store's tenants.
#[derive(Clone, Debug)]
pub struct Keyring {
    store: Store,
    policy: Policy,
    ambient: Ambient,
}

impl Keyring {
    /// The keys of the store's tenants.
    #[must_use]
    pub const fn new(store: Store, policy: Policy, ambient: Ambient) -> Self {
        Self { store, policy, ambient }
    }

    /// How long the states last.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Where they are kept.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The time and the chance that they go by.
    #[must_use]
    pub const fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// All keys of a tenant and of its connections by their ids, the tenant's own first.
    ///
    /// # Errors
    /// Where there is no such tenant, or the store does not answer.
    pub async fn all(&self, tenant: &str) -> Result<Vec<(String, Key)>, KeyringError> {
        let mut keys: Vec<_> = self.read(tenant).await?.ring().into_iter().collect();
        keys.sort_by_key(|(id, key)| (key.connection.clone(), key.purpose, key.made_at, id.clone()));
        Ok(keys)
    }

    /// The same as they are shown.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub async fn list(&self, tenant: &str) -> Result<Vec<KeyView>, KeyringError> {
        let shown = |(id, key): &(String, Key)| KeyView::of(tenant, id, key, &self.policy);
        Ok(self.all(tenant).await?.iter().map(shown).collect())
    }

    /// One key.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn key(&self, tenant: &str, id: &str) -> Result<KeyView, KeyringError> {
        let stored = self.read(tenant).await?;
        Ok(KeyView::of(tenant, id, find(&stored, id)?, &self.policy))
    }

    /// The id of the key of this id or this `kid`, of those that are not retired.
    ///
    /// # Errors
    /// Where there is none, or two are called so.
    pub async fn id_of(&self, tenant: &str, name: &str) -> Result<String, KeyringError> {
        let stored = self.read(tenant).await?;
        if stored.keys.contains_key(name) {
            return Ok(name.to_owned());
        }
        let is_it = |key: &Key| key.kid == name && key.state != State::Retired;
        let mut called = stored.keys.iter().filter(|(_, stored)| is_it(&stored.key)).map(|(id, _)| id);
        match (called.next(), called.next()) {
            (Some(id), None) => Ok(id.clone()),
            _ => Err(KeyringError::NoKey(name.to_owned())),
        }
    }

    /// Makes a key. Where its place is empty it is in use at once; else it follows the key there.
    ///
    /// # Errors
    /// Where its place takes no more, or the tenant has no such connection.
    pub async fn generate(&self, by: &Actor, tenant: &str, wanted: Wanted) -> Result<KeyView, KeyringError> {
        check_purpose(wanted.connection.as_ref(), wanted.purpose, wanted.kind)?;
        let stored = self.read(tenant).await?;
        check_place(&stored, &slot_of(&wanted))?;
        let new = self.make(wanted).await?;
        self.add(by, tenant, new, false).await
    }

    /// Takes a key in that was made elsewhere.
    ///
    /// # Errors
    /// Where it cannot be used, has ended, or its place takes no more.
    pub async fn import(&self, by: &Actor, tenant: &str, given: Given) -> Result<KeyView, KeyringError> {
        let stored = self.read(tenant).await?;
        let (now, known) = (self.ambient.now(), given.known);
        let connection = given.connection.as_deref();
        let algorithm = connection.and_then(|id| self.store.needs_of(&stored, id)?.signing);
        let new = self
            .store
            .pool()
            .run(move || imported(given, algorithm, now))
            .await
            .map_err(StoreError::from)??;
        self.add(by, tenant, new, known).await
    }

    /// Notes that the upstream has a key: it comes into use as soon as it may.
    ///
    /// # Errors
    /// Where the key does not wait for that, or cannot be called so.
    pub async fn registered(
        &self,
        by: &Actor,
        tenant: &str,
        (id, file): (&str, Registered),
    ) -> Result<KeyView, KeyringError> {
        let now = self.ambient.now();
        self.change(by, tenant, |stored| {
            let mut key = find(stored, id)?.clone();
            check_registered(stored, (id, &key), &file)?;
            key.not_after = file.until.or(key.not_after);
            if matches!(key.state, State::Created | State::AwaitingRegistration) {
                (key.state, key.since) = (State::WarmUp, now);
            }
            let mut private = None;
            if let Some(kid) = file.kid.as_ref().filter(|kid| **kid != key.kid) {
                let named = renamed(&self.store.private_of(stored, id)?, kid, use_of(key.purpose))?;
                (key.kid, key.public) = public_of(&named, key.purpose)?;
                private = Some(named);
            }
            Ok(Changes::from([(id.to_owned(), (key, private))]))
        })
        .await?;
        self.key(tenant, id).await
    }

    /// Makes a successor of a key that is in use, of the same kind. `at_once` puts it in the key's place
    /// without any warm-up: for a key that somebody else may have.
    ///
    /// # Errors
    /// Where the key is not in use, or a successor is on its way.
    pub async fn rotate(
        &self,
        by: &Actor,
        tenant: &str,
        (id, at_once): (&str, bool),
    ) -> Result<KeyView, KeyringError> {
        let stored = self.read(tenant).await?;
        let key = find(&stored, id)?;
        check_rotation(&stored, key)?;
        let Key { connection, purpose, kind, fetched, .. } = key.clone();
        let mut new = self.make(Wanted { connection, purpose, kind, fetched }).await?;
        if at_once {
            (new.key.state, new.key.since) = (State::Active, self.ambient.now());
        }
        self.add(by, tenant, new, false).await
    }

    /// Ends a key and destroys its private part.
    ///
    /// # Errors
    /// Where it is the one in use.
    pub async fn retire(&self, by: &Actor, tenant: &str, id: &str) -> Result<KeyView, KeyringError> {
        let now = self.ambient.now();
        self.change(by, tenant, |stored| {
            let mut key = find(stored, id)?.clone();
            check_retirement(&key)?;
            (key.state, key.since) = (State::Retired, now);
            Ok(Changes::from([(id.to_owned(), (key, None))]))
        })
        .await?;
        self.key(tenant, id).await
    }

    /// Makes a key and a request for its certificate (PKCS#10, PEM).
    ///
    /// # Errors
    /// Where one was asked for already, or the tenant has no such connection.
    pub async fn csr(
        &self,
        by: &Actor,
        tenant: &str,
        request: Request,
    ) -> Result<(KeyView, String), KeyringError> {
        let Request { connection, common_name, organisation, kind } = request;
        check_names(organisation.iter().chain([&common_name]))?;
        let wanted =
            Wanted { connection: Some(connection), purpose: Purpose::Certificate, kind, fetched: false };
        check_place(&self.read(tenant).await?, &slot_of(&wanted))?;
        let mut new = self.make(wanted).await?;
        (new.key.subject, new.key.organisation) = (Some(common_name), organisation);
        let pem = to_request(&new.key, &new.private)?;
        new.key.state = State::AwaitingRegistration;
        Ok((self.add(by, tenant, new, false).await?, pem))
    }

    /// The request for the certificate of a key, once more: who has lost it needs no other key.
    ///
    /// # Errors
    /// Where none was asked for.
    pub async fn request(&self, tenant: &str, id: &str) -> Result<(KeyView, String), KeyringError> {
        let stored = self.read(tenant).await?;
        let key = find(&stored, id)?;
        if key.subject.is_none() || key.state == State::Retired {
            return Err(wrong(key, "a request is of a key that was made for a certificate"));
        }
        let pem = to_request(key, &self.store.private_of(&stored, id)?)?;
        Ok((KeyView::of(tenant, id, key, &self.policy), pem))
    }

    /// Takes the certificate in that was asked for, or a newer one of the same key. It is in use at
    /// once.
    ///
    /// # Errors
    /// Where it is another key's or another subject's, not good now, or without its chain.
    pub async fn certificate(
        &self,
        by: &Actor,
        tenant: &str,
        (id, pem): (&str, &str),
    ) -> Result<KeyView, KeyringError> {
        let now = self.ambient.now();
        self.change(by, tenant, |stored| {
            let mut key = find(stored, id)?.clone();
            if key.purpose != Purpose::Certificate || key.state == State::Retired {
                return Err(wrong(&key, "a certificate is taken for a key that was made for one"));
            }
            let private = self.store.private_of(stored, id)?;
            let taken = certificate::check(pem, &private, key.subject.as_deref(), now)?;
            (key.certificate, key.not_after) = (Some(taken.chain), Some(taken.not_after));
            if key.is_coming() {
                (key.state, key.since) = (State::WarmUp, now);
            }
            Ok(Changes::from([(id.to_owned(), (key, None))]))
        })
        .await?;
        self.key(tenant, id).await
    }

    /// The public part of a key, as text.
    ///
    /// # Errors
    /// Where there is no such key.
    pub async fn public(&self, tenant: &str, id: &str, format: Format) -> Result<String, KeyringError> {
        let stored = self.read(tenant).await?;
        let key = find(&stored, id)?;
        Ok(match format {
            Format::Jwk => format!("{:#}", key.public),
            Format::Jwks => format!("{:#}", json!({ "keys": [key.public] })),
            Format::Pem => tunnus_jose::public_pem(&key.public)?,
            Format::X509 => match &key.certificate {
                Some(chain) => chain.clone(),
                None => self.self_signed(&stored, id, key)?,
            },
        })
    }

    /// Takes every step that is due for a tenant, and makes the keys that are to follow its own; how
    /// many keys changed.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn advance(&self, by: &Actor, tenant: &str) -> Result<usize, KeyringError> {
        let stored = self.read(tenant).await?;
        let mut new = Changes::new();
        for kind in life::outlived(&stored.ring(), self.ambient.now(), &self.policy) {
            let wanted = Wanted { connection: None, purpose: Purpose::Signing, kind, fetched: false };
            let NewKey { key, private } = self.make(wanted).await?;
            new.insert(self.ambient.id(), (key, Some(private)));
        }
        self.change(by, tenant, |stored| {
            // Another broker may have been here.
            let mut new = new.clone();
            new.retain(|_, (key, _)| life::successor(&stored.ring(), &key.slot()).is_none());
            Ok(new)
        })
        .await
    }

    /// The tenants with keys that may have a step to take now.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn due(&self) -> Result<Vec<String>, KeyringError> {
        let now = self.ambient.now();
        let Policy { settle, lives, warm_up, cooldown, upstream_warm_up, upstream_cooldown } = self.policy;
        let followed = lives.saturating_sub(settle.saturating_add(warm_up));
        let due = "SELECT DISTINCT tenant FROM keys WHERE moves = 1 AND (
                (state = 'created' AND since <= $1)
             OR (state = 'active' AND since <= $2)
             OR (state = 'warm_up' AND since <= $3 AND connection = '')
             OR (state = 'warm_up' AND since <= $4 AND connection <> '')
             OR (state = 'cooldown' AND since <= $5 AND connection = '')
             OR (state = 'cooldown' AND since <= $6 AND connection <> ''))";
        let mut due = sqlx::query_scalar(due);
        for ago in [settle, followed, warm_up, upstream_warm_up, cooldown, upstream_cooldown] {
            due = due.bind(now.minus(ago).0);
        }
        Ok(due.fetch_all(self.store.sql().pool()).await.map_err(crate::sql::SqlError::from)?)
    }

    async fn read(&self, tenant: &str) -> Result<StoredTenant, KeyringError> {
        self.store.read(tenant).await?.ok_or_else(|| KeyringError::NoTenant(tenant.to_owned()))
    }

    /// Makes a key where it keeps nobody waiting.
    async fn make(&self, wanted: Wanted) -> Result<NewKey, KeyringError> {
        let (Wanted { connection, purpose, kind, fetched }, now) = (wanted, self.ambient.now());
        let making = self.store.pool().run(move || made(connection, purpose, kind, now));
        let mut new = making.await.map_err(StoreError::from)??;
        new.key.fetched = fetched;
        Ok(new)
    }

    /// Puts a key into its place.
    async fn add(&self, by: &Actor, tenant: &str, new: NewKey, known: bool) -> Result<KeyView, KeyringError> {
        let (id, now) = (self.ambient.id(), self.ambient.now());
        self.change(by, tenant, |stored| {
            let mut key = new.key.clone();
            let ring = stored.ring();
            check_place(stored, &key.slot())?;
            check_name(&ring, &id, &key)?;
            let mut changes = Changes::new();
            if key.state == State::Active {
                // In the place of the one there, at once.
                let former = life::active(&ring, &key.slot());
                changes.extend(former.map(|(id, former)| {
                    (id.clone(), (Key { state: State::Cooldown, since: now, ..former.clone() }, None))
                }));
            } else if known || (key.certificate.is_some() && key.purpose == Purpose::Certificate) {
                key.state = State::WarmUp;
            } else if is_empty(stored, &key.slot()) && key.purpose != Purpose::Certificate {
                key.state = State::Active;
            }
            changes.insert(id.clone(), (key, Some(new.private.clone())));
            Ok(changes)
        })
        .await?;
        self.key(tenant, &id).await
    }

    /// A certificate by the key itself, for who takes a public key in no other form.
    fn self_signed(&self, stored: &StoredTenant, id: &str, key: &Key) -> Result<String, KeyringError> {
        const YEARS: std::time::Duration = std::time::Duration::from_secs(5 * 365 * 24 * 60 * 60);
        if key.state == State::Retired {
            return Err(wrong(key, "its private part is destroyed"));
        }
        // What marks a key for encryption is no part of a certificate.
        let private = renamed(&self.store.private_of(stored, id)?, &key.kid, KeyUse::Signature)?;
        let until = key.not_after.unwrap_or_else(|| key.made_at.plus(YEARS));
        Ok(certificate::self_signed(&private, &key.kid, (key.made_at, until))?)
    }
}

/// The request for the certificate of a key (PKCS#10, PEM).
fn to_request(key: &Key, private: &Hidden<String>) -> Result<String, KeyringError> {
    let members = [("O", &key.organisation), ("CN", &key.subject)];
    let subject: Vec<_> =
        members.iter().filter_map(|(member, name)| Some((*member, name.as_deref()?))).collect();
    Ok(certificate::request(private, &subject)?)
}

#[cfg(test)]
#[path = "operations_tests.rs"]
mod tests;
