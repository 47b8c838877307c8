//! The management listener: metrics, health, readiness.

use actix_web::{HttpResponse, web::Data};

use crate::app::Broker;

/// `GET /metrics`: Prometheus text format.
pub async fn metrics(broker: Data<Broker>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Content-Type", "text/plain; version=0.0.4"))
        .body(broker.metrics.render())
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// `GET /readyz`: the store answers too.
pub async fn readyz(broker: Data<Broker>) -> HttpResponse {
    match broker.flows.store.ping().await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable().body("the flow store does not answer\n"),
    }
}
