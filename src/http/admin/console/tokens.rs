//! Admin tokens: the list, a new one, which is shown once, and their end.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde::Deserialize;
use tunnus_sdk::{SettingsError, Timestamp};

use super::{
    answer::{Reply, serve},
    form::{Answers, Control, Item, Label, Pick, Shape, Shown, Summary},
    page::{Block, Cell, Form, Link, Notice, Page, Table, Tone},
    tenants::{Saved, sure},
    visitor::{Posted, Visitor},
};
use crate::admin::{AdminError, NewToken, Right, Role, TokenInfo};

/// Which page of the list.
#[derive(Debug, Deserialize)]
pub struct Start {
    after: Option<String>,
}

/// The list, and a token that was just made.
pub async fn list(visitor: Visitor, saved: Query<Saved>, start: Query<Start>) -> HttpResponse {
    let after = start.into_inner().after;
    serve(visitor, move |visitor| async move { shown(&visitor, &saved, after.as_deref()).await }).await
}

async fn shown(visitor: &Visitor, saved: &Saved, after: Option<&str>) -> Result<Reply, AdminError> {
    let texts = visitor.texts();
    let mut page = frame(visitor);
    page.notices = saved.notices(visitor);
    if let Some(once) = &saved.once
        && let Some(token) = visitor.session.take_once(&visitor.broker.flows, once).await?
    {
        page.notices.push(Notice::alert(texts.shown_once));
        let (label, text) = (texts.admin_token.to_owned(), token.expose_str().to_owned());
        page.blocks.push(Block::Code { label, text });
    }
    let listed = visitor.admin.tokens(&visitor.caller, after).await?;
    page.blocks.push(table(visitor, &listed.tokens));
    if let Some(next) = &listed.next {
        let href = format!("/console/tokens?after={next}");
        page.blocks.push(Block::Links(vec![Link::to(texts.more, href)]));
    }
    if visitor.caller.may(Right::WriteTokens) {
        page.blocks.push(Block::Heading(texts.new_token.to_owned()));
        page.blocks.push(form(visitor, &Answers::default(), &[]));
    }
    Ok(page.into())
}

fn frame(visitor: &Visitor) -> Page {
    Page { title: visitor.texts().tokens.to_owned(), ..Page::default() }
}

fn table(visitor: &Visitor, tokens: &[TokenInfo]) -> Block {
    let texts = visitor.texts();
    let now = visitor.broker.flows.ambient.now();
    let row = |token: &TokenInfo| {
        let state = state(visitor, token, now);
        let holds = state.tone == Tone::Good && visitor.caller.may(Right::WriteTokens);
        let revoke = Cell::link(texts.revoke, format!("/console/tokens/{}/revoke", token.id));
        vec![
            Cell::text(&token.name),
            Cell::text(texts.role(token.role)),
            Cell::code(token.tenant.as_ref().or(token.platform.as_ref()).cloned().unwrap_or_default()),
            Cell::text(token.expires_at.to_date().unwrap_or_default()),
            state,
            if holds { revoke } else { Cell::default() },
        ]
    };
    let head = [texts.name, texts.role_label, texts.reach, texts.expires, texts.state, texts.revoke];
    Block::Table(Table {
        caption: texts.tokens.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: tokens.iter().map(row).collect(),
        empty: texts.no_tokens.to_owned(),
    })
}

fn state(visitor: &Visitor, token: &TokenInfo, now: Timestamp) -> Cell {
    let texts = visitor.texts();
    if token.revoked_at.is_some() {
        Cell::state(texts.revoked, Tone::Alert)
    } else if token.expires_at <= now {
        Cell::state(texts.expired, Tone::Alert)
    } else {
        Cell::state(texts.holds, Tone::Good)
    }
}

fn form(visitor: &Visitor, answers: &Answers, faults: &[SettingsError]) -> Block {
    let texts = visitor.texts();
    let value = |name: &str| answers.one(name).unwrap_or_default().to_owned();
    let role = |role: Role| Pick {
        value: role.name().to_owned(),
        label: texts.role(role).to_owned(),
        on: answers.one("role") == Some(role.name()),
    };
    let mut controls = vec![
        Control::new("name", Label::own(texts.name), Shape::line(value("name"))).must(),
        Control::new("role", Label::own(texts.role_label), Shape::Select(Role::ALL.map(role).to_vec()))
            .must(),
        Control::new("platform", Label::own(texts.platform), Shape::line(value("platform"))),
        Control::new("tenant", Label::own(texts.tenant), Shape::line(value("tenant"))),
        Control::new("days", Label::own(texts.days), Shape::line(value("days"))),
    ];
    let mut summary = Vec::new();
    for fault in faults {
        let at = controls.iter_mut().find(|control| fault.pointer == format!("/{}", control.name));
        summary.push(Summary {
            message: fault.message.clone(),
            label: at.as_ref().map(|control| control.label.clone()),
            target: at.as_ref().map(|control| control.id.clone()),
            lang: Some("en"),
        });
        if let Some(control) = at {
            control.faults.push(fault.message.clone());
        }
    }
    Block::Form(Box::new(Form {
        action: "/console/tokens".to_owned(),
        shown: Shown { items: controls.into_iter().map(Item::Control).collect(), summary },
        submit: texts.create.to_owned(),
        ..Form::default()
    }))
}

/// Makes one.
pub async fn create(posted: Posted) -> HttpResponse {
    serve(posted, move |posted| async move { created(&posted).await }).await
}

async fn created(posted: &Posted) -> Result<Reply, AdminError> {
    let Posted { visitor, answers } = posted;
    let wanted = wanted(answers);
    let made = match wanted {
        Ok(wanted) => visitor.admin.create_token(&visitor.caller, &wanted).await,
        Err(fault) => Err(fault),
    };
    match made {
        Ok(made) => {
            let once = visitor.session.keep_once(&visitor.broker.flows, &made.token).await?;
            Ok(Reply::To(format!("/console/tokens?saved&once={once}")))
        }
        Err(AdminError::Faulty(faults)) => {
            let notice = Notice::alert(visitor.texts().not_saved);
            Ok(frame(visitor).again(notice, vec![form(visitor, answers, &faults)]))
        }
        Err(other) => Err(other),
    }
}

fn wanted(answers: &Answers) -> Result<NewToken, AdminError> {
    let days = answers.one("days").map(str::parse).transpose();
    let role = answers.one("role").and_then(Role::named);
    Ok(NewToken {
        name: answers.one("name").unwrap_or_default().to_owned(),
        role: role.ok_or_else(|| AdminError::fault("/role", "choose a role"))?,
        platform: answers.one("platform").map(str::to_owned),
        tenant: answers.one("tenant").map(str::to_owned),
        days: days.map_err(|_| AdminError::fault("/days", "a whole number of days"))?,
    })
}

/// Asks whether to revoke one.
pub async fn ask(visitor: Visitor, token: Path<String>) -> HttpResponse {
    let texts = visitor.texts();
    let mut page = frame(&visitor);
    let action = format!("/console/tokens/{token}/revoke");
    page.blocks.extend(sure(texts.revoke, texts.revoke_help, action, 0));
    visitor.answer(Ok(page.into()))
}

/// Revokes one.
pub async fn revoke(posted: Posted, token: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let Visitor { admin, caller, .. } = &posted.visitor;
        admin.revoke_token(caller, &token).await?;
        Ok(Reply::To("/console/tokens?saved".to_owned()))
    })
    .await
}
