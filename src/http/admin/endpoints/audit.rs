//! The audit trail: what happened lately, what concerns one order or transaction, what a month came to.

use serde::Deserialize;
use serde_json::json;
use tunnus_sdk::Hidden;

use crate::{
    admin::{AdminError, On, Right},
    audit::{
        event::OPERATOR,
        records::{Records, Sought},
        retention::Month,
    },
    http::admin::{answer::Answer, asked::Asked, lines::Lines, routes::Parameter},
};

/// How many events one answer has where nothing is said.
const SHOWN: u32 = 50;

/// What a list takes.
pub const LIST: &[Parameter] = &[
    Parameter {
        name: "before",
        about: "The id of the event before which the page begins",
        schema: r#"{"type":"string","pattern":"^[A-Za-z0-9_-]{1,64}$"}"#,
    },
    Parameter {
        name: "limit",
        about: "How many at most",
        schema: r#"{"type":"integer","minimum":1,"maximum":200}"#,
    },
];

/// What a search takes: one of these.
pub const SEARCH: &[Parameter] = &[
    Parameter { name: "reference", about: "The app's own order id", schema: r#"{"type":"string"}"# },
    Parameter {
        name: "trace",
        about: "The trace id of a page, a log or a body",
        schema: r#"{"type":"string"}"#,
    },
    Parameter { name: "transaction", about: "The upstream's own id", schema: r#"{"type":"string"}"# },
    Parameter { name: "identification", about: "An identification's id", schema: r#"{"type":"string"}"# },
];

/// What a count takes.
pub const MONTH: &[Parameter] = &[Parameter {
    name: "month",
    about: "The month, 2026-11; needed",
    schema: r#"{"type":"string","pattern":"^[0-9]{4}-(0[1-9]|1[0-2])$"}"#,
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    before: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    reference: Option<Hidden<String>>,
    trace: Option<String>,
    transaction: Option<String>,
    identification: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    month: String,
}

/// The latest events: of a tenant, or the operator's own.
pub async fn list(asked: Asked) -> Result<Answer, AdminError> {
    let (records, tenant) = (records(&asked).await?, tenant(&asked));
    let List { before, limit } = asked.query()?;
    let plain = |id: &String| {
        !id.is_empty()
            && id.len() <= 64
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !before.as_ref().is_none_or(plain) {
        return Err(AdminError::fault("before", "the id of an event"));
    }
    let limit = limit.unwrap_or(SHOWN);
    if !(1..=200).contains(&limit) {
        return Err(AdminError::fault("limit", "1 to 200"));
    }
    let events = records.latest(tenant.unwrap_or(OPERATOR), limit, before.as_deref()).await?;
    Answer::of(json!({ "events": events }))
}

/// The events of one order, transaction or identification.
pub async fn find(asked: Asked) -> Result<Answer, AdminError> {
    let records = records(&asked).await?;
    let Search { reference, trace, transaction, identification } = asked.query()?;
    let sought = match (reference, trace, transaction, identification) {
        (Some(reference), None, None, None) => Sought::Reference(reference),
        (None, Some(trace), None, None) => Sought::Trace(trace),
        (None, None, Some(transaction), None) => Sought::Transaction(transaction),
        (None, None, None, Some(identification)) => Sought::Identification(identification),
        _ => return Err(AdminError::fault("", "give one: reference, trace, transaction or identification")),
    };
    if text(&sought).contains('\0') {
        return Err(AdminError::fault("", "a parameter has a character that no text has"));
    }
    Answer::of(json!({ "events": records.find(tenant(&asked), &sought).await? }))
}

/// What each connection was used for in a month.
pub async fn usage(asked: Asked) -> Result<Answer, AdminError> {
    let records = records(&asked).await?;
    let Counted { month } = asked.query()?;
    let month = Month::parse(&month).ok_or_else(|| AdminError::fault("month", "a month is 2026-11"))?;
    Answer::of(json!({ "usage": records.usage(month, tenant(&asked)).await? }))
}

fn text(sought: &Sought) -> &str {
    match sought {
        Sought::Reference(text) | Sought::Subject(text) => text.expose_str(),
        Sought::Trace(text) | Sought::Transaction(text) | Sought::Identification(text) => text,
    }
}

/// The tenant in the path; none where everything is meant.
fn tenant(asked: &Asked) -> Option<&str> {
    Some(asked.tenant()).filter(|tenant| !tenant.is_empty())
}

/// Checks all of a trail.
pub async fn verify(asked: Asked) -> Result<Answer, AdminError> {
    Answer::of(asked.admin.verify_trail(&asked.broker, &asked.caller, tenant(&asked)).await?)
}

/// All of a trail that is signed.
pub async fn export(asked: Asked) -> Result<Answer, AdminError> {
    let export = asked.admin.export_trail(&asked.broker, &asked.caller, tenant(&asked)).await?;
    Ok(Answer::lines(Lines::of(export, &asked.broker.runtime)))
}

/// What verifies an export.
pub async fn keys(asked: Asked) -> Result<Answer, AdminError> {
    asked.admin.permit(&asked.caller, Right::ReadAudit, On::Reach).await?;
    let records = asked.broker.audit.records().ok_or(AdminError::NotFound)?;
    Answer::of(records.public_keys().await?)
}

/// The trail, for who may read it.
async fn records(asked: &Asked) -> Result<Records, AdminError> {
    let records = asked.admin.trail(&asked.broker, &asked.caller, tenant(asked)).await?;
    records.ok_or(AdminError::NotFound)
}
