//! What is done with a key that is in the ring: registered, given its certificate, rotated, retired.

use actix_web::{HttpResponse, web::Path};
use tunnus_sdk::SettingsError;

use super::{
    super::{
        answer::{Reply, serve},
        form::{Answers, Control, Label, Shape, Shown},
        page::{Block, Form, Link, Notice},
        tenants::sure,
        visitor::{Posted, Visitor},
    },
    day, href,
    one::Found,
};
use crate::{
    admin::{AdminError, On, Registration, Right},
    keyring::{KeyView, Purpose, Registered, State},
};

/// What can be done with a key as it is.
pub(super) fn ways(visitor: &Visitor, tenant: &str, found: &Found) -> Vec<Block> {
    let (texts, key) = (&visitor.texts().keyring, &found.key);
    let at = |way: &str| format!("{}/{way}", href(tenant, &found.id));
    let (nothing, is_certificate) = (Answers::default(), key.purpose == Purpose::Certificate);
    let mut blocks = Vec::new();
    match key.state {
        State::Retired => return blocks,
        _ if is_certificate => blocks.extend(certificate_form(visitor, tenant, &found.id, &[])),
        _ if key.connection.is_some() => {
            blocks.extend(registered_form(visitor, tenant, &found.id, (&nothing, &[])));
        }
        _ => {}
    }
    blocks.push(Block::Actions(vec![match (key.state, &key.connection) {
        (State::Active, Some(connection)) if is_certificate => {
            let href = format!("/console/tenants/{tenant}/request-certificate?connection={connection}");
            Link::to(texts.request, href)
        }
        (State::Active, _) => Link::to(texts.rotate, at("rotate")),
        _ => Link::to(texts.retire, at("retire")),
    }]));
    blocks
}

fn registered_form(
    visitor: &Visitor,
    tenant: &str,
    id: &str,
    (answers, faults): (&Answers, &[SettingsError]),
) -> Vec<Block> {
    let texts = &visitor.texts().keyring;
    let value = |name: &str| answers.one(name).unwrap_or_default().to_owned();
    let controls = vec![
        Control::new("kid", Label::own(texts.vendor_kid), Shape::line(value("kid")))
            .about(texts.vendor_kid_help),
        Control::new("until", Label::own(texts.until), Shape::day(value("until"))).about(texts.until_help),
        Control::new("prove", Label::own(texts.prove), Shape::Check(answers.one("prove").is_some()))
            .about(texts.prove_help),
    ];
    let form = Form {
        action: format!("{}/registered", href(tenant, id)),
        shown: Shown::of(controls, faults, visitor.texts()),
        submit: texts.registered.to_owned(),
        ..Form::default()
    };
    let [heading, help] = [texts.registered, texts.registered_help].map(str::to_owned);
    vec![Block::Heading(heading), Block::Text(help), Block::Form(Box::new(form))]
}

fn certificate_form(visitor: &Visitor, tenant: &str, id: &str, faults: &[SettingsError]) -> Vec<Block> {
    let texts = &visitor.texts().keyring;
    let controls = vec![
        Control::new("pem", Label::own(texts.certificate), Shape::Area { value: String::new(), rows: 8 })
            .about(texts.certificate_help),
        Control::new("file", Label::own(texts.file), Shape::File),
    ];
    let form = Form {
        action: format!("{}/certificate", href(tenant, id)),
        shown: Shown::of(controls, faults, visitor.texts()),
        submit: texts.take.to_owned(),
        ..Form::default()
    };
    vec![Block::Heading(texts.certificate.to_owned()), Block::Form(Box::new(form))]
}

/// Notes that the upstream has a key.
pub async fn register(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(posted, move |posted| async move {
        let done = registered(&posted, &tenant, &key).await;
        answered(&posted, &tenant, &key, done, |visitor, faults| {
            registered_form(visitor, &tenant, &key, (&posted.answers, faults))
        })
        .await
    })
    .await
}

async fn registered(
    Posted { visitor, answers }: &Posted,
    tenant: &str,
    id: &str,
) -> Result<KeyView, AdminError> {
    visitor.admin.write_keys(&visitor.caller, tenant).await?;
    let file = Registered { kid: answers.one("kid").map(str::to_owned), until: day(answers, "until")? };
    let said = Registration { file, prove: answers.one("prove").is_some() };
    visitor.admin.register_key(&visitor.broker, &visitor.caller, (tenant, id), said).await
}

/// Takes the certificate of a key in.
pub async fn certificate(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(posted, move |posted| async move {
        let done = taken(&posted, &tenant, &key).await;
        answered(&posted, &tenant, &key, done, |visitor, faults| {
            certificate_form(visitor, &tenant, &key, faults)
        })
        .await
    })
    .await
}

