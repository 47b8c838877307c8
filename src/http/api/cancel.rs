//! `DELETE {issuer}/api/v1/identifications/{id}`: cancels and erases; wins over a late callback.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use super::body::{caller, is_theirs, respond};
use crate::{
    app::Broker,
    audit::event::Kind,
    error::{Code, Error},
    flow::{
        identification::{Outcome, Report, Settled},
        progress::Progress,
    },
    http::trace::TraceId,
};

/// Cancels an identification of the calling app.
pub async fn cancel(
    path: Path<(String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
    trace: TraceId,
) -> HttpResponse {
    let (tenant, id) = path.into_inner();
    match cancelled(&broker, &tenant, &id, &request).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => respond(Err(error), &trace),
    }
}

async fn cancelled(
    broker: &Data<Broker>,
    tenant: &str,
    id: &str,
    request: &HttpRequest,
) -> Result<(), Error> {
    let caller = caller(broker, tenant, request).await?;
    let flows = &broker.flows;
    let settled = flows.outcome(id).await?.map(|outcome| outcome.identification);
    let mut identification = match settled {
        Some(identification) => identification,
        None => flows.identification(id).await?.ok_or(Code::IdentificationUnknown)?,
    };
    if !is_theirs(&identification, &caller) {
        return Err(Code::IdentificationUnknown.into());
    }
    identification.login_hint = None;
    identification.expected_national_id = None;
    let kind = Kind::IdentificationCancelled;
    let report = Report::from(&Error::new(Code::UserCancelled));
    let outcome =
        Outcome { identification, finished_at: flows.ambient.now(), result: Settled::Failed(report) };
    broker
        .audit
        .record(Progress::at_the_door(&outcome.identification).to_event(kind, &outcome.identification))
        .await?;
    let counts = flows.mark_counted(id).await?;
    // What had ended before was counted then.
    if !flows.settle(&outcome).await? {
        flows.overrule(&outcome).await?;
    } else if counts {
        let connection = outcome.identification.connection.as_deref().unwrap_or_default();
        broker.metrics.cancelled(tenant, connection);
    }
    flows.forget_identification(&outcome.identification).await
}
