//! In by OpenID Connect: away to the issuer and back, once, and only in the browser that left.
//!
//! The cookie of a try holds a secret, and `state` is made of it: who returns with another `state` is
//! turned away before the store is asked for anything. What the issuer's answer must be is
//! `admin::login`'s.

use std::{
    error::Error as StdError,
    future::{Ready, ready},
    iter::successors,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    dev::Payload,
    http::{StatusCode, header},
    web::Data,
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tunnus_sdk::{Fault, Hidden, Locale, LoginRequest, Params, ProviderError, ProviderState, Timestamp};
use url::Url;

use super::{
    Console,
    answer::{self, html, own_cookie, with_cookie},
    page::{Block, Cell, Link, Page},
    session::{Holder, Session, seal, take},
    sign_in,
    texts::{Texts, Words},
    view,
    visitor::{cookie, locale},
};
use crate::{
    admin::{
        Admin, AdminError,
        login::{Login, LoginError, Person},
    },
    ambient::Ambient,
    app::Broker,
    audit::event::{Event, Kind, OPERATOR},
    digest::sha256_base64url,
    host::noted,
    http::{
        browser::{is_prefetch, params},
        trace::TraceId,
    },
};

/// The cookie of a try.
const COOKIE: &str = "tunnussignin";

/// How long a person may take at the issuer.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How long a try's cookie is kept.
const COOKIE_SECONDS: i64 = 10 * 60;

/// The kind of key under which a try is kept.
const KIND: &str = "console-login";

/// Who comes, and what the way in needs.
pub struct Comer {
    admin: Data<Admin>,
    broker: Data<Broker>,
    console: Data<Console>,
    login: Arc<Login>,
    locale: Locale,
    trace: String,
}

/// One try of one browser: its secret, and the `state` that is made of it.
struct Try {
    secret: Hidden<String>,
    state: Hidden<String>,
}

/// What is kept of a try, sealed under its secret.
#[derive(Serialize, Deserialize)]
struct Kept {
    begun: Timestamp,
    state: ProviderState,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Not of this browser, too late, or not the first time.
    #[error("the return is of no try of this browser")]
    Unknown,
    /// What the issuer says.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// No rule any more, a store that does not answer, a fault of ours.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::Login(error.into())
    }
}

impl FromRequest for Comer {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).ok_or_else(|| actix_web::error::ErrorNotFound("")))
    }
}

impl Comer {
    /// Nobody where the settings have no login.
    fn of(request: &HttpRequest) -> Option<Self> {
        let admin = request.app_data::<Data<Admin>>()?.clone();
        Some(Self {
            login: Arc::clone(admin.login()?),
            admin,
            broker: request.app_data::<Data<Broker>>()?.clone(),
            console: request.app_data::<Data<Console>>()?.clone(),
            locale: locale(request),
            trace: TraceId::of(request).0,
        })
    }
}

impl Try {
    fn new(ambient: &Ambient) -> Self {
        Self::of(ambient.secret())
    }

    fn of(secret: Hidden<String>) -> Self {
        let state = sha256_base64url(["tunnus/console/login/state/1", secret.expose_str()].concat());
        Self { secret, state: Hidden::new(state) }
    }

    /// The try of a cookie, where a return's `state` was made of it.
    fn returned(secret: Option<String>, params: &Params) -> Option<Self> {
        let found = Self::of(Hidden::new(secret?));
        let same = params.one("state")?.as_bytes().ct_eq(found.state.expose().as_bytes());
        bool::from(same).then_some(found)
    }

    fn request(&self, locale: Locale) -> LoginRequest {
        LoginRequest { locale, ..LoginRequest::new(self.state.clone()) }
    }
}