async fn taken(Posted { visitor, answers }: &Posted, tenant: &str, id: &str) -> Result<KeyView, AdminError> {
    let keys = visitor.admin.write_keys(&visitor.caller, tenant).await?;
    let file = answers.file("file").map(|file| std::str::from_utf8(file.expose()));
    let ((Some(pem), None) | (None, Some(Ok(pem)))) = (answers.one("pem"), file) else {
        return Err(AdminError::fault("/pem", "give one: a text or a file, in PEM"));
    };
    Ok(keys.certificate(&visitor.caller.actor(), tenant, (id, pem)).await?)
}

/// To the key's page; else what was sent, again.
async fn answered(
    Posted { visitor, .. }: &Posted,
    tenant: &str,
    id: &str,
    done: Result<KeyView, AdminError>,
    again: impl Fn(&Visitor, &[SettingsError]) -> Vec<Block>,
) -> Result<Reply, AdminError> {
    match done {
        Ok(key) => Ok(Reply::To(format!("{}?saved", href(tenant, &key.id)))),
        Err(AdminError::Faulty(faults)) => {
            let page = Found::of(visitor, tenant, id).await?.page(visitor, tenant).await?;
            Ok(page.again(Notice::alert(visitor.texts().not_saved), again(visitor, &faults)))
        }
        Err(other) => Err(other),
    }
}

/// Asks whether to rotate, with what that means.
pub async fn ask_rotation(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(visitor, move |visitor| async move {
        let found = permitted(&visitor, &tenant, &key).await?;
        let texts = &visitor.texts().keyring;
        let mut page = found.below(&visitor, &tenant, texts.rotate).await?;
        page.blocks.push(Block::Text(texts.rotate_help.to_owned()));
        page.blocks.push(rotation_form(&visitor, &tenant, &key, &[]));
        Ok(page.into())
    })
    .await
}

fn rotation_form(visitor: &Visitor, tenant: &str, id: &str, faults: &[SettingsError]) -> Block {
    let texts = &visitor.texts().keyring;
    let now = Control::new("now", Label::own(texts.at_once), Shape::Check(false)).about(texts.at_once_help);
    Block::Form(Box::new(Form {
        action: format!("{}/rotate", href(tenant, id)),
        shown: Shown::of(vec![now], faults, visitor.texts()),
        submit: texts.rotate.to_owned(),
        ..Form::default()
    }))
}

/// Has a new key follow one in use.
pub async fn rotate(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(posted, move |posted| async move {
        let Posted { visitor, answers } = &*posted;
        let keys = visitor.admin.write_keys(&visitor.caller, &tenant).await?;
        let asked = (key.as_str(), answers.one("now").is_some());
        let done = keys.rotate(&visitor.caller.actor(), &tenant, asked).await.map_err(AdminError::from);
        answered(&posted, &tenant, &key, done, |visitor, faults| {
            vec![rotation_form(visitor, &tenant, &key, faults)]
        })
        .await
    })
    .await
}

/// Asks whether to retire, with what that breaks.
pub async fn ask_retirement(visitor: Visitor, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(visitor, move |visitor| async move {
        let found = permitted(&visitor, &tenant, &key).await?;
        let texts = &visitor.texts().keyring;
        let mut page = found.below(&visitor, &tenant, texts.retire).await?;
        let (help, action) =
            (texts.retire_help(found.key.purpose), format!("{}/retire", href(&tenant, &key)));
        page.blocks.extend(sure(texts.retire, help, action, 0));
        Ok(page.into())
    })
    .await
}

/// Ends a key.
pub async fn retire(posted: Posted, path: Path<(String, String)>) -> HttpResponse {
    let (tenant, key) = path.into_inner();
    serve(posted, move |posted| async move {
        let Visitor { admin, caller, .. } = &posted.visitor;
        let keys = admin.write_keys(caller, &tenant).await?;
        let done = keys.retire(&caller.actor(), &tenant, &key).await.map_err(AdminError::from);
        answered(&posted, &tenant, &key, done, |visitor, faults| {
            let texts = &visitor.texts().keyring;
            vec![Block::Form(Box::new(Form {
                action: format!("{}/retire", href(&tenant, &key)),
                shown: Shown::of(Vec::new(), faults, visitor.texts()),
                submit: texts.retire.to_owned(),
                danger: true,
                ..Form::default()
            }))]
        })
        .await
    })
    .await
}

/// The key, for who may change it.
async fn permitted(visitor: &Visitor, tenant: &str, id: &str) -> Result<Found, AdminError> {
    visitor.admin.permit(&visitor.caller, Right::WriteKeys, On::Tenant(tenant)).await?;
    Found::of(visitor, tenant, id).await
}
