//! A login that an admin tries: begun here, made in the browser on the public side, told of here.

use actix_web::{HttpResponse, web::Path};
use tunnus_sdk::Source;

use super::{
    answer::{Reply, serve},
    connections::{frame, href},
    form::{Control, Item, Label, Pick, Shape, Shown},
    page::{Block, Cell, Form, Link, Notice, Page, Table, Tone},
    tenants::name_of,
    texts::trials::TrialTexts,
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, NewTrial, On, Right, Told, TrialInfo, TrialStatus},
    flow::trial::Mapped,
    host::observed::{Header, Named, Seen},
    tenant::store::change::Part,
};

/// The way to a trial from a connection's page.
#[must_use]
pub fn way(visitor: &Visitor, tenant: &str, connection: &str) -> Option<Link> {
    let href = format!("{}/trials", href(tenant, connection));
    visitor.caller.may(Right::Try).then(|| Link::to(visitor.texts().trials.try_login, href))
}

/// Says what a trial is, and asks as which app.
pub async fn new(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(visitor, move |visitor| async move { new_page(&visitor, &tenant, &connection).await }).await
}

async fn new_page(visitor: &Visitor, tenant: &str, connection: &str) -> Result<Reply, AdminError> {
    visitor.admin.permit(&visitor.caller, Right::Try, On::Tenant(tenant)).await?;
    let texts = &visitor.texts().trials;
    let mut page = page(visitor, tenant, connection, texts.try_login).await?;
    let apps = visitor.admin.apps(&visitor.caller, tenant).await?;
    let pick = |value: &str, label: String, on| Pick { value: value.to_owned(), label, on };
    let named = apps.iter().map(|app| {
        let name = app.value.get("name").map(|name| name_of(name, visitor.locale)).unwrap_or_default();
        pick(&app.id, format!("{name} ({})", app.id), false)
    });
    let picks = [pick("", texts.all_apps.to_owned(), true)].into_iter().chain(named).collect();
    let control = Control::new("app", Label::own(texts.as_app), Shape::Select(picks));
    page.blocks.push(Block::Text(texts.help.to_owned()));
    page.blocks.push(Block::Form(Box::new(Form {
        action: format!("{}/trials", href(tenant, connection)),
        shown: Shown { items: vec![Item::Control(control)], summary: Vec::new() },
        submit: texts.begin.to_owned(),
        ..Form::default()
    })));
    Ok(page.into())
}

/// Begins one. The way on is a link: a form of ours leads to no other origin.
pub async fn begin(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(posted, move |posted| async move { begun(&posted, &tenant, &connection).await }).await
}

async fn begun(posted: &Posted, tenant: &str, connection: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let texts = &visitor.texts().trials;
    let app = answers.one("app").map(str::to_owned);
    let wanted = NewTrial { app, locale: Some(visitor.locale), ..NewTrial::default() };
    let place = (tenant, connection);
    let trial = visitor.admin.begin_trial(&visitor.broker, &visitor.caller, place, wanted).await?;
    let mut page = page(visitor, tenant, connection, texts.begun).await?;
    page.blocks.push(Block::Text(texts.begun_help.to_owned()));
    let go = Link::to(texts.go, trial.url.unwrap_or_default());
    page.blocks.push(Block::Actions(vec![go]));
    let report = Link::to(texts.report, format!("{}/trials/{}", href(tenant, connection), trial.id));
    page.blocks.push(Block::Links(vec![report]));
    Ok(page.into())
}

/// What one tells.
pub async fn show(visitor: Visitor, path: Path<(String, String, String)>) -> HttpResponse {
    let (tenant, connection, id) = path.into_inner();
    serve(visitor, move |visitor| async move { report(&visitor, (&tenant, &connection), &id).await }).await
}

