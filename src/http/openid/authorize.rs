//! The authorization endpoint (OpenID Connect Core, section 3.1.2; RFC 6749, section 4.1.1).
//!
//! Until client and redirect URI are settled, a failure is a page and never a redirect: an open
//! redirector would serve phishing.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data, Path},
};
use tunnus_sdk::{Hidden, Params, resembles_national_id};

use super::request::{Destination, Refused, judge};
use crate::{
    app::Broker,
    error::Code,
    flow::{
        drive,
        finish::{error_params, to_redirect_uri},
        identification::ResponseMode,
        prepare::{Asked, prepare},
        visit::{Answer, Reply, Visit},
    },
    http::{
        browser::{failure, is_framed, is_prefetch, locale, out_of_frame, params, run, visit},
        respond::respond,
    },
    limits::Class,
    tenant::model::App,
};

/// `GET {issuer}/authorize`
pub async fn by_query(tenant: Path<String>, broker: Data<Broker>, request: HttpRequest) -> HttpResponse {
    let params = params(request.query_string().as_bytes());
    authorize(&tenant, &broker, &request, params, true).await
}

/// `POST {issuer}/authorize`
pub async fn by_form(
    tenant: Path<String>,
    broker: Data<Broker>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    authorize(&tenant, &broker, &request, params(&body), false).await
}

async fn authorize(
    tenant: &str,
    broker: &Data<Broker>,
    request: &HttpRequest,
    params: Params,
    in_query: bool,
) -> HttpResponse {
    let mut visit = match visit(broker, tenant, request).await {
        Ok(visit) => visit,
        Err(error) => return failure(request, error.code),
    };
    visit.browser.locale = locale(request, params.one("ui_locales"));
    if is_prefetch(request) {
        return HttpResponse::ServiceUnavailable()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish();
    }
    let Some((app, destination)) = destination(&visit, &params) else {
        return respond(broker, &visit.tenant.clone(), visit.page(Code::RequestInvalid));
    };
    if in_query && is_framed(request) {
        return out_of_frame(&visit, request);
    }
    if let Err(error) = broker.admit_app(&visit.tenant, &app, Class::Start) {
        return refuse(&visit, &destination, &error.into());
    }
    let asked =
        judge(&app, &destination, &params, &visit.trace_id).and_then(|asked| check_hint(asked, in_query));
    let asked = match asked {
        Ok(asked) => asked,
        Err(refused) => return refuse(&visit, &destination, &refused),
    };
    run(visit, move |visit| async move { begin(&visit, &app, &destination, asked).await }).await
}

/// Client and redirect URI: both known, each once, the URI registered by exactly these bytes.
fn destination(visit: &Visit, params: &Params) -> Option<(App, Destination)> {
    let app = visit.tenant.app(params.one("client_id")?)?;
    let redirect_uri = params.one("redirect_uri")?;
    if !app.redirect_uris.iter().any(|registered| registered.matches(redirect_uri)) {
        return None;
    }
    let response_mode = match params.one("response_mode") {
        Some("form_post") => ResponseMode::FormPost,
        Some(_) | None => ResponseMode::Query,
    };
    let state = params.one("state").map(Hidden::from);
    let destination = Destination { redirect_uri: redirect_uri.to_owned(), response_mode, state };
    Some((App::clone(app), destination))
}

/// A national id in an address stands in histories and logs: it may come by POST only.
fn check_hint(asked: Asked, in_query: bool) -> Result<Asked, Refused> {
    let shaped = asked.login_hint.as_ref().is_some_and(|hint| resembles_national_id(hint.expose_str()));
    if in_query && shaped {
        let message = "what looks like a national id may not stand in a query: send the request by POST";
        return Err(crate::error::Error::request("login_hint", message).into());
    }
    Ok(asked)
}

async fn begin(visit: &Visit, app: &App, destination: &Destination, asked: Asked) -> Reply {
    let entered = match prepare(&visit.broker, &visit.tenant, app, asked) {
        Ok(identification) => drive::enter(visit, identification).await,
        Err(error) => Err(error),
    };
    entered.unwrap_or_else(|error| refusal(visit, destination, &error.into()))
}

fn refuse(visit: &Visit, destination: &Destination, refused: &Refused) -> HttpResponse {
    respond(&visit.broker, &visit.tenant, refusal(visit, destination, refused))
}

/// Tells the app, at its redirect URI (RFC 6749, section 4.1.2.1).
fn refusal(visit: &Visit, destination: &Destination, refused: &Refused) -> Reply {
    refused.error.log(&visit.trace_id);
    let issuer = visit.broker.issuer(&visit.tenant.id);
    let mut params = vec![("iss".to_owned(), Hidden::from(issuer.as_str()))];
    params.extend(destination.state.clone().map(|state| ("state".to_owned(), state)));
    for (name, value) in error_params(refused.error.code, &visit.trace_id, &visit.broker.public_url) {
        let value = match (name.as_str(), refused.error.fields.first()) {
            ("error", _) => Hidden::from(refused.oauth_error),
            ("error_description", Some(field)) => {
                Hidden::new(format!("{} {}: {}", value.expose(), field.pointer, field.message))
            }
            _ => value,
        };
        params.push((name, value));
    }
    let way = to_redirect_uri(&destination.redirect_uri, destination.response_mode, params);
    Reply::new(Answer::App(way), visit.browser.locale)
}
