//! The management listener: metrics, health, readiness.

use std::sync::atomic::Ordering;

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

/// `GET /readyz`: the store answers too, and the process is not about to end.
pub async fn readyz(broker: Data<Broker>) -> HttpResponse {
    if broker.stopping.load(Ordering::Relaxed) {
        return HttpResponse::ServiceUnavailable().body("stopping\n");
    }
    match broker.flows.store.ping().await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable().body("the flow store does not answer\n"),
    }
}
