//! The keys of a tenant and of its connections: what there is, what waits for a person, and what can be
//! done. The operations are those of the API; a private part stands on no page.

mod change;
mod make;
mod one;
mod words;

use actix_web::{HttpResponse, web::Path};
use time::{Date, macros::format_description};
use tunnus_sdk::Timestamp;

pub use self::{
    change::{ask_retirement, ask_rotation, certificate, register, retire, rotate},
    make::{generate, import, new, new_import, new_request, request},
    one::{public, request_file, show},
};
use super::{
    answer::{Reply, serve},
    form::Answers,
    page::{Block, Cell, Link, Page, Table},
    tenants::{Tab, below},
    visitor::Visitor,
};
use crate::{
    admin::{AdminError, On, Right},
    keyring::{Key, Keyring},
};

/// The list.
pub async fn list(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor, &tenant).await }).await
}

async fn list_page(visitor: &Visitor, tenant: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    visitor.admin.permit(&visitor.caller, Right::ReadKeys, On::Tenant(tenant)).await?;
    let mut page = below(visitor, tenant, Tab::Keys, texts.keys).await?;
    let keys = match visitor.admin.read_keys(&visitor.caller, tenant).await {
        Ok(keys) => keys,
        Err(AdminError::NotFound) => {
            page.blocks.push(Block::Text(texts.keyring.in_files.to_owned()));
            return Ok(page.into());
        }
        Err(other) => return Err(other),
    };
    page.blocks.push(Block::Text(texts.keyring.help.to_owned()));
    page.blocks.push(table(visitor, tenant, &keys, &keys.all(tenant).await?));
    if visitor.caller.may(Right::WriteKeys) {
        let base = format!("/console/tenants/{tenant}");
        page.blocks.push(Block::Actions(vec![
            Link::to(texts.keyring.new, format!("{base}/new-key")),
            Link::to(texts.keyring.import, format!("{base}/import-key")),
            Link::to(texts.keyring.request, format!("{base}/request-certificate")),
        ]));
    }
    Ok(page.into())
}

fn table(visitor: &Visitor, tenant: &str, keys: &Keyring, all: &[(String, Key)]) -> Block {
    let texts = &visitor.texts().keyring;
    let head = [texts.whose, texts.purpose, texts.kid, visitor.texts().state, texts.ends, texts.next];
    let row = |(id, key): &(String, Key)| {
        vec![
            Cell::text(whose(visitor, key)),
            Cell::text(format!("{} ({})", texts.purpose(key.purpose), key.kind)),
            Cell { code: true, ..Cell::link(&key.kid, href(tenant, id)) },
            words::state(texts, key),
            words::end(texts, key, now(visitor)),
            words::next(texts, (key, keys.policy()), now(visitor)),
        ]
    };
    Block::Table(Table {
        caption: visitor.texts().keys.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: all.iter().map(row).collect(),
        empty: texts.none.to_owned(),
    })
}

/// The connection that a key is of, or that it is the organisation's own.
fn whose<'a>(visitor: &Visitor, key: &'a Key) -> &'a str {
    key.connection.as_deref().unwrap_or(visitor.texts().tenant)
}

fn now(visitor: &Visitor) -> Timestamp {
    visitor.broker.flows.ambient.now()
}

/// The page of a key.
fn href(tenant: &str, key: &str) -> String {
    format!("/console/tenants/{tenant}/keys/{key}")
}

/// A page that a form about keys stands on, for who may send it.
async fn forms_page(visitor: &Visitor, tenant: &str, title: &str) -> Result<Page, AdminError> {
    visitor.admin.permit(&visitor.caller, Right::WriteKeys, On::Tenant(tenant)).await?;
    let mut page = below(visitor, tenant, Tab::Keys, title).await?;
    page.trail.push(Link::to(visitor.texts().keys, format!("/console/tenants/{tenant}/keys")));
    Ok(page)
}

/// The day of a form, at its beginning.
fn day(answers: &Answers, name: &str) -> Result<Option<Timestamp>, AdminError> {
    let form = format_description!("[year]-[month]-[day]");
    let read = |text: &str| {
        Date::parse(text, form).map(|day| Timestamp(day.midnight().assume_utc().unix_timestamp()))
    };
    let wrong = |_| AdminError::fault(format!("/{name}"), "a day is 2027-01-31");
    answers.one(name).map(read).transpose().map_err(wrong)
}