async fn report(visitor: &Visitor, place: (&str, &str), id: &str) -> Result<Reply, AdminError> {
    let texts = &visitor.texts().trials;
    let trial = visitor.admin.trial(&visitor.broker, &visitor.caller, place, id).await?;
    let mut page = page(visitor, place.0, place.1, texts.report).await?;
    page.notices.push(stands(&trial, texts));
    if let Some(told) = &trial.report {
        page.blocks.extend(finding(told, visitor));
        page.blocks.push(Block::Facts(facts(&trial, told, visitor)));
        page.blocks.extend(mapping(told, texts));
        page.blocks.extend(legs(told, texts));
    }
    let trials = format!("{}/trials", href(place.0, place.1));
    let pending = trial.status == TrialStatus::Pending;
    let look = pending.then(|| Link::to(texts.look, format!("{trials}/{}", trial.id)));
    let again = visitor.caller.may(Right::Try).then(|| Link::to(texts.once_more, trials));
    page.blocks.push(Block::Actions(look.into_iter().chain(again).collect()));
    Ok(page.into())
}

/// What every page of a trial begins with.
async fn page(visitor: &Visitor, tenant: &str, connection: &str, title: &str) -> Result<Page, AdminError> {
    let part = Part::Connection(connection.to_owned());
    let document = visitor.admin.part(&visitor.caller, tenant, &part).await?;
    let mut page = frame(visitor, tenant, &document).await?;
    page.trail.push(Link::to(page.title.clone(), href(tenant, connection)));
    title.clone_into(&mut page.title);
    Ok(page)
}

fn stands(trial: &TrialInfo, texts: &TrialTexts) -> Notice {
    match trial.status {
        TrialStatus::Pending => Notice { tone: Tone::Plain, text: texts.pending.to_owned() },
        TrialStatus::Completed => Notice::good(texts.completed),
        TrialStatus::Failed => Notice::alert(texts.failed),
        TrialStatus::Expired => Notice::alert(texts.expired),
    }
}

/// What is wrong, and what helps.
fn finding(told: &Told, visitor: &Visitor) -> Option<Block> {
    let (texts, finding) = (visitor.texts(), told.finding.as_ref()?);
    let remedy = finding.remedy.clone().unwrap_or_default();
    let code = told.error.as_ref().map(|error| error.code.name()).unwrap_or_default();
    Some(Block::Facts(vec![
        (texts.finding.to_owned(), Cell::state(&finding.text, Tone::Alert)),
        (texts.remedy.to_owned(), Cell::text(remedy)),
        (texts.outcome.to_owned(), Cell::code(code)),
    ]))
}

fn facts(trial: &TrialInfo, told: &Told, visitor: &Visitor) -> Vec<(String, Cell)> {
    let (texts, own) = (visitor.texts(), &visitor.texts().trials);
    let level = told.assurance.map(|level| level.to_string());
    let facts = [
        (own.assurance, level.map(Cell::text)),
        ("acr", told.acr.as_deref().map(Cell::code)),
        ("amr", Some(told.amr.join(" ")).filter(|amr| !amr.is_empty()).map(Cell::code)),
        (texts.method, told.method.as_deref().map(Cell::code)),
        (texts.transaction, told.transaction_id.as_deref().map(Cell::code)),
        (texts.app, trial.app.as_deref().map(Cell::code)),
        (own.begun_by, Some(Cell::text(&trial.begun_by))),
        (texts.time, trial.finished_at.as_deref().map(Cell::text)),
        (texts.trace, Some(Cell::code(&trial.trace_id))),
    ];
    facts.into_iter().filter_map(|(name, cell)| Some((name.to_owned(), cell?))).collect()
}

