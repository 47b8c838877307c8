//! `POST {issuer}/api/v1/identifications/{id}/result`: the record, for who holds the browser's code.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::Value;

use super::body::{self, caller, is_theirs, respond};
use crate::{
    app::Broker,
    error::{Code, Error},
    flow::{
        finish::{open_record, parse_code},
        identification::Settled,
    },
    http::{
        payload::{Payload, whole},
        trace::TraceId,
    },
};

/// Releases the record. It stays readable with the same code until the result expires.
pub async fn release(
    path: Path<(String, String)>,
    broker: Data<Broker>,
    request: HttpRequest,
    payload: Payload,
    trace: TraceId,
) -> HttpResponse {
    let (tenant, id) = path.into_inner();
    respond(result(&broker, &tenant, &id, &request, payload).await, &trace)
}

async fn result(
    broker: &Data<Broker>,
    tenant: &str,
    id: &str,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Value, Error> {
    let caller = caller(broker, tenant, request).await?;
    let secret = secret(id, &whole(payload)?)?;
    let outcome = broker.flows.outcome(id).await?;
    let outcome = outcome.filter(|outcome| is_theirs(&outcome.identification, &caller));
    let outcome = outcome.ok_or(Code::IdentificationUnknown)?;
    broker.flows.check_readable(&outcome)?;
    match &outcome.result {
        Settled::Failed(_) => Ok(body::settled(&outcome, None)),
        Settled::Tried(_) => Err(Code::IdentificationUnknown.into()),
        Settled::Completed(_) => {
            let record = open_record(&broker.flows, &caller.app, &outcome, &secret);
            let record =
                record.ok_or_else(|| Error::request("/code", "not the code of this identification"))?;
            Ok(body::settled(&outcome, Some(&record)))
        }
    }
}

/// The secret of the code in `{ "code": … }`, which must name this identification.
fn secret(id: &str, payload: &[u8]) -> Result<String, Error> {
    let wrong = || Error::request("/code", "not the code of this identification");
    let body =
        tunnus_sdk::json::parse_object(payload).map_err(|_| Error::request("", "not a JSON object"))?;
    if body.keys().any(|name| name != "code") {
        return Err(Error::request("", "only code may stand here"));
    }
    let code = body.get("code").and_then(Value::as_str).ok_or_else(|| Error::request("/code", "missing"))?;
    let (named, secret) = parse_code(code).ok_or_else(wrong)?;
    if named == id { Ok(secret.to_owned()) } else { Err(wrong()) }
}
