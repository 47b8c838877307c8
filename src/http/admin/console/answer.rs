//! What a browser gets: a page with its headers, or another address.

use std::sync::Arc;

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration},
    http::StatusCode,
};
use tunnus_sdk::Locale;

use super::{
    page::{Link, Notice, Page},
    texts::{Texts, Words},
    view::{self, Who},
    visitor::Visitor,
};
use crate::{
    admin::{AdminError, Right, Scope},
    http::{
        admin::lines::{self, Lines},
        respond::cookie_name,
    },
};

/// Everything is forbidden but the style sheet and forms of our own.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What a handler answers.
pub enum Reply {
    /// A page.
    Page(Box<Page>),
    /// A form that was not taken, shown again with what is wrong with it.
    Again(Box<Page>),
    /// Another address of the console: so that a reload repeats nothing.
    To(String),
    /// What the browser keeps as a file.
    File(File),
    /// The same of this name, sent while it is read.
    Lines(String, Lines),
}

/// A file for the browser to keep.
pub struct File {
    /// What it is called: letters, digits, hyphens, underscores and dots.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
    /// What it holds.
    pub text: String,
}

/// Has a page made where the stores' connections live; it is made to its end although the browser may
/// hang up.
pub async fn serve<V, W>(asking: V, work: impl FnOnce(Arc<V>) -> W) -> HttpResponse
where
    V: AsRef<Visitor>,
    W: Future<Output = Result<Reply, AdminError>> + Send + 'static,
{
    let asking = Arc::new(asking);
    let visitor = (*asking).as_ref();
    let made = visitor.broker.spawn(work(Arc::clone(&asking))).await;
    visitor.answer(made.map_err(AdminError::internal).and_then(|made| made))
}

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Self::Page(Box::new(page))
    }
}

impl Visitor {
    /// The response of a handler's answer.
    #[must_use]
    pub fn answer(&self, answer: Result<Reply, AdminError>) -> HttpResponse {
        match answer {
            Ok(Reply::Page(page)) => self.page(StatusCode::OK, &page),
            Ok(Reply::Again(page)) => self.page(StatusCode::UNPROCESSABLE_ENTITY, &page),
            Ok(Reply::To(address)) => to(&address),
            Ok(Reply::File(File { name, media, text })) => kept(&name, media).body(text),
            Ok(Reply::Lines(name, lines)) => kept(&name, lines::MEDIA).body(lines),
            Err(error) => self.failure(&error),
        }
    }

    fn page(&self, status: StatusCode, page: &Page) -> HttpResponse {
        html(status, view::render(page, self.locale, Some(&self.who(page))))
    }

    fn failure(&self, error: &AdminError) -> HttpResponse {
        let texts = self.texts();
        let (status, words) = match error {
            AdminError::Unauthenticated => return to("/console/sign-in"),
            AdminError::Forbidden => (StatusCode::FORBIDDEN, texts.forbidden),
            AdminError::NotFound => (StatusCode::NOT_FOUND, texts.not_found),
            AdminError::Stale(_) | AdminError::RevisionMissing => (StatusCode::CONFLICT, texts.stale_page),
            AdminError::Faulty(_) => (StatusCode::UNPROCESSABLE_ENTITY, texts.faulty),
            AdminError::ReadOnly => (StatusCode::CONFLICT, texts.files_only),
            AdminError::TooMany => (StatusCode::TOO_MANY_REQUESTS, texts.too_many),
            AdminError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, texts.unavailable),
            AdminError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, texts.internal),
        };
        if status.is_server_error() {
            tracing::error!(error = error as &dyn std::error::Error, "a page of the console failed");
        }
        let mut page = plain(words);
        if let AdminError::Faulty(faults) = error {
            page.notices = faults.iter().map(|fault| Notice::alert(fault.message.clone())).collect();
        }
        self.page(status, &page)
    }

    fn who(&self, page: &Page) -> Who {
        let texts = self.texts();
        let area = |label: &str, href: &str| Link {
            label: label.to_owned(),
            href: href.to_owned(),
            here: page.trail.first().is_some_and(|first| first.href == href) || page.title == label,
        };
        let mut areas = vec![area(texts.tenants, "/console/tenants")];
        if self.caller.may(Right::ReadPlatform) && self.caller.scope.tenant().is_none() {
            areas.push(area(texts.platform_pages.platforms, "/console/platforms"));
        }
        if self.caller.may(Right::ReadAudit) && self.caller.scope == Scope::All {
            areas.push(area(texts.audit, "/console/audit"));
        }
        if self.caller.may(Right::ReadTokens) {
            areas.push(area(texts.tokens, "/console/tokens"));
        }
        Who {
            name: self.session.shown_name().unwrap_or(&self.caller.name).to_owned(),
            role: texts.role(self.caller.role).to_owned(),
            csrf: self.session.csrf(),
            areas,
        }
    }
}

/// A page of words alone.
fn plain(words: Words) -> Page {
    Page {
        title: words.title.to_owned(),
        blocks: vec![super::page::Block::Text(words.text.to_owned())],
        ..Page::default()
    }
}

/// A page for who is not signed in.
#[must_use]
pub fn alone(status: StatusCode, words: Words, locale: Locale) -> HttpResponse {
    let mut page = plain(words);
    let texts = Texts::of(locale);
    page.blocks.push(super::page::Block::Links(vec![Link::to(texts.to_console, "/console/")]));
    html(status, view::render(&page, locale, None))
}

/// 303 to another address.
#[must_use]
pub fn to(address: &str) -> HttpResponse {
    base(StatusCode::SEE_OTHER).insert_header(("Location", address)).finish()
}

/// A page with its headers.
#[must_use]
pub fn html(status: StatusCode, html: String) -> HttpResponse {
    base(status)
        .insert_header(("Content-Type", "text/html; charset=utf-8"))
        .insert_header(("Content-Security-Policy", POLICY))
        .insert_header(("X-Frame-Options", "DENY"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        .body(html)
}

/// The head of a file that the browser keeps and does not show.
#[must_use]
pub fn kept(name: &str, media: &'static str) -> HttpResponseBuilder {
    // Whatever a name may be made of some day: in a header it has no quote and no line.
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
    let name: String = name.chars().filter(is_plain).collect();
    let mut response = base(StatusCode::OK);
    response
        .insert_header(("Content-Type", media))
        .insert_header(("Content-Disposition", format!("attachment; filename=\"{name}\"")))
        .insert_header(("Content-Security-Policy", POLICY))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"));
    response
}

/// With `no-referrer` a browser would not say where a form comes from.
fn base(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(("Cache-Control", "no-store")).insert_header(("Referrer-Policy", "same-origin"));
    response
}

/// A cookie of the console alone.
#[must_use]
pub fn own_cookie(https: bool, name: &str, value: &str, seconds: i64) -> Cookie<'static> {
    Cookie::build(cookie_name(https, name), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(seconds))
        .finish()
}

/// The response with a cookie. One that cannot be added is left out: a value of ours always can be.
#[must_use]
pub fn with_cookie(mut response: HttpResponse, cookie: &Cookie<'_>) -> HttpResponse {
    if let Err(error) = response.add_cookie(cookie) {
        tracing::error!(%error, "a cookie was left out");
    }
    response
}
