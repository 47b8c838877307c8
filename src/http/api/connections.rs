//! `GET {issuer}/api/v1/connections`: the connections that the calling app may use.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::body::{add, caller, respond};
use crate::{
    app::Broker,
    error::Error,
    http::trace::TraceId,
    tenant::model::{Connection, Tenant},
};

/// Lists them, in the order of the chooser.
pub async fn list(
    tenant: Path<String>,
    broker: Data<Broker>,
    request: HttpRequest,
    trace: TraceId,
) -> HttpResponse {
    respond(listed(&broker, &tenant, &request).await, &trace)
}

async fn listed(broker: &Data<Broker>, tenant: &str, request: &HttpRequest) -> Result<Value, Error> {
    let caller = caller(broker, tenant, request).await?;
    let connections = caller.tenant.connections_of(&caller.app);
    let shown: Vec<_> = connections.map(|connection| show(broker, &caller.tenant, connection)).collect();
    Ok(json!({ "connections": shown }))
}

fn show(broker: &Broker, tenant: &Tenant, connection: &Connection) -> Value {
    let descriptor = broker.providers.find(&connection.provider).map(|provider| provider.descriptor());
    let mut shown = json!({
        "id": connection.id,
        "display_name": connection.display_name,
        "environment": connection.environment,
        "methods": descriptor.map(|descriptor| descriptor.methods).unwrap_or_default(),
        "health": broker.connections.health(tenant, connection),
    });
    if let Some(notice) = &connection.paused {
        add(&mut shown, "notice", json!(notice));
    }
    shown
}
