//! What has happened: recent identifications by their outcome, and the trail.
//!
//! Neither leads to a person, but where an admin looks for one order or transaction.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde::Deserialize;
use tunnus_sdk::Hidden;

use super::{
    answer::{Reply, serve},
    form::{Answers, Control, Item, Label, Pick, Shape, Shown},
    page::{Block, Cell, Form, Link, Page, Table, Tone},
    tenants::{Tab, below},
    trail,
    visitor::{Posted, Visitor},
};
use crate::{
    admin::AdminError,
    audit::{
        event::OPERATOR,
        records::{Record, Records, Sought},
    },
};

/// How many events one page shows.
const SHOWN: u32 = 50;

/// What can be looked for.
const KINDS: [&str; 4] = ["reference", "trace", "transaction", "identification"];

/// Where a list goes on.
#[derive(Debug, Default, Deserialize)]
pub struct Before {
    before: Option<String>,
}

/// The latest identifications of a tenant, by outcome.
pub async fn recent(visitor: Visitor, tenant: Path<String>, before: Query<Before>) -> HttpResponse {
    serve(visitor, move |visitor| async move { recent_page(&visitor, &tenant, &before).await }).await
}

async fn recent_page(visitor: &Visitor, tenant: &str, before: &Before) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let mut page = below(visitor, tenant, Tab::Recent, texts.recent).await?;
    let Some(records) = records(visitor, Some(tenant)).await? else {
        page.blocks.push(Block::Text(texts.no_trail.to_owned()));
        return Ok(page.into());
    };
    let found = records.recent(tenant, SHOWN, before.before.as_deref()).await?;
    if !found.is_empty() {
        page.blocks.push(Block::Facts(counts(&found)));
    }
    let head = [texts.time, texts.app, texts.connection, texts.method, texts.outcome, texts.trace];
    page.blocks.push(Block::Table(Table {
        caption: texts.recent.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: found.iter().map(identification).collect(),
        empty: texts.nothing_yet.to_owned(),
    }));
    page.blocks.extend(onwards(visitor, &found, &format!("/console/tenants/{tenant}/recent")));
    Ok(page.into())
}

/// How many of those that are shown came to what.
fn counts(found: &[Record]) -> Vec<(String, Cell)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for record in found {
        *counts.entry(record.body.outcome.as_deref().unwrap_or_default()).or_default() += 1;
    }
    counts.into_iter().map(|(outcome, count)| (outcome.to_owned(), Cell::text(count.to_string()))).collect()
}

fn identification(record: &Record) -> Vec<Cell> {
    let body = &record.body;
    let text = |text: &Option<String>| Cell::text(text.clone().unwrap_or_default());
    vec![
        Cell::text(&record.at),
        text(&body.app),
        text(&body.connection),
        text(&body.method),
        outcome(record),
        Cell::code(body.trace_id.clone().unwrap_or_default()),
    ]
}

/// What it came to, and where and why where it failed.
fn outcome(record: &Record) -> Cell {
    let body = &record.body;
    let parts = [&body.outcome, &body.stage, &body.reason].into_iter().flatten().map(String::as_str);
    let text = parts.collect::<Vec<_>>().join(", ");
    match body.outcome.as_deref() {
        Some("completed") => Cell::state(text, Tone::Good),
        Some(_) => Cell::state(text, Tone::Alert),
        None => Cell::default(),
    }
}

/// The way to those before.
fn onwards(visitor: &Visitor, found: &[Record], path: &str) -> Option<Block> {
    let last = found.last().filter(|_| found.len() >= usize::try_from(SHOWN).unwrap_or(usize::MAX))?;
    Some(Block::Links(vec![Link::to(visitor.texts().earlier, format!("{path}?before={}", last.id))]))
}

/// The trail, for who may read it; none where it is not in a database.
async fn records(visitor: &Visitor, tenant: Option<&str>) -> Result<Option<Records>, AdminError> {
    visitor.admin.trail(&visitor.broker, &visitor.caller, tenant).await
}

/// The trail of a tenant.
pub async fn list(visitor: Visitor, tenant: Path<String>, before: Query<Before>) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor, Some(&tenant), &before).await }).await
}

/// The operator's own trail.
pub async fn operators(visitor: Visitor, before: Query<Before>) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor, None, &before).await }).await
}

