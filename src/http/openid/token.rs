//! The token endpoint (OpenID Connect Core, section 3.1.3; RFC 6749, sections 4.1.3 and 4.4).
//!
//! A code is good once, for its app, its redirect URI and its PKCE verifier. Never a refresh token.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tunnus_sdk::{Hidden, Params};

use super::{
    access,
    claims::{Place, of_record},
    id_token::{self, Answer},
};
use crate::{
    app::Broker,
    digest::sha256_base64url,
    error::{Code, Error},
    flow::{
        finish::{open_record, parse_code},
        identification::{Face, OpenIdRequest, Outcome},
        record::IdentityRecord,
    },
    http::{
        auth,
        browser::params,
        cors,
        error::{Asked, oauth},
        payload::{Payload, whole},
        trace::TraceId,
    },
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
    let token = broker.flows.ambient.secret();
    if !access::keep(broker, tenant, app, &token, None).await? {
        return Err(Refused("server_error", Code::Internal.into()));
    }
    Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": broker.lifetimes.access_token }))
}

async fn by_code(broker: &Broker, tenant: &Tenant, app: &Arc<App>, form: &Params) -> Result<Value, Refused> {
    let code = form.one("code").ok_or_else(|| Error::request("code", "missing"))?;
    let (id, secret) = parse_code(code).ok_or_else(invalid_grant)?;
    let access_token = access::token_of_code(broker, code)?;
    let Some(outcome) = broker.flows.outcome(id).await? else {
        // Used before, or never given: whatever it gave ends now (RFC 6749, section 4.1.2).
        access::revoke(broker, &access_token).await?;
        return Err(invalid_grant());
    };
    let (request, record) = judge(broker, tenant, app, &outcome, secret, form)?;
    if !broker.flows.take_outcome(id).await? {
        access::revoke(broker, &access_token).await?;
        return Err(invalid_grant());
    }
    give(broker, tenant, app, &outcome, (request, &record), &access_token).await
}

/// Whether this code is this app's, for this redirect URI and verifier, in time.
fn judge<'a>(
    broker: &Broker,
    tenant: &Tenant,
    app: &App,
    outcome: &'a Outcome,
    secret: &str,
    form: &Params,
) -> Result<(&'a OpenIdRequest, IdentityRecord), Refused> {
    let identification = &outcome.identification;
    let Face::OpenId(request) = &identification.face else {
        return Err(invalid_grant());
    };
    let is_theirs = identification.app == app.id && identification.tenant == tenant.id;
    let expires_at = outcome.finished_at.plus(broker.lifetimes.code());
    let in_time = broker.flows.ambient.now() <= expires_at;
    let same_uri = form.one("redirect_uri") == Some(&request.redirect_uri);
    let record = open_record(&broker.flows, app, outcome, secret);
    match record {
        Some(record) if is_theirs && in_time && same_uri && has_verifier(request, form) => {
            Ok((request, record))
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

async fn give(
    broker: &Broker,
    tenant: &Tenant,
    app: &Arc<App>,
    outcome: &Outcome,
    (request, record): (&OpenIdRequest, &IdentityRecord),
    access_token: &Hidden<String>,
) -> Result<Value, Refused> {
    let identification = &outcome.identification;
    let userinfo = of_record(record, request, identification.reference.as_ref(), Place::Userinfo);
    if !access::keep(broker, tenant, app, access_token, Some(&userinfo)).await? {
        return Err(invalid_grant());
    }
    let answer = Answer { request, record, access_token };
    let id_token = id_token::sign(broker, tenant, app, identification, &answer)?;
    let scopes: Vec<_> = request.scopes.iter().map(String::as_str).collect();
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": broker.lifetimes.access_token,
        "scope": scopes.join(" "),
        "id_token": id_token,
    }))
}
