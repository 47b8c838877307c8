//! Public keys: the tenant's for its apps, a connection's for its upstream. Never a private part.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{ETag, EntityTag, IfNoneMatch},
    web::{Data, Path},
};

use crate::{
    app::Broker,
    error::Code,
    http::browser::{failure, not_found},
    tenant::key_set::KeySet,
};

/// `GET {issuer}/jwks`
pub async fn show(tenant: Path<String>, broker: Data<Broker>, request: HttpRequest) -> HttpResponse {
    match broker.tenant(&tenant).await {
        Ok(tenant) => published(tenant.key_set(), &request),
        Err(error) => unavailable_or_not_found(error.code, request).await,
    }
}

/// `GET {issuer}/connections/{connection}/jwks`
pub async fn of_connection(
    path: Path<(String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    let tenant = match broker.tenant(&tenant).await {
        Ok(tenant) => tenant,
        Err(error) => return unavailable_or_not_found(error.code, request).await,
    };
    let connection = tenant.connection(&connection);
    // One that is switched off is as unknown as one that never was.
    match connection.filter(|connection| connection.enabled).and_then(|connection| connection.key_set()) {
        Some(keys) => published(keys, &request),
        None => not_found(request).await,
    }
}

/// Where it is not known whether there are keys, nobody is told that there are none.
async fn unavailable_or_not_found(code: Code, request: HttpRequest) -> HttpResponse {
    if code == Code::FlowUnknown { not_found(request).await } else { failure(&request, code) }
}

fn published(keys: &KeySet, request: &HttpRequest) -> HttpResponse {
    let tag = EntityTag::new_strong(keys.tag.clone());
    let unchanged = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&tag)),
        None => false,
    };
    let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(("Cache-Control", "public, max-age=300"))
        .insert_header(("Access-Control-Allow-Origin", "*"))
        .insert_header(ETag(tag));
    if unchanged {
        return response.finish();
    }
    response.insert_header(("Content-Type", "application/json")).body(keys.body.clone())
}

#[cfg(test)]
mod tests {
    use actix_web::{body::to_bytes, test::TestRequest};
    use serde_json::json;

    use super::*;

    #[actix_web::test]
    async fn who_has_the_keys_already_gets_none() {
        let keys = KeySet::of(&[json!({ "kid": "1" })]);
        let fresh = published(&keys, &TestRequest::default().to_http_request());
        let tag = fresh.headers().get("ETag").unwrap().clone();
        assert_eq!(fresh.headers().get("Cache-Control").unwrap(), "public, max-age=300");
        assert_eq!(to_bytes(fresh.into_body()).await.unwrap(), r#"{"keys":[{"kid":"1"}]}"#);
        let asked =
            |tag: &str| TestRequest::default().insert_header(("If-None-Match", tag)).to_http_request();
        assert_eq!(published(&keys, &asked(tag.to_str().unwrap())).status(), 304);
        assert_eq!(published(&keys, &asked("\"another\"")).status(), 200);
        let rotated = KeySet::of(&[json!({ "kid": "2" })]);
        assert_eq!(published(&rotated, &asked(tag.to_str().unwrap())).status(), 200);
    }
}