/// Where each member came from, and whether an app would get it.
fn mapping(told: &Told, texts: &TrialTexts) -> Vec<Block> {
    let source = |source: &Option<Source>| match source {
        Some(Source::Claim { claim, from }) => {
            let from = serde_json::to_value(from).ok();
            let from = from.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            Cell::code(format!("{from}: {claim}"))
        }
        Some(Source::Derived { derived }) => Cell::text((texts.derived)(&derived.to_string())),
        None => Cell::default(),
    };
    let whether = |yes: bool| Cell::state(if yes { texts.yes } else { texts.no }, tone(yes));
    let row = |mapped: &Mapped| {
        let member = Cell::code(mapped.member.to_string());
        vec![member, source(&mapped.source), whether(mapped.received), whether(mapped.released)]
    };
    let table = Table {
        caption: texts.mapping.to_owned(),
        head: [texts.member, texts.source, texts.received, texts.released].map(str::to_owned).to_vec(),
        rows: told.members.iter().map(row).collect(),
        empty: texts.no_members.to_owned(),
    };
    vec![Block::Heading(texts.mapping.to_owned()), Block::Table(table)]
}

const fn tone(yes: bool) -> Tone {
    if yes { Tone::Good } else { Tone::Plain }
}

/// Each leg with its steps.
fn legs(told: &Told, texts: &TrialTexts) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(texts.steps.to_owned())];
    let begins = |_: &Seen, next: &Seen| !matches!(next, Seen::Returned { .. });
    for leg in told.steps.chunk_by(begins) {
        let caption = match leg.first() {
            Some(Seen::Returned { leg, .. }) => (texts.after_leg)(leg),
            Some(_) | None => texts.start.to_owned(),
        };
        blocks.push(Block::Table(Table {
            caption,
            head: [texts.step, texts.place, texts.contents].map(str::to_owned).to_vec(),
            rows: leg.iter().map(|step| row(step, texts)).collect(),
            empty: String::new(),
        }));
    }
    blocks
}

fn row(step: &Seen, texts: &TrialTexts) -> Vec<Cell> {
    let (what, place, contents) = match step {
        Seen::Signed { header, members } => (Cell::text(texts.signed), of_header(header), list(members)),
        Seen::Encrypted { header } => (Cell::text(texts.encrypted), of_header(header), String::new()),
        Seen::Called { stage, method, endpoint, parameters, answered, mutual_tls, .. } => {
            let what = (if *answered { texts.called } else { texts.unanswered })(&stage.to_string());
            let what = if *answered { Cell::text(what) } else { Cell::state(what, Tone::Alert) };
            let certificate = if *mutual_tls { " (mTLS)" } else { "" };
            (what, format!("{method} {endpoint}{certificate}"), list(parameters))
        }
        Seen::Left { method, endpoint, parameters } => {
            (Cell::text(texts.left), format!("{method} {endpoint}"), list(parameters))
        }
        Seen::Returned { leg, parameters } => {
            (Cell::text(texts.returned), leg.clone(), parameters.join(", "))
        }
        Seen::Opened { message, headers, claims, rejected } => {
            let what = (if claims.is_some() { texts.opened } else { texts.unopened })(message);
            let what = if claims.is_some() { Cell::text(what) } else { Cell::state(what, Tone::Alert) };
            let rejected = rejected.map(|reason| reason.to_string());
            let contents = rejected.unwrap_or_else(|| claims.as_deref().unwrap_or_default().join(", "));
            (what, of_headers(headers, texts), contents)
        }
    };
    vec![what, Cell::code(place), Cell::code(contents)]
}

fn of_headers(headers: &[Header], texts: &TrialTexts) -> String {
    let all: Vec<_> = headers.iter().map(of_header).collect();
    if all.is_empty() { texts.plain.to_owned() } else { all.join(" › ") }
}

fn of_header(header: &Header) -> String {
    let kid = header.kid.as_ref().map(|kid| format!("kid {kid}"));
    let parts = [header.alg.clone(), header.enc.clone(), header.typ.clone(), kid];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn list(parameters: &[Named]) -> String {
    let one = |named: &Named| match &named.value {
        Some(value) => format!("{}={value}", named.name),
        None => format!("{} …", named.name),
    };
    parameters.iter().map(one).collect::<Vec<_>>().join(", ")
}
