//! One key: how it is, what can be done with it, and its public part in every form.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde::Deserialize;

use super::{
    super::{
        answer::{File, Reply, serve},
        page::{Block, Cell, Link, Page},
        tenants::{Saved, Tab, below},
        visitor::Visitor,
    },
    change, href, now, whose, words,
};
use crate::{
    admin::{AdminError, Right},
    keyring::{Format, Key, Keyring, KeyringError, Purpose, State},
};

/// The forms of a public key: what each is called, in the address and by people, its media type and
/// the end of its file's name.
const FORMATS: [(Format, &str, &str, &str, &str); 4] = [
    (Format::Jwk, "jwk", "JWK", "application/jwk+json", "jwk.json"),
    (Format::Jwks, "jwks", "JWKS", "application/jwk-set+json", "jwks.json"),
    (Format::Pem, "pem", "PEM", PEM, "public.pem"),
    (Format::X509, "x509", "X.509", PEM, "certificate.pem"),
];

const PEM: &str = "application/x-pem-file";

/// A key, with the ring that it stands in.
pub(super) struct Found {
    pub(super) keys: Keyring,
    pub(super) id: String,
    pub(super) key: Key,
}

impl Found {
    /// # Errors
    /// As [`crate::admin::Admin::read_keys`]; [`AdminError::NotFound`].
    pub(super) async fn of(visitor: &Visitor, tenant: &str, id: &str) -> Result<Self, AdminError> {
        let keys = visitor.admin.read_keys(&visitor.caller, tenant).await?;
        let found = keys.all(tenant).await?.into_iter().find(|(one, _)| one == id);
        let (id, key) = found.ok_or(AdminError::NotFound)?;
        Ok(Self { keys, id, key })
    }

    /// What every page of the key begins with.
    pub(super) async fn page(&self, visitor: &Visitor, tenant: &str) -> Result<Page, AdminError> {
        let purpose = visitor.texts().keyring.purpose(self.key.purpose);
        let title = format!("{purpose}: {}", whose(visitor, &self.key));
        let mut page = below(visitor, tenant, Tab::Keys, &title).await?;
        page.trail.push(Link::to(visitor.texts().keys, format!("/console/tenants/{tenant}/keys")));
        Ok(page)
    }

    /// The same, one page further down.
    pub(super) async fn below(
        &self,
        visitor: &Visitor,
        tenant: &str,
        title: &str,
    ) -> Result<Page, AdminError> {
        let mut page = self.page(visitor, tenant).await?;
        page.trail.push(Link::to(page.title.clone(), href(tenant, &self.id)));
        title.clone_into(&mut page.title);
        page.blocks
            .push(Block::Facts(vec![(visitor.texts().keyring.kid.to_owned(), Cell::code(&self.key.kid))]));
        Ok(page)
    }
}

/// The page of a key.
pub async fn show(visitor: Visitor, path: Path<(String, String)>, saved: Query<Saved>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(visitor, move |visitor| async move {
        let found = Found::of(&visitor, &tenant, &key).await?;
        let mut page = found.page(&visitor, &tenant).await?;
        page.notices = saved.notices(&visitor);
        page.blocks.extend(blocks(&visitor, &tenant, &found).await?);
        if visitor.caller.may(Right::WriteKeys) {
            page.blocks.extend(change::ways(&visitor, &tenant, &found));
        }
        page.blocks.extend(public_parts(&visitor, &tenant, &found).await?);
        Ok(page.into())
    })
    .await
}

async fn blocks(visitor: &Visitor, tenant: &str, found: &Found) -> Result<Vec<Block>, AdminError> {
    let mut blocks = vec![Block::Facts(facts(visitor, found))];
    if found.key.purpose == Purpose::Certificate && found.key.state == State::AwaitingRegistration {
        let (_, pem) = found.keys.request(tenant, &found.id).await?;
        let texts = &visitor.texts().keyring;
        blocks.push(Block::Code { label: texts.csr.to_owned(), text: pem });
        let download = Link::to(texts.csr_download, format!("{}/request", href(tenant, &found.id)));
        blocks.push(Block::Links(vec![download]));
    }
    Ok(blocks)
}

fn facts(visitor: &Visitor, Found { keys, key, id }: &Found) -> Vec<(String, Cell)> {
    let (texts, now) = (&visitor.texts().keyring, now(visitor));
    let date = |at: tunnus_sdk::Timestamp| Cell::text(at.to_date().unwrap_or_default());
    let some = |text: &Option<String>| Cell::code(text.clone().unwrap_or_default());
    let all = [
        (texts.next, words::next(texts, (key, keys.policy()), now)),
        (visitor.texts().state, words::state(texts, key)),
        (texts.does, Cell::text(words::duties(texts, key))),
        (texts.ends, words::end(texts, key, now)),
        (texts.since, date(key.since)),
        (texts.made, date(key.made_at)),
        (texts.kind, Cell::code(key.kind.to_string())),
        (texts.kid, Cell::code(&key.kid)),
        (visitor.texts().id, Cell::code(id)),
        (texts.common_name, some(&key.subject)),
        (texts.organisation, some(&key.organisation)),
    ];
    let told = all.into_iter().filter(|(_, cell)| !cell.text.is_empty());
    told.map(|(name, cell)| (name.to_owned(), cell)).collect()
}

/// The public part in every form that can be made, to be copied or kept.
async fn public_parts(visitor: &Visitor, tenant: &str, found: &Found) -> Result<Vec<Block>, AdminError> {
    let texts = &visitor.texts().keyring;
    let mut blocks = vec![Block::Heading(texts.public.to_owned())];
    let mut links = Vec::new();
    for (format, name, label, ..) in FORMATS {
        let text = match found.keys.public(tenant, &found.id, format).await {
            Ok(text) => text,
            // A retired key signs nothing, not even what says whose it was.
            Err(KeyringError::State { .. }) => continue,
            Err(other) => return Err(other.into()),
        };
        blocks.push(Block::Code { label: label.to_owned(), text });
        let href = format!("{}/public?format={name}", href(tenant, &found.id));
        links.push(Link::to((texts.download)(label), href));
    }
    blocks.push(Block::Links(links));
    Ok(blocks)
}

/// How a public key shall be written.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    format: String,
}

/// The public part as a file.
pub async fn public(visitor: Visitor, path: Path<(String, String)>, wanted: Query<Wanted>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(visitor, move |visitor| async move {
        let form = FORMATS.into_iter().find(|(_, name, ..)| *name == wanted.format);
        let (format, _, _, media, end) = form.ok_or(AdminError::NotFound)?;
        let keys = visitor.admin.read_keys(&visitor.caller, &tenant).await?;
        let text = keys.public(&tenant, &key, format).await?;
        Ok(Reply::File(File { name: format!("{tenant}-{key}.{end}"), media, text }))
    })
    .await
}

/// The request for a certificate as a file.
pub async fn request_file(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(visitor, move |visitor| async move {
        let keys = visitor.admin.read_keys(&visitor.caller, &tenant).await?;
        let (_, text) = keys.request(&tenant, &key).await?;
        Ok(Reply::File(File { name: format!("{tenant}-{key}.request.pem"), media: PEM, text }))
    })
    .await
}
