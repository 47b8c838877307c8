//! Who is calling: apps at the token endpoint and at the REST interface.
//!
//! One app has one registered way (RFC 7591, `token_endpoint_auth_method`) and no other is taken.
//! Secrets are compared as SHA-256 hashes in constant time. What a request brings is read in
//! `proof`, a client assertion is checked in `assertion`.

mod assertion;
mod proof;

use std::sync::Arc;

use actix_web::HttpRequest;
use subtle::{Choice, ConstantTimeEq};
use tunnus_sdk::{Hidden, Params};

pub use proof::{Authorization, authorization};

use self::proof::{ClientSecret, Proof};
use super::openid::access;
use crate::{
    app::Broker,
    digest::sha256,
    error::{Code, Error},
    tenant::model::{App, AppAuthentication, Tenant},
};

/// SHA-256 of each secret of an app.
type Hashes = [[u8; 32]];

/// The app that calls the token endpoint.
///
/// # Errors
/// [`Code::AppUnauthorised`] whatever is wrong; [`Code::StoreUnavailable`].
pub async fn at_token_endpoint(
    broker: &Broker,
    tenant: &Tenant,
    request: &HttpRequest,
    form: &Params,
) -> Result<Arc<App>, Error> {
    match proof::at_token_endpoint(request.headers(), form)? {
        Proof::Header(client) => by_secret(tenant, &client, in_header),
        Proof::Form(client) => by_secret(tenant, &client, in_form),
        Proof::Assertion(assertion) => assertion::check(broker, tenant, &assertion).await,
        Proof::Id(id) => {
            let app = tenant.app(&id).filter(|app| matches!(app.authentication, AppAuthentication::Public));
            app.cloned().ok_or_else(|| Code::AppUnauthorised.into())
        }
    }
}

/// The app that calls the REST interface: by its secret in the header, for a JSON body has no place
/// for one, or by an access token of its own.
///
/// # Errors
/// [`Code::AppUnauthorised`] whatever is wrong; [`Code::StoreUnavailable`].
pub async fn at_rest(broker: &Broker, tenant: &Tenant, request: &HttpRequest) -> Result<Arc<App>, Error> {
    match authorization(request.headers())?.ok_or(Code::AppUnauthorised)? {
        Authorization::Bearer(token) => access::app_of(broker, tenant, token.expose_str()).await,
        Authorization::Basic(client) => {
            by_secret(tenant, &client, |way| in_header(way).or_else(|| in_form(way)))
        }
    }
}

/// The secrets of `client_secret_basic`.
fn in_header(way: &AppAuthentication) -> Option<&Hashes> {
    match way {
        AppAuthentication::SecretBasic(hashes) => Some(hashes),
        AppAuthentication::SecretPost(_)
        | AppAuthentication::PrivateKeyJwt(_)
        | AppAuthentication::Public => None,
    }
}

/// The secrets of `client_secret_post`.
fn in_form(way: &AppAuthentication) -> Option<&Hashes> {
    match way {
        AppAuthentication::SecretPost(hashes) => Some(hashes),
        AppAuthentication::SecretBasic(_)
        | AppAuthentication::PrivateKeyJwt(_)
        | AppAuthentication::Public => None,
    }
}

/// The app of this id and secret, where it is registered to show a secret in this way.
fn by_secret(
    tenant: &Tenant,
    client: &ClientSecret,
    registered: impl Fn(&AppAuthentication) -> Option<&Hashes>,
) -> Result<Arc<App>, Error> {
    let app = tenant.app(&client.id);
    let hashes = app.and_then(|app| registered(&app.authentication));
    // Who is unknown costs the same comparison as who is known.
    let fits = is_one_of(&client.secret, hashes.unwrap_or(&[[0; 32]]));
    app.filter(|_| hashes.is_some() && fits).cloned().ok_or_else(|| Code::AppUnauthorised.into())
}

fn is_one_of(secret: &Hidden<String>, hashes: &Hashes) -> bool {
    let hash = sha256(secret.expose_str());
    hashes.iter().fold(Choice::from(0), |fits, known| fits | known.ct_eq(&hash)).into()
}
