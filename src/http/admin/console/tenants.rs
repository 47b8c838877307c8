//! Tenants: the list, a new one, and one with its settings.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tunnus_sdk::{Locale, LocalizedText};

use super::{
    answer::{Reply, serve},
    editor::{Editor, Of, Outcome},
    form::{Control, Field, Item, Label, Shape, Shown, fields},
    page::{Block, Cell, Form, Link, Notice, Page, Table},
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, Document, Expected, Listing, Right},
    tenant::{store::change::Part, stored_schema},
};

/// Which tenants are looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

/// The list.
pub async fn list(visitor: Visitor, search: Query<Search>) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor, &search).await }).await
}

async fn list_page(visitor: &Visitor, search: &Search) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let listing = Listing { after: given(&search.after), search: given(&search.q), ..Listing::default() };
    let found = visitor.admin.tenants(&visitor.caller, &listing).await?;
    let row = |tenant: &crate::admin::TenantSummary| {
        let href = format!("/console/tenants/{}", tenant.id);
        vec![Cell::link(name_of(&tenant.name, visitor.locale), href), Cell::code(&tenant.id)]
    };
    let table = Table {
        caption: texts.tenants.to_owned(),
        head: vec![texts.name.to_owned(), texts.id.to_owned()],
        rows: found.tenants.iter().map(row).collect(),
        empty: texts.no_tenants.to_owned(),
    };
    let mut blocks = vec![Block::Form(Box::new(search_form(visitor, &search.q))), Block::Table(table)];
    if let Some(next) = &found.next {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &search.q)
            .append_pair("after", next)
            .finish();
        blocks.push(Block::Links(vec![Link::to(texts.more, format!("/console/tenants?{query}"))]));
    }
    if visitor.caller.may(Right::Found) {
        blocks.push(Block::Actions(vec![Link::to(texts.new_tenant, "/console/new-tenant")]));
    }
    Ok(Page { title: texts.tenants.to_owned(), blocks, ..Page::default() }.into())
}

fn search_form(visitor: &Visitor, q: &str) -> Form {
    let texts = visitor.texts();
    let input = Control::new("q", Label::own(texts.search), Shape::line(q));
    Form {
        action: "/console/tenants".to_owned(),
        asks: true,
        shown: Shown { items: vec![Item::Control(input)], summary: Vec::new() },
        submit: texts.find.to_owned(),
        ..Form::default()
    }
}

/// The form of a new one.
pub async fn new(visitor: Visitor) -> HttpResponse {
    let page = new_page(&visitor);
    visitor.answer(Ok(page.into()))
}

fn new_page(visitor: &Visitor) -> Page {
    let editor = editor(visitor, "", "/console/new-tenant".to_owned(), true);
    let mut begun = json!({ "tenant": {} });
    if let Some(platform) = visitor.caller.scope.platform() {
        begun = json!({ "tenant": { "platform": platform } });
    }
    let form = editor.form(&begun, None, &[]);
    let mut page = new_frame(visitor);
    page.blocks.push(Block::Form(Box::new(form)));
    page
}

fn new_frame(visitor: &Visitor) -> Page {
    let texts = visitor.texts();
    Page {
        title: texts.new_tenant.to_owned(),
        trail: vec![Link::to(texts.tenants, "/console/tenants")],
        blocks: vec![Block::Text(texts.new_tenant_help.to_owned())],
        ..Page::default()
    }
}

/// Makes one.
pub async fn create(posted: Posted) -> HttpResponse {
    serve(posted, move |posted| async move { created(&posted).await }).await
}

async fn created(posted: &Posted) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let id = answers.one("/tenant/id").unwrap_or_default();
    let editor = editor(visitor, id, "/console/new-tenant".to_owned(), true);
    Ok(match editor.save(answers, None).await? {
        Outcome::Saved(_) => Reply::To(format!("/console/tenants/{id}?saved")),
        Outcome::Again { notice, blocks } => new_frame(visitor).again(notice, blocks),
    })
}

/// One tenant.
pub async fn show(visitor: Visitor, tenant: Path<String>, saved: Query<Saved>) -> HttpResponse {
    serve(visitor, move |visitor| async move { shown(&visitor, &tenant, &saved).await }).await
}

/// Whether the browser comes from a form that was saved.
#[derive(Debug, Deserialize)]
pub struct Saved {
    saved: Option<String>,
    /// The name of what is shown this once.
    pub once: Option<String>,
}

impl Saved {
    /// The notice that says so.
    #[must_use]
    pub fn notices(&self, visitor: &Visitor) -> Vec<Notice> {
        self.saved.iter().map(|_| Notice::good(visitor.texts().saved)).collect()
    }
}

async fn shown(visitor: &Visitor, tenant: &str, saved: &Saved) -> Result<Reply, AdminError> {
    let document = visitor.admin.part(&visitor.caller, tenant, &Part::Tenant).await?;
    let mut page = frame(visitor, tenant, &document, Tab::Settings);
    page.notices = saved.notices(visitor);
    let form = own_editor(visitor, tenant).form(&document.value, Some(document.revision), &[]);
    page.blocks.push(Block::Form(Box::new(form)));
    let texts = visitor.texts();
    let mut ways = vec![Link::to(texts.platform_pages.sharing, format!("/console/tenants/{tenant}/sharing"))];
    if visitor.caller.may(Right::Write) {
        ways.push(Link::to(texts.remove_tenant, format!("/console/tenants/{tenant}/remove")));
    }
    page.blocks.push(Block::Links(ways));
    Ok(page.into())
}

/// Saves its settings.
pub async fn save(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move { saved(&posted, &tenant).await }).await
}

