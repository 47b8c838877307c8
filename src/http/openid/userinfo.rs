//! The userinfo endpoint (OpenID Connect Core, section 5.3).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::{Map, Value};

use super::access;
use crate::{
    app::Broker,
    error::{Code, Error},
    http::{
        auth::{Authorization, authorization},
        cors,
        error::{Asked, bearer, no_token},
        trace::TraceId,
    },
    tenant::model::Tenant,
};

/// `GET, POST {issuer}/userinfo`
pub async fn show(
    tenant: Path<String>,
    broker: Data<Broker>,
    request: HttpRequest,
    trace: TraceId,
) -> HttpResponse {
    let asked = Asked { public_url: &broker.public_url, trace_id: &trace.0 };
    let (tenant, answer) = match broker.tenants.tenant(&tenant).await {
        Ok(tenant) => {
            let answer = userinfo(&broker, tenant.as_deref(), &request).await;
            (tenant, answer)
        }
        Err(error) => (None, Err(error.into())),
    };
    let response = match answer {
        Ok(Some(claims)) => HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(claims),
        Ok(None) => no_token(&asked),
        Err(error) => {
            error.log(&trace.0);
            bearer(&error, &asked)
        }
    };
    cors::allow(response, tenant.as_deref(), &request)
}

/// The claims that the token is good for; none where there is no token.
async fn userinfo(
    broker: &Broker,
    tenant: Option<&Tenant>,
    request: &HttpRequest,
) -> Result<Option<Map<String, Value>>, Error> {
    let token = match authorization(request.headers())? {
        None => return Ok(None),
        Some(Authorization::Bearer(token)) => token,
        Some(Authorization::Basic(_)) => return Err(Code::AppUnauthorised.into()),
    };
    let tenant = tenant.ok_or(Code::AppUnauthorised)?;
    let given = access::given_to(broker, tenant, token.expose_str()).await?;
    Ok(Some(given.in_userinfo()))
}
