//! `GET {issuer}/api/v1/identifications/{id}`: status and error, no identity unless the app polls.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::Value;

use super::body::{self, Caller, caller, is_theirs, respond};
use crate::{
    app::Broker,
    error::{Code, Error},
    flow::{finish::open_record, identification::Outcome, record::IdentityRecord},
    http::{browser::params, trace::TraceId},
};

/// The longest wait of a long poll, in seconds.
const WAIT_MAX: u64 = 25;
/// How often a waiting poll looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Shows an identification, waiting for it to be settled for as long as `wait` says.
pub async fn show(
    path: Path<(String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
    trace: TraceId,
) -> HttpResponse {
    let (tenant, id) = path.into_inner();
    let wait =
        params(request.query_string().as_bytes()).one("wait").and_then(|wait| wait.parse().ok()).unwrap_or(0);
    let answer = match caller(&broker, &tenant, &request).await {
        Ok(caller) => wait_for(&broker, &caller, &id, Duration::from_secs(wait.min(WAIT_MAX))).await,
        Err(error) => Err(error),
    };
    respond(answer, &trace)
}

async fn wait_for(broker: &Broker, caller: &Caller, id: &str, wait: Duration) -> Result<Value, Error> {
    let settled = async {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            match find(broker, caller, id).await {
                Ok(None) => {}
                found => return found,
            }
        }
    };
    if let (false, Ok(found)) = (wait.is_zero(), tokio::time::timeout(wait, settled).await) {
        return found.and_then(|found| found.ok_or_else(|| Code::Internal.into()));
    }
    match find(broker, caller, id).await? {
        Some(body) => Ok(body),
        None => pending(broker, caller, id).await,
    }
}

async fn pending(broker: &Broker, caller: &Caller, id: &str) -> Result<Value, Error> {
    let identification = broker.flows.identification(id).await?;
    let identification = identification.filter(|identification| is_theirs(identification, caller));
    let identification = identification.ok_or(Code::IdentificationUnknown)?;
    Ok(body::pending(broker, &identification))
}

/// What became of it; none while nothing has, or while it is not theirs to know.
async fn find(broker: &Broker, caller: &Caller, id: &str) -> Result<Option<Value>, Error> {
    let outcome = broker.flows.outcome(id).await?;
    let outcome = outcome.filter(|outcome| is_theirs(&outcome.identification, caller));
    let Some(outcome) = outcome else { return Ok(None) };
    broker.flows.check_readable(&outcome)?;
    Ok(Some(body::settled(&outcome, polled(broker, caller, &outcome).as_ref())))
}

fn polled(broker: &Broker, caller: &Caller, outcome: &Outcome) -> Option<IdentityRecord> {
    let polled = outcome.identification.is_polled();
    if polled { open_record(&broker.flows, &caller.app, outcome, "") } else { None }
}
