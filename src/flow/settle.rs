//! Settles an identification and sends its browser on: back to the app, or to another method.

use std::time::Duration;

use url::Url;

use super::{
    finish::{AppReturn, finish},
    identification::{Face, Identification},
    prepare,
    record::IdentityRecord,
    visit::{Answer, Reply, Visit},
};
use crate::{
    error::{Code, Error},
    metrics::FlowStep,
};

/// How many failures of one app within [`LOOP_WINDOW`] end in a page instead of a redirect.
const LOOP_LIMIT: u32 = 3;
/// How long a failure counts.
const LOOP_WINDOW: Duration = Duration::from_secs(60);

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
    result: Result<IdentityRecord, Error>,
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
