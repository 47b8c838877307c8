//! Connections: the list with its order, a new one, one with its settings.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde_json::{Value, json};

use super::{
    answer::{Reply, serve},
    editor::{Editor, Of, Outcome},
    form::{Control, Item, Kind, Label, Shape, Shown, fields},
    page::{Block, Cell, Form, Link, Page, Table, Tone},
    setup,
    tenants::{Saved, Tab, below, definition, name_of, removed, sure},
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, Document, Right},
    tenant::store::change::Part,
};

/// The list, in the order of the chooser.
pub async fn list(visitor: Visitor, tenant: Path<String>, saved: Query<Saved>) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor, &tenant, &saved).await }).await
}

async fn list_page(visitor: &Visitor, tenant: &str, saved: &Saved) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let mut page = below(visitor, tenant, Tab::Connections, texts.connections).await?;
    page.notices = saved.notices(visitor);
    let connections = visitor.admin.connections(&visitor.caller, tenant).await?;
    let row = |connection: &Document| {
        let name = Cell::link(display_name(visitor, connection), href(tenant, &connection.id));
        let text = |name: &str| connection.value.get(name).and_then(Value::as_str).unwrap_or_default();
        vec![
            name,
            Cell::code(&connection.id),
            Cell::code(text("provider")),
            Cell::text(text("environment")),
            state(visitor, connection),
        ]
    };
    let head = [texts.name, texts.id, texts.provider, texts.environment, texts.state];
    page.blocks.push(Block::Table(Table {
        caption: texts.connections.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: connections.iter().map(row).collect(),
        empty: texts.no_connections.to_owned(),
    }));
    if visitor.caller.may(Right::Write) {
        let new = Link::to(texts.new_connection, format!("/console/tenants/{tenant}/new-connection"));
        page.blocks.push(Block::Actions(vec![new]));
        if connections.len() > 1 {
            page.blocks.extend(order(visitor, tenant, &connections));
        }
    }
    Ok(page.into())
}

fn display_name(visitor: &Visitor, connection: &Document) -> String {
    name_of(connection.value.get("display_name").unwrap_or(&Value::Null), visitor.locale)
}

/// Whether it can be used.
fn state(visitor: &Visitor, connection: &Document) -> Cell {
    let texts = visitor.texts();
    if connection.value.get("enabled") == Some(&json!(false)) {
        Cell::state(texts.switched_off, Tone::Alert)
    } else if connection.value.get("paused").is_some_and(|paused| !paused.is_null()) {
        Cell::state(texts.paused, Tone::Alert)
    } else {
        Cell::state(texts.enabled, Tone::Good)
    }
}

/// The page of a connection.
#[must_use]
pub fn href(tenant: &str, connection: &str) -> String {
    format!("/console/tenants/{tenant}/connections/{connection}")
}

/// The order of the chooser, one id a line.
fn order(visitor: &Visitor, tenant: &str, connections: &[Document]) -> Vec<Block> {
    let texts = visitor.texts();
    let ids = connections.iter().map(|connection| connection.id.as_str()).collect::<Vec<_>>().join("\n");
    let shape = Shape::Area { rows: connections.len() + 1, value: ids.clone() };
    let mut area = Control::new("order", Label::own(texts.order), shape);
    texts.order_help.clone_into(&mut area.help);
    area.help_lang = None;
    let form = Form {
        action: format!("/console/tenants/{tenant}/connections"),
        shown: Shown {
            items: vec![Item::Hidden("before".to_owned(), ids), Item::Control(area)],
            summary: Vec::new(),
        },
        submit: texts.save.to_owned(),
        ..Form::default()
    };
    vec![Block::Heading(texts.order.to_owned()), Block::Form(Box::new(form))]
}

/// Puts them into another order.
pub async fn reorder(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move { reordered(&posted, &tenant).await }).await
}

async fn reordered(posted: &Posted, tenant: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let lines = |name: &str| -> Vec<String> {
        let lines = answers.one(name).into_iter().flat_map(str::lines).map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    visitor.admin.reorder(&visitor.caller, tenant, (&lines("before"), lines("order"))).await?;
    Ok(Reply::To(format!("/console/tenants/{tenant}/connections?saved")))
}

/// The providers, one to be picked for a new connection.
pub async fn pick(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move { pick_page(&visitor, &tenant).await }).await
}

