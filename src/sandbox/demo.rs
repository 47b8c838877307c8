//! The demo app: a small shop that asks who somebody is, and shows the identity record.
//!
//! An ordinary relying party. It keeps its pending logins in memory, bound to the browser by a
//! cookie, as any app should.

use std::{
    collections::HashMap,
    io,
    net::TcpListener,
    sync::{Mutex, PoisonError},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    cookie::{Cookie, SameSite},
    dev::Server,
    web::{self, Data},
};
use askama::Template;
use serde_json::{Value, json};

use super::{
    login::{LoginError, Pending, Relying},
    running::Offered,
};
use crate::http::browser::params;

/// How many logins may be pending.
const PENDING_MAX: usize = 1_000;
/// The cookie that binds a pending login to its browser.
const COOKIE: &str = "demo_state";

/// The shop.
struct Shop {
    relying: Relying,
    base: String,
    connections: Vec<Offered>,
    pending: Mutex<HashMap<String, Pending>>,
}

#[derive(Template)]
#[template(path = "demo_start.html")]
struct Start<'a> {
    connections: &'a [Offered],
}

#[derive(Template)]
#[template(path = "demo_result.html")]
struct Outcome {
    success: bool,
    shown: String,
}

/// Serves the shop at `base`; offers `connections`.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve(
    relying: Relying,
    base: String,
    connections: Vec<Offered>,
    listener: TcpListener,
) -> io::Result<Server> {
    let shop = Data::new(Shop { relying, base, connections, pending: Mutex::default() });
    let app = move || {
        App::new()
            .app_data(shop.clone())
            .route("/", web::get().to(start))
            .route("/login", web::get().to(login))
            .route("/callback", web::get().to(callback))
            .route("/rest", web::get().to(rest))
            .route("/returned", web::get().to(returned))
    };
    Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
}

fn show(page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::Ok()
            .insert_header(("Content-Type", "text/html; charset=utf-8"))
            .insert_header(("Cache-Control", "no-store"))
            .body(html),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn show_result(result: Result<Value, LoginError>) -> HttpResponse {
    let (success, shown) = match result {
        Ok(record) => (true, serde_json::to_string_pretty(&record).unwrap_or_default()),
        Err(error) => (false, error.to_string()),
    };
    show(&Outcome { success, shown })
}

async fn start(shop: Data<Shop>) -> HttpResponse {
    show(&Start { connections: &shop.connections })
}

/// Begins over OpenID Connect.
async fn login(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let asked = params(request.query_string().as_bytes());
    let more: Vec<_> =
        asked.one("connection").map(|connection| ("connection", connection)).into_iter().collect();
    let pending = match shop.relying.begin(&format!("{}/callback", shop.base), &more).await {
        Ok(pending) => pending,
        Err(error) => return show_result(Err(error)),
    };
    let (state, url) = (pending.state().to_owned(), pending.url.to_string());
    let mut all = shop.pending.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= PENDING_MAX {
        all.clear();
    }
    all.insert(state.clone(), pending);
    redirect(&url, Some(&state))
}

fn redirect(url: &str, state: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header(("Location", url)).insert_header(("Cache-Control", "no-store"));
    if let Some(state) = state {
        let cookie = Cookie::build(COOKIE, state).path("/").http_only(true).same_site(SameSite::Lax).finish();
        response.cookie(cookie);
    }
    response.finish()
}

/// The browser is back with a code.
async fn callback(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let returned = params(request.query_string().as_bytes());
    let ours = request.cookie(COOKIE).map(|cookie| cookie.value().to_owned());
    let state = returned.one("state").filter(|state| ours.as_deref() == Some(*state));
    let pending =
        state.and_then(|state| shop.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(state));
    match pending {
        Some(pending) => show_result(shop.relying.end(pending, &returned).await),
        None => show_result(Err(LoginError::Refused("this browser has no such login pending".to_owned()))),
    }
}

/// Begins over REST.
async fn rest(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let asked = params(request.query_string().as_bytes());
    let more =
        asked.one("connection").map_or_else(|| json!({}), |connection| json!({ "connection": connection }));
    match shop.relying.create(&format!("{}/returned", shop.base), more).await {
        Ok(door) => redirect(door.as_str(), None),
        Err(error) => show_result(Err(error)),
    }
}

/// The browser is back from REST's door.
async fn returned(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let returned = params(request.query_string().as_bytes());
    show_result(shop.relying.result(&returned).await)
}
