//! The apps of a platform: registered once, enabled tenant by tenant.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde_json::{Value, json};

use super::{
    super::{
        answer::{Reply, serve},
        apps::{CLAIMS_HELP, secrets_table},
        editor::{Editor, Of, Outcome},
        page::{Block, Cell, Link, Notice, Page, Table},
        tenants::{Saved, name_of, sure},
        visitor::{Posted, Visitor},
    },
    definition, frame,
};
use crate::admin::{AdminError, Document, EnabledAt, Expected, Right, Saved as Kept};

/// An app, with the platform that it is of.
struct Found {
    platform: Document,
    /// Where it stands in the platform's document.
    index: usize,
}

impl Found {
    async fn of(visitor: &Visitor, platform: &str, app: &str) -> Result<Self, AdminError> {
        let platform = visitor.admin.platform(&visitor.caller, platform).await?;
        let index = apps(&platform).position(|one| id_of(one) == app).ok_or(AdminError::NotFound)?;
        Ok(Self { platform, index })
    }

    fn value(&self) -> &Value {
        apps(&self.platform).nth(self.index).unwrap_or(&Value::Null)
    }

    fn page(&self, visitor: &Visitor) -> Page {
        let mut page = below(visitor, &self.platform, &name(visitor, self.value()));
        let id = Cell::code(id_of(self.value()));
        page.blocks = vec![Block::Facts(vec![(visitor.texts().id.to_owned(), id)])];
        page
    }
}

fn apps(platform: &Document) -> impl Iterator<Item = &Value> {
    platform.value.get("apps").and_then(Value::as_array).into_iter().flatten()
}

fn id_of(app: &Value) -> &str {
    app.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn name(visitor: &Visitor, app: &Value) -> String {
    name_of(app.get("name").unwrap_or(&Value::Null), visitor.locale)
}

fn href(platform: &str, app: &str) -> String {
    format!("/console/platforms/{platform}/apps/{app}")
}

/// A page one further down than the platform's.
fn below(visitor: &Visitor, platform: &Document, title: &str) -> Page {
    let mut page = frame(visitor, platform);
    page.trail.push(Link::to(page.title.clone(), super::href(&platform.id)));
    title.clone_into(&mut page.title);
    page
}

/// The apps of a platform, each with the tenants that have enabled it.
pub(super) fn table(visitor: &Visitor, platform: &Document, tenants: &[EnabledAt]) -> Vec<Block> {
    let texts = visitor.texts();
    let row = |app: &Value| {
        let id = id_of(app);
        let enabled = tenants.iter().filter(|tenant| tenant.apps.iter().any(|one| one == id));
        let enabled = enabled.map(|tenant| tenant.id.as_str()).collect::<Vec<_>>().join(", ");
        vec![Cell::link(name(visitor, app), href(&platform.id, id)), Cell::code(id), Cell::code(enabled)]
    };
    let table = Table {
        caption: texts.platform_pages.apps.to_owned(),
        head: [texts.name, texts.id, texts.platform_pages.enabled_at].map(str::to_owned).to_vec(),
        rows: apps(platform).map(row).collect(),
        empty: texts.no_apps.to_owned(),
    };
    let mut blocks = vec![Block::Heading(texts.platform_pages.apps.to_owned()), Block::Table(table)];
    if visitor.caller.may(Right::WritePlatform) {
        let new = format!("{}/new-app", super::href(&platform.id));
        blocks.push(Block::Actions(vec![Link::to(texts.platform_pages.new_app, new)]));
    }
    blocks
}

/// The form of the app at `index`, or of a new one there.
fn editor<'a>(visitor: &'a Visitor, platform: &'a str, index: usize, app: Option<&str>) -> Editor<'a> {
    let mut fields = definition("AppEntry");
    // Secrets have a table of their own; connections are each tenant's.
    let is_here = |name: &str| !matches!(name, "secrets" | "connections") && (app.is_none() || name != "id");
    fields.retain(|field| is_here(&field.name));
    for field in fields.iter_mut().filter(|field| field.name == "claims") {
        field.help.push_str(CLAIMS_HELP);
    }
    let new = || format!("{}/new-app", super::href(platform));
    Editor {
        visitor,
        of: Of::Platform(platform),
        right: Right::WritePlatform,
        root: format!("/apps/{index}"),
        named: "/app",
        fields,
        action: app.map_or_else(new, |app| href(platform, app)),
    }
}

/// The platform with one more app, which is still empty, and where that stands.
fn with_one_more(platform: &Document, begun: Value) -> (Value, usize) {
    let (mut value, index) = (platform.value.clone(), apps(platform).count());
    if let Some(members) = value.as_object_mut()
        && let Some(apps) = members.entry("apps").or_insert_with(|| json!([])).as_array_mut()
    {
        apps.push(begun);
    }
    (value, index)
}

/// The form of a new one.
pub async fn new(visitor: Visitor, platform: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move {
        let document = visitor.admin.platform(&visitor.caller, &platform).await?;
        let begun = json!({ "authentication": "client_secret_basic", "claims": ["name.full"] });
        let (value, index) = with_one_more(&document, begun);
        let mut page = new_page(&visitor, &document);
        let form = editor(&visitor, &platform, index, None).form(&value, Some(document.revision), &[]);
        page.blocks.push(Block::Form(Box::new(form)));
        Ok(page.into())
    })
    .await
}

