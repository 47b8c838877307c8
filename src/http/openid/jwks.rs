//! Public keys: the tenant's for its apps, a connection's for its upstream. Never a private part.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::{Value, json};
use tunnus_jose::{DecryptionRing, SigningKey};

use crate::{app::Broker, error::Code, http::browser::failure, tenant::model::Connection};

/// `GET {issuer}/jwks`
pub async fn show(tenant: Path<String>, broker: Data<Broker>, request: HttpRequest) -> HttpResponse {
    match broker.tenants.tenant(&tenant) {
        Some(tenant) => key_set(&tenant.signing_keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>()),
        None => failure(&request, Code::FlowUnknown),
    }
}

/// `GET {issuer}/connections/{connection}/jwks`
pub async fn of_connection(
    path: Path<(String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    let tenant = broker.tenants.tenant(&tenant);
    let keys = tenant
        .and_then(|tenant| tenant.connection(&connection).and_then(|connection| public_keys(connection)));
    keys.map_or_else(|| failure(&request, Code::FlowUnknown), |keys| key_set(&keys))
}

fn public_keys(connection: &Connection) -> Option<Vec<Value>> {
    let signing =
        connection.credentials.signing.iter().map(|key| SigningKey::parse(key).map(|key| key.public_jwk()));
    let mut keys = signing.collect::<Result<Vec<_>, _>>().ok()?;
    if !connection.credentials.decryption.is_empty() {
        keys.extend(DecryptionRing::parse(&connection.credentials.decryption).ok()?.public_jwks());
    }
    Some(keys)
}

fn key_set(keys: &[Value]) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=300"))
        .insert_header(("Access-Control-Allow-Origin", "*"))
        .json(json!({ "keys": keys }))
}
