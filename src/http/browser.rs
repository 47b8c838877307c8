//! What browsers open: the door, the returns, the pages about codes.

use std::time::Instant;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::{Data, Path},
};
use tunnus_sdk::{Hidden, Locale, Params};
use url::Url;

use super::{
    pages,
    respond::{FAILURES, VISITOR, cookie_name, html, plain_page, respond},
    trace::TraceId,
};
use crate::{
    app::Broker,
    error::{Code, Error},
    flow::{
        binding::Bindings,
        door::DoorKeys,
        drive,
        knock::{AGAIN, Knock},
        open::Picked,
        page::{Failure, Page},
        returned::{Brought, REPOSTED},
        visit::{Answer, Browser, Reply, Visit},
    },
};

/// HEAD has no effect.
pub async fn nothing() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish()
}

/// An address that is not ours.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    plain_page(&Page::NotFound, locale(&request, None))
}

/// The page about one code.
pub async fn error_page(code: Path<String>, request: HttpRequest) -> HttpResponse {
    match Code::ALL.into_iter().find(|known| known.name() == code.as_str()) {
        Some(code) => html(StatusCode::OK, pages::error_page(code)),
        None => not_found(request).await,
    }
}

/// The list of all codes.
pub async fn error_index() -> HttpResponse {
    html(StatusCode::OK, pages::error_index())
}

/// A page about a failure where no tenant or login is known.
#[must_use]
pub fn failure(request: &HttpRequest, code: Code) -> HttpResponse {
    let failure = Failure::new(code, TraceId::of(request).0);
    plain_page(&Page::Failure(Box::new(failure)), locale(request, None))
}

/// The visit behind a request.
///
/// # Errors
/// [`Code::FlowUnknown`] where there is no such tenant; [`Code::StoreUnavailable`].
pub async fn visit(broker: &Data<Broker>, tenant: &str, request: &HttpRequest) -> Result<Visit, Error> {
    let begun = Instant::now();
    Ok(Visit {
        tenant: broker.tenant(tenant).await?,
        broker: broker.clone().into_inner(),
        browser: browser(broker, request),
        trace_id: TraceId::of(request).0,
        begun,
    })
}

fn browser(broker: &Broker, request: &HttpRequest) -> Browser {
    let https = broker.is_https();
    let cookies = request.cookies().map(|cookies| cookies.clone()).unwrap_or_default();
    let one = |name: &str| {
        let name = cookie_name(https, name);
        cookies.iter().find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
    };
    let pairs = || cookies.iter().map(|cookie| (cookie.name(), cookie.value()));
    Browser {
        bindings: Bindings::read(https, pairs()),
        keys: DoorKeys::read(https, pairs()),
        visitor: one(VISITOR).filter(|value| value.len() == 43).map(Hidden::new),
        failures: one(FAILURES).and_then(|value| parse_failures(&value)),
        locale: locale(request, None),
    }
}

fn parse_failures(value: &str) -> Option<(String, i64, u32)> {
    let mut parts = value.rsplitn(3, '.');
    let (count, since, app) = (parts.next()?, parts.next()?, parts.next()?);
    Some((app.to_owned(), since.parse().ok()?, count.parse().ok()?))
}

/// The language that the app asks for, else the browser.
#[must_use]
pub fn locale(request: &HttpRequest, ui_locales: Option<&str>) -> Locale {
    let accept = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    pages::pick_locale(ui_locales, accept)
}

