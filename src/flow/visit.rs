//! One request of one browser, and what it gets.

use std::sync::Arc;

use tunnus_sdk::{BrowserRequest, Hidden, Locale};
use url::Url;

use super::{
    binding::{Bindings, SetCookie},
    door::DoorKeys,
    finish::AppReturn,
    identification::Identification,
    page::{Failure, Page},
};
use crate::{
    app::Broker,
    error::{Code, Error},
    tenant::model::{App, Tenant},
};

/// One request of one browser to one tenant.
#[derive(Clone)]
pub struct Visit {
    /// The broker.
    pub broker: Arc<Broker>,
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The browser.
    pub browser: Browser,
    /// What logs and pages show where no identification is known yet.
    pub trace_id: String,
}

/// What a browser tells of itself.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// Its attempts.
    pub bindings: Bindings,
    /// Its keys to identifications.
    pub keys: DoorKeys,
    /// Its lasting id, from a cookie of its own.
    pub visitor: Option<Hidden<String>>,
    /// Its latest failures: app, since when, how many.
    pub failures: Option<(String, i64, u32)>,
    /// The language it asks for.
    pub locale: Locale,
}

/// What the browser gets.
#[derive(Debug)]
pub struct Reply {
    /// Where it goes or what it shows.
    pub answer: Answer,
    /// The cookies of attempts and keys to set.
    pub cookies: Vec<SetCookie>,
    /// The lasting id to set.
    pub visitor: Option<Hidden<String>>,
    /// The failures to remember.
    pub failures: Option<(String, i64, u32)>,
    /// The person's language.
    pub locale: Locale,
}

/// Where a browser goes or what it shows.
#[derive(Debug)]
pub enum Answer {
    /// To the upstream.
    Upstream(BrowserRequest),
    /// Back to the app.
    App(AppReturn),
    /// To our own door.
    Door(Url),
    /// A page.
    Page(Page),
}

impl Reply {
    /// An answer that sets nothing.
    #[must_use]
    pub const fn new(answer: Answer, locale: Locale) -> Self {
        Self { answer, cookies: Vec::new(), visitor: None, failures: None, locale }
    }
}

impl Visit {
    /// A page about a failure of which no app waits to hear.
    #[must_use]
    pub fn page(&self, code: Code) -> Reply {
        let failure = Failure { code, trace_id: self.trace_id.clone(), app: None, back: None, another: None };
        Reply::new(Answer::Page(Page::Failure(failure)), self.browser.locale)
    }

    /// The app behind an identification.
    pub(super) fn app(&self, identification: &Identification) -> Result<&Arc<App>, Error> {
        self.tenant.app(&identification.app).ok_or_else(|| Code::AppUnauthorised.into())
    }

    /// The language for an identification's pages.
    pub(super) fn locale(&self, identification: &Identification) -> Locale {
        identification.locale.unwrap_or(self.browser.locale)
    }

    /// The door of an identification.
    pub(super) fn door(&self, identification: &Identification, query: &[(&str, &str)]) -> Option<Url> {
        let ticket = to_ticket(identification);
        let mut url =
            Url::parse(&format!("{}/identify/{ticket}", self.broker.issuer(&self.tenant.id))).ok()?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }

    /// A page about a failure of a known identification, with the way home.
    #[must_use]
    pub fn failure_page(
        &self,
        identification: &Identification,
        code: Code,
        back: Option<Url>,
        another: Option<Url>,
    ) -> Reply {
        let locale = self.locale(identification);
        let app = self.app(identification).ok();
        let back = back.or_else(|| app.and_then(|app| app.home_url.clone()));
        let app = app.and_then(|app| app.name.in_locale(locale)).map(str::to_owned);
        let failure = Failure { code, trace_id: identification.trace_id.clone(), app, back, another };
        Reply::new(Answer::Page(Page::Failure(failure)), locale)
    }
}

/// The ticket in the door's address: the identification's id and the secret.
#[must_use]
pub fn to_ticket(identification: &Identification) -> String {
    format!("{}.{}", identification.id, identification.ticket.expose())
}
