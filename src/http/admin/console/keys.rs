//! The keys of a tenant and of its connections: states, dates, and what a person has to do.
//!
//! They are shown as the broker serves them. What is done with them is `tunnus keys` and the API's.

use std::sync::Arc;

use actix_web::{HttpResponse, web::Path};
use tunnus_sdk::Timestamp;

use super::{
    answer::{Reply, serve},
    page::{Block, Cell, Table, Tone},
    tenants::{Tab, below},
    visitor::Visitor,
};
use crate::{
    admin::{AdminError, On, Right},
    keyring::{Duties, Key, State},
    tenant::model::Tenant,
};

/// How long before its end a key is warned of: 30 days.
const SOON: i64 = 30 * 24 * 60 * 60;

/// The list.
pub async fn list(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    serve(visitor, move |visitor| async move { list_page(&visitor, &tenant).await }).await
}

async fn list_page(visitor: &Visitor, tenant: &str) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    visitor.admin.permit(&visitor.caller, Right::ReadKeys, On::Tenant(tenant)).await?;
    let mut page = below(visitor, tenant, Tab::Keys, texts.keys).await?;
    let served = visitor.broker.tenants.tenant(tenant).await?;
    page.blocks.push(Block::Text(texts.keys_help.to_owned()));
    page.blocks.push(table(visitor, served.as_ref()));
    Ok(page.into())
}

fn table(visitor: &Visitor, tenant: Option<&Arc<Tenant>>) -> Block {
    let texts = visitor.texts();
    let now = visitor.broker.flows.ambient.now();
    let own = tenant.into_iter().flat_map(|tenant| &tenant.ring);
    let theirs = tenant.into_iter().flat_map(|tenant| &tenant.connections);
    let all = own.chain(theirs.flat_map(|connection| &connection.ring));
    let head = [texts.whose, texts.purpose, texts.key_id, texts.state, texts.since, texts.ends, texts.does];
    Block::Table(Table {
        caption: texts.keys.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: all.map(|key| row(visitor, key, now)).collect(),
        empty: texts.no_keys.to_owned(),
    })
}

fn row(visitor: &Visitor, key: &Key, now: Timestamp) -> Vec<Cell> {
    let texts = visitor.texts();
    let whose = key.connection.as_deref().unwrap_or(texts.tenant);
    vec![
        Cell::text(whose),
        Cell::text(format!("{} ({})", key.purpose.name(), key.kind)),
        Cell::code(&key.kid),
        Cell::state(key.state.name(), tone(key)),
        Cell::text(key.since.to_date().unwrap_or_default()),
        end(key, now),
        Cell::text(duties(visitor, key)),
    ]
}

/// What waits for a person is to be looked at.
const fn tone(key: &Key) -> Tone {
    match key.state {
        State::Active => Tone::Good,
        State::Created | State::AwaitingRegistration => Tone::Alert,
        State::WarmUp | State::Cooldown | State::Retired => Tone::Plain,
    }
}

/// When its certificate, or what the upstream has on file, ends.
fn end(key: &Key, now: Timestamp) -> Cell {
    let Some(end) = key.not_after else { return Cell::default() };
    let date = end.to_date().unwrap_or_default();
    if end.0 - now.0 < SOON && key.state != State::Retired {
        Cell::state(date, Tone::Alert)
    } else {
        Cell::text(date)
    }
}

fn duties(visitor: &Visitor, key: &Key) -> String {
    let texts = visitor.texts();
    let Duties { signs, opens, published } = Duties::of(key.purpose, key.state);
    let all = [(signs, texts.signs), (opens, texts.opens), (published, texts.published)];
    all.into_iter().filter(|(does, _)| *does).map(|(_, text)| text).collect::<Vec<_>>().join(", ")
}
