//! Whole trails: checked, exported, and what they come to in a month.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde::Deserialize;
use tunnus_sdk::Timestamp;

use super::{
    answer::{File, Reply, serve},
    audit::frame,
    form::{Control, Item, Label, Shape, Shown},
    page::{Block, Cell, Form, Link, Notice, Page, Table, Tone},
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, On, Right},
    audit::{chain::Verified, records::Usage, retention::Month},
    http::admin::lines::Lines,
};

/// How many faults a page shows.
const SHOWN: usize = 100;

/// Where the trail of a tenant, or the operator's, is shown.
fn base(tenant: Option<&str>) -> String {
    tenant.map_or_else(|| "/console".to_owned(), |tenant| format!("/console/tenants/{tenant}"))
}

/// What can be done with a whole trail.
#[must_use]
pub fn ways(visitor: &Visitor, tenant: Option<&str>) -> Vec<Block> {
    let (texts, base) = (&visitor.texts().trails, base(tenant));
    vec![
        Block::Form(Box::new(Form {
            action: format!("{base}/audit/verify"),
            shown: Shown { items: vec![Item::Text(texts.verify_help.to_owned())], summary: Vec::new() },
            submit: texts.verify.to_owned(),
            ..Form::default()
        })),
        Block::Links(vec![
            Link::to(texts.export, format!("{base}/audit/export")),
            Link::to(texts.keys, "/console/audit/keys"),
            Link::to(texts.usage, format!("{base}/usage")),
        ]),
    ]
}

/// Checks the trail of a tenant.
pub async fn verify(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move { verified(&posted.visitor, Some(&tenant)).await }).await
}

/// Checks the operator's own.
pub async fn verify_operators(posted: Posted) -> HttpResponse {
    serve(posted, move |posted| async move { verified(&posted.visitor, None).await }).await
}

async fn verified(visitor: &Visitor, tenant: Option<&str>) -> Result<Reply, AdminError> {
    let verified = visitor.admin.verify_trail(&visitor.broker, &visitor.caller, tenant).await?;
    let mut page = below(visitor, tenant, visitor.texts().trails.verified).await?;
    page.blocks.extend(findings(visitor, &verified));
    page.blocks.extend(ways(visitor, tenant));
    Ok(page.into())
}

/// A page one further down than the trail itself.
async fn below(visitor: &Visitor, tenant: Option<&str>, title: &str) -> Result<Page, AdminError> {
    let mut page = frame(visitor, tenant).await?;
    page.trail.push(Link::to(visitor.texts().audit, format!("{}/audit", base(tenant))));
    title.clone_into(&mut page.title);
    Ok(page)
}

fn findings(visitor: &Visitor, verified: &Verified) -> Vec<Block> {
    let texts = &visitor.texts().trails;
    let verdict = if verified.is_sound() {
        Cell::state(texts.sound, Tone::Good)
    } else {
        Cell::state(texts.not_sound, Tone::Alert)
    };
    let since = verified.unsigned_since.and_then(|at| Timestamp(at).to_rfc3339()).unwrap_or_default();
    let facts = [
        (visitor.texts().state, verdict),
        (texts.events, Cell::text(verified.events.to_string())),
        (texts.signed, Cell::text(verified.signed.to_string())),
        (texts.unsigned_since, Cell::text(since)),
        (texts.unchained, Cell::text(verified.unchained.to_string())),
    ];
    let told = facts.into_iter().filter(|(_, cell)| !cell.text.is_empty());
    let mut blocks = vec![Block::Facts(told.map(|(name, cell)| (name.to_owned(), cell)).collect())];
    if !verified.faults.is_empty() {
        blocks.push(Block::Table(Table {
            caption: texts.faults.to_owned(),
            head: vec![texts.faults.to_owned()],
            rows: verified
                .faults
                .iter()
                .take(SHOWN)
                .map(|fault| vec![Cell::text(fault.to_string())])
                .collect(),
            empty: String::new(),
        }));
    }
    let more = verified.faults.len().saturating_sub(SHOWN);
    blocks.extend((more > 0).then(|| Block::Text((texts.more_faults)(more))));
    blocks
}

/// The trail of a tenant as a file.
pub async fn export(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move { exported(&visitor, Some(&tenant)).await }).await
}

/// The operator's own.
pub async fn export_operators(visitor: Visitor) -> HttpResponse {
    serve(visitor, move |visitor| async move { exported(&visitor, None).await }).await
}