async fn pick_page(visitor: &Visitor, tenant: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let mut page = below(visitor, tenant, Tab::Connections, texts.new_connection).await?;
    let providers = visitor.admin.providers(&visitor.caller).await?;
    let row = |kind: &crate::admin::ProviderKind| {
        let href = format!("/console/tenants/{tenant}/new-connection/{}", kind.descriptor.id);
        vec![
            Cell::link(kind.descriptor.title, href),
            Cell::text(kind.descriptor.countries.join(", ")),
            Cell::code(kind.descriptor.id),
        ]
    };
    page.blocks.push(Block::Text(texts.pick_provider.to_owned()));
    page.blocks.push(Block::Table(Table {
        caption: texts.providers.to_owned(),
        head: [texts.provider, texts.countries, texts.id].map(str::to_owned).to_vec(),
        rows: providers.iter().map(row).collect(),
        empty: String::new(),
    }));
    Ok(page.into())
}

/// The form of a new one.
pub async fn new(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, provider) = path.into_inner();
    serve(visitor, move |visitor| async move { new_page(&visitor, &tenant, &provider).await }).await
}

async fn new_page(visitor: &Visitor, tenant: &str, provider: &str) -> Result<Reply, AdminError> {
    let editor = editor(visitor, (tenant, None), provider).await?;
    let mut page = new_frame(visitor, tenant, provider).await?;
    let form = editor.form(&json!({ "environment": "sandbox" }), None, &[]);
    page.blocks.push(Block::Form(Box::new(form)));
    Ok(page.into())
}

async fn new_frame(visitor: &Visitor, tenant: &str, provider: &str) -> Result<Page, AdminError> {
    let texts = visitor.texts();
    let kind = visitor.admin.provider(&visitor.caller, provider).await?;
    let mut page = below(visitor, tenant, Tab::Connections, texts.new_connection).await?;
    page.blocks.push(Block::Facts(vec![(texts.provider.to_owned(), Cell::text(kind.descriptor.title))]));
    page.blocks.push(Block::Text(texts.new_keys_help.to_owned()));
    Ok(page)
}

/// Makes one.
pub async fn create(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, provider) = path.into_inner();
    serve(posted, move |posted| async move { created(&posted, &tenant, &provider).await }).await
}

async fn created(posted: &Posted, tenant: &str, provider: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let id = answers.one("/id").unwrap_or_default();
    let mut editor = editor(visitor, (tenant, None), provider).await?;
    editor.of = Of::Tenant(tenant, Part::Connection(id.to_owned()));
    let given = editor.given(answers, Some(json!({ "provider": provider })));
    Ok(match editor.put(answers, given).await? {
        Outcome::Saved(_) => Reply::To(format!("{}?saved", href(tenant, id))),
        Outcome::Again { notice, blocks } => {
            new_frame(visitor, tenant, provider).await?.again(notice, blocks)
        }
    })
}

/// One connection.
pub async fn show(visitor: Visitor, path: Path<(String, String)>, saved: Query<Saved>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(visitor, move |visitor| async move { shown(&visitor, (&tenant, &connection), &saved).await }).await
}

async fn shown(
    visitor: &Visitor,
    (tenant, connection): (&str, &str),
    saved: &Saved,
) -> Result<Reply, AdminError> {
    let part = Part::Connection(connection.to_owned());
    let document = visitor.admin.part(&visitor.caller, tenant, &part).await?;
    let mut page = frame(visitor, tenant, &document).await?;
    page.notices = saved.notices(visitor);
    let editor = editor(visitor, (tenant, Some(connection)), provider(&document)).await?;
    let form = editor.form(&document.value, Some(document.revision), &[]);
    page.blocks.push(Block::Form(Box::new(form)));
    page.blocks.extend(setup::ways(visitor, tenant, connection));
    page.blocks.extend(offered(visitor, tenant, connection).await?);
    if visitor.caller.may(Right::Write) {
        let remove =
            Link::to(visitor.texts().remove_connection, format!("{}/remove", href(tenant, connection)));
        page.blocks.push(Block::Links(vec![remove]));
    }
    Ok(page.into())
}

fn provider(document: &Document) -> &str {
    document.value.get("provider").and_then(Value::as_str).unwrap_or_default()
}