async fn saved(posted: &Posted, tenant: &str) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let document = visitor.admin.part(&visitor.caller, tenant, &Part::Tenant).await?;
    Ok(match own_editor(visitor, tenant).save(answers, Some(document.value.clone())).await? {
        Outcome::Saved(_) => Reply::To(format!("/console/tenants/{tenant}?saved")),
        Outcome::Again { notice, blocks } => {
            frame(visitor, tenant, &document, Tab::Settings).again(notice, blocks)
        }
    })
}

/// Asks whether to remove it.
pub async fn ask(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move { asked(&visitor, &tenant).await }).await
}

async fn asked(visitor: &Visitor, tenant: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let document = visitor.admin.part(&visitor.caller, tenant, &Part::Tenant).await?;
    let mut page = frame(visitor, tenant, &document, Tab::Settings);
    let action = format!("/console/tenants/{tenant}/remove");
    page.blocks.extend(sure(texts.remove_tenant, texts.remove_tenant_help, action, document.revision));
    Ok(page.into())
}

/// Removes it.
pub async fn remove(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        removed(&posted, &tenant, &Part::Tenant).await?;
        Ok(Reply::To("/console/tenants".to_owned()))
    })
    .await
}

/// Removes a part, as the form has it that asks whether to.
///
/// # Errors
/// As [`crate::admin::Admin::remove`].
pub async fn removed(posted: &Posted, tenant: &str, part: &Part) -> Result<(), AdminError> {
    let Posted { visitor, answers } = posted;
    let revision = answers.one("revision").and_then(|text| text.parse().ok());
    let expected = revision.map_or(Expected::Unsaid, Expected::Revision);
    visitor.admin.remove(&visitor.caller, tenant, part, expected).await
}

/// What asks whether to remove something.
#[must_use]
pub fn sure(heading: &str, help: &str, action: String, revision: i64) -> Vec<Block> {
    let form = Form {
        action,
        shown: Shown {
            items: vec![Item::Hidden("revision".to_owned(), revision.to_string())],
            summary: Vec::new(),
        },
        submit: heading.to_owned(),
        danger: true,
        ..Form::default()
    };
    vec![Block::Text(help.to_owned()), Block::Form(Box::new(form))]
}

fn own_editor<'a>(visitor: &'a Visitor, tenant: &'a str) -> Editor<'a> {
    editor(visitor, tenant, format!("/console/tenants/{tenant}"), false)
}

fn editor<'a>(visitor: &'a Visitor, tenant: &'a str, action: String, is_new: bool) -> Editor<'a> {
    let mut fields = definition("TenantTable");
    fields.retain(|field| is_new || field.name != "id");
    Editor {
        visitor,
        of: Of::Tenant(tenant, Part::Tenant),
        right: Right::Write,
        root: "/tenant".to_owned(),
        named: "/tenant",
        fields,
        action,
    }
}

/// The fields of a table of a tenant's file.
#[must_use]
pub fn definition(name: &str) -> Vec<Field> {
    let schema = stored_schema();
    schema.pointer(&format!("/$defs/{name}")).map(|table| fields(&schema, table)).unwrap_or_default()
}

/// The pages of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Its own settings.
    Settings,
    /// Its apps.
    Apps,
    /// Its connections.
    Connections,
    /// Its keys.
    Keys,
    /// Its identifications.
    Recent,
    /// Its trail.
    Audit,
}

/// A page of a tenant, with the way to the others.
#[must_use]
pub fn frame(visitor: &Visitor, tenant: &str, document: &Document, tab: Tab) -> Page {
    let texts = visitor.texts();
    let name = name_of(document.value.pointer("/tenant/name").unwrap_or(&Value::Null), visitor.locale);
    let base = format!("/console/tenants/{tenant}");
    let tabs = [
        (Tab::Settings, texts.settings, base.clone()),
        (Tab::Apps, texts.apps, format!("{base}/apps")),
        (Tab::Connections, texts.connections, format!("{base}/connections")),
        (Tab::Keys, texts.keys, format!("{base}/keys")),
        (Tab::Recent, texts.recent, format!("{base}/recent")),
        (Tab::Audit, texts.audit, format!("{base}/audit")),
    ];
    let link = |(of, label, href): (Tab, &str, String)| Link { here: of == tab, ..Link::to(label, href) };
    let issuer = Cell::code(visitor.broker.issuer(tenant));
    let facts = Block::Facts(vec![(texts.issuer.to_owned(), issuer)]);
    Page {
        title: if name.is_empty() { tenant.to_owned() } else { name },
        trail: vec![Link::to(texts.tenants, "/console/tenants")],
        tabs: tabs.into_iter().map(link).collect(),
        blocks: if tab == Tab::Settings { vec![facts] } else { Vec::new() },
        ..Page::default()
    }
}

/// A page below one of a tenant's pages.
///
/// # Errors
/// As [`crate::admin::Admin::part`].
pub async fn below(visitor: &Visitor, tenant: &str, tab: Tab, title: &str) -> Result<Page, AdminError> {
    let document = visitor.admin.part(&visitor.caller, tenant, &Part::Tenant).await?;
    let mut page = frame(visitor, tenant, &document, tab);
    page.trail.push(Link::to(page.title.clone(), format!("/console/tenants/{tenant}")));
    title.clone_into(&mut page.title);
    Ok(page)
}

/// A name for people: one for all languages, or one for each.
#[must_use]
pub fn name_of(name: &Value, locale: Locale) -> String {
    if let Some(plain) = name.as_str() {
        return plain.to_owned();
    }
    let text: LocalizedText = serde_json::from_value(name.clone()).unwrap_or_default();
    text.in_locale(locale).unwrap_or_default().to_owned()
}
