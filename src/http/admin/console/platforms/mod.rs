//! Platforms: the list, a new one, one with its settings, apps, tenants and admins' tokens.

mod apps;

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde_json::{Value, json};

pub use self::apps::{
    add_secret, ask as ask_app, ask_secret, create as create_app, new as new_app, remove as remove_app,
    remove_secret, save as save_app, show as show_app,
};
use super::{
    answer::{Reply, serve},
    editor::{Editor, Of, Outcome},
    form::{Field, fields},
    page::{Block, Cell, Link, Page, Table},
    tenants::{Saved, name_of, sure},
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, Caller, Document, EnabledAt, Expected, Right, Scope},
    tenant::stored_platform_schema,
};

/// The list.
pub async fn list(visitor: Visitor) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor).await }).await
}

async fn list_page(visitor: &Visitor) -> Result<Reply, AdminError> {
    let texts = &visitor.texts().platform_pages;
    let platforms = visitor.admin.platforms(&visitor.caller).await?;
    let row = |id: &String| vec![Cell::link(id, href(id))];
    let table = Table {
        caption: texts.platforms.to_owned(),
        head: vec![visitor.texts().id.to_owned()],
        rows: platforms.iter().map(row).collect(),
        empty: texts.none.to_owned(),
    };
    let mut blocks = vec![Block::Table(table)];
    if visitor.caller.may(Right::FoundPlatform) {
        blocks.push(Block::Actions(vec![Link::to(texts.new, "/console/new-platform")]));
    }
    Ok(Page { title: texts.platforms.to_owned(), blocks, ..Page::default() }.into())
}

/// The page of a platform.
fn href(platform: &str) -> String {
    format!("/console/platforms/{platform}")
}

/// The fields of a table of a platform's file.
fn definition(name: &str) -> Vec<Field> {
    let schema = stored_platform_schema();
    schema.pointer(&format!("/$defs/{name}")).map(|table| fields(&schema, table)).unwrap_or_default()
}

fn editor<'a>(visitor: &'a Visitor, platform: &'a str, action: String, is_new: bool) -> Editor<'a> {
    let mut fields = definition("PlatformTable");
    fields.retain(|field| is_new || field.name != "id");
    let right = if is_new { Right::FoundPlatform } else { Right::WritePlatform };
    Editor {
        visitor,
        of: Of::Platform(platform),
        right,
        root: "/platform".to_owned(),
        named: "/platform",
        fields,
        action,
    }
}

/// The form of a new one.
pub async fn new(visitor: Visitor) -> HttpResponse {
    let form = editor(&visitor, "", "/console/new-platform".to_owned(), true).form(&json!({}), None, &[]);
    let mut page = new_frame(&visitor);
    page.blocks.push(Block::Form(Box::new(form)));
    visitor.answer(Ok(page.into()))
}

fn new_frame(visitor: &Visitor) -> Page {
    let texts = &visitor.texts().platform_pages;
    Page {
        title: texts.new.to_owned(),
        trail: vec![Link::to(texts.platforms, "/console/platforms")],
        blocks: vec![Block::Text(texts.new_help.to_owned())],
        ..Page::default()
    }
}

/// Makes one.
pub async fn create(posted: Posted) -> HttpResponse {
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let id = answers.one("/platform/id").unwrap_or_default();
        let editor = editor(visitor, id, "/console/new-platform".to_owned(), true);
        Ok(match editor.save(answers, None).await? {
            Outcome::Saved(_) => Reply::To(format!("{}?saved", href(id))),
            Outcome::Again { notice, blocks } => new_frame(visitor).again(notice, blocks),
        })
    })
    .await
}

/// One platform.
pub async fn show(visitor: Visitor, platform: Path<String>, saved: Query<Saved>) -> HttpResponse {
    serve(visitor, move |visitor| async move { shown(&visitor, &platform, &saved).await }).await
}

async fn shown(visitor: &Visitor, platform: &str, saved: &Saved) -> Result<Reply, AdminError> {
    let texts = &visitor.texts().platform_pages;
    let document = visitor.admin.platform(&visitor.caller, platform).await?;
    let (tenants, more) = visitor.admin.tenants_of(&visitor.caller, platform).await?;
    let mut page = frame(visitor, &document);
    page.notices = saved.notices(visitor);
    let form = editor(visitor, platform, href(platform), false);
    page.blocks.push(Block::Form(Box::new(form.form(&document.value, Some(document.revision), &[]))));
    page.blocks.extend(apps::table(visitor, &document, &tenants));
    page.blocks.extend(members(visitor, &tenants));
    page.blocks.extend(more.then(|| Block::Text(texts.more_tenants.to_owned())));
    page.blocks.extend(tokens(visitor, platform).await?);
    if visitor.caller.may(Right::FoundPlatform) {
        page.blocks.push(Block::Links(vec![Link::to(texts.remove, format!("{}/remove", href(platform)))]));
    }
    Ok(page.into())
}

