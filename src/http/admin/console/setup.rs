//! What the upstream's admin must set for a connection, and whether it works: the setup sheet and the
//! doctor's findings.

use actix_web::{HttpResponse, web::Path};
use serde_json::{Value, json};
use tunnus_sdk::{Finding, Severity};

use super::{
    answer::{Reply, serve},
    connections::{frame, href},
    form::Shown,
    page::{Block, Cell, Form, Link, Table, Tone},
    trials,
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, Right},
    tenant::store::change::Part,
};

/// The setup sheet.
pub async fn sheet(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(visitor, move |visitor| async move { sheet_page(&visitor, &tenant, &connection).await }).await
}

async fn sheet_page(visitor: &Visitor, tenant: &str, connection: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let part = Part::Connection(connection.to_owned());
    let document = visitor.admin.part(&visitor.caller, tenant, &part).await?;
    let mut page = frame(visitor, tenant, &document).await?;
    page.trail.push(Link::to(page.title.clone(), href(tenant, connection)));
    texts.sheet.clone_into(&mut page.title);
    let sheet = visitor.admin.sheet(&visitor.broker, &visitor.caller, tenant, connection).await?;
    let sheet = json!(sheet);
    page.blocks.push(Block::Text(texts.sheet_help.to_owned()));
    page.blocks.push(Block::Heading(texts.to_be_set.to_owned()));
    page.blocks.push(Block::Facts(pairs(&sheet, "settings", ("place", "value"))));
    page.blocks.push(Block::Heading(texts.return_urls.to_owned()));
    page.blocks.push(Block::Facts(pairs(&sheet, "return_urls", ("leg", "url"))));
    page.blocks.push(Block::Heading(texts.public_keys.to_owned()));
    let keys_url = sheet.get("keys_url").and_then(Value::as_str).unwrap_or_default();
    page.blocks.push(Block::Facts(vec![(texts.also_at.to_owned(), Cell::code(keys_url))]));
    page.blocks.extend(keys(&sheet));
    page.blocks.push(Block::Facts(pairs(&sheet, "ends", ("credential", "at"))));
    Ok(page.into())
}

/// Names and values of a list of the sheet.
fn pairs(sheet: &Value, list: &str, (name, value): (&str, &str)) -> Vec<(String, Cell)> {
    let entries = sheet.get(list).and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    entries.filter_map(|entry| Some((text(entry, name)?, Cell::code(text(entry, value)?)))).collect()
}

/// Each public key, to be copied.
fn keys(sheet: &Value) -> Vec<Block> {
    let all = sheet.get("keys").and_then(Value::as_array).into_iter().flatten();
    let one = |key: &Value| {
        let text = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
        Block::Code {
            label: format!("{} {} {}", text("use"), text("kty"), text("kid")),
            text: serde_json::to_string_pretty(key).unwrap_or_default(),
        }
    };
    all.map(one).collect()
}

/// The ways to sheet and doctor from a connection's page.
#[must_use]
pub fn ways(visitor: &Visitor, tenant: &str, connection: &str) -> Vec<Block> {
    let texts = visitor.texts();
    let sheet = Link::to(texts.sheet, format!("{}/sheet", href(tenant, connection)));
    let links = [sheet].into_iter().chain(trials::way(visitor, tenant, connection));
    let mut blocks = vec![Block::Actions(links.collect())];
    if visitor.caller.may(Right::Try) {
        blocks.push(Block::Form(Box::new(Form {
            action: format!("{}/check", href(tenant, connection)),
            shown: Shown::default(),
            submit: texts.check.to_owned(),
            ..Form::default()
        })));
    }
    blocks
}

/// Has the doctor look at a connection and its upstream.
pub async fn check(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(posted, move |posted| async move { checked(&posted.visitor, &tenant, &connection).await }).await
}

async fn checked(visitor: &Visitor, tenant: &str, connection: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let part = Part::Connection(connection.to_owned());
    let document = visitor.admin.part(&visitor.caller, tenant, &part).await?;
    let findings = visitor.admin.check(&visitor.broker, &visitor.caller, tenant, connection).await?;
    let mut page = frame(visitor, tenant, &document).await?;
    page.trail.push(Link::to(page.title.clone(), href(tenant, connection)));
    texts.findings.clone_into(&mut page.title);
    let row = |finding: &Finding| {
        let state = match finding.severity {
            Severity::Fine => Cell::state(texts.fine, Tone::Good),
            Severity::Warning => Cell::state(texts.warning, Tone::Alert),
            Severity::Fault => Cell::state(texts.fault, Tone::Alert),
        };
        vec![
            state,
            Cell::text(&finding.subject),
            Cell::text(&finding.text),
            Cell::text(finding.remedy.clone().unwrap_or_default()),
        ]
    };
    page.blocks.push(Block::Table(Table {
        caption: texts.findings.to_owned(),
        head: [texts.state, texts.about, texts.finding, texts.remedy].map(str::to_owned).to_vec(),
        rows: findings.iter().map(row).collect(),
        empty: String::new(),
    }));
    page.blocks.extend(ways(visitor, tenant, connection));
    Ok(page.into())
}
