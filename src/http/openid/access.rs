//! Access tokens: opaque, short-lived, kept in the store under their hash and sealed under themselves.
//!
//! The token of a code is derived from that code under the server's key. So a code used twice can
//! revoke what its first use gave, without an index, and whichever of the two comes first.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tunnus_sdk::{Hidden, Timestamp};

use crate::{
    app::Broker,
    error::{Code, Error},
    flow::binding::state_hash,
    store::Key,
    tenant::model::{App, AppAuthentication, Tenant},
};

/// What stands in the place of a revoked token: no seal opens it.
const REVOKED: &[u8] = b"revoked";

/// What an access token is good for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Access {
    /// The tenant.
    pub tenant: String,
    /// The app.
    pub app: String,
    /// What userinfo answers; none for a token of the app itself, good for REST.
    pub userinfo: Option<Hidden<String>>,
    /// Until when.
    pub expires_at: Timestamp,
}

fn key_of(token: &str) -> Key {
    Key::new("access", &state_hash(token))
}

fn lifetime(broker: &Broker) -> Duration {
    broker.lifetimes.access_token()
}

/// The access token that belongs to a code.
///
/// # Errors
/// [`Code::Internal`] where none can be derived.
pub fn token_of_code(broker: &Broker, code: &str) -> Result<Hidden<String>, Error> {
    let token = broker.flows.sealer.derive_secret("access token", &[code]);
    token.map_err(|source| Error::new(Code::Internal).because(source))
}

/// Keeps what `token` is good for. False where it was revoked before.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub async fn keep(
    broker: &Broker,
    tenant: &Tenant,
    app: &App,
    token: &Hidden<String>,
    userinfo: Option<&Map<String, Value>>,
) -> Result<bool, Error> {
    let userinfo = userinfo.map(serde_json::to_string).transpose();
    let userinfo = userinfo.map_err(|source| Error::new(Code::Internal).because(source))?.map(Hidden::new);
    let expires_at = broker.flows.ambient.now().plus(lifetime(broker));
    let access = Access { tenant: tenant.id.clone(), app: app.id.clone(), userinfo, expires_at };
    let key = key_of(token.expose_str());
    let sealed = broker.flows.seal("access", &key, &[token.expose_str()], &access)?;
    Ok(broker.flows.store.create(&key, &sealed, lifetime(broker)).await?)
}

/// Revokes the token, also one that is yet to be kept.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub async fn revoke(broker: &Broker, token: &Hidden<String>) -> Result<(), Error> {
    Ok(broker.flows.store.put(&key_of(token.expose_str()), REVOKED, lifetime(broker)).await?)
}

/// What `token` is good for at this tenant, now.
///
/// # Errors
/// [`Code::AppUnauthorised`]; [`Code::StoreUnavailable`].
pub async fn find(broker: &Broker, tenant: &Tenant, token: &str) -> Result<Access, Error> {
    if token.len() != 43 {
        return Err(Code::AppUnauthorised.into());
    }
    let key = key_of(token);
    let value = broker.flows.store.read(&key).await?.ok_or(Code::AppUnauthorised)?;
    let access: Access = broker.flows.open("access", &key, &[token], &value).ok_or(Code::AppUnauthorised)?;
    let lives = access.tenant == tenant.id && broker.flows.ambient.now() <= access.expires_at;
    if lives { Ok(access) } else { Err(Code::AppUnauthorised.into()) }
}

/// The app whose own token this is, if it may still have one.
///
/// # Errors
/// [`Code::AppUnauthorised`], also for a token about a person; [`Code::StoreUnavailable`].
pub async fn app_of(broker: &Broker, tenant: &Tenant, token: &str) -> Result<Arc<App>, Error> {
    let access = find(broker, tenant, token).await?;
    let app = tenant.app(&access.app).filter(|app| {
        access.userinfo.is_none() && matches!(app.authentication, AppAuthentication::PrivateKeyJwt(_))
    });
    app.cloned().ok_or_else(|| Code::AppUnauthorised.into())
}
