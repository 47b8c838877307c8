//! The demo app: a small shop that asks who somebody is, and shows the identity record.
//!
//! An ordinary relying party, written as any app should be. A login is bound to the browser that
//! began it before anything is redeemed, so that nobody can hand another person's result in or out;
//! each may stand beside others, in other tabs; and a reload, a double click or a browser that hangs
//! up finds the same result again. The logins themselves are in `visits`.

use std::{io, net::TcpListener};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    cookie::{Cookie, SameSite},
    dev::Server,
    http::header,
    web::{self, Bytes, Data},
};
use askama::Template;
use openidconnect::CsrfToken;
use serde_json::{Value, json};
use tunnus_sdk::Params;

use super::{
    login::{Pending, Relying},
    running::Offered,
    visits::{Ended, Found, Visits},
};
use crate::http::browser::params;

/// The cookie that knows a browser again.
const COOKIE: &str = "shop_browser";

/// What is said where a browser asks for a login that it did not begin.
const STRANGER: &str = "this browser has no such login pending";

/// The shop.
struct Shop {
    relying: Relying,
    base: String,
    connections: Vec<Offered>,
    visits: Visits,
}

#[derive(Template)]
#[template(path = "demo_start.html")]
struct Start<'a> {
    connections: &'a [Offered],
}

#[derive(Template)]
#[template(path = "demo_result.html")]
struct Outcome<'a> {
    waiting: bool,
    success: bool,
    facts: Vec<(&'static str, &'a str)>,
    shown: &'a str,
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
    let shop = Data::new(Shop { relying, base, connections, visits: Visits::default() });
    let app = move || {
        App::new()
            .app_data(shop.clone())
            .route("/", web::get().to(start))
            .route("/login", web::get().to(login))
            .route("/callback", web::get().to(callback))
            .route("/callback", web::post().to(callback_by_form))
            .route("/rest", web::get().to(rest))
            .route("/returned", web::get().to(returned))
            .route("/result", web::get().to(result))
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

fn refused(reason: &str) -> HttpResponse {
    show(&Outcome { waiting: false, success: false, facts: Vec::new(), shown: reason })
}

fn redirect(url: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// The browser, if it was here before.
fn browser(request: &HttpRequest) -> Option<String> {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned())
}

/// Sends the browser away, and makes sure that it is known when it is back.
fn away(url: &str, browser: &str) -> HttpResponse {
    let mut response = redirect(url);
    let cookie = Cookie::build(COOKIE, browser).path("/").http_only(true).same_site(SameSite::Lax).finish();
    match response.add_cookie(&cookie) {
        Ok(()) => response,
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn begin(request: &HttpRequest) -> (Params, String) {
    let browser = browser(request).unwrap_or_else(|| CsrfToken::new_random().into_secret());
    (params(request.query_string().as_bytes()), browser)
}

async fn start(shop: Data<Shop>) -> HttpResponse {
    show(&Start { connections: &shop.connections })
}

/// Begins over OpenID Connect.
async fn login(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let (asked, browser) = begin(&request);
    let handed_on = ["connection", "response_mode"];
    let more: Vec<_> = handed_on.into_iter().filter_map(|name| Some((name, asked.one(name)?))).collect();
    match shop.relying.begin(&format!("{}/callback", shop.base), &more).await {
        Ok(pending) => {
            let url = pending.url.to_string();
            shop.visits.begin(pending.state().to_owned(), &browser, Some(pending));
            away(&url, &browser)
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// The browser is back with a form from another site, and so without our cookie: it asks once more.
async fn callback_by_form(body: Bytes) -> HttpResponse {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params(&body).iter());
    redirect(&format!("/callback?{}", query.finish()))
}

/// The browser is back with a code.
async fn callback(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let returned = params(request.query_string().as_bytes());
    let login = returned.one("state").unwrap_or_default().to_owned();
    finish(shop, &request, login, returned).await
}

/// Begins over REST.
async fn rest(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let (asked, browser) = begin(&request);
    let more =
        asked.one("connection").map_or_else(|| json!({}), |connection| json!({ "connection": connection }));
    match shop.relying.create(&format!("{}/returned", shop.base), more).await {
        Ok(door) => {
            shop.visits.begin(door.id, &browser, None);
            away(door.url.as_str(), &browser)
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// The browser is back from REST's door.
async fn returned(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let returned = params(request.query_string().as_bytes());
    let login = returned.one("identification").unwrap_or_default().to_owned();
    finish(shop, &request, login, returned).await
}

/// Redeems what the browser brought, once, and sends it to the result's own address.
async fn finish(shop: Data<Shop>, request: &HttpRequest, login: String, returned: Params) -> HttpResponse {
    let Some(browser) = browser(request) else { return refused(STRANGER) };
    let found = shop.visits.take(&login, &browser);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let result = format!("/result?{}", query.append_pair("login", &login).finish());
    match found {
        Found::Stranger => return refused(STRANGER),
        Found::AtWork | Found::Ended(_) => {}
        Found::Pending(pending) => {
            // On a task of its own: a browser that hangs up, as after a double click, ends nothing.
            let redeeming = actix_web::rt::spawn(redeem(shop, login, pending, returned));
            if redeeming.await.is_err() {
                return HttpResponse::InternalServerError().finish();
            }
        }
    }
    redirect(&result)
}

async fn redeem(shop: Data<Shop>, login: String, pending: Option<Box<Pending>>, returned: Params) {
    let ended = match pending {
        Some(pending) => shop.relying.end(*pending, &returned).await,
        None => shop.relying.result(&returned).await,
    };
    shop.visits.end(&login, ended.map_err(|error| error.to_string()));
}

/// What came of a login; a page that refreshes itself while it is under way.
async fn result(shop: Data<Shop>, request: HttpRequest) -> HttpResponse {
    let asked = params(request.query_string().as_bytes());
    let login = asked.one("login").unwrap_or_default();
    let found = browser(&request).map_or(Found::Stranger, |browser| shop.visits.find(login, &browser));
    match found {
        Found::Ended(ended) => show_result(&ended),
        Found::AtWork => show(&Outcome { waiting: true, success: false, facts: Vec::new(), shown: "" }),
        Found::Stranger | Found::Pending(_) => refused(STRANGER),
    }
}

fn show_result(ended: &Ended) -> HttpResponse {
    match ended {
        Ok(record) => {
            let shown = serde_json::to_string_pretty(record).unwrap_or_default();
            show(&Outcome { waiting: false, success: true, facts: facts(record), shown: &shown })
        }
        Err(error) => refused(error),
    }
}

/// What a shop keeps of a record: four things are enough for most.
fn facts(record: &Value) -> Vec<(&'static str, &str)> {
    let places = [
        ("Name", "/name/full"),
        ("Identified by", "/method/name"),
        ("Assurance", "/assurance/level"),
        ("At", "/authenticated_at"),
    ];
    let text = |place| record.pointer(place).and_then(Value::as_str);
    places.into_iter().filter_map(|(label, place)| Some((label, text(place)?))).collect()
}