/// Sends the browser to the issuer. Only a page of ours, or the person themselves, begins that.
pub async fn start(request: HttpRequest, comer: Option<Comer>) -> HttpResponse {
    let Some(comer) = comer else { return sign_in::nothing(request).await };
    if is_prefetch(&request) || is_elsewhere(&request) {
        return answer::to("/console/sign-in");
    }
    let comer = Arc::new(comer);
    let begun = on_runtime(&comer, begin(Arc::clone(&comer))).await;
    match begun {
        Ok((to, secret)) => {
            let cookie = try_cookie(&comer.console, secret.expose_str(), COOKIE_SECONDS);
            with_cookie(answer::to(to.as_str()), &cookie)
        }
        Err(failure) => refuse(&comer, &failure),
    }
}

async fn begin(comer: Arc<Comer>) -> Result<(Url, Hidden<String>), Failure> {
    let flows = &comer.broker.flows;
    comer.login.admit(flows.ambient.now())?;
    let fresh = Try::new(&flows.ambient);
    let (to, state) = comer.login.begin(&fresh.request(comer.locale)).await?;
    let kept = Kept { begun: flows.ambient.now(), state };
    seal(flows, KIND, fresh.state.expose_str(), fresh.secret.expose_str(), &kept, LIFETIME).await?;
    Ok((to, fresh.secret))
}

/// Takes the browser back.
pub async fn returned(request: HttpRequest, comer: Option<Comer>) -> HttpResponse {
    let Some(comer) = comer else { return sign_in::nothing(request).await };
    if is_prefetch(&request) {
        return answer::to("/console/sign-in");
    }
    let params = params(request.query_string().as_bytes());
    let secret = cookie(&request, comer.console.is_https(), COOKIE);
    // A stranger's link takes nothing from a try that is under way.
    let Some(found) = Try::returned(secret, &params) else {
        return without_referrer(refuse(&comer, &Failure::Unknown));
    };
    let comer = Arc::new(comer);
    let entered = on_runtime(&comer, enter(Arc::clone(&comer), found, params)).await;
    let response = match entered {
        Ok(session) => sign_in::signed_in(&comer.console, &session, landing(comer.locale)),
        Err(failure) => refuse(&comer, &failure),
    };
    without_referrer(with_cookie(response, &try_cookie(&comer.console, "", 0)))
}

/// Begins the session of who has signed in at the issuer. Who enters is on record, or does not enter.
async fn enter(comer: Arc<Comer>, found: Try, params: Params) -> Result<Session, Failure> {
    let flows = &comer.broker.flows;
    let (state, secret) = (found.state.expose_str(), found.secret.expose_str());
    let kept: Kept = take(flows, KIND, state, secret).await?.ok_or(Failure::Unknown)?;
    if flows.ambient.now() >= kept.begun.plus(LIFETIME) {
        return Err(Failure::Unknown);
    }
    let request = found.request(comer.locale);
    let finishing = comer.login.finish(&request, &kept.state, params, flows.ambient.id());
    let (person, ledger) = noted(false, finishing).await;
    let person: Person = person?;
    let caller = comer.admin.caller_by_login(&person).await?;
    let tenant = caller.scope.tenant().unwrap_or(OPERATOR);
    let told = vec![format!("by login at {}", person.issuer())];
    let mut event = Event::by(&caller.actor(), tenant, Kind::SignedIn, told);
    event.body.trace_id = Some(comer.trace.clone());
    (event.body.keys, event.body.tokens) = (ledger.keys, ledger.tokens);
    comer.broker.audit.record(event).await.map_err(AdminError::from)?;
    Ok(Session::begin(flows, Holder::Login(Box::new(person))).await?)
}

/// Does it where the stores' connections live, and to its end although the browser may hang up.
async fn on_runtime<T: Send + 'static>(
    comer: &Comer,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    comer.broker.spawn(work).await.map_err(|error| Failure::Admin(AdminError::internal(error)))?
}

