//! The hub: opens the door for a browser, begins attempts, takes what comes back.
//!
//! Every way of a browser leads through here and ends in a [`Reply`]. Nothing calls back up into it.

use std::{sync::Arc, time::Duration};

use tunnus_sdk::{BrowserRequest, Hidden, Leg, Locale, Params};
use url::Url;

use super::{
    binding::{Bindings, SetCookie},
    finish::{AppReturn, finish},
    identification::{Face, Identification},
    prepare, returned,
    start::start,
};
use crate::{
    app::Broker,
    error::{Code, Error},
    http::pages::{Choice, Failure, Page},
    metrics::FlowStep,
    tenant::model::{App, Connection, Tenant},
};

/// How many failures of one app within [`LOOP_WINDOW`] end in a page instead of a redirect.
const LOOP_LIMIT: u32 = 3;
/// How long a failure counts.
const LOOP_WINDOW: Duration = Duration::from_secs(60);

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
    /// The attempt cookies to set.
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

/// What a person picked on the chooser, or the app in its request.
#[derive(Clone, Debug, Default)]
pub struct Picked {
    /// The connection.
    pub connection: Option<String>,
    /// Gives up with this code, after a failure that left a choice.
    pub abandon: Option<Code>,
    /// The click on the landing page.
    pub proceed: bool,
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

/// Lets the browser in that has just brought the app's request: straight on where there is nothing
/// to choose, else to the door. The chooser's address is then the identification's, and a reload or
/// the back button finds the same one, also where the request came by POST.
pub async fn enter(visit: &Visit, identification: Identification) -> Reply {
    let app = visit.app(&identification);
    let choices =
        app.map_or(0, |app| prepare::possible(&visit.broker, &visit.tenant, app, &identification).len());
    let locale = visit.locale(&identification);
    match visit.door(&identification, &[]).filter(|_| choices > 1) {
        Some(door) => Reply::new(Answer::Door(door), locale),
        None => open(visit, identification, Picked::default()).await,
    }
}

/// Opens the door for a browser: the chooser, the landing page, or straight to the upstream.
pub async fn open(visit: &Visit, identification: Identification, picked: Picked) -> Reply {
    if let Some(code) = picked.abandon {
        return settle(visit, &identification, Err(code.into())).await;
    }
    if visit.broker.flows.ambient.now() > identification.expires_at {
        return settle(visit, &identification, Err(Code::FlowExpired.into())).await;
    }
    let Ok(app) = visit.app(&identification).cloned() else {
        return visit.page(Code::FlowUnknown);
    };
    if identification.is_polled() && !picked.proceed && picked.connection.is_none() {
        return landing(visit, &app, &identification);
    }
    let tenant = visit.tenant.clone();
    let possible = prepare::possible(&visit.broker, &tenant, &app, &identification);
    let chosen = match &picked.connection {
        Some(id) => possible.iter().find(|connection| connection.id == *id),
        None => possible.first().filter(|_| possible.len() == 1),
    };
    match chosen {
        Some(connection) => {
            if picked.connection.is_some() {
                visit.broker.metrics.step(&tenant.id, &connection.id, FlowStep::Chosen);
            }
            begin(visit, &app, connection, identification).await
        }
        None if possible.is_empty() || picked.connection.is_some() => {
            settle(visit, &identification, Err(Code::ConnectionUnknown.into())).await
        }
        None => chooser(visit, &app, &identification, &possible),
    }
}

/// Takes a browser's return from an upstream.
pub async fn take(visit: &Visit, connection: &str, leg: &str, params: Params, picked: Option<&str>) -> Reply {
    let leg = visit.tenant.connection(connection).and_then(|connection| {
        let descriptor = visit.broker.providers.find(&connection.provider)?.descriptor();
        descriptor.legs.iter().find(|known| known.name() == leg).cloned()
    });
    let Some(leg): Option<Leg> = leg else {
        return visit.page(Code::FlowUnknown);
    };
    match returned::take(visit, connection, leg, params, picked).await {
        Ok(reply) => reply,
        Err(error) => {
            error.log(&visit.trace_id);
            visit.page(error.code)
        }
    }
}

async fn begin(
    visit: &Visit,
    app: &App,
    connection: &Arc<Connection>,
    identification: Identification,
) -> Reply {
    match start(visit, app, connection, &identification).await {
        Ok(reply) => reply,
        Err(error) => fail(visit, &identification, &connection.id, error).await,
    }
}

fn landing(visit: &Visit, app: &App, identification: &Identification) -> Reply {
    let locale = visit.locale(identification);
    let name = app.name.in_locale(locale).unwrap_or(&app.id).to_owned();
    visit.door(identification, &[("proceed", "1")]).map_or_else(
        || visit.page(Code::Internal),
        |proceed| Reply::new(Answer::Page(Page::Landing { app: name, proceed }), locale),
    )
}

fn chooser(
    visit: &Visit,
    app: &App,
    identification: &Identification,
    possible: &[&Arc<Connection>],
) -> Reply {
    let locale = visit.locale(identification);
    let choice = |connection: &&Arc<Connection>| {
        let name = connection.display_name.in_locale(locale).unwrap_or(&connection.id).to_owned();
        let url = visit.door(identification, &[("connection", &connection.id)])?;
        Some(Choice { name, url, notice: None })
    };
    let choices = possible.iter().filter_map(choice).collect();
    let name = app.name.in_locale(locale).unwrap_or(&app.id).to_owned();
    let back = visit.door(identification, &[("abandon", Code::UserCancelled.name())]);
    Reply::new(Answer::Page(Page::Chooser { app: name, choices, back }), locale)
}

/// What happens after a failure: another method where there is one and it may help, else back.
pub(super) async fn fail(
    visit: &Visit,
    identification: &Identification,
    connection: &str,
    error: Error,
) -> Reply {
    error.log(&identification.trace_id);
    visit.broker.metrics.failed(&visit.tenant.id, connection, &error);
    let another_helps =
        matches!(error.code, Code::ProviderUnavailable | Code::AssuranceTooLow | Code::ConnectionPaused);
    let others = visit
        .app(identification)
        .is_ok_and(|app| prepare::possible(&visit.broker, &visit.tenant, app, identification).len() > 1);
    if another_helps && others {
        let back = visit.door(identification, &[("abandon", error.code.name())]);
        let another = visit.door(identification, &[("proceed", "1")]);
        return visit.failure_page(identification, error.code, back, another);
    }
    settle(visit, identification, Err(error)).await
}

/// Settles an identification and answers its browser.
pub(super) async fn settle(
    visit: &Visit,
    identification: &Identification,
    result: Result<super::record::IdentityRecord, Error>,
) -> Reply {
    let issuer = visit.broker.issuer(&visit.tenant.id);
    let failed = result.as_ref().err().map(|error| error.code);
    let identified = result.as_ref().ok().map(|record| (record.connection.clone(), record.method.clone()));
    match finish(&visit.broker.flows, &issuer, identification, result).await {
        Ok(mut way) => {
            tracing::info!(
                trace_id = identification.trace_id,
                identification = identification.id,
                tenant = visit.tenant.id,
                app = identification.app,
                outcome = failed.map_or("completed", Code::name),
                "identification settled"
            );
            if let Some((connection, method)) = identified {
                let metrics = &visit.broker.metrics;
                metrics.step(&visit.tenant.id, &connection, FlowStep::Finished);
                metrics.identified(
                    &visit.tenant.id,
                    &connection,
                    method.as_ref().map(|method| method.id.as_str()),
                );
            }
            if let (AppReturn::Stay { app, .. }, Ok(known)) = (&mut way, visit.app(identification)) {
                known.name.in_locale(visit.locale(identification)).unwrap_or(&known.id).clone_into(app);
            }
            to_app(visit, identification, way, failed)
        }
        Err(error) => {
            error.log(&identification.trace_id);
            visit.failure_page(identification, error.code, None, None)
        }
    }
}

/// Back to the app; after several failures in a row by a page with a link, so that no loop spins.
fn to_app(visit: &Visit, identification: &Identification, way: AppReturn, failed: Option<Code>) -> Reply {
    let locale = visit.locale(identification);
    let Some(code) = failed else {
        return Reply::new(Answer::App(way), locale);
    };
    let failures = count_failure(visit, &identification.app);
    let looping = failures.2 >= LOOP_LIMIT && !matches!(identification.face, Face::Rest { return_url: None });
    let mut reply = match way {
        AppReturn::Redirect(url) if looping => {
            visit.failure_page(identification, code, Url::parse(url.expose_str()).ok(), None)
        }
        AppReturn::FormPost { .. } if looping => visit.failure_page(identification, code, None, None),
        AppReturn::Redirect(_) | AppReturn::FormPost { .. } | AppReturn::Stay { .. } => {
            Reply::new(Answer::App(way), locale)
        }
    };
    reply.failures = Some(failures);
    reply
}

fn count_failure(visit: &Visit, app: &str) -> (String, i64, u32) {
    let now = visit.broker.flows.ambient.now();
    let window = i64::try_from(LOOP_WINDOW.as_secs()).unwrap_or(i64::MAX);
    match &visit.browser.failures {
        Some((same, since, count)) if same == app && now.0.saturating_sub(*since) < window => {
            (app.to_owned(), *since, count.saturating_add(1))
        }
        Some(_) | None => (app.to_owned(), now.0, 1),
    }
}