fn new_page(visitor: &Visitor, platform: &Document) -> Page {
    let texts = &visitor.texts().platform_pages;
    let mut page = below(visitor, platform, texts.new_app);
    page.blocks = vec![Block::Text(texts.new_app_help.to_owned())];
    page
}

/// Makes one.
pub async fn create(posted: Posted, platform: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let document = visitor.admin.platform(&visitor.caller, &platform).await?;
        let (value, index) = with_one_more(&document, json!({}));
        let editor = editor(visitor, &platform, index, None);
        let id = answers.one("/app/id").unwrap_or_default().to_owned();
        match editor.save(answers, Some(value)).await? {
            Outcome::Saved(saved) => shown_once(visitor, &platform, &id, &saved).await,
            Outcome::Again { notice, blocks } => Ok(new_page(visitor, &document).again(notice, blocks)),
        }
    })
    .await
}

/// To the app's page, which shows a secret that was made for it this once.
async fn shown_once(visitor: &Visitor, platform: &str, app: &str, saved: &Kept) -> Result<Reply, AdminError> {
    let href = href(platform, app);
    let Some(made) = saved.generated.first() else { return Ok(Reply::To(format!("{href}?saved"))) };
    let once = visitor.session.keep_once(&visitor.broker.flows, &made.value).await?;
    Ok(Reply::To(format!("{href}?saved&once={once}")))
}

/// One app.
pub async fn show(visitor: Visitor, path: Path<(String, String)>, saved: Query<Saved>) -> HttpResponse {
    let (platform, app) = path.into_inner();
    serve(visitor, move |visitor| async move { shown(&visitor, (&platform, &app), &saved).await }).await
}

async fn shown(visitor: &Visitor, (platform, app): (&str, &str), saved: &Saved) -> Result<Reply, AdminError> {
    let (texts, found) = (visitor.texts(), Found::of(visitor, platform, app).await?);
    let mut page = found.page(visitor);
    page.notices = saved.notices(visitor);
    if let Some(once) = &saved.once
        && let Some(secret) = visitor.session.take_once(&visitor.broker.flows, once).await?
    {
        page.notices.push(Notice::alert(texts.shown_once));
        let (label, text) = (texts.secret.to_owned(), secret.expose_str().to_owned());
        page.blocks.push(Block::Code { label, text });
    }
    let (document, may) = (&found.platform, visitor.caller.may(Right::WritePlatform));
    let editor = editor(visitor, platform, found.index, Some(app));
    page.blocks.push(Block::Form(Box::new(editor.form(&document.value, Some(document.revision), &[]))));
    page.blocks.extend(secrets_table(visitor, &href(platform, app), found.value(), may));
    if may {
        page.blocks
            .push(Block::Links(vec![Link::to(texts.remove_app, format!("{}/remove", href(platform, app)))]));
    }
    Ok(page.into())
}