/// What every page of a trail begins with.
///
/// # Errors
/// As [`below`].
pub async fn frame(visitor: &Visitor, tenant: Option<&str>) -> Result<Page, AdminError> {
    match tenant {
        Some(tenant) => below(visitor, tenant, Tab::Audit, visitor.texts().audit).await,
        None => Ok(Page { title: visitor.texts().audit.to_owned(), ..Page::default() }),
    }
}

async fn list_page(visitor: &Visitor, tenant: Option<&str>, before: &Before) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let records = records(visitor, tenant).await?;
    let mut page = frame(visitor, tenant).await?;
    let Some(records) = records else {
        page.blocks.push(Block::Text(texts.no_trail.to_owned()));
        return Ok(page.into());
    };
    let found = records.latest(tenant.unwrap_or(OPERATOR), SHOWN, before.before.as_deref()).await?;
    if let Some(tenant) = tenant {
        page.blocks.push(search(visitor, tenant, &Answers::default()));
    }
    page.blocks.push(events(visitor, &found));
    let path = tenant.map(|tenant| format!("/console/tenants/{tenant}/audit"));
    page.blocks.extend(onwards(visitor, &found, path.as_deref().unwrap_or("/console/audit")));
    page.blocks.extend(trail::ways(visitor, tenant));
    Ok(page.into())
}

fn events(visitor: &Visitor, found: &[Record]) -> Block {
    let texts = visitor.texts();
    let row = |record: &Record| {
        let body = &record.body;
        let by = body.actor.as_ref().map(|actor| actor.name.clone()).or_else(|| body.app.clone());
        let about = body.changes.iter().cloned().chain(body.connection.clone());
        let about = about.chain(body.transaction_id.clone()).collect::<Vec<_>>().join(", ");
        vec![
            Cell::text(&record.at),
            Cell::code(body.kind.name()),
            Cell::text(by.unwrap_or_default()),
            Cell::text(about),
            outcome(record),
            Cell::code(body.trace_id.clone().unwrap_or_default()),
        ]
    };
    let head = [texts.time, texts.event, texts.by, texts.about, texts.outcome, texts.trace];
    Block::Table(Table {
        caption: texts.audit.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: found.iter().map(row).collect(),
        empty: texts.nothing_found.to_owned(),
    })
}

/// The form that looks for one order or transaction. It is posted: an app's reference stands in no
/// address, and so in no log.
fn search(visitor: &Visitor, tenant: &str, answers: &Answers) -> Block {
    let texts = visitor.texts();
    let labels = [texts.reference, texts.trace, texts.transaction, texts.identification];
    let pick = |(value, label): (&str, &str)| Pick {
        value: value.to_owned(),
        label: label.to_owned(),
        on: answers.one("by") == Some(value),
    };
    let by = Shape::Select(KINDS.into_iter().zip(labels).map(pick).collect());
    let sought = Shape::line(answers.one("sought").unwrap_or_default());
    let controls = [
        Control::new("by", Label::own(texts.find_by), by),
        Control::new("sought", Label::own(texts.sought), sought).must(),
    ];
    Block::Form(Box::new(Form {
        action: format!("/console/tenants/{tenant}/audit"),
        shown: Shown { items: controls.map(Item::Control).to_vec(), summary: Vec::new() },
        submit: texts.find.to_owned(),
        ..Form::default()
    }))
}

/// Looks for one order or transaction.
pub async fn find(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move { found(&posted, &tenant).await }).await
}

async fn found(posted: &Posted, tenant: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let records = records(visitor, Some(tenant)).await?;
    let mut page = frame(visitor, Some(tenant)).await?;
    page.blocks.push(search(visitor, tenant, answers));
    if let (Some(records), Some(sought)) = (records, sought(answers)) {
        let found = records.find(Some(tenant), &sought).await?;
        page.blocks.push(events(visitor, &found));
    }
    Ok(page.into())
}

fn sought(answers: &Answers) -> Option<Sought> {
    let text = answers.one("sought")?.to_owned();
    match answers.one("by")? {
        "reference" => Some(Sought::Reference(Hidden::new(text))),
        "trace" => Some(Sought::Trace(text)),
        "transaction" => Some(Sought::Transaction(text)),
        "identification" => Some(Sought::Identification(text)),
        _ => None,
    }
}
