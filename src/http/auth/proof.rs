//! What a request brings to prove who its app is: one proof, whole and readable (RFC 6749, section
//! 2.3). Two of them, or a part of one, are none.
//!
//! Owns the reading. Whether the proof holds is `auth`'s.

use actix_web::http::header::{self, HeaderMap};
use base64::{Engine, engine::general_purpose::STANDARD};
use tunnus_sdk::{Hidden, Params};

use crate::error::{Code, Error};

/// What `client_assertion_type` must say (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An app's id and secret.
pub struct ClientSecret {
    pub(super) id: String,
    pub(super) secret: Hidden<String>,
}

/// An app's signed statement of who it is.
pub(super) struct Assertion {
    pub(super) token: Hidden<String>,
    /// The id beside it, which must then be its own.
    pub(super) id: Option<String>,
}

/// What an `Authorization` header says.
pub enum Authorization {
    /// `Basic`: id and secret.
    Basic(ClientSecret),
    /// `Bearer`: an access token.
    Bearer(Hidden<String>),
}

/// The one proof of a token request.
pub(super) enum Proof {
    /// `client_secret_basic`.
    Header(ClientSecret),
    /// `client_secret_post`.
    Form(ClientSecret),
    /// `private_key_jwt`.
    Assertion(Assertion),
    /// `none`: the id alone.
    Id(String),
}

/// The proof in header and form.
///
/// # Errors
/// [`Code::AppUnauthorised`] where there is none, or more than one.
pub(super) fn at_token_endpoint(headers: &HeaderMap, form: &Params) -> Result<Proof, Error> {
    let authorization = authorization(headers)?;
    let has_secret = form.has("client_secret");
    let has_assertion = form.has("client_assertion") || form.has("client_assertion_type");
    // Beside another proof an id is allowed where it says the same.
    let id = if form.has("client_id") { Some(one(form, "client_id")?) } else { None };
    match (authorization, has_secret, has_assertion) {
        (Some(Authorization::Basic(client)), false, false) if id.is_none_or(|id| id == client.id) => {
            Ok(Proof::Header(client))
        }
        (None, true, false) => {
            let secret = one(form, "client_secret")?.into();
            Ok(Proof::Form(ClientSecret { id: one(form, "client_id")?.to_owned(), secret }))
        }
        (None, false, true) if form.one("client_assertion_type") == Some(ASSERTION_TYPE) => {
            let token = one(form, "client_assertion")?.into();
            Ok(Proof::Assertion(Assertion { token, id: id.map(str::to_owned) }))
        }
        (None, false, false) => Ok(Proof::Id(one(form, "client_id")?.to_owned())),
        (Some(_), _, _) | (None, _, true) => Err(Code::AppUnauthorised.into()),
    }
}

fn one<'a>(form: &'a Params, name: &str) -> Result<&'a str, Error> {
    form.one(name).ok_or_else(|| Code::AppUnauthorised.into())
}

/// What the `Authorization` header says; none where there is no such header.
///
/// # Errors
/// [`Code::AppUnauthorised`] where it is doubled, of another scheme or cannot be read: that is never
/// the same as none.
pub fn authorization(headers: &HeaderMap) -> Result<Option<Authorization>, Error> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let read = text.and_then(|text| {
        let (scheme, rest) = text.split_once(' ')?;
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => client_secret(rest.trim()).map(Authorization::Basic),
            "bearer" => Some(Authorization::Bearer(rest.trim().into())),
            _ => None,
        }
    });
    read.map(Some).ok_or_else(|| Code::AppUnauthorised.into())
}

/// Id and secret, both form-encoded inside the base64 (RFC 6749, section 2.3.1).
fn client_secret(encoded: &str) -> Option<ClientSecret> {
    let pair = Hidden::new(String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?);
    let (id, secret) = pair.expose_str().split_once(':')?;
    Some(ClientSecret { id: form_decoded(id)?, secret: Hidden::new(form_decoded(secret)?) })
}

fn form_decoded(text: &str) -> Option<String> {
    // As the value of a pair, so that `=` and `&` in it are its own.
    let pair = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}
