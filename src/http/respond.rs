//! Turns what a flow answers into HTTP: redirects, self-posting forms, pages, cookies.
//!
//! Every hop carries `Referrer-Policy: no-referrer` and `Cache-Control: no-store`: a code or state
//! in an address shall not travel on.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration as CookieDuration},
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
};
use tunnus_sdk::BrowserRequest;

use super::{
    error::{retry_after, status},
    pages::{self, Look, Rendered},
};
use crate::{
    app::Broker,
    flow::{
        finish::AppReturn,
        page::Page,
        visit::{Answer, Reply},
    },
    tenant::model::{Branding, Tenant},
};

/// The cookie of the browser's lasting id.
pub const VISITOR: &str = "tunnusvisitor";
/// The cookie of the browser's latest failures.
pub const FAILURES: &str = "tunnusfailures";
/// How long a browser is known again: one year.
const VISITOR_SECONDS: i64 = 365 * 24 * 60 * 60;
/// How long failures are remembered.
const FAILURES_SECONDS: i64 = 120;

/// The name of one of our cookies: `__Host-` where the browser reaches us by https.
#[must_use]
pub fn cookie_name(https: bool, name: &str) -> String {
    if https { format!("__Host-{name}") } else { name.to_owned() }
}

/// What a browser gets for a flow's reply.
#[must_use]
pub fn respond(broker: &Broker, tenant: &Tenant, reply: Reply) -> HttpResponse {
    let look = Look { locale: reply.locale, branding: &tenant.branding };
    let mut response = match reply.answer {
        Answer::Upstream(BrowserRequest::Get(url)) | Answer::Door(url) => redirect(url.as_str()),
        Answer::Upstream(BrowserRequest::Post { action, fields }) => {
            page(&Page::SelfPost { action, fields }, &look)
        }
        Answer::App(AppReturn::Redirect(url)) => redirect(url.expose_str()),
        Answer::App(AppReturn::FormPost { action, fields }) => {
            let fields = fields.into_iter().map(|(name, value)| (name, value.expose().clone())).collect();
            page(&Page::SelfPost { action, fields }, &look)
        }
        Answer::App(AppReturn::Stay { app, success }) => page(&Page::Done { app, success }, &look),
        Answer::App(AppReturn::Tried { success, report }) => page(&Page::Tried { success, report }, &look),
        Answer::Page(shown) => page(&shown, &look),
    };
    let https = broker.is_https();
    for set in &reply.cookies {
        let seconds = i64::try_from(set.max_age.as_secs()).unwrap_or(i64::MAX);
        let value = set.value.as_ref().map_or("", |value| value.expose_str());
        add_cookie(&mut response, &cookie(https, set.name.clone(), value, seconds));
    }
    if let Some(visitor) = &reply.visitor {
        let name = cookie_name(https, VISITOR);
        add_cookie(&mut response, &cookie(https, name, visitor.expose_str(), VISITOR_SECONDS));
    }
    if let Some((app, since, count)) = &reply.failures {
        let value = format!("{app}.{since}.{count}");
        add_cookie(&mut response, &cookie(https, cookie_name(https, FAILURES), &value, FAILURES_SECONDS));
    }
    response
}

/// A cookie that cannot be added is left out: a value of ours always can be.
fn add_cookie(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    if let Err(error) = response.add_cookie(cookie) {
        tracing::error!(%error, "a cookie was left out");
    }
}

fn cookie(https: bool, name: String, value: &str, seconds: i64) -> Cookie<'static> {
    Cookie::build(name, value.to_owned())
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::seconds(seconds))
        .finish()
}

/// 303 to anywhere (RFC 9700, section 4.12: never 307).
fn redirect(url: &str) -> HttpResponse {
    base(StatusCode::SEE_OTHER).insert_header(("Location", url)).finish()
}

/// A page with its status and headers.
#[must_use]
pub fn page(page: &Page, look: &Look<'_>) -> HttpResponse {
    let status = match page {
        Page::Failure(failure) => status(failure.code),
        Page::WithoutCookies { .. } => StatusCode::BAD_REQUEST,
        Page::NotFound => StatusCode::NOT_FOUND,
        Page::Chooser { .. }
        | Page::Waiting { .. }
        | Page::Working { .. }
        | Page::SelfPost { .. }
        | Page::Landing { .. }
        | Page::Done { .. }
        | Page::Trial { .. }
        | Page::Tried { .. }
        | Page::TopLevel { .. } => StatusCode::OK,
    };
    let mut response = html(status, pages::render(page, look));
    if let Page::Failure(failure) = page
        && let Some(seconds) = retry_after(failure.code)
    {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    response
}

/// A page that belongs to no tenant.
#[must_use]
pub fn plain_page(shown: &Page, locale: tunnus_sdk::Locale) -> HttpResponse {
    page(shown, &Look { locale, branding: &Branding::default() })
}

/// Rendered HTML with its headers.
#[must_use]
pub fn html(status: StatusCode, rendered: Rendered) -> HttpResponse {
    let mut response = base(status);
    response
        .insert_header(("Content-Type", "text/html; charset=utf-8"))
        .insert_header(("Content-Security-Policy", rendered.content_security_policy))
        .insert_header(("X-Content-Type-Options", "nosniff"));
    if !rendered.framable {
        response.insert_header(("X-Frame-Options", "DENY"));
    }
    response.body(rendered.html)
}

fn base(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(("Cache-Control", "no-store")).insert_header(("Referrer-Policy", "no-referrer"));
    response
}