/// Saves its settings.
pub async fn save(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (platform, app) = path.into_inner();
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let found = Found::of(visitor, &platform, &app).await?;
        let editor = editor(visitor, &platform, found.index, Some(&app));
        match editor.save(answers, Some(found.platform.value.clone())).await? {
            Outcome::Saved(saved) => shown_once(visitor, &platform, &app, &saved).await,
            Outcome::Again { notice, blocks } => Ok(found.page(visitor).again(notice, blocks)),
        }
    })
    .await
}

/// Changes an app as it is now, whatever its form says.
async fn changed(
    visitor: &Visitor,
    (platform, app): (&str, &str),
    change: impl FnOnce(&mut Vec<Value>, usize),
) -> Result<Kept, AdminError> {
    let Found { platform: mut document, index } = Found::of(visitor, platform, app).await?;
    if let Some(apps) = document.value.get_mut("apps").and_then(Value::as_array_mut) {
        change(apps, index);
    }
    let given = (Expected::Revision(document.revision), document.value);
    visitor.admin.put_platform(&visitor.caller, platform, given).await
}

/// The secrets of an app, there or not yet.
fn secrets_of(apps: &mut [Value], index: usize) -> Option<&mut Vec<Value>> {
    let app = apps.get_mut(index)?.as_object_mut()?;
    app.entry("secrets").or_insert_with(|| json!([])).as_array_mut()
}

/// Makes one more secret.
pub async fn add_secret(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (platform, app) = path.into_inner();
    serve(posted, move |posted| async move {
        let add = |apps: &mut Vec<Value>, index| {
            if let Some(secrets) = secrets_of(apps, index) {
                secrets.push(json!({ "generate": true }));
            }
        };
        let saved = changed(&posted.visitor, (&platform, &app), add).await?;
        shown_once(&posted.visitor, &platform, &app, &saved).await
    })
    .await
}

/// Asks whether to take a secret away.
pub async fn ask_secret(visitor: Visitor, path: Path<(String, String, String)>) -> HttpResponse {
    let (platform, app, secret) = path.into_inner();
    let action = format!("{}/secrets/{secret}/remove", href(&platform, &app));
    serve(visitor, move |visitor| async move {
        asked(&visitor, (&platform, &app), action, visitor.texts().remove_secret_help).await
    })
    .await
}

/// Takes a secret away.
pub async fn remove_secret(posted: Posted, path: Path<(String, String, String)>) -> HttpResponse {
    let (platform, app, secret) = path.into_inner();
    serve(posted, move |posted| async move {
        let is_it = |one: &Value| one.get("id").and_then(Value::as_str) == Some(&secret);
        let remove = |apps: &mut Vec<Value>, index| {
            if let Some(secrets) = secrets_of(apps, index) {
                secrets.retain(|one| !is_it(one));
            }
        };
        changed(&posted.visitor, (&platform, &app), remove).await?;
        Ok(Reply::To(format!("{}?saved", href(&platform, &app))))
    })
    .await
}

/// Asks whether to remove it.
pub async fn ask(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (platform, app) = path.into_inner();
    let action = format!("{}/remove", href(&platform, &app));
    serve(visitor, move |visitor| async move {
        let help = visitor.texts().platform_pages.remove_app_help;
        asked(&visitor, (&platform, &app), action, help).await
    })
    .await
}

async fn asked(
    visitor: &Visitor,
    (platform, app): (&str, &str),
    action: String,
    help: &str,
) -> Result<Reply, AdminError> {
    let found = Found::of(visitor, platform, app).await?;
    let mut page = found.page(visitor);
    page.blocks.extend(sure(visitor.texts().remove, help, action, found.platform.revision));
    Ok(page.into())
}

/// Removes it.
pub async fn remove(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (platform, app) = path.into_inner();
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let found = Found::of(visitor, &platform, &app).await?;
        let mut value = found.platform.value;
        if let Some(apps) = value.get_mut("apps").and_then(Value::as_array_mut) {
            apps.retain(|one| id_of(one) != app);
        }
        let revision = answers.one("revision").and_then(|text| text.parse().ok());
        let expected = revision.map_or(Expected::Unsaid, Expected::Revision);
        visitor.admin.put_platform(&visitor.caller, &platform, (expected, value)).await?;
        Ok(Reply::To(format!("{}?saved", super::href(&platform))))
    })
    .await
}
