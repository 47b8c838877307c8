//! Proof that an upstream has a key: it takes a request that the key has signed, or a token of its own
//! names the key.

use tunnus_jose::{KeyUse, renamed};
use tunnus_sdk::{BrowserRequest, LoginRequest, Member, Step, SubjectSource};

use super::{Key, Keyring, KeyringError, Purpose, State};
use crate::{
    audit::event::Actor,
    error::Error,
    host::{Named, Proofs, is_awaited},
    tenant::{connections::Connections, model::Connection},
};

impl Keyring {
    /// Begins a login that nobody will finish, signed with a key that need not be in use yet, under the
    /// `kid` that the upstream calls it by. An upstream to
    /// which requests are pushed (RFC 9126) judges it at once; of another nothing can be proved so.
    ///
    /// # Errors
    /// [`KeyringError::NotTaken`], with what the upstream said.
    pub async fn prove(
        &self,
        connections: &Connections,
        tenant: &str,
        (id, kid): (&str, Option<&str>),
    ) -> Result<(), KeyringError> {
        let key = self.key(tenant, id).await?;
        let not_taken = |why: String| Err(KeyringError::NotTaken(why));
        let Some(name) = key.connection.filter(|_| key.purpose == Purpose::Signing.name()) else {
            return not_taken("only a connection's signing key can be proved by a request".to_owned());
        };
        if key.state == State::Retired.name() {
            return not_taken("it is retired".to_owned());
        }
        let missing = || KeyringError::NoTenant(tenant.to_owned());
        let stored = self.store().read(tenant).await?.ok_or_else(missing)?;
        let mut private = self.store().private_of(&stored, id)?;
        if let Some(kid) = kid {
            private = renamed(&private, kid, KeyUse::Signature)?;
        }
        let served =
            self.store().load(tenant).await.map_err(|error| KeyringError::NotTaken(error.to_string()))?;
        let served = served.ok_or_else(missing)?.tenant;
        let known = served.connection(&name).ok_or_else(|| KeyringError::NoConnection(name.clone()))?;
        let mut alone: Connection = Connection::clone(known);
        alone.credentials.signing = vec![private];
        // It is nobody else's: what is kept by revision must not be mixed up.
        alone.revision = !alone.revision;
        let provider = connections.apart(&served, &alone);
        let provider = provider.map_err(|error| KeyringError::NotTaken(error.causes()))?;
        let mut login = LoginRequest::new(self.ambient().secret());
        if alone.subject == SubjectSource::NationalId {
            login.claims.insert(Member::NationalId);
        }
        match provider.start(&login).await {
            Ok(step) if was_pushed(&step) => Ok(()),
            Ok(_) => not_taken("requests are not pushed to it, so that it has not seen one".to_owned()),
            Err(error) => {
                let error = Error::from(error);
                let said = error.upstream_code.clone().unwrap_or_default();
                not_taken(format!("{} {said}", error.code).trim().to_owned())
            }
        }
    }
}

impl Keyring {
    /// Notes every key that is seen in use, until dropped.
    pub async fn follow(self, proofs: Proofs) {
        loop {
            let named = proofs.next().await;
            log(&named, &self.named(&named).await);
        }
    }

    /// Notes that an upstream has a decryption key, as [`Self::registered`] does; whether it waited for
    /// that. It does so once.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn named(&self, named: &Named) -> Result<bool, KeyringError> {
        let Named { tenant, connection, kid } = named;
        let (now, by) = (self.ambient().now(), Actor::broker("keys: a token names it"));
        let changed = self.change(&by, tenant, |stored| {
            let is_it =
                |key: &Key| is_awaited(key) && key.connection.as_ref() == Some(connection) && key.kid == *kid;
            let found = stored.keys.iter().find(|(_, stored)| is_it(&stored.key));
            let known = |key: &Key| Key { state: State::WarmUp, since: now, ..key.clone() };
            Ok(found.map(|(id, stored)| (id.clone(), (known(&stored.key), None))).into_iter().collect())
        });
        Ok(changed.await? > 0)
    }
}

fn log(Named { tenant, connection, .. }: &Named, noted: &Result<bool, KeyringError>) {
    match noted {
        Ok(true) => tracing::info!(tenant, connection, "the upstream has a key: its token names it"),
        Ok(false) => {}
        Err(error) => log_failure(tenant, error),
    }
}

/// The next login that names the key says so again.
fn log_failure(tenant: &str, error: &KeyringError) {
    tracing::warn!(tenant, %error, "that an upstream has a key was not noted");
}

/// Whether the upstream has the request already and gave a name to it.
fn was_pushed(step: &Step) -> bool {
    match step {
        Step::Navigate(navigate) => match &navigate.to {
            BrowserRequest::Get(url) => url.query_pairs().any(|(name, _)| name == "request_uri"),
            BrowserRequest::Post { fields, .. } => fields.iter().any(|(name, _)| name == "request_uri"),
        },
        Step::Authenticated(_) => false,
    }
}
