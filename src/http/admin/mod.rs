//! The admin listener: the API under `/admin/v1`, its description at `/openapi.json`, the console.
//!
//! [`routes`] is the one table: what is served, described and walked by the rights' test. `gate`
//! lets nobody pass without a token and reads a body only after that. An endpoint reads its request
//! from [`asked::Asked`], calls one operation of `admin` and shows what it answers.

pub mod answer;
pub mod asked;
pub mod console;
mod endpoints;
mod gate;
mod lines;
pub mod openapi;
pub mod routes;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};

use self::{answer::refuse, endpoints::ENDPOINTS};
use crate::{admin::AdminError, http::trace::TraceId};

/// Where the API begins.
pub const BASE: &str = "/admin/v1";

/// The routes of the admin listener.
pub fn configure(config: &mut ServiceConfig) {
    config
        .route("/openapi.json", web::get().to(openapi::show))
        .service(web::scope(BASE).configure(api).default_service(web::to(nothing)))
        .configure(console::configure)
        .default_service(web::to(nothing));
}

/// Each path once, with all of its methods: another method is known to be none of them.
fn api(config: &mut ServiceConfig) {
    for group in ENDPOINTS.chunk_by(|one, other| one.path == other.path) {
        let path = group.first().map_or("", |endpoint| endpoint.path);
        let routes = group.iter().map(gate::to_route);
        config.service(routes.fold(web::resource(path), actix_web::Resource::route));
    }
}

/// What an address gets that asks too much, in the API's form or the console's.
#[must_use]
pub fn too_many(request: &HttpRequest) -> HttpResponse {
    if request.path().starts_with("/console") {
        return console::too_many(request);
    }
    refuse(&AdminError::TooMany, &TraceId::of(request).0)
}

async fn nothing(trace: TraceId) -> HttpResponse {
    refuse(&AdminError::NotFound, &trace.0)
}

#[cfg(test)]
#[path = "admin_tests.rs"]
mod tests;