/// What the pages of a platform begin with.
fn frame(visitor: &Visitor, document: &Document) -> Page {
    let texts = visitor.texts();
    let name = name_of(document.value.pointer("/platform/name").unwrap_or(&Value::Null), visitor.locale);
    Page {
        title: if name.is_empty() { document.id.clone() } else { name },
        trail: vec![Link::to(texts.platform_pages.platforms, "/console/platforms")],
        blocks: vec![Block::Facts(vec![(texts.id.to_owned(), Cell::code(&document.id))])],
        ..Page::default()
    }
}

/// The tenants of the platform, each with what it has enabled.
fn members(visitor: &Visitor, tenants: &[EnabledAt]) -> Vec<Block> {
    let texts = visitor.texts();
    let row = |tenant: &EnabledAt| {
        let href = format!("/console/tenants/{}", tenant.id);
        let name = Cell::link(name_of(&tenant.name, visitor.locale), href);
        vec![name, Cell::code(&tenant.id), Cell::code(tenant.apps.join(", "))]
    };
    let table = Table {
        caption: texts.platform_pages.tenants.to_owned(),
        head: [texts.name, texts.id, texts.platform_pages.apps].map(str::to_owned).to_vec(),
        rows: tenants.iter().map(row).collect(),
        empty: texts.no_tenants.to_owned(),
    };
    vec![Block::Heading(texts.platform_pages.tenants.to_owned()), Block::Table(table)]
}

/// The tokens that reach the platform and nothing else.
async fn tokens(visitor: &Visitor, platform: &str) -> Result<Vec<Block>, AdminError> {
    let texts = visitor.texts();
    let scope = Scope::Platform(platform.to_owned());
    let within = Caller { scope, ..visitor.caller.clone() };
    let listed = visitor.admin.tokens(&within, None).await?;
    let own = listed.tokens.iter().filter(|token| token.platform.as_deref() == Some(platform));
    let row = |token: &crate::admin::TokenInfo| {
        vec![
            Cell::text(&token.name),
            Cell::text(texts.role(token.role)),
            Cell::text(token.expires_at.to_date().unwrap_or_default()),
            Cell::text(if token.revoked_at.is_some() { texts.revoked } else { "" }),
        ]
    };
    let table = Table {
        caption: texts.platform_pages.tokens.to_owned(),
        head: [texts.name, texts.role_label, texts.expires, texts.state].map(str::to_owned).to_vec(),
        rows: own.map(row).collect(),
        empty: texts.platform_pages.no_tokens.to_owned(),
    };
    let ways = Block::Links(vec![Link::to(texts.tokens, "/console/tokens")]);
    Ok(vec![Block::Heading(texts.platform_pages.tokens.to_owned()), Block::Table(table), ways])
}

/// Saves its settings.
pub async fn save(posted: Posted, platform: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let document = visitor.admin.platform(&visitor.caller, &platform).await?;
        let editor = editor(visitor, &platform, href(&platform), false);
        Ok(match editor.save(answers, Some(document.value.clone())).await? {
            Outcome::Saved(_) => Reply::To(format!("{}?saved", href(&platform))),
            Outcome::Again { notice, blocks } => frame(visitor, &document).again(notice, blocks),
        })
    })
    .await
}

/// Asks whether to remove it.
pub async fn ask(visitor: Visitor, platform: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move {
        let texts = &visitor.texts().platform_pages;
        let document = visitor.admin.platform(&visitor.caller, &platform).await?;
        let mut page = frame(&visitor, &document);
        let action = format!("{}/remove", href(&platform));
        page.blocks.extend(sure(texts.remove, texts.remove_help, action, document.revision));
        Ok(page.into())
    })
    .await
}

/// Removes it.
pub async fn remove(posted: Posted, platform: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let revision = answers.one("revision").and_then(|text| text.parse().ok());
        let expected = revision.map_or(Expected::Unsaid, Expected::Revision);
        visitor.admin.remove_platform(&visitor.caller, &platform, expected).await?;
        Ok(Reply::To("/console/platforms".to_owned()))
    })
    .await
}