async fn exported(visitor: &Visitor, tenant: Option<&str>) -> Result<Reply, AdminError> {
    let export = visitor.admin.export_trail(&visitor.broker, &visitor.caller, tenant).await?;
    let name = format!("audit-{}.jsonl", tenant.unwrap_or("operator"));
    Ok(Reply::Lines(name, Lines::of(export, &visitor.broker.runtime)))
}

/// What verifies every export, as a file.
pub async fn keys(visitor: Visitor) -> HttpResponse {
    serve(visitor, move |visitor| async move {
        visitor.admin.permit(&visitor.caller, Right::ReadAudit, On::Reach).await?;
        let records = visitor.broker.audit.records().ok_or(AdminError::NotFound)?;
        let text = format!("{:#}", records.public_keys().await?);
        Ok(Reply::File(File { name: "audit-keys.json".to_owned(), media: "application/jwk-set+json", text }))
    })
    .await
}

/// Which month is looked at; this one where nothing is said.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    month: Option<String>,
}

/// What a tenant was used for in a month.
pub async fn usage(visitor: Visitor, tenant: Path<String>, asked: Query<Asked>) -> HttpResponse {
    serve(visitor, move |visitor| async move { usage_page(&visitor, Some(&tenant), &asked).await }).await
}

/// What all were.
pub async fn usage_of_all(visitor: Visitor, asked: Query<Asked>) -> HttpResponse {
    serve(visitor, move |visitor| async move { usage_page(&visitor, None, &asked).await }).await
}

async fn usage_page(visitor: &Visitor, tenant: Option<&str>, asked: &Asked) -> Result<Reply, AdminError> {
    let texts = &visitor.texts().trails;
    let records = visitor.admin.trail(&visitor.broker, &visitor.caller, tenant).await?;
    let mut page = below(visitor, tenant, texts.usage).await?;
    let today = visitor.broker.flows.ambient.now().to_date().unwrap_or_default();
    let this_month = today.rsplit_once('-').map_or_else(String::new, |(month, _)| month.to_owned());
    let month = asked.month.clone().unwrap_or(this_month);
    page.blocks.push(month_form(visitor, tenant, &month));
    let Some(records) = records else {
        page.blocks.push(Block::Text(visitor.texts().no_trail.to_owned()));
        return Ok(page.into());
    };
    let Some(parsed) = Month::parse(&month) else {
        page.notices.push(Notice::alert(texts.no_month));
        return Ok(Reply::Again(Box::new(page)));
    };
    page.blocks.extend(counted(visitor, &records.usage(parsed, tenant).await?));
    Ok(page.into())
}

fn month_form(visitor: &Visitor, tenant: Option<&str>, month: &str) -> Block {
    let texts = visitor.texts();
    let input = Control::new("month", Label::own(texts.trails.month), Shape::line(month));
    Block::Form(Box::new(Form {
        action: format!("{}/usage", base(tenant)),
        asks: true,
        shown: Shown { items: vec![Item::Control(input)], summary: Vec::new() },
        submit: texts.find.to_owned(),
        ..Form::default()
    }))
}

/// The table of a month, and what it comes to.
fn counted(visitor: &Visitor, usage: &[Usage]) -> Vec<Block> {
    let (all, texts) = (visitor.texts(), &visitor.texts().trails);
    let row = |usage: &Usage| {
        vec![
            Cell::code(&usage.tenant),
            Cell::code(&usage.connection),
            Cell::text(&usage.method),
            Cell::text(usage.completed.to_string()),
            Cell::text(usage.failed.to_string()),
        ]
    };
    let head = [all.tenant, all.connection, all.method, texts.completed, texts.failed];
    let table = Table {
        caption: texts.usage.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: usage.iter().map(row).collect(),
        empty: texts.no_usage.to_owned(),
    };
    let [completed, failed] = [
        usage.iter().map(|usage| usage.completed).sum::<u64>(),
        usage.iter().map(|usage| usage.failed).sum::<u64>(),
    ];
    let together = vec![
        (texts.completed.to_owned(), Cell::text(completed.to_string())),
        (texts.failed.to_owned(), Cell::text(failed.to_string())),
    ];
    vec![Block::Table(table), Block::Heading(texts.together.to_owned()), Block::Facts(together)]
}
