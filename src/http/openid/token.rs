//! The token endpoint (OpenID Connect Core, section 3.1.3; RFC 6749, sections 4.1.3 and 4.4).
//!
//! A code is good once, for its app, its redirect URI and its PKCE verifier. Never a refresh token.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tunnus_sdk::{Hidden, Params};

use super::{
    access::{self, Place},
    claims::Given,
    id_token,
};
use crate::{
    app::Broker,
    digest::sha256_base64url,
    error::{Code, Error},
    flow::{
        finish::{open_record, parse_code},
        identification::{Face, OpenIdRequest, Outcome},
    },
    http::{
        auth,
        browser::params,
        cors,
        error::{Asked, oauth},
        payload::{Payload, whole},
        trace::TraceId,
    },
    limits::Class,
    tenant::model::{App, AppAuthentication, Tenant},
};

/// A token request that fails, with the `error` of RFC 6749, section 5.2.
struct Refused(&'static str, Error);

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error.code.oauth_error(), error)
    }
}

/// All that is wrong with a code is one error.
fn invalid_grant() -> Refused {
    Refused("invalid_grant", Code::RequestInvalid.into())
}

/// `POST {issuer}/token`
pub async fn exchange(
    tenant: Path<String>,
    broker: Data<Broker>,
    request: HttpRequest,
    payload: Payload,
    trace: TraceId,
) -> HttpResponse {
    let (tenant, answer) = match broker.tenants.tenant(&tenant).await {
        Ok(Some(tenant)) => {
            let answer = answer(&broker, &tenant, &request, payload).await;
            (Some(tenant), answer)
        }
        // An unknown tenant is one that knows no app.
        Ok(None) => (None, Err(Error::new(Code::AppUnauthorised).into())),
        Err(error) => (None, Err(Error::from(error).into())),
    };
    let response = match answer {
        Ok(body) => HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(body),
        Err(Refused(oauth_error, error)) => {
            error.log(&trace.0);
            let asked = Asked { public_url: &broker.public_url, trace_id: &trace.0 };
            oauth(oauth_error, &error, &asked)
        }
    };
    cors::allow(response, tenant.as_deref(), &request)
}

async fn answer(
    broker: &Broker,
    tenant: &Tenant,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Value, Refused> {
    let form = &params(&whole(payload)?);
    if form.has_doubled() {
        return Err(Error::request("", "a parameter stands there twice").into());
    }
    let app = auth::at_token_endpoint(broker, tenant, request, form).await?;
    broker.admit_app(tenant, &app, Class::Call)?;
    match form.one("grant_type") {
        Some("authorization_code") => by_code(broker, tenant, &app, form).await,
        Some("client_credentials") => by_own_credentials(broker, tenant, &app).await,
        Some(_) => Err(Refused("unsupported_grant_type", Code::RequestInvalid.into())),
        None => Err(Error::request("grant_type", "missing").into()),
    }
}

/// A token of the app itself, for the REST interface.
async fn by_own_credentials(broker: &Broker, tenant: &Tenant, app: &App) -> Result<Value, Refused> {
    if !matches!(app.authentication, AppAuthentication::PrivateKeyJwt(_)) {
        return Err(Refused("unauthorized_client", Code::RequestInvalid.into()));
    }
    let place = Place::fresh(broker);
    let token = place.token(broker);
    if !access::keep(broker, tenant, app, (&place, &token), None).await? {
        return Err(Refused("server_error", Code::Internal.into()));
    }
    Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": broker.lifetimes.access_token }))
}

async fn by_code(broker: &Broker, tenant: &Tenant, app: &App, form: &Params) -> Result<Value, Refused> {
    let code = form.one("code").ok_or_else(|| Error::request("code", "missing"))?;
    let (id, secret) = parse_code(code).ok_or_else(invalid_grant)?;
    let outcome = broker.flows.outcome(id).await?.ok_or_else(invalid_grant)?;
    let (request, given) = judge(broker, tenant, app, &outcome, secret, form)?;
    let place = Place::of_code(code);
    let token = place.token(broker);
    let in_time = broker.flows.ambient.now() <= outcome.finished_at.plus(broker.lifetimes.code());
    let answer =
        if in_time { Some(answer_to(broker, tenant, app, request, &given, &token).await?) } else { None };
    // Where its token's place is taken, the code was used: whatever it gave ends now (RFC 6749,
    // section 4.1.2), and what it is yet to give never begins.
    match answer {
        Some(answer) if access::keep(broker, tenant, app, (&place, &token), Some(given)).await? => Ok(answer),
        Some(_) | None => {
            access::revoke(broker, &place).await?;
            Err(invalid_grant())
        }
    }
}

/// Whether this code is this app's, for this redirect URI and verifier; and what it is good for, as
/// far as the app may have it now.
fn judge<'a>(
    broker: &Broker,
    tenant: &Tenant,
    app: &App,
    outcome: &'a Outcome,
    secret: &str,
    form: &Params,
) -> Result<(&'a OpenIdRequest, Given), Refused> {
    let identification = &outcome.identification;
    let Face::OpenId(request) = &identification.face else {
        return Err(invalid_grant());
    };
    let is_theirs = identification.app == app.id && identification.tenant == tenant.id;
    let same_uri = form.one("redirect_uri") == Some(&request.redirect_uri);
    let record = open_record(&broker.flows, app, outcome, secret);
    match record {
        Some(record) if is_theirs && same_uri && has_verifier(request, form) => {
            let reference = identification.reference.clone();
            Ok((request, Given { record, scopes: request.scopes.clone(), reference }))
        }
        Some(_) | None => Err(invalid_grant()),
    }
}

/// RFC 7636, section 4.6. A verifier without a challenge is refused too: it would hide a downgrade.
fn has_verifier(request: &OpenIdRequest, form: &Params) -> bool {
    match (&request.code_challenge, form.one("code_verifier")) {
        (Some(challenge), Some(verifier)) => {
            let computed = sha256_base64url(verifier);
            (43..=128).contains(&verifier.len())
                && bool::from(computed.as_bytes().ct_eq(challenge.as_bytes()))
        }
        (None, None) => !form.has("code_verifier"),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

async fn answer_to(
    broker: &Broker,
    tenant: &Tenant,
    app: &App,
    request: &OpenIdRequest,
    given: &Given,
    access_token: &Hidden<String>,
) -> Result<Value, Error> {
    let answer = id_token::Answer { request, given, access_token };
    let id_token = id_token::sign(broker, tenant, app, &answer).await?;
    let scopes: Vec<_> = request.scopes.iter().map(String::as_str).collect();
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": broker.lifetimes.access_token,
        "scope": scopes.join(" "),
        "id_token": id_token,
    }))
}
