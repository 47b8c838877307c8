//! Connections in their order, their setup sheets, and the doctor's look at them.

use serde::Deserialize;
use serde_json::{Value, json};
use tunnus_sdk::Locale;

use crate::{
    admin::{AdminError, On, Right},
    digest::sha256_base64url,
    http::admin::{answer::Answer, asked::Asked, routes::Parameter},
};

/// What a setup sheet takes.
pub const SHEET: &[Parameter] = &[Parameter {
    name: "lang",
    about: "The language of the headings in `text`",
    schema: r#"{"type":"string","enum":["fi","sv","en"]}"#,
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SheetQuery {
    #[serde(default)]
    lang: Locale,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    connections: Vec<String>,
}

/// The setup sheet.
pub async fn sheet(asked: Asked) -> Result<Answer, AdminError> {
    let SheetQuery { lang } = asked.query()?;
    let (tenant, connection) = (asked.tenant(), asked.path("connection"));
    let sheet = asked.admin.sheet(&asked.broker, &asked.caller, tenant, connection).await?;
    let mut body = serde_json::to_value(&sheet).map_err(AdminError::internal)?;
    if let Some(body) = body.as_object_mut() {
        body.insert("text".to_owned(), Value::String(sheet.to_text(lang)));
    }
    Answer::of(body)
}

/// The doctor's findings.
pub async fn check(asked: Asked) -> Result<Answer, AdminError> {
    let (tenant, connection) = (asked.tenant(), asked.path("connection"));
    let findings = asked.admin.check(&asked.broker, &asked.caller, tenant, connection).await?;
    Answer::of(json!({ "findings": findings }))
}

/// The order of the chooser.
pub async fn order(asked: Asked) -> Result<Answer, AdminError> {
    show(&ids(&asked).await?)
}

/// Another order.
pub async fn reorder(asked: Asked) -> Result<Answer, AdminError> {
    asked.admin.permit(&asked.caller, Right::Write, On::Tenant(asked.tenant())).await?;
    let Order { connections } = asked.read()?;
    let before = ids(&asked).await?;
    if asked.tag()? != tag(&before) {
        return Err(AdminError::Stale(Box::new(None)));
    }
    let orders = (before.as_slice(), connections);
    show(&asked.admin.reorder(&asked.caller, asked.tenant(), orders).await?)
}

async fn ids(asked: &Asked) -> Result<Vec<String>, AdminError> {
    let connections = asked.admin.connections(&asked.caller, asked.tenant()).await?;
    Ok(connections.into_iter().map(|document| document.id).collect())
}

fn show(ids: &[String]) -> Result<Answer, AdminError> {
    Ok(Answer::of(json!({ "connections": ids }))?.tagged(tag(ids)))
}

fn tag(ids: &[String]) -> String {
    sha256_base64url(ids.join(" "))
}