/// The parameters of a query or form.
#[must_use]
pub fn params(encoded: &[u8]) -> Params {
    url::form_urlencoded::parse(encoded)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Whether the browser only guesses that the person will come (Fetch, `Sec-Purpose`).
#[must_use]
pub fn is_prefetch(request: &HttpRequest) -> bool {
    ["Sec-Purpose", "Purpose", "X-Moz"].iter().any(|name| {
        let value = request.headers().get(*name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains("prefetch") || value.contains("prerender"))
    })
}

/// Whether the browser says that the page will stand in a frame (Fetch Metadata).
#[must_use]
pub fn is_framed(request: &HttpRequest) -> bool {
    let dest = request.headers().get("Sec-Fetch-Dest").and_then(|value| value.to_str().ok());
    matches!(dest, Some("iframe" | "frame" | "embed" | "object"))
}

/// Whether a page of ours leads here, as far as the browser says (Fetch Metadata).
fn is_from_our_page(request: &HttpRequest) -> bool {
    let site = request.headers().get("Sec-Fetch-Site").and_then(|value| value.to_str().ok());
    site.is_none_or(|site| site == "same-origin")
}

/// The page that leads out of a frame: banks do not stand in one, and cookies do not reach one.
#[must_use]
pub fn out_of_frame(visit: &Visit, request: &HttpRequest) -> HttpResponse {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let Ok(url) = Url::parse(&format!("{}{path}", visit.broker.public_url)) else {
        return failure(request, Code::Internal);
    };
    let reply = Reply::new(Answer::Page(Page::TopLevel { url }), visit.browser.locale);
    respond(&visit.broker, &visit.tenant, reply)
}

/// `GET {issuer}/identify/{ticket}`: the browser's door. Opening it twice is harmless.
pub async fn identify(
    path: Path<(String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
) -> HttpResponse {
    let (tenant, ticket) = path.into_inner();
    let visit = match visit(&broker, &tenant, &request).await {
        Ok(visit) => visit,
        Err(error) => return failure(&request, error.code),
    };
    if is_prefetch(&request) {
        return HttpResponse::ServiceUnavailable()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish();
    }
    if is_framed(&request) {
        return out_of_frame(&visit, &request);
    }
    let params = params(request.query_string().as_bytes());
    let picked = picked(&params, is_from_our_page(&request));
    let again = params.one(AGAIN).and_then(|again| again.parse().ok()).unwrap_or(0);
    let knock = Knock { ticket, picked, again };
    run(visit, move |visit| async move { drive::knock(&visit, &knock).await }).await
}

/// What a person picked on our pages. An address that comes from elsewhere clicks for nobody.
fn picked(params: &Params, from_our_page: bool) -> Picked {
    let connection = params.one("connection").map(str::to_owned);
    if !from_our_page {
        return Picked { connection, ..Picked::default() };
    }
    let abandon = params.one("abandon").and_then(|name| {
        let may_give_up =
            [Code::UserCancelled, Code::ProviderUnavailable, Code::AssuranceTooLow, Code::ConnectionPaused];
        may_give_up.into_iter().find(|code| code.name() == name)
    });
    let proceed = params.has("proceed") || connection.is_some() || abandon.is_some();
    Picked { connection, abandon, proceed }
}

/// `GET {issuer}/return/{connection}/{leg}`
pub async fn returned_by_query(
    path: Path<(String, String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
) -> HttpResponse {
    if is_prefetch(&request) {
        return HttpResponse::ServiceUnavailable()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish();
    }
    let params = params(request.query_string().as_bytes());
    returned(path.into_inner(), &broker, &request, params).await
}

/// `POST {issuer}/return/{connection}/{leg}`
pub async fn returned_by_form(
    path: Path<(String, String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
    body: actix_web::web::Bytes,
) -> HttpResponse {
    returned(path.into_inner(), &broker, &request, params(&body)).await
}

async fn returned(
    (tenant, connection, leg): (String, String, String),
    broker: &Data<Broker>,
    request: &HttpRequest,
    params: Params,
) -> HttpResponse {
    let visit = match visit(broker, &tenant, request).await {
        Ok(visit) => visit,
        Err(error) => return failure(request, error.code),
    };
    if is_framed(request) {
        return out_of_frame(&visit, request);
    }
    let posted = request.method() == Method::POST;
    // A POST from another site lacks our SameSite=Lax cookies: our own page posts it once more.
    if posted && !params.has(REPOSTED) {
        return repost(&visit, request, &params);
    }
    let brought = Brought::of(params, posted);
    run(visit, move |visit| async move { drive::take(&visit, &connection, &leg, &brought).await }).await
}

fn repost(visit: &Visit, request: &HttpRequest, params: &Params) -> HttpResponse {
    let Ok(action) = Url::parse(&format!("{}{}", visit.broker.public_url, request.path())) else {
        return failure(request, Code::Internal);
    };
    let fields = params.iter().chain([(REPOSTED, "1")]);
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let reply = Reply::new(Answer::Page(Page::SelfPost { action, fields }), visit.browser.locale);
    respond(&visit.broker, &visit.tenant, reply)
}

/// Runs a leg where a browser that hangs up ends nothing, and answers.
pub async fn run<F, T>(visit: Visit, leg: F) -> HttpResponse
where
    F: FnOnce(Visit) -> T,
    T: Future<Output = Reply> + Send + 'static,
{
    let fallback = visit.clone();
    let running = fallback.broker.spawn(leg(visit));
    let reply = running.await.unwrap_or_else(|error| {
        tracing::error!(trace_id = fallback.trace_id, %error, "a leg ended abnormally");
        fallback.page(Code::Internal)
    });
    respond(&fallback.broker, &fallback.tenant, reply)
}
