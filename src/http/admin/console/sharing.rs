//! What a tenant's apps are led by: its aliases, and the apps of its platform that it has enabled.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};

use super::{
    answer::{Reply, serve},
    editor::{Editor, Of, Outcome},
    form::fields,
    page::{Block, Page},
    tenants::{Saved, Tab, below},
    visitor::{Posted, Visitor},
};
use crate::{
    admin::{AdminError, Right},
    tenant::{store::change::Part, stored_schema},
};

/// The members of a tenant's file that stand here.
const MEMBERS: [&str; 2] = ["aliases", "platform_apps"];

/// The form.
pub async fn show(visitor: Visitor, tenant: Path<String>, saved: Query<Saved>) -> HttpResponse {
    serve(visitor, move |visitor| async move {
        let document = visitor.admin.part(&visitor.caller, &tenant, &Part::Tenant).await?;
        let mut page = frame(&visitor, &tenant).await?;
        page.notices = saved.notices(&visitor);
        let form = editor(&visitor, &tenant).form(&document.value, Some(document.revision), &[]);
        page.blocks.push(Block::Form(Box::new(form)));
        Ok(page.into())
    })
    .await
}

async fn frame(visitor: &Visitor, tenant: &str) -> Result<Page, AdminError> {
    let texts = &visitor.texts().platform_pages;
    let mut page = below(visitor, tenant, Tab::Settings, texts.sharing).await?;
    page.blocks.push(Block::Text(texts.sharing_help.to_owned()));
    Ok(page)
}

/// Saves it.
pub async fn save(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let document = visitor.admin.part(&visitor.caller, &tenant, &Part::Tenant).await?;
        Ok(match editor(visitor, &tenant).save(answers, Some(document.value)).await? {
            Outcome::Saved(_) => Reply::To(format!("/console/tenants/{tenant}/sharing?saved")),
            Outcome::Again { notice, blocks } => frame(visitor, &tenant).await?.again(notice, blocks),
        })
    })
    .await
}

fn editor<'a>(visitor: &'a Visitor, tenant: &'a str) -> Editor<'a> {
    let schema = stored_schema();
    let mut fields = fields(&schema, &schema);
    fields.retain(|field| MEMBERS.contains(&field.name.as_str()));
    Editor {
        visitor,
        of: Of::Tenant(tenant, Part::Tenant),
        right: Right::Write,
        root: String::new(),
        named: "",
        fields,
        action: format!("/console/tenants/{tenant}/sharing"),
    }
}