/// What every page of a connection begins with.
///
/// # Errors
/// As [`crate::admin::Admin::part`].
pub async fn frame(visitor: &Visitor, tenant: &str, document: &Document) -> Result<Page, AdminError> {
    let texts = visitor.texts();
    let mut page = below(visitor, tenant, Tab::Connections, &display_name(visitor, document)).await?;
    let up = format!("/console/tenants/{tenant}/connections");
    page.trail.push(Link::to(texts.connections, up));
    page.blocks.push(Block::Facts(vec![
        (texts.id.to_owned(), Cell::code(&document.id)),
        (texts.provider.to_owned(), Cell::code(provider(document))),
        (texts.state.to_owned(), state(visitor, document)),
    ]));
    Ok(page)
}

/// The apps that it is offered to.
async fn offered(visitor: &Visitor, tenant: &str, connection: &str) -> Result<Vec<Block>, AdminError> {
    let texts = visitor.texts();
    let apps = visitor.admin.apps(&visitor.caller, tenant).await?;
    let may_use = |app: &Document| match app.value.get("connections").and_then(Value::as_array) {
        Some(some) => some.iter().any(|one| one.as_str() == Some(connection)),
        None => true,
    };
    let row = |app: &Document| {
        let name = name_of(app.value.get("name").unwrap_or(&Value::Null), visitor.locale);
        let href = format!("/console/tenants/{tenant}/apps/{}", app.id);
        let offered = if may_use(app) { Cell::state(texts.yes, Tone::Good) } else { Cell::text(texts.no) };
        vec![Cell::link(name, href), Cell::code(&app.id), offered]
    };
    let table = Table {
        caption: texts.offered_to.to_owned(),
        head: [texts.name, texts.id, texts.offered].map(str::to_owned).to_vec(),
        rows: apps.iter().map(row).collect(),
        empty: texts.no_apps.to_owned(),
    };
    Ok(vec![Block::Heading(texts.offered_to.to_owned()), Block::Table(table)])
}

/// Saves its settings.
pub async fn save(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(posted, move |posted| async move { saved(&posted, &tenant, &connection).await }).await
}

async fn saved(posted: &Posted, tenant: &str, connection: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let part = Part::Connection(connection.to_owned());
    let document = visitor.admin.part(&visitor.caller, tenant, &part).await?;
    let editor = editor(visitor, (tenant, Some(connection)), provider(&document)).await?;
    Ok(match editor.save(answers, Some(document.value.clone())).await? {
        Outcome::Saved(_) => Reply::To(format!("{}?saved", href(tenant, connection))),
        Outcome::Again { notice, blocks } => frame(visitor, tenant, &document).await?.again(notice, blocks),
    })
}

/// Asks whether to remove it.
pub async fn ask(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(visitor, move |visitor| async move { asked(&visitor, &tenant, &connection).await }).await
}

async fn asked(visitor: &Visitor, tenant: &str, connection: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let part = Part::Connection(connection.to_owned());
    let document = visitor.admin.part(&visitor.caller, tenant, &part).await?;
    let mut page = frame(visitor, tenant, &document).await?;
    let action = format!("{}/remove", href(tenant, connection));
    page.blocks.extend(sure(texts.remove, texts.remove_connection_help, action, document.revision));
    Ok(page.into())
}

/// Removes it.
pub async fn remove(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, connection) = path.into_inner();
    serve(posted, move |posted| async move {
        removed(&posted, &tenant, &Part::Connection(connection)).await?;
        Ok(Reply::To(format!("/console/tenants/{tenant}/connections")))
    })
    .await
}

async fn editor<'a>(
    visitor: &'a Visitor,
    (tenant, connection): (&'a str, Option<&str>),
    provider: &str,
) -> Result<Editor<'a>, AdminError> {
    let kind = visitor.admin.provider(&visitor.caller, provider).await?;
    let mut entries = definition("ConnectionEntry");
    entries.retain(|field| field.name != "provider" && (connection.is_none() || field.name != "id"));
    for field in entries.iter_mut().filter(|field| field.name == "settings") {
        field.kind = Kind::Group(fields(&kind.settings_schema, &kind.settings_schema));
        // What the upstream has told is what most of the work is: it stands open.
        field.required = true;
    }
    let action = match connection {
        Some(connection) => href(tenant, connection),
        None => format!("/console/tenants/{tenant}/new-connection/{provider}"),
    };
    let part = Part::Connection(connection.unwrap_or_default().to_owned());
    Ok(Editor {
        visitor,
        of: Of::Tenant(tenant, part),
        right: Right::Write,
        root: String::new(),
        named: "",
        fields: entries,
        action,
    })
}
