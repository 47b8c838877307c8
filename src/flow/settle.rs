//! Settles an identification and sends its browser on: back to the app, or to another method.

use std::time::Duration;

use tunnus_sdk::{BrowserRequest, Method};
use url::Url;

use super::{
    finish::{AppReturn, finish, recorded},
    identification::Identification,
    page::Failure,
    permit, prepare,
    progress::Progress,
    record::IdentityRecord,
    visit::{Answer, Reply, Visit},
};
use crate::{
    audit::event::Kind,
    error::{Code, Error},
    metrics::FlowStep,
    tenant::model::App,
};

/// How many failures of one app within [`LOOP_WINDOW`] end in a page instead of a redirect.
const LOOP_LIMIT: u32 = 3;
/// How long a failure counts.
const LOOP_WINDOW: Duration = Duration::from_secs(60);

/// What happens after a failure: another method where there is one and it may help, else back.
pub(super) async fn fail(
    visit: &Visit,
    identification: &Identification,
    progress: &Progress,
    error: Error,
) -> Reply {
    error.log(&identification.trace_id);
    let connection = progress.connection.as_deref().unwrap_or_default();
    count(visit, identification, connection, &error).await;
    let another_helps =
        matches!(error.code, Code::ProviderUnavailable | Code::AssuranceTooLow | Code::ConnectionPaused);
    let others =
        visit.app(identification).is_ok_and(|app| has_another(visit, &app, identification, connection));
    if another_helps && others {
        attempt_failed(visit, identification, progress, &error).await;
        let back = visit.door(identification, &[("abandon", error.code.name())]).map(BrowserRequest::Get);
        let another = visit.door(identification, &[("proceed", "1")]);
        let failure = visit.failure(identification, error.code);
        return visit.failed(identification, Failure { another, back, ..failure });
    }
    settle(visit, identification, progress, Err(error)).await
}

/// Counts that a login has failed: one that expired once, however often its browser comes too late.
pub(super) async fn count(visit: &Visit, identification: &Identification, connection: &str, error: &Error) {
    let Some(metrics) = visit.metrics(identification) else { return };
    let flows = &visit.broker.flows;
    flows.ended(identification);
    // Where the store is away the same request comes again.
    if error.code != Code::FlowExpired || flows.expires(&identification.id).await.unwrap_or(false) {
        metrics.failed(&visit.tenant.id, connection, error);
    }
}

/// Tells the audit trail of an attempt that has failed and ended nothing: the person is let on even
/// where that cannot be told.
async fn attempt_failed(visit: &Visit, identification: &Identification, progress: &Progress, error: &Error) {
    let event = progress.to_failure(Kind::AttemptFailed, identification, error);
    if let Err(error) = recorded(&visit.broker.audit, event).await {
        error.log(&identification.trace_id);
    }
}

/// Whether the person can go on by another connection.
fn has_another(visit: &Visit, app: &App, identification: &Identification, failed: &str) -> bool {
    let possible = prepare::possible(&visit.broker, &visit.tenant, app, identification);
    possible.iter().any(|other| other.id != failed && other.paused.is_none())
}

/// Settles an identification and answers its browser.
pub(super) async fn settle(
    visit: &Visit,
    identification: &Identification,
    progress: &Progress,
    result: Result<IdentityRecord, Error>,
) -> Reply {
    // An app that is gone, or whose address is no longer its own, gets neither person nor record.
    let (app, result) = match permit::app(&visit.tenant, identification) {
        Ok(app) => (Some(app), result),
        Err(error) => (None, Err(error)),
    };
    let failed = result.as_ref().err().map(|error| error.code);
    let identified = result.as_ref().ok().map(|record| (record.connection.clone(), record.method.clone()));
    match finish(&visit.broker, identification, progress, result).await {
        Ok(way) => {
            record(visit, identification, failed, identified);
            match (app, failed) {
                (Some(app), _) => to_app(visit, identification, &app, way, failed),
                (None, failed) => visit.failure_page(identification, failed.unwrap_or(Code::AppUnauthorised)),
            }
        }
        Err(error) if error.code == Code::StoreUnavailable => visit.try_again(identification, &error, &[]),
        Err(error) => {
            error.log(&identification.trace_id);
            visit.failure_page(identification, error.code)
        }
    }
}

/// Logs and counts how an identification ended.
fn record(
    visit: &Visit,
    identification: &Identification,
    failed: Option<Code>,
    identified: Option<(String, Option<Method>)>,
) {
    tracing::info!(
        trace_id = identification.trace_id,
        identification = identification.id,
        tenant = visit.tenant.id,
        app = identification.app,
        outcome = failed.map_or("completed", Code::name),
        "identification settled"
    );
    if let (Some((connection, method)), Some(metrics)) = (identified, visit.metrics(identification)) {
        metrics.step(&visit.tenant.id, &connection, FlowStep::Finished);
        metrics.identified(&visit.tenant.id, &connection, method.as_ref().map(|method| method.id.as_str()));
    }
}

/// Back to the app; after several failures in a row by a page with a button, so that no loop spins.
fn to_app(
    visit: &Visit,
    identification: &Identification,
    app: &App,
    way: AppReturn,
    failed: Option<Code>,
) -> Reply {
    let locale = visit.locale(identification);
    let way = match way {
        AppReturn::Stay { success, .. } => {
            AppReturn::Stay { app: app.name.in_locale(locale).unwrap_or(&app.id).to_owned(), success }
        }
        way @ (AppReturn::Redirect(_) | AppReturn::FormPost { .. } | AppReturn::Tried { .. }) => way,
    };
    // No app is sent anything after a trial, so that nothing can go round in a loop.
    let Some(code) = failed.filter(|_| identification.trial().is_none()) else {
        return Reply::new(Answer::App(way), locale);
    };
    let failures = count_failure(visit, &identification.app);
    let back = if failures.2 >= LOOP_LIMIT { by_click(&way) } else { None };
    let reply = match back {
        Some(back) => {
            let failure = visit.failure(identification, code);
            visit.failed(identification, Failure { back: Some(back), ..failure })
        }
        None => Reply::new(Answer::App(way), locale),
    };
    Reply { failures: Some(failures), ..reply }
}

/// The same way, for a button.
fn by_click(way: &AppReturn) -> Option<BrowserRequest> {
    match way {
        AppReturn::Redirect(url) => Url::parse(url.expose_str()).ok().map(BrowserRequest::Get),
        AppReturn::FormPost { action, fields } => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), value.expose().clone()));
            Some(BrowserRequest::Post { action: action.clone(), fields: fields.collect() })
        }
        AppReturn::Stay { .. } | AppReturn::Tried { .. } => None,
    }
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
