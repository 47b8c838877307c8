//! The one body that all answers about an identification have.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::{Value, json};

use crate::{
    app::Broker,
    error::{Code, Error},
    flow::{
        identification::{Face, Identification, Outcome, Settled},
        record::IdentityRecord,
    },
    http::{
        auth,
        error::{rest, to_json},
        trace::TraceId,
    },
    limits::Class,
    tenant::model::{App, Tenant},
};

/// The caller of the REST interface.
pub struct Caller {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The app.
    pub app: Arc<App>,
}

/// Who is calling. An unknown tenant and an unknown app look alike.
///
/// # Errors
/// [`Code::AppUnauthorised`]; [`Code::RateLimited`]; [`Code::StoreUnavailable`].
pub async fn caller(broker: &Data<Broker>, tenant: &str, request: &HttpRequest) -> Result<Caller, Error> {
    let tenant = broker.tenants.tenant(tenant).await?.ok_or(Code::AppUnauthorised)?;
    let app = auth::at_rest(broker, &tenant, request).await?;
    broker.admit_app(&tenant, &app, Class::Call)?;
    Ok(Caller { tenant, app })
}

/// Answers with a body or a failure.
#[must_use]
pub fn respond(answer: Result<Value, Error>, trace: &TraceId) -> HttpResponse {
    match answer {
        Ok(body) => HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(body),
        Err(error) => {
            error.log(&trace.0);
            rest(&error, &trace.0)
        }
    }
}

/// An identification that is this app's, over REST.
#[must_use]
pub fn is_theirs(identification: &Identification, caller: &Caller) -> bool {
    let over_rest = matches!(identification.face, Face::Rest { .. });
    over_rest && identification.app == caller.app.id && identification.tenant == caller.tenant.id
}

/// An identification that is not settled.
#[must_use]
pub fn pending(broker: &Broker, identification: &Identification) -> Value {
    let expired = broker.flows.ambient.now() > identification.expires_at;
    let mut body = common(identification, if expired { "expired" } else { "pending" }, false);
    if expired {
        let error = Error::new(Code::FlowExpired);
        add(&mut body, "error", to_json(&(&error).into()));
    }
    body
}

/// An identification that is settled, with the record where the caller may have it.
#[must_use]
pub fn settled(outcome: &Outcome, record: Option<&IdentityRecord>) -> Value {
    let (status, error) = match &outcome.result {
        Settled::Completed(_) => ("completed", None),
        Settled::Failed(report) if report.code == Code::FlowExpired => ("expired", Some(to_json(report))),
        Settled::Failed(report) => ("failed", Some(to_json(report))),
        // No app's: `is_theirs` lets none come so far.
        Settled::Tried(_) => ("failed", None),
    };
    let mut body = common(&outcome.identification, status, status == "completed");
    if let Some(finished_at) = outcome.finished_at.to_rfc3339() {
        add(&mut body, "finished_at", json!(finished_at));
    }
    if let Some(error) = error {
        add(&mut body, "error", error);
    }
    if let Some(record) = record {
        add(&mut body, "identity", json!(record));
    }
    body
}

fn common(identification: &Identification, status: &str, success: bool) -> Value {
    let mut body = json!({
        "id": identification.id,
        "status": status,
        "success": success,
        "expires_at": identification.expires_at.to_rfc3339(),
        "trace_id": identification.trace_id,
    });
    if let Some(reference) = &identification.reference {
        add(&mut body, "reference", json!(reference));
    }
    body
}

/// Adds a member to a body.
pub fn add(body: &mut Value, name: &str, value: Value) {
    if let Some(members) = body.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
