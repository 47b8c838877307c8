//! The listeners: routes of `http` on sockets, each request counted.

use std::{io, net::TcpListener, time::Instant};

use actix_web::{
    App, HttpServer,
    dev::{Server, Service, ServiceRequest, ServiceResponse},
    middleware::DefaultHeaders,
    web::Data,
};

use crate::{app::Broker, http};

/// How long a client may take over the head of a request.
const REQUEST_SECONDS: u64 = 10;
/// How long requests in flight may take to end when the process is asked to.
const SHUTDOWN_SECONDS: u64 = 20;

/// Serves apps and browsers.
///
/// # Errors
/// Where the listener cannot be used.
pub fn public(broker: Data<Broker>, listener: TcpListener, workers: usize) -> io::Result<Server> {
    let app = move || {
        let counted = broker.clone();
        App::new()
            .app_data(broker.clone())
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")))
            .wrap_fn(move |request, service| {
                let (broker, begun) = (counted.clone(), Instant::now());
                let route = route(&request);
                let method = request.method().to_string();
                let answering = service.call(request);
                async move {
                    let response: ServiceResponse<_> = answering.await?;
                    let status = response.status().as_u16();
                    broker.metrics.http_request(&route, &method, status, begun.elapsed());
                    Ok(response)
                }
            })
            .configure(http::public)
    };
    Ok(HttpServer::new(app)
        .workers(workers)
        .client_request_timeout(std::time::Duration::from_secs(REQUEST_SECONDS))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run())
}

/// The route's pattern: never an address, which may hold a code and has no bound.
fn route(request: &ServiceRequest) -> String {
    request.match_pattern().unwrap_or_else(|| "other".to_owned())
}

/// Serves metrics, health and readiness.
///
/// # Errors
/// Where the listener cannot be used.
pub fn management(broker: Data<Broker>, listener: TcpListener) -> io::Result<Server> {
    let app = move || App::new().app_data(broker.clone()).configure(http::management);
    Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
}