/// Whether another site leads here (Fetch Metadata): nobody is sent to sign in by a stranger.
fn is_elsewhere(request: &HttpRequest) -> bool {
    let site = request.headers().get("Sec-Fetch-Site").and_then(|value| value.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// The page that leads on to the console. A redirect would still be a part of the way from the issuer,
/// and a browser sends the session's cookie on no such way.
fn landing(locale: Locale) -> HttpResponse {
    let texts = Texts::of(locale);
    let page = Page {
        title: texts.login.landed.title.to_owned(),
        blocks: vec![
            Block::Text(texts.login.landed.text.to_owned()),
            Block::Links(vec![Link::to(texts.to_console, "/console/")]),
        ],
        onwards: Some("/console/".to_owned()),
        ..Page::default()
    };
    html(StatusCode::OK, view::render(&page, locale, None))
}

/// The page that says why nobody is signed in, who can mend it, and that there are tokens.
fn refuse(comer: &Comer, failure: &Failure) -> HttpResponse {
    let texts = Texts::of(comer.locale);
    let (status, words) = told(failure, texts);
    note(failure, &comer.trace, status);
    let page = Page {
        title: words.title.to_owned(),
        blocks: vec![
            Block::Text(words.text.to_owned()),
            Block::Facts(vec![(texts.trace.to_owned(), Cell::code(comer.trace.as_str()))]),
            Block::Links(vec![Link::to(texts.login.again, "/console/sign-in")]),
        ],
        ..Page::default()
    };
    html(status, view::render(&page, comer.locale, None))
}

/// What the operator reads beside the trace id: fixed texts, and nothing of the person.
fn note(failure: &Failure, trace_id: &str, status: StatusCode) {
    let first: &dyn StdError = failure;
    let causes = successors(Some(first), |cause| (*cause).source()).map(ToString::to_string);
    let causes = causes.collect::<Vec<_>>().join(": ");
    tracing::warn!(trace_id, causes, status = status.as_u16(), "a login let nobody in");
}

fn told(failure: &Failure, texts: &Texts) -> (StatusCode, Words) {
    let login = &texts.login;
    match failure {
        Failure::Unknown => (StatusCode::BAD_REQUEST, login.unknown),
        Failure::Login(LoginError::NoRole)
        | Failure::Admin(AdminError::Unauthenticated | AdminError::Forbidden | AdminError::NotFound) => {
            (StatusCode::FORBIDDEN, login.no_role)
        }
        Failure::Login(LoginError::Issuer(error)) => match error.fault {
            Fault::UserCancelled | Fault::ConsentDenied => (StatusCode::FORBIDDEN, login.cancelled),
            Fault::ProviderUnavailable | Fault::Busy => (StatusCode::SERVICE_UNAVAILABLE, login.away),
            Fault::RequestInvalid
            | Fault::ConnectionMisconfigured
            | Fault::AssuranceTooLow
            | Fault::ClaimsNotReceived(_)
            | Fault::ProviderRefused
            | Fault::ResponseRejected(_)
            | Fault::Internal => (StatusCode::BAD_GATEWAY, login.refused),
        },
        Failure::Admin(AdminError::TooMany) => (StatusCode::TOO_MANY_REQUESTS, texts.too_many),
        Failure::Admin(AdminError::Unavailable(_)) => (StatusCode::SERVICE_UNAVAILABLE, texts.unavailable),
        Failure::Admin(_) => (StatusCode::INTERNAL_SERVER_ERROR, texts.internal),
    }
}

/// The cookie of a try. The browser must bring it from the issuer: so it is Lax, unlike a session's.
fn try_cookie(console: &Console, secret: &str, seconds: i64) -> Cookie<'static> {
    let mut cookie = own_cookie(console.is_https(), COOKIE, secret, seconds);
    cookie.set_same_site(SameSite::Lax);
    cookie
}

/// The address that the browser came to holds a code: it goes nowhere.
fn without_referrer(mut response: HttpResponse) -> HttpResponse {
    let value = header::HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(header::REFERRER_POLICY, value);
    response
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
