//! One request of one browser, and what it gets.

use std::{sync::Arc, time::Instant};

use tunnus_sdk::{BrowserRequest, Hidden, Locale};
use url::Url;

use super::{
    binding::{Bindings, SetCookie},
    door::DoorKeys,
    finish::AppReturn,
    identification::Identification,
    page::{Failure, Page},
    permit,
};
use crate::{
    app::Broker,
    error::{Code, Error},
    metrics::Metrics,
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
    /// When the request came.
    pub begun: Instant,
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
        let failure = Failure::new(code, self.trace_id.clone());
        Reply::new(Answer::Page(Page::Failure(Box::new(failure))), self.browser.locale)
    }

    /// A page about a store that is away, where nothing is lost: the same request will do.
    pub(super) fn later(&self, error: &Error, again: Option<BrowserRequest>) -> Reply {
        error.log(&self.trace_id);
        let failure = Failure { again, ..Failure::new(error.code, self.trace_id.clone()) };
        Reply::new(Answer::Page(Page::Failure(Box::new(failure))), self.browser.locale)
    }

    /// The same visit with the settings as they are by now; none where the tenant is gone. Where that
    /// cannot be known, they are as they were: tenants in use are served without their store.
    pub(super) async fn by_now(&self) -> Option<Self> {
        let tenant = match self.broker.tenants.tenant(&self.tenant.id).await {
            Ok(tenant) => tenant?,
            Err(_) => Arc::clone(&self.tenant),
        };
        Some(Self { tenant, ..self.clone() })
    }

    /// The app behind an identification.
    pub(super) fn app(&self, identification: &Identification) -> Result<Arc<App>, Error> {
        permit::asking(&self.tenant, identification).ok_or_else(|| Code::AppUnauthorised.into())
    }

    /// The metrics that count an identification; none for a trial, which is nobody's login.
    pub(super) fn metrics(&self, identification: &Identification) -> Option<&Metrics> {
        identification.trial().is_none().then_some(&self.broker.metrics)
    }

    /// The language for an identification's pages.
    pub(super) fn locale(&self, identification: &Identification) -> Locale {
        identification.locale.unwrap_or(self.browser.locale)
    }

    /// The door of an identification.
    pub(super) fn door(&self, identification: &Identification, query: &[(&str, &str)]) -> Option<Url> {
        self.door_of(&to_ticket(identification), query)
    }

    /// The door that a ticket finds.
    pub(super) fn door_of(&self, ticket: &str, query: &[(&str, &str)]) -> Option<Url> {
        let mut url =
            Url::parse(&format!("{}/identify/{ticket}", self.broker.issuer(&self.tenant.id))).ok()?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }

    /// What is to be said of a failure of a known identification, with the way home.
    pub(super) fn failure(&self, identification: &Identification, code: Code) -> Failure {
        let app = self.app(identification).ok();
        let name = app.as_ref().and_then(|app| app.name.in_locale(self.locale(identification)));
        let home = app.as_ref().and_then(|app| app.home_url.clone());
        Failure {
            app: name.map(str::to_owned),
            back: home.map(BrowserRequest::Get),
            ..Failure::new(code, identification.trace_id.clone())
        }
    }

    /// The page that says it.
    pub(super) fn failed(&self, identification: &Identification, failure: Failure) -> Reply {
        Reply::new(Answer::Page(Page::Failure(Box::new(failure))), self.locale(identification))
    }

    /// A page about a failure of a known identification, with the way home and no other.
    pub(super) fn failure_page(&self, identification: &Identification, code: Code) -> Reply {
        self.failed(identification, self.failure(identification, code))
    }

    /// A page about what failed without an end to the identification: the door leads to another try.
    pub(super) fn try_again(
        &self,
        identification: &Identification,
        error: &Error,
        query: &[(&str, &str)],
    ) -> Reply {
        error.log(&identification.trace_id);
        let again = self.door(identification, query).map(BrowserRequest::Get);
        self.failed(identification, Failure { again, ..self.failure(identification, error.code) })
    }
}

/// The ticket in the door's address: the identification's id and the secret.
#[must_use]
pub fn to_ticket(identification: &Identification) -> String {
    format!("{}.{}", identification.id, identification.ticket.expose())
}
