//! The console: pages for admins, rendered here, usable without script.
//!
//! Owns the pages, their forms and the browser's session. What is done, and who may, is `admin`'s:
//! every page calls the operations that the API calls. A `page::Page` says what is shown, `texts` in
//! which words, `view` in which markup.

mod answer;
mod apps;
mod audit;
mod client_settings;
mod connections;
mod editor;
mod form;
mod keys;
mod login;
mod page;
mod platforms;
mod session;
mod setup;
mod sharing;
mod sign_in;
mod style;
mod tenants;
mod texts;
mod tokens;
mod trail;
mod trials;
mod view;
mod visitor;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
    web::{self, ServiceConfig, get, post},
};
use url::Url;

/// How the console is reached.
#[derive(Clone, Debug)]
pub struct Console {
    origin: String,
}

impl Console {
    /// At the admin listener's own address.
    #[must_use]
    pub fn at(admin_url: &Url) -> Self {
        Self { origin: admin_url.origin().ascii_serialization() }
    }

    /// The origin of its pages, as a browser writes it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether browsers reach it by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https:")
    }
}

/// The page for who asks too much.
#[must_use]
pub fn too_many(request: &HttpRequest) -> HttpResponse {
    let locale = visitor::locale(request);
    let texts = texts::Texts::of(locale);
    let mut response = answer::alone(StatusCode::TOO_MANY_REQUESTS, texts.too_many, locale);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// The routes of the console.
pub fn configure(config: &mut ServiceConfig) {
    config.service(
        web::scope("/console")
            .route("", get().to(sign_in::home))
            .route("/", get().to(sign_in::home))
            .route("/console.css", get().to(style::sheet))
            .route("/language/{tag}", get().to(sign_in::language))
            .route("/sign-in", get().to(sign_in::show))
            .route("/sign-in", post().to(sign_in::by_token))
            .route("/sign-in/start", get().to(login::start))
            .route("/sign-in/return", get().to(login::returned))
            .route("/sign-out", post().to(sign_in::out))
            .route("/audit", get().to(audit::operators))
            .route("/audit/verify", post().to(trail::verify_operators))
            .route("/audit/export", get().to(trail::export_operators))
            .route("/audit/keys", get().to(trail::keys))
            .route("/usage", get().to(trail::usage_of_all))
            .route("/tokens", get().to(tokens::list))
            .route("/tokens", post().to(tokens::create))
            .route("/tokens/{token}/revoke", get().to(tokens::ask))
            .route("/tokens/{token}/revoke", post().to(tokens::revoke))
            .route("/tenants", get().to(tenants::list))
            .route("/new-tenant", get().to(tenants::new))
            .route("/new-tenant", post().to(tenants::create))
            .configure(platforms)
            .service(web::scope("/tenants/{tenant}").configure(tenant))
            .default_service(web::to(sign_in::nothing)),
    );
}

/// The routes of one tenant.
fn tenant(config: &mut ServiceConfig) {
    config
        .route("", get().to(tenants::show))
        .route("", post().to(tenants::save))
        .route("/sharing", get().to(sharing::show))
        .route("/sharing", post().to(sharing::save))
        .route("/remove", get().to(tenants::ask))
        .route("/remove", post().to(tenants::remove))
        .configure(keys)
        .route("/recent", get().to(audit::recent))
        .route("/audit", get().to(audit::list))
        .route("/audit", post().to(audit::find))
        .route("/audit/verify", post().to(trail::verify))
        .route("/audit/export", get().to(trail::export))
        .route("/usage", get().to(trail::usage))
        .route("/apps", get().to(apps::list))
        .route("/new-app", get().to(apps::new))
        .route("/new-app", post().to(apps::create))
        .route("/apps/{app}", get().to(apps::show))
        .route("/apps/{app}", post().to(apps::save))
        .route("/apps/{app}/remove", get().to(apps::ask))
        .route("/apps/{app}/remove", post().to(apps::remove))
        .route("/apps/{app}/secrets", post().to(apps::add_secret))
        .route("/apps/{app}/secrets/{secret}/remove", get().to(apps::ask_secret))
        .route("/apps/{app}/secrets/{secret}/remove", post().to(apps::remove_secret))
        .route("/connections", get().to(connections::list))
        .route("/connections", post().to(connections::reorder))
        .route("/new-connection", get().to(connections::pick))
        .route("/new-connection/{provider}", get().to(connections::new))
        .route("/new-connection/{provider}", post().to(connections::create))
        .route("/connections/{connection}", get().to(connections::show))
        .route("/connections/{connection}", post().to(connections::save))
        .route("/connections/{connection}/sheet", get().to(setup::sheet))
        .route("/connections/{connection}/check", post().to(setup::check))
        .route("/connections/{connection}/trials", get().to(trials::new))
        .route("/connections/{connection}/trials", post().to(trials::begin))
        .route("/connections/{connection}/trials/{trial}", get().to(trials::show))
        .route("/connections/{connection}/remove", get().to(connections::ask))
        .route("/connections/{connection}/remove", post().to(connections::remove));
}

/// The routes of platforms.
fn platforms(config: &mut ServiceConfig) {
    config
        .route("/platforms", get().to(platforms::list))
        .route("/new-platform", get().to(platforms::new))
        .route("/new-platform", post().to(platforms::create))
        .route("/platforms/{platform}", get().to(platforms::show))
        .route("/platforms/{platform}", post().to(platforms::save))
        .route("/platforms/{platform}/remove", get().to(platforms::ask))
        .route("/platforms/{platform}/remove", post().to(platforms::remove))
        .route("/platforms/{platform}/new-app", get().to(platforms::new_app))
        .route("/platforms/{platform}/new-app", post().to(platforms::create_app))
        .route("/platforms/{platform}/apps/{app}", get().to(platforms::show_app))
        .route("/platforms/{platform}/apps/{app}", post().to(platforms::save_app))
        .route("/platforms/{platform}/apps/{app}/remove", get().to(platforms::ask_app))
        .route("/platforms/{platform}/apps/{app}/remove", post().to(platforms::remove_app))
        .route("/platforms/{platform}/apps/{app}/secrets", post().to(platforms::add_secret))
        .route("/platforms/{platform}/apps/{app}/secrets/{secret}/remove", get().to(platforms::ask_secret))
        .route(
            "/platforms/{platform}/apps/{app}/secrets/{secret}/remove",
            post().to(platforms::remove_secret),
        );
}

/// The routes of a tenant's keys.
fn keys(config: &mut ServiceConfig) {
    config
        .route("/keys", get().to(keys::list))
        .route("/new-key", get().to(keys::new))
        .route("/new-key", post().to(keys::generate))
        .route("/import-key", get().to(keys::new_import))
        .route("/import-key", post().to(keys::import))
        .route("/request-certificate", get().to(keys::new_request))
        .route("/request-certificate", post().to(keys::request))
        .route("/keys/{key}", get().to(keys::show))
        .route("/keys/{key}/public", get().to(keys::public))
        .route("/keys/{key}/request", get().to(keys::request_file))
        .route("/keys/{key}/registered", post().to(keys::register))
        .route("/keys/{key}/certificate", post().to(keys::certificate))
        .route("/keys/{key}/rotate", get().to(keys::ask_rotation))
        .route("/keys/{key}/rotate", post().to(keys::rotate))
        .route("/keys/{key}/retire", get().to(keys::ask_retirement))
        .route("/keys/{key}/retire", post().to(keys::retire));
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
