//! The listeners: the only file with paths, but for the admin's own table in `admin::routes`.
//!
//! Owns the route tables. A handler reads its request, calls `flow`, and answers; what went wrong
//! becomes a response in `error`, and nowhere else.

pub mod admin;
pub mod api;
pub mod auth;
pub mod browser;
pub mod cors;
pub mod error;
pub mod limited;
pub mod openid;
pub mod ops;
pub mod pages;
pub mod payload;
pub mod refusal;
pub mod respond;
pub mod sender;
pub mod trace;

use actix_web::web::{self, ServiceConfig, delete, get, head, post};

use crate::limits::Class;

/// The most that a form or JSON body may have: 64 KiB.
pub const BODY_MAX: usize = 64 * 1024;

/// The routes of the public listener.
pub fn public(config: &mut ServiceConfig) {
    config
        .app_data(web::FormConfig::default().limit(BODY_MAX))
        .app_data(web::PayloadConfig::new(BODY_MAX))
        .route("/errors", get().to(browser::error_index))
        .route("/errors/{code}", get().to(browser::error_page))
        .service(web::scope("/t/{tenant}").configure(tenant))
        .default_service(web::to(browser::not_found));
}

/// The routes below an issuer.
fn tenant(config: &mut ServiceConfig) {
    config
        .route("/.well-known/openid-configuration", get().to(openid::discovery::show))
        .route("/jwks", get().to(openid::jwks::show))
        .route("/authorize", get().to(openid::authorize::by_query))
        .route("/authorize", post().to(openid::authorize::by_form))
        .route("/token", post().to(openid::token::exchange))
        .route("/token", web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
        .route("/userinfo", get().to(openid::userinfo::show))
        .route("/userinfo", post().to(openid::userinfo::show))
        .route("/userinfo", web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
        .route("/identify/{ticket}", get().to(browser::identify))
        .route("/identify/{ticket}", head().to(browser::nothing))
        .route("/return/{connection}/{leg}", get().to(browser::returned_by_query))
        .route("/return/{connection}/{leg}", post().to(browser::returned_by_form))
        .route("/return/{connection}/{leg}", head().to(browser::nothing))
        .route("/connections/{connection}/jwks", get().to(openid::jwks::of_connection))
        .route("/api/v1/identifications", post().to(api::create::create))
        .route("/api/v1/identifications/{id}", get().to(api::status::show))
        .route("/api/v1/identifications/{id}", delete().to(api::cancel::cancel))
        .route("/api/v1/identifications/{id}/result", post().to(api::result::release))
        .route("/api/v1/connections", get().to(api::connections::list));
}

/// Which limit counts a request of this route.
#[must_use]
pub fn class(route: &str) -> Class {
    match route.strip_prefix("/t/{tenant}") {
        Some("/authorize" | "/identify/{ticket}") => Class::Start,
        Some("/return/{connection}/{leg}") => Class::Return,
        Some(_) | None => Class::Call,
    }
}

/// Whether a failure at this route is told as OAuth tells it.
#[must_use]
pub fn speaks_oauth(route: &str) -> bool {
    matches!(route, "/t/{tenant}/token" | "/t/{tenant}/userinfo")
}

/// The routes of the management listener, and nothing else.
pub fn management(config: &mut ServiceConfig) {
    config
        .route("/metrics", get().to(ops::metrics))
        .route("/healthz", get().to(ops::healthz))
        .route("/readyz", get().to(ops::readyz));
}
