//! Who visits the console: a browser with a session, or one that is sent to sign in.
//!
//! Owns what holds for every page: [`Visitor`] is signed in, [`Posted`] comes from a form of the
//! visitor's own session and from our own origin. A handler takes one of them and so cannot forget.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError,
    dev::Payload,
    http::{StatusCode, header},
    web::{Bytes, Data},
};
use std::{fmt, future::Future, pin::Pin};
use tunnus_sdk::Locale;

use super::{
    Console, answer,
    form::Answers,
    session::{COOKIE, Holder, Session},
    texts::Texts,
};
use crate::{
    admin::{Admin, AdminError, Caller},
    app::Broker,
    http::{pages::pick_locale, respond::cookie_name},
};

/// The cookie of the language that was picked.
pub const LANGUAGE: &str = "tunnuslanguage";

/// Somebody who is signed in.
pub struct Visitor {
    /// The administration.
    pub admin: Data<Admin>,
    /// The broker.
    pub broker: Data<Broker>,
    /// How the console is set up.
    pub console: Data<Console>,
    /// Who it is.
    pub caller: Caller,
    /// The session.
    pub session: Session,
    /// The language of the pages.
    pub locale: Locale,
}

/// A form that somebody who is signed in has sent.
pub struct Posted {
    /// Who has sent it.
    pub visitor: Visitor,
    /// What it brought.
    pub answers: Answers,
}

/// Why a request is turned away before any page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no session.
    SignIn,
    /// The address names what can be no id.
    Nothing,
    /// The form is none of ours, or of another session.
    Foreign,
    /// The body is too long or did not come whole.
    Body,
    /// A store does not answer.
    Unavailable,
}

/// A refusal, in the language of who is refused.
#[derive(Debug)]
pub struct Refused {
    refusal: Refusal,
    locale: Locale,
}

impl Visitor {
    /// The words of the pages.
    #[must_use]
    pub const fn texts(&self) -> &'static Texts {
        Texts::of(self.locale)
    }

    async fn of(request: &HttpRequest) -> Result<Self, Refusal> {
        let (Some(admin), Some(broker), Some(console)) = (
            request.app_data::<Data<Admin>>().cloned(),
            request.app_data::<Data<Broker>>().cloned(),
            request.app_data::<Data<Console>>().cloned(),
        ) else {
            return Err(Refusal::Unavailable);
        };
        let secret = cookie(request, console.is_https(), COOKIE).ok_or(Refusal::SignIn)?;
        if !request.match_info().iter().all(|(_, value)| may_be_id(value)) {
            return Err(Refusal::Nothing);
        }
        let known = known(admin.clone(), broker.clone(), secret);
        let known = broker.spawn(known).await.map_err(|_| Refusal::Unavailable)?;
        let (session, caller) = known?.ok_or(Refusal::SignIn)?;
        Ok(Self { admin, broker, console, caller, session, locale: locale(request) })
    }
}

/// Whether `text` can be an id. It is put into addresses that forms are sent to: with a slash or a
/// question mark in it, which `%2F` and `%3F` would bring, it would lead to another page's route.
fn may_be_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The session of a cookie's secret, and who it is of as of now.
async fn known(
    admin: Data<Admin>,
    broker: Data<Broker>,
    secret: String,
) -> Result<Option<(Session, Caller)>, AdminError> {
    let Some(session) = Session::find(&broker.flows, &secret).await? else { return Ok(None) };
    let caller = match session.holder() {
        Holder::Token(id) => admin.tokens_kept().caller_of(id).await?,
        Holder::Login(person) => admin.caller_by_login(person).await?,
    };
    Ok(Some((session, caller)))
}

impl AsRef<Self> for Visitor {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsRef<Visitor> for Posted {
    fn as_ref(&self) -> &Visitor {
        &self.visitor
    }
}

impl From<AdminError> for Refusal {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Unauthenticated | AdminError::Forbidden | AdminError::NotFound => Self::SignIn,
            _ => Self::Unavailable,
        }
    }
}

/// A cookie of ours.
#[must_use]
pub fn cookie(request: &HttpRequest, https: bool, name: &str) -> Option<String> {
    request.cookie(&cookie_name(https, name)).map(|cookie| cookie.value().to_owned())
}

/// The language that was picked, else the browser's.
#[must_use]
pub fn locale(request: &HttpRequest) -> Locale {
    let picked = request.cookie(LANGUAGE).map(|cookie| cookie.value().to_owned());
    let accept = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    pick_locale(picked.as_deref(), accept)
}

/// Whether a request comes from a page of ours: a browser says so with every form. One that says
/// nothing is none.
#[must_use]
pub fn is_from_us(request: &HttpRequest, console: &Console) -> bool {
    let one = |name: &str| {
        let mut values = request.headers().get_all(name);
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none())
    };
    let site = one("Sec-Fetch-Site").is_none_or(|site| site == "same-origin");
    site && one("Origin") == Some(console.origin())
}

impl FromRequest for Visitor {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let locale = locale(&request);
            Self::of(&request).await.map_err(|refusal| Refused { refusal, locale })
        })
    }
}

impl FromRequest for Posted {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let locale = locale(&request);
            posted(&request, body).await.map_err(|refusal| Refused { refusal, locale })
        })
    }
}

async fn posted(
    request: &HttpRequest,
    body: impl Future<Output = Result<Bytes, actix_web::Error>>,
) -> Result<Posted, Refusal> {
    let visitor = Visitor::of(request).await?;
    if !is_from_us(request, &visitor.console) {
        return Err(Refusal::Foreign);
    }
    let body = body.await.map_err(|_| Refusal::Body)?;
    let encoding = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let answers = Answers::sent(encoding.unwrap_or_default(), &body).ok_or(Refusal::Foreign)?;
    if !answers.one("csrf").is_some_and(|csrf| visitor.session.is_ours(csrf)) {
        return Err(Refusal::Foreign);
    }
    Ok(Posted { visitor, answers })
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was turned away")
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self.refusal {
            Refusal::SignIn => StatusCode::SEE_OTHER,
            Refusal::Nothing => StatusCode::NOT_FOUND,
            Refusal::Foreign => StatusCode::FORBIDDEN,
            Refusal::Body => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if self.refusal == Refusal::SignIn {
            return answer::to("/console/sign-in");
        }
        let texts = Texts::of(self.locale);
        let words = match self.refusal {
            Refusal::Nothing => texts.not_found,
            Refusal::Foreign => texts.foreign_form,
            Refusal::Body => texts.too_long,
            Refusal::SignIn | Refusal::Unavailable => texts.unavailable,
        };
        answer::alone(self.status_code(), words, self.locale)
    }
}
