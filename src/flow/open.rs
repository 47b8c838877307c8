//! What stands behind the door: the landing page, the chooser, or the way to the upstream.

use std::sync::Arc;

use tunnus_sdk::BrowserRequest;

use super::{
    identification::Identification,
    page::{Choice, Page},
    permit, prepare,
    progress::Progress,
    settle::{count, fail, settle},
    start::start,
    visit::{Answer, Reply, Visit},
};
use crate::{
    error::{Code, Error},
    host::Ledger,
    metrics::FlowStep,
    tenant::model::{App, Connection},
};

/// What a person picked on the chooser, or the app in its request.
#[derive(Clone, Debug, Default)]
pub struct Picked {
    /// The connection.
    pub connection: Option<String>,
    /// Gives up with this code, after a failure that left a choice.
    pub abandon: Option<Code>,
    /// Whether the person clicked on a page of ours, be it the landing page.
    pub proceed: bool,
}

impl Picked {
    /// The same as a query of the door.
    #[must_use]
    pub fn query(&self) -> Vec<(&'static str, &str)> {
        let connection = self.connection.as_deref().map(|connection| ("connection", connection));
        let abandon = self.abandon.map(|code| ("abandon", code.name()));
        let proceed = self.proceed.then_some(("proceed", "1"));
        connection.into_iter().chain(abandon).chain(proceed).collect()
    }
}

/// Sends the browser that has just brought the app's request on: straight to the upstream where there
/// is nothing to choose, else to the door. The chooser's address is then the identification's, and a
/// reload or the back button finds the same one, also where the request came by POST.
pub(super) async fn straight(visit: &Visit, identification: Identification) -> Reply {
    let app = visit.app(&identification);
    let to_choose = app.is_ok_and(|app| {
        let possible = prepare::possible(&visit.broker, &visit.tenant, &app, &identification);
        possible.len() > 1 || possible.iter().any(|connection| connection.paused.is_some())
    });
    let locale = visit.locale(&identification);
    match visit.door(&identification, &[]).filter(|_| to_choose) {
        Some(door) => Reply::new(Answer::Door(door), locale),
        None => open(visit, identification, &Picked::default()).await,
    }
}

/// Opens the door for its owner: the chooser, or straight to the upstream.
pub(super) async fn open(visit: &Visit, identification: Identification, picked: &Picked) -> Reply {
    if let Some(code) = picked.abandon {
        return end(visit, &identification, code).await;
    }
    if visit.broker.flows.ambient.now() > identification.expires_at {
        return end(visit, &identification, Code::FlowExpired).await;
    }
    let app = match permit::app(&visit.tenant, &identification) {
        Ok(app) => app,
        Err(error) => {
            let progress = Progress::at_the_door(&identification);
            return settle(visit, &identification, &progress, Err(error)).await;
        }
    };
    let tenant = visit.tenant.clone();
    let possible = prepare::possible(&visit.broker, &tenant, &app, &identification);
    let chosen = match &picked.connection {
        Some(id) => possible.iter().find(|connection| connection.id == *id),
        // The chooser tells why there is nothing to choose.
        None => possible.first().filter(|only| possible.len() == 1 && may_go_on(only, &identification)),
    };
    match chosen {
        // What is paused is tried before people are let in again.
        Some(connection) if connection.paused.is_some() && identification.trial().is_none() => {
            let progress =
                Progress::over(&identification, &connection.id, FlowStep::Chosen, Ledger::default());
            fail(visit, &identification, &progress, Code::ConnectionPaused.into()).await
        }
        Some(connection) => {
            if let Some(metrics) = visit.metrics(&identification).filter(|_| picked.connection.is_some()) {
                metrics.step(&tenant.id, &connection.id, FlowStep::Chosen);
            }
            begin(visit, &app, connection, identification).await
        }
        None if possible.is_empty() || picked.connection.is_some() => {
            let progress = Progress::at_the_door(&identification);
            settle(visit, &identification, &progress, Err(Code::ConnectionUnknown.into())).await
        }
        None => chooser(visit, &app, &identification, &possible),
    }
}

/// Whether the only connection is gone to without asking: where the app has named it, also to be told
/// that it is paused meanwhile.
const fn may_go_on(only: &Connection, identification: &Identification) -> bool {
    only.paused.is_none() || identification.connection.is_some()
}

/// Ends what no attempt has ended: the person gives up, or comes too late.
async fn end(visit: &Visit, identification: &Identification, code: Code) -> Reply {
    let error = Error::from(code);
    // A failure that left a choice was counted when it happened.
    let counts = matches!(code, Code::UserCancelled | Code::FlowExpired);
    if counts {
        let connection = identification.connection.as_deref().unwrap_or_default();
        count(visit, identification, connection, &error).await;
    }
    settle(visit, identification, &Progress::at_the_door(identification), Err(error)).await
}

async fn begin(
    visit: &Visit,
    app: &App,
    connection: &Arc<Connection>,
    identification: Identification,
) -> Reply {
    let mut progress = Progress::over(&identification, &connection.id, FlowStep::Started, Ledger::default());
    match start(visit, app, connection, &identification, &mut progress).await {
        Ok(reply) => reply,
        // Nothing has begun, and the person can try again.
        Err(error) if error.code == Code::StoreUnavailable => {
            visit.try_again(&identification, &error, &[("connection", &connection.id)])
        }
        Err(error) => fail(visit, &identification, &progress, error).await,
    }
}

/// Names the app and waits for a click.
pub(super) fn landing(visit: &Visit, identification: &Identification) -> Reply {
    let Ok(app) = visit.app(identification) else {
        return visit.page(Code::FlowUnknown);
    };
    let locale = visit.locale(identification);
    let name = app.name.in_locale(locale).unwrap_or(&app.id).to_owned();
    let page = |proceed| match identification.trial() {
        Some(_) => Page::Trial { connection: name, proceed },
        None => Page::Landing { app: name, proceed },
    };
    visit
        .door(identification, &[("proceed", "1")])
        .map_or_else(|| visit.page(Code::Internal), |proceed| Reply::new(Answer::Page(page(proceed)), locale))
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
        if let Some(notice) = &connection.paused {
            let notice = notice.in_locale(locale).map(str::to_owned);
            return Some(Choice { name, to: None, notice, disturbed: false });
        }
        let disturbed = visit.broker.connections.is_disturbed(&visit.tenant.id, &connection.id);
        let url = visit.door(identification, &[("connection", &connection.id)])?;
        Some(Choice { name, to: Some(BrowserRequest::Get(url)), notice: None, disturbed })
    };
    let all_paused = possible.iter().all(|connection| connection.paused.is_some());
    let why = if all_paused { Code::ConnectionPaused } else { Code::UserCancelled };
    let choices = possible.iter().filter_map(choice).collect();
    let name = app.name.in_locale(locale).unwrap_or(&app.id).to_owned();
    let back = visit.door(identification, &[("abandon", why.name())]);
    Reply::new(Answer::Page(Page::Chooser { app: name, choices, back }), locale)
}
