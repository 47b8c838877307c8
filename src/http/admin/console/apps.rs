//! Apps: the list, a new one, one with its settings and secrets.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde_json::{Value, json};
use tunnus_sdk::Hidden;

use super::{
    answer::{Reply, serve},
    client_settings,
    editor::{Editor, Of, Outcome},
    form::{Choice, Field, Kind, Shown},
    page::{Block, Cell, Form, Link, Notice, Page, Table},
    tenants::{Saved, Tab, below, definition, name_of, removed, sure},
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, Document, Right, Saved as Kept},
    tenant::store::change::Part,
};

/// What can be listed, in the language of the schema's own words.
pub const CLAIMS_HELP: &str = " One a line: name.full, name.given, name.family, birth_date, age_over.18, \
                           national_id, other_ids, email, phone, gender, nationality, address, payment_details.";

/// The list.
pub async fn list(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor, &tenant).await }).await
}

async fn list_page(visitor: &Visitor, tenant: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let mut page = below(visitor, tenant, Tab::Apps, texts.apps).await?;
    let apps = visitor.admin.apps(&visitor.caller, tenant).await?;
    let row = |app: &Document| {
        let name = name_of(app.value.get("name").unwrap_or(&Value::Null), visitor.locale);
        let method = app.value.get("authentication").and_then(Value::as_str).unwrap_or_default();
        vec![Cell::link(name, href(tenant, &app.id)), Cell::code(&app.id), Cell::code(method)]
    };
    page.blocks.push(Block::Table(Table {
        caption: texts.apps.to_owned(),
        head: [texts.name, texts.id, texts.authentication].map(str::to_owned).to_vec(),
        rows: apps.iter().map(row).collect(),
        empty: texts.no_apps.to_owned(),
    }));
    if visitor.caller.may(Right::Write) {
        page.blocks.push(Block::Actions(vec![Link::to(texts.new_app, new_href(tenant))]));
    }
    Ok(page.into())
}

fn href(tenant: &str, app: &str) -> String {
    format!("/console/tenants/{tenant}/apps/{app}")
}

fn new_href(tenant: &str) -> String {
    format!("/console/tenants/{tenant}/new-app")
}

/// The form of a new one.
pub async fn new(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move { new_page(&visitor, &tenant).await }).await
}

async fn new_page(visitor: &Visitor, tenant: &str) -> Result<Reply, AdminError> {
    let editor = editor(visitor, tenant, None).await?;
    let mut page = below(visitor, tenant, Tab::Apps, visitor.texts().new_app).await?;
    let begun = json!({ "authentication": "client_secret_basic", "claims": ["name.full"] });
    page.blocks.push(Block::Form(Box::new(editor.form(&begun, None, &[]))));
    Ok(page.into())
}

/// Makes one.
pub async fn create(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move { created(&posted, &tenant).await }).await
}

async fn created(posted: &Posted, tenant: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let mut editor = editor(visitor, tenant, None).await?;
    let id = answers.one("/id").unwrap_or_default();
    editor.of = Of::Tenant(tenant, Part::App(id.to_owned()));
    match editor.save(answers, None).await? {
        Outcome::Saved(saved) => shown_once(visitor, tenant, id, &saved).await,
        Outcome::Again { notice, blocks } => {
            Ok(below(visitor, tenant, Tab::Apps, visitor.texts().new_app).await?.again(notice, blocks))
        }
    }
}

/// To the app's page, which shows a secret that was made for it this once.
async fn shown_once(visitor: &Visitor, tenant: &str, app: &str, saved: &Kept) -> Result<Reply, AdminError> {
    let href = href(tenant, app);
    let Some(made) = saved.generated.first() else { return Ok(Reply::To(format!("{href}?saved"))) };
    let once = visitor.session.keep_once(&visitor.broker.flows, &made.value).await?;
    Ok(Reply::To(format!("{href}?saved&once={once}")))
}

/// One app.
pub async fn show(visitor: Visitor, path: Path<(String, String)>, saved: Query<Saved>) -> HttpResponse {
    let (tenant, app) = path.into_inner();
    serve(visitor, move |visitor| async move { shown(&visitor, (&tenant, &app), &saved).await }).await
}

