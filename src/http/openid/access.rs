//! Access tokens: opaque, short-lived, a place in the store and the secret that opens what is kept
//! there.
//!
//! The place of a code's token follows from the code. Keeping it is what uses the code: of two uses
//! one succeeds, and the other knows what to revoke, without an index and whichever comes first.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tunnus_sdk::{Hidden, Timestamp};

use super::claims::Given;
use crate::{
    app::Broker,
    error::{Code, Error},
    flow::binding::state_hash,
    store::Key,
    tenant::model::{App, AppAuthentication, Tenant},
};

/// What stands in the place of a revoked token: no seal opens it.
const REVOKED: &[u8] = b"revoked";

/// How long either half of a token is: 256 bits in base64url.
const LENGTH: usize = 43;

/// What an access token is good for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Access {
    /// The tenant.
    pub tenant: String,
    /// The app.
    pub app: String,
    /// Whom userinfo tells about; none for a token of the app itself, good for REST.
    pub given: Option<Given>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Where what a token is good for is kept.
#[derive(Clone, Debug)]
pub struct Place(String);

impl Place {
    /// The place of the one token that `code` gives.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        Self(state_hash(code))
    }

    /// A place of its own, for a token of an app itself.
    #[must_use]
    pub fn fresh(broker: &Broker) -> Self {
        Self(state_hash(broker.flows.ambient.secret().expose_str()))
    }

    /// A token that is to be kept here.
    #[must_use]
    pub fn token(&self, broker: &Broker) -> Hidden<String> {
        Hidden::new(format!("{}.{}", self.0, broker.flows.ambient.secret().expose()))
    }

    /// The place that a token names.
    fn of_token(token: &str) -> Option<Self> {
        let (place, secret) = token.split_once('.')?;
        (place.len() == LENGTH && secret.len() == LENGTH).then(|| Self(place.to_owned()))
    }

    fn key(&self) -> Key {
        Key::new("access", &self.0)
    }
}

/// How long a token's place is held: no shorter than its code is good.
fn kept(broker: &Broker) -> Duration {
    broker.lifetimes.access_token().max(broker.lifetimes.code())
}

/// Keeps what the `token` of `place` is good for. False where one was kept or revoked there before.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub async fn keep(
    broker: &Broker,
    tenant: &Tenant,
    app: &App,
    (place, token): (&Place, &Hidden<String>),
    given: Option<Given>,
) -> Result<bool, Error> {
    let expires_at = broker.flows.ambient.now().plus(broker.lifetimes.access_token());
    let access = Access { tenant: tenant.id.clone(), app: app.id.clone(), given, expires_at };
    let key = place.key();
    let sealed = broker.flows.seal("access", &key, &[token.expose_str()], &access)?;
    let store = &broker.flows.store;
    if let Ok(is_new) = store.create(&key, &sealed, kept(broker)).await {
        return Ok(is_new);
    }
    // An answer that was lost, or a write that no replica has: asked once more, so that what stands
    // there is known to outlive its server, and then compared.
    if store.create(&key, &sealed, kept(broker)).await? {
        return Ok(true);
    }
    Ok(store.read(&key).await? == Some(sealed))
}

/// Revokes the token of `place`, also one that is yet to be kept.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub async fn revoke(broker: &Broker, place: &Place) -> Result<(), Error> {
    Ok(broker.flows.store.decide(&place.key(), REVOKED, kept(broker)).await?)
}

/// What `token` is good for at this tenant, now.
///
/// # Errors
/// [`Code::AppUnauthorised`]; [`Code::StoreUnavailable`].
async fn find(broker: &Broker, tenant: &Tenant, token: &str) -> Result<Access, Error> {
    let key = Place::of_token(token).ok_or(Code::AppUnauthorised)?.key();
    let value = broker.flows.store.read(&key).await?.ok_or(Code::AppUnauthorised)?;
    let access: Access = broker.flows.open("access", &key, &[token], &value).ok_or(Code::AppUnauthorised)?;
    let lives = access.tenant == tenant.id && broker.flows.ambient.now() <= access.expires_at;
    if lives { Ok(access) } else { Err(Code::AppUnauthorised.into()) }
}

/// What userinfo answers to `token`, as far as its app may have it now.
///
/// # Errors
/// [`Code::AppUnauthorised`], also for a token of an app itself, or of one that is no more;
/// [`Code::StoreUnavailable`].
pub async fn given_to(broker: &Broker, tenant: &Tenant, token: &str) -> Result<Given, Error> {
    let access = find(broker, tenant, token).await?;
    let app = tenant.app(&access.app).ok_or(Code::AppUnauthorised)?;
    let mut given = access.given.ok_or(Code::AppUnauthorised)?;
    given.record.limit_to(&app.claims);
    Ok(given)
}

/// The app whose own token this is, if it may still have one.
///
/// # Errors
/// [`Code::AppUnauthorised`], also for a token about a person; [`Code::StoreUnavailable`].
pub async fn app_of(broker: &Broker, tenant: &Tenant, token: &str) -> Result<Arc<App>, Error> {
    let access = find(broker, tenant, token).await?;
    let app = tenant.app(&access.app).filter(|app| {
        access.given.is_none() && matches!(app.authentication, AppAuthentication::PrivateKeyJwt(_))
    });
    app.cloned().ok_or_else(|| Code::AppUnauthorised.into())
}
