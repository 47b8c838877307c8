//! In and out.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path},
};
use tunnus_sdk::Hidden;

use super::{
    Console,
    answer::{self, alone, html, own_cookie, with_cookie},
    form::{Answers, Control, Item, Label, Shape, Shown, Summary},
    page::{Block, Form, Link, Page},
    session::{COOKIE, Holder, Session},
    texts::Texts,
    view,
    visitor::{LANGUAGE, Posted, Visitor, is_from_us, locale},
};
use crate::{
    admin::{Admin, AdminError},
    app::Broker,
    audit::event::{Event, Kind, OPERATOR},
    http::{
        admin::gate::guessed,
        payload::{Payload, whole},
        sender::sender,
    },
    limits::Network64,
};

/// The longest that a language is remembered: one year.
const LANGUAGE_SECONDS: i64 = 365 * 24 * 60 * 60;

/// How long the cookie of a session is kept: the store says when it ends.
const SESSION_SECONDS: i64 = 12 * 60 * 60;

/// The first page of whoever is signed in.
pub async fn home(visitor: Visitor) -> HttpResponse {
    match visitor.caller.scope.tenant() {
        Some(tenant) => answer::to(&format!("/console/tenants/{tenant}")),
        None => answer::to("/console/tenants"),
    }
}

/// An address where nothing stands.
pub async fn nothing(request: HttpRequest) -> HttpResponse {
    let locale = locale(&request);
    alone(StatusCode::NOT_FOUND, Texts::of(locale).not_found, locale)
}

/// Remembers a language.
pub async fn language(tag: Path<String>, console: Data<Console>) -> HttpResponse {
    let known = ["fi", "sv", "en"].into_iter().find(|known| *known == tag.as_str());
    let back = answer::to("/console/");
    match known {
        Some(tag) => {
            let mut cookie = own_cookie(console.is_https(), LANGUAGE, tag, LANGUAGE_SECONDS);
            cookie.set_name(LANGUAGE);
            with_cookie(back, &cookie)
        }
        None => back,
    }
}

/// The ways in: the issuer, where there is one, and the form that asks for a token.
pub async fn show(request: HttpRequest) -> HttpResponse {
    page(&request, StatusCode::OK, None)
}

/// Signs in who shows a token.
pub async fn by_token(
    request: HttpRequest,
    payload: Payload,
    admin: Data<Admin>,
    broker: Data<Broker>,
    console: Data<Console>,
) -> HttpResponse {
    let locale = locale(&request);
    let texts = Texts::of(locale);
    if !is_from_us(&request, &console) {
        return alone(StatusCode::FORBIDDEN, texts.foreign_form, locale);
    }
    let Ok(body) = whole(payload) else {
        return alone(StatusCode::PAYLOAD_TOO_LARGE, texts.too_long, locale);
    };
    let entering = enter(admin, broker.clone(), body, sender(&request));
    let entered = broker.spawn(entering).await.map_err(AdminError::internal);
    match entered.and_then(|entered| entered) {
        Ok(session) => signed_in(&console, &session, answer::to("/console/")),
        Err(AdminError::Unauthenticated) => page(&request, StatusCode::UNAUTHORIZED, Some(texts.wrong_token)),
        Err(AdminError::TooMany) => page(&request, StatusCode::TOO_MANY_REQUESTS, Some(texts.too_many.text)),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "nobody could sign in");
            alone(StatusCode::SERVICE_UNAVAILABLE, texts.unavailable, locale)
        }
    }
}

/// Begins the session of who shows a token. Who enters is on record, or does not enter.
async fn enter(
    admin: Data<Admin>,
    broker: Data<Broker>,
    body: Bytes,
    from: Network64,
) -> Result<Session, AdminError> {
    let answers = Answers::of(&body);
    let token = answers.one("token").ok_or(AdminError::Unauthenticated)?;
    let token = Hidden::new(token.to_owned());
    let caller = admin.tokens_kept().authenticate(token.expose_str(), from).await;
    let caller = caller.inspect_err(|error| guessed(&broker, error))?;
    let tenant = caller.scope.tenant().unwrap_or(OPERATOR);
    let event = Event::by(&caller.actor(), tenant, Kind::SignedIn, Vec::new());
    broker.audit.record(event).await?;
    Session::begin(&broker.flows, Holder::Token(caller.id)).await
}

/// The response with the cookie of a session.
#[must_use]
pub fn signed_in(console: &Console, session: &Session, response: HttpResponse) -> HttpResponse {
    let secret = session.secret().expose_str();
    with_cookie(response, &own_cookie(console.is_https(), COOKIE, secret, SESSION_SECONDS))
}

/// Ends the session.
pub async fn out(posted: Posted) -> HttpResponse {
    let Posted { visitor, .. } = posted;
    if let Err(error) = visitor.session.end(&visitor.broker.flows).await {
        return visitor.answer(Err(error));
    }
    let gone = own_cookie(visitor.console.is_https(), COOKIE, "", 0);
    with_cookie(answer::to("/console/sign-in"), &gone)
}

fn page(request: &HttpRequest, status: StatusCode, fault: Option<&str>) -> HttpResponse {
    let locale = locale(request);
    let texts = Texts::of(locale);
    let token = Control::new("token", Label::own(texts.admin_token), Shape::secret()).must();
    let wrong = |text: &str| Summary {
        message: text.to_owned(),
        label: None,
        target: Some(token.id.clone()),
        lang: None,
    };
    let shown = Shown {
        summary: fault.into_iter().map(wrong).collect(),
        items: vec![Item::Text(texts.token_help.to_owned()), Item::Control(token)],
    };
    let form = Form {
        action: "/console/sign-in".to_owned(),
        shown,
        submit: texts.sign_in.to_owned(),
        ..Form::default()
    };
    let mut blocks = login(request, texts);
    blocks.push(Block::Form(Box::new(form)));
    let page = Page { title: texts.sign_in_title.to_owned(), blocks, ..Page::default() };
    html(status, view::render(&page, locale, None))
}

/// The way to the issuer, where the settings have one.
fn login(request: &HttpRequest, texts: &Texts) -> Vec<Block> {
    let admin = request.app_data::<Data<Admin>>();
    let Some(login) = admin.and_then(|admin| admin.login()) else { return Vec::new() };
    let link = Link::to((texts.login.with)(login.name()), "/console/sign-in/start");
    vec![Block::Actions(vec![link]), Block::Heading(texts.login.or_token.to_owned())]
}
