//! The management listener: metrics, health, readiness.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, web::Data};

use crate::app::Broker;

/// `GET /metrics`: Prometheus text format. Looks whether the broker is ready and which circuits are open,
/// so that a graph knows it also where nobody logs in and no balancer asks.
pub async fn metrics(broker: Data<Broker>) -> HttpResponse {
    broker.metrics.ready(ready(&broker).await.is_ok());
    broker.connections.show_circuits();
    broker.metrics.jose_operations(broker.operations.counts());
    HttpResponse::Ok()
        .insert_header(("Content-Type", "text/plain; version=0.0.4"))
        .body(broker.metrics.render())
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// `GET /readyz`: the store answers too, and the process is not about to end.
pub async fn readyz(broker: Data<Broker>) -> HttpResponse {
    match ready(&broker).await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(reason) => HttpResponse::ServiceUnavailable().body(reason),
    }
}

/// Whether logins can be taken, else why not.
async fn ready(broker: &Broker) -> Result<(), &'static str> {
    if broker.stopping.load(Ordering::Relaxed) {
        return Err("stopping\n");
    }
    broker.flows.store.ping().await.map_err(|_| "the flow store does not answer\n")
}