async fn shown(visitor: &Visitor, (tenant, app): (&str, &str), saved: &Saved) -> Result<Reply, AdminError> {
    let document = visitor.admin.part(&visitor.caller, tenant, &Part::App(app.to_owned())).await?;
    let mut page = frame(visitor, tenant, &document).await?;
    page.notices = saved.notices(visitor);
    if let Some(once) = &saved.once
        && let Some(secret) = visitor.session.take_once(&visitor.broker.flows, once).await?
    {
        page.notices.push(Notice::alert(visitor.texts().shown_once));
        page.blocks.push(code(visitor.texts().secret, &secret));
    }
    let form = editor(visitor, tenant, Some(app)).await?.form(&document.value, Some(document.revision), &[]);
    page.blocks.push(Block::Form(Box::new(form)));
    page.blocks.extend(secrets(visitor, tenant, &document));
    page.blocks.extend(client_settings::blocks(visitor, tenant, &document));
    if visitor.caller.may(Right::Write) {
        let remove = Link::to(visitor.texts().remove_app, format!("{}/remove", href(tenant, app)));
        page.blocks.push(Block::Links(vec![remove]));
    }
    Ok(page.into())
}

fn code(label: &str, secret: &Hidden<String>) -> Block {
    Block::Code { label: label.to_owned(), text: secret.expose_str().to_owned() }
}

async fn frame(visitor: &Visitor, tenant: &str, document: &Document) -> Result<Page, AdminError> {
    let name = name_of(document.value.get("name").unwrap_or(&Value::Null), visitor.locale);
    let mut page = below(visitor, tenant, Tab::Apps, &name).await?;
    page.trail.push(Link::to(visitor.texts().apps, format!("/console/tenants/{tenant}/apps")));
    page.blocks.push(Block::Facts(vec![(visitor.texts().id.to_owned(), Cell::code(&document.id))]));
    Ok(page)
}

/// Its secrets, where it proves itself by one.
fn secrets(visitor: &Visitor, tenant: &str, document: &Document) -> Vec<Block> {
    let may = visitor.caller.may(Right::Write);
    secrets_table(visitor, &href(tenant, &document.id), &document.value, may)
}

/// The secrets of the app whose page is `page`: when each was set, and by whom.
#[must_use]
pub fn secrets_table(visitor: &Visitor, page: &str, app: &Value, may: bool) -> Vec<Block> {
    let texts = visitor.texts();
    let method = app.get("authentication").and_then(Value::as_str);
    if !matches!(method, Some("client_secret_basic" | "client_secret_post")) {
        return Vec::new();
    }
    let text =
        |secret: &Value, name: &str| secret.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let row = |secret: &Value| {
        let href = format!("{page}/secrets/{}/remove", text(secret, "id"));
        let remove = if may { Cell::link(texts.remove, href) } else { Cell::default() };
        vec![Cell::text(text(secret, "at")), Cell::text(text(secret, "by")), remove]
    };
    let all = app.get("secrets").and_then(Value::as_array).into_iter().flatten();
    let table = Table {
        caption: texts.secrets.to_owned(),
        head: [texts.set_at, texts.by, texts.remove].map(str::to_owned).to_vec(),
        rows: all.map(row).collect(),
        empty: texts.no_secrets.to_owned(),
    };
    let add = Form {
        action: format!("{page}/secrets"),
        shown: Shown::default(),
        submit: texts.new_secret.to_owned(),
        ..Form::default()
    };
    let mut blocks = vec![Block::Heading(texts.secrets.to_owned()), Block::Table(table)];
    if may {
        blocks.extend([Block::Text(texts.new_secret_help.to_owned()), Block::Form(Box::new(add))]);
    }
    blocks
}

/// Saves its settings.
pub async fn save(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, app) = path.into_inner();
    serve(posted, move |posted| async move { saved(&posted, &tenant, &app).await }).await
}

