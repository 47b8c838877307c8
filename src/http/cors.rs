//! Cross-origin reads by registered browser apps (Fetch, CORS protocol): token and userinfo only.
//!
//! Never with credentials: no cookie of ours has a say there.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::{Data, Path},
};

use crate::{app::Broker, tenant::model::Tenant};

/// Lets the origin of `request` read `response` where an app of the tenant is registered with it.
#[must_use]
pub fn allow(mut response: HttpResponse, tenant: Option<&Tenant>, request: &HttpRequest) -> HttpResponse {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = tenant.and_then(|tenant| registered_origin(tenant, request)) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

fn registered_origin(tenant: &Tenant, request: &HttpRequest) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    let registered = tenant.apps.iter().any(|app| app.origins.iter().any(|known| known == text));
    registered.then(|| origin.clone())
}

/// `OPTIONS` on token and userinfo.
pub async fn preflight(tenant: Path<String>, broker: Data<Broker>, request: HttpRequest) -> HttpResponse {
    let response = HttpResponse::NoContent()
        .insert_header(("Access-Control-Allow-Methods", "GET, POST"))
        .insert_header(("Access-Control-Allow-Headers", "Authorization, Content-Type, traceparent"))
        .insert_header(("Access-Control-Max-Age", "600"))
        .finish();
    // Where it is not known which origins are registered, none is.
    let tenant = broker.tenants.tenant(&tenant).await.ok().flatten();
    allow(response, tenant.as_deref(), &request)
}
