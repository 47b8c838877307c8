//! `GET {issuer}/api/v1/identifications/{id}`: status and error, no identity unless the app polls.

use std::{sync::atomic::Ordering, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::Value;
use tokio::time::timeout;

use super::body::{self, Caller, caller, is_theirs, respond};
use crate::{
    app::Broker,
    error::{Code, Error},
    flow::{finish::open_record, identification::Identification},
    http::{browser::params, trace::TraceId},
};

/// The longest wait of a long poll, in seconds.
const WAIT_MAX: u64 = 25;
/// How often a waiting poll looks, beside being woken: another broker may settle it.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Shows an identification, waiting for it to be settled for as long as `wait` says.
pub async fn show(
    path: Path<(String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
    trace: TraceId,
) -> HttpResponse {
    let (tenant, id) = path.into_inner();
    respond(shown(&broker, &tenant, &id, &request).await, &trace)
}

async fn shown(broker: &Data<Broker>, tenant: &str, id: &str, request: &HttpRequest) -> Result<Value, Error> {
    let caller = caller(broker, tenant, request).await?;
    let wait = wait(request)?;
    if let Some(body) = settled(broker, &caller, id).await? {
        return Ok(body);
    }
    // What is unknown, or another's, is answered at once: there is nothing to wait for.
    let identification = broker.flows.identification(id).await?;
    let identification = identification.filter(|identification| is_theirs(identification, &caller));
    let Some(identification) = identification else {
        // It may have been cancelled, and so settled and forgotten, between the two looks.
        return settled(broker, &caller, id).await?.ok_or_else(|| Code::IdentificationUnknown.into());
    };
    if !wait.is_zero()
        && let Some(body) = wait_for(broker, &caller, &identification, wait).await?
    {
        return Ok(body);
    }
    Ok(body::pending(broker, &identification))
}

/// How long to wait: the seconds asked for, at most 25.
fn wait(request: &HttpRequest) -> Result<Duration, Error> {
    let query = params(request.query_string().as_bytes());
    if !query.has("wait") {
        return Ok(Duration::ZERO);
    }
    let seconds = query.one("wait").and_then(|wait| wait.parse::<u64>().ok());
    let seconds = seconds.ok_or_else(|| Error::request("wait", "not a number of seconds"))?;
    Ok(Duration::from_secs(seconds.min(WAIT_MAX)))
}

/// What became of it within `wait`.
async fn wait_for(
    broker: &Broker,
    caller: &Caller,
    identification: &Identification,
    wait: Duration,
) -> Result<Option<Value>, Error> {
    let Identification { id, tenant, app, .. } = identification;
    let mut waiter = broker.flows.waiting.enter(tenant, app, id).ok_or(Code::RateLimited)?;
    let looks = async {
        loop {
            // After it began to wait: what is settled from now on wakes it.
            if let Some(body) = settled(broker, caller, id).await? {
                return Ok(Some(body));
            }
            // The next poll goes to another broker; waiting longer would only hold up the end of this one.
            if broker.stopping.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let _ = timeout(LOOK_EVERY, waiter.woken()).await;
        }
    };
    timeout(wait, looks).await.unwrap_or(Ok(None))
}

/// What became of it; none while nothing has, or while it is not theirs to know.
async fn settled(broker: &Broker, caller: &Caller, id: &str) -> Result<Option<Value>, Error> {
    let outcome = broker.flows.outcome(id).await?;
    let outcome = outcome.filter(|outcome| is_theirs(&outcome.identification, caller));
    let Some(outcome) = outcome else { return Ok(None) };
    broker.flows.check_readable(&outcome)?;
    let is_polled = outcome.identification.is_polled();
    let record = is_polled.then(|| open_record(&broker.flows, &caller.app, &outcome, "")).flatten();
    Ok(Some(body::settled(&outcome, record.as_ref())))
}