async fn saved(posted: &Posted, tenant: &str, app: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let document = visitor.admin.part(&visitor.caller, tenant, &Part::App(app.to_owned())).await?;
    let editor = editor(visitor, tenant, Some(app)).await?;
    match editor.save(answers, Some(document.value.clone())).await? {
        Outcome::Saved(saved) => shown_once(visitor, tenant, app, &saved).await,
        Outcome::Again { notice, blocks } => {
            Ok(frame(visitor, tenant, &document).await?.again(notice, blocks))
        }
    }
}

/// Makes one more secret.
pub async fn add_secret(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, app) = path.into_inner();
    serve(posted, move |posted| async move { one_more(&posted.visitor, &tenant, &app).await }).await
}

async fn one_more(visitor: &Visitor, tenant: &str, app: &str) -> Result<Reply, AdminError> {
    let saved = visitor.admin.add_secret(&visitor.caller, tenant, app).await?;
    shown_once(visitor, tenant, app, &saved).await
}

/// Asks whether to take a secret away.
pub async fn ask_secret(visitor: Visitor, path: Path<(String, String, String)>) -> HttpResponse {
    let (tenant, app, secret) = path.into_inner();
    let action = format!("{}/secrets/{secret}/remove", href(&tenant, &app));
    serve(visitor, move |visitor| async move {
        asked(&visitor, (&tenant, &app), action, visitor.texts().remove_secret_help).await
    })
    .await
}

/// Takes a secret away.
pub async fn remove_secret(posted: Posted, path: Path<(String, String, String)>) -> HttpResponse {
    let (tenant, app, secret) = path.into_inner();
    serve(posted, move |posted| async move {
        let Visitor { admin, caller, .. } = &posted.visitor;
        admin.remove_secret(caller, &tenant, &app, &secret).await?;
        Ok(Reply::To(format!("{}?saved", href(&tenant, &app))))
    })
    .await
}

/// Asks whether to remove it.
pub async fn ask(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, app) = path.into_inner();
    let action = format!("{}/remove", href(&tenant, &app));
    serve(visitor, move |visitor| async move {
        asked(&visitor, (&tenant, &app), action, visitor.texts().remove_app_help).await
    })
    .await
}

async fn asked(
    visitor: &Visitor,
    (tenant, app): (&str, &str),
    action: String,
    help: &str,
) -> Result<Reply, AdminError> {
    let document = visitor.admin.part(&visitor.caller, tenant, &Part::App(app.to_owned())).await?;
    let mut page = frame(visitor, tenant, &document).await?;
    page.blocks.extend(sure(visitor.texts().remove, help, action, document.revision));
    Ok(page.into())
}

/// Removes it.
pub async fn remove(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, app) = path.into_inner();
    serve(posted, move |posted| async move {
        removed(&posted, &tenant, &Part::App(app)).await?;
        Ok(Reply::To(format!("/console/tenants/{tenant}/apps")))
    })
    .await
}

async fn editor<'a>(
    visitor: &'a Visitor,
    tenant: &'a str,
    app: Option<&str>,
) -> Result<Editor<'a>, AdminError> {
    let connections = visitor.admin.connections(&visitor.caller, tenant).await?;
    let mut fields = definition("AppEntry");
    // Secrets have a table of their own.
    fields.retain(|field| field.name != "secrets" && (app.is_none() || field.name != "id"));
    for field in &mut fields {
        adapt(field, visitor, &connections);
    }
    let (part, action) = (
        Part::App(app.unwrap_or_default().to_owned()),
        app.map_or_else(|| new_href(tenant), |app| href(tenant, app)),
    );
    Ok(Editor {
        visitor,
        of: Of::Tenant(tenant, part),
        right: Right::Write,
        root: String::new(),
        named: "",
        fields,
        action,
    })
}

/// What is known of a field beyond the schema.
fn adapt(field: &mut Field, visitor: &Visitor, connections: &[Document]) {
    match field.name.as_str() {
        "connections" => {
            let choice = |connection: &Document| {
                let name = connection.value.get("display_name").unwrap_or(&Value::Null);
                Choice { value: connection.id.clone(), help: name_of(name, visitor.locale) }
            };
            field.kind = Kind::Some(connections.iter().map(choice).collect());
        }
        "claims" => field.help.push_str(CLAIMS_HELP),
        "jwks" => field.kind = Kind::Json,
        _ => {}
    }
}
