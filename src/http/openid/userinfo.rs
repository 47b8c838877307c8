//! The userinfo endpoint (OpenID Connect Core, section 5.3).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use super::access;
use crate::{
    app::Broker,
    error::{Code, Error},
    http::{auth::bearer, cors, error::bearer as refused, trace::TraceId},
    tenant::model::Tenant,
};

/// `GET, POST {issuer}/userinfo`
pub async fn show(
    tenant: Path<String>,
    broker: Data<Broker>,
    request: HttpRequest,
    trace: TraceId,
) -> HttpResponse {
    let Some(tenant) = broker.tenants.tenant(&tenant) else {
        return HttpResponse::NotFound().finish();
    };
    let response = match userinfo(&broker, &tenant, &request).await {
        Ok(claims) => HttpResponse::Ok()
            .insert_header(("Cache-Control", "no-store"))
            .insert_header(("Content-Type", "application/json"))
            .body(claims),
        Err(error) => refused(&error, &trace.0),
    };
    cors::allow(response, &tenant, &request)
}

async fn userinfo(broker: &Broker, tenant: &Tenant, request: &HttpRequest) -> Result<String, Error> {
    let token = bearer(request).ok_or(Code::AppUnauthorised)?;
    let access = access::find(broker, tenant, &token).await?;
    let claims = access.userinfo.ok_or(Code::AppUnauthorised)?;
    Ok(claims.expose().clone())
}
