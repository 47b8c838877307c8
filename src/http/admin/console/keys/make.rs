//! Keys that come into the ring: made here, made elsewhere, or made for a certificate.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde::Deserialize;
use serde_json::Value;
use tunnus_sdk::{Hidden, SettingsError};

use super::{
    super::{
        answer::{Reply, serve},
        form::{Answers, Control, Label, Pick, Shape, Shown},
        page::{Block, Form, Notice},
        tenants::name_of,
        texts::Texts,
        visitor::{Posted, Visitor},
    },
    day, forms_page, href,
};
use crate::{
    admin::AdminError,
    keyring::{Given, KeyKind, KeyView, Purpose, Request, Wanted},
};

/// The kinds that can be made.
const KINDS: [KeyKind; 4] = [KeyKind::Rsa(2048), KeyKind::Rsa(3072), KeyKind::Rsa(4096), KeyKind::P256];

/// Which of the three forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Generate,
    Import,
    Request,
}

/// What a form begins with.
#[derive(Debug, Default, Deserialize)]
pub struct Begun {
    connection: Option<String>,
}

/// The form that makes a key.
pub async fn new(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    shown(visitor, tenant, Way::Generate, Begun::default()).await
}

/// The form that takes one in.
pub async fn new_import(visitor: Visitor, tenant: Path<String>) -> HttpResponse {
    shown(visitor, tenant, Way::Import, Begun::default()).await
}

/// The form that makes one and asks for its certificate.
pub async fn new_request(visitor: Visitor, tenant: Path<String>, begun: Query<Begun>) -> HttpResponse {
    shown(visitor, tenant, Way::Request, begun.into_inner()).await
}

async fn shown(visitor: Visitor, tenant: Path<String>, way: Way, begun: Begun) -> HttpResponse {
    serve(visitor, move |visitor| async move {
        let mut page = forms_page(&visitor, &tenant, way.title(visitor.texts())).await?;
        let answers = Answers::begun("connection", begun.connection);
        page.blocks.extend(way.form(&visitor, &tenant, (&answers, &[])).await?);
        Ok(page.into())
    })
    .await
}

/// Makes a key.
pub async fn generate(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let made = generated(&posted, &tenant).await;
        answered(&posted, &tenant, Way::Generate, made).await
    })
    .await
}

async fn generated(Posted { visitor, answers }: &Posted, tenant: &str) -> Result<KeyView, AdminError> {
    let keys = visitor.admin.write_keys(&visitor.caller, tenant).await?;
    let (purpose, kind) = (purpose(answers)?, kind(answers)?);
    let fetched = answers.one("fetched").is_some();
    let wanted = Wanted { connection: connection(answers), purpose, kind, fetched };
    Ok(keys.generate(&visitor.caller.actor(), tenant, wanted).await?)
}

/// Takes a key in.
pub async fn import(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let made = imported(&posted, &tenant).await;
        answered(&posted, &tenant, Way::Import, made).await
    })
    .await
}

async fn imported(Posted { visitor, answers }: &Posted, tenant: &str) -> Result<KeyView, AdminError> {
    visitor.admin.write_keys(&visitor.caller, tenant).await?;
    let bytes = match (answers.one("text"), answers.file("file")) {
        (Some(text), None) => Hidden::new(text.as_bytes().to_vec()),
        (None, Some(file)) => file.clone(),
        (Some(_), Some(_)) | (None, None) => {
            return Err(AdminError::fault("/text", "give one: a text or a file"));
        }
    };
    let given = Given {
        connection: connection(answers),
        purpose: purpose(answers)?,
        bytes,
        passphrase: answers.one("passphrase").map(Hidden::from),
        kid: answers.one("kid").map(str::to_owned),
        known: answers.one("known").is_some(),
        until: day(answers, "until")?,
    };
    visitor.admin.import_key(&visitor.caller, tenant, given).await
}

/// Makes a key and asks for its certificate.
pub async fn request(posted: Posted, tenant: Path<String>) -> HttpResponse {
    serve(posted, move |posted| async move {
        let made = requested(&posted, &tenant).await;
        answered(&posted, &tenant, Way::Request, made).await
    })
    .await
}

async fn requested(Posted { visitor, answers }: &Posted, tenant: &str) -> Result<KeyView, AdminError> {
    let keys = visitor.admin.write_keys(&visitor.caller, tenant).await?;
    let missing = || AdminError::fault("/connection", "choose a connection");
    let request = Request {
        connection: connection(answers).ok_or_else(missing)?,
        common_name: answers.one("common_name").unwrap_or_default().to_owned(),
        organisation: answers.one("organisation").map(str::to_owned),
        kind: kind(answers)?,
    };
    Ok(keys.csr(&visitor.caller.actor(), tenant, request).await?.0)
}

/// To the key's page; else the form again. What was given of a private key is not shown again.
async fn answered(
    Posted { visitor, answers }: &Posted,
    tenant: &str,
    way: Way,
    made: Result<KeyView, AdminError>,
) -> Result<Reply, AdminError> {
    let faults = match made {
        Ok(key) => return Ok(Reply::To(format!("{}?saved", href(tenant, &key.id)))),
        Err(AdminError::Faulty(faults)) => faults,
        Err(other) => return Err(other),
    };
    let page = forms_page(visitor, tenant, way.title(visitor.texts())).await?;
    let blocks = way.form(visitor, tenant, (answers, &faults)).await?;
    Ok(page.again(Notice::alert(visitor.texts().not_saved), blocks))
}

fn connection(answers: &Answers) -> Option<String> {
    answers.one("connection").map(str::to_owned)
}

fn purpose(answers: &Answers) -> Result<Purpose, AdminError> {
    let named = Purpose::ALL.into_iter().find(|purpose| answers.one("purpose") == Some(purpose.name()));
    named.ok_or_else(|| AdminError::fault("/purpose", "choose a purpose"))
}

fn kind(answers: &Answers) -> Result<KeyKind, AdminError> {
    let named = answers.one("kind").unwrap_or_default().parse();
    named.map_err(|_| AdminError::fault("/kind", "choose a kind"))
}

impl Way {
    const fn title(self, texts: &Texts) -> &'static str {
        match self {
            Self::Generate => texts.keyring.new,
            Self::Import => texts.keyring.import,
            Self::Request => texts.keyring.request,
        }
    }

    async fn form(
        self,
        visitor: &Visitor,
        tenant: &str,
        (answers, faults): (&Answers, &[SettingsError]),
    ) -> Result<Vec<Block>, AdminError> {
        let (texts, fields) = (visitor.texts(), Fields { texts: visitor.texts(), answers });
        let connection = connections(visitor, tenant, (answers, self)).await?;
        let (help, path, more) = match self {
            Self::Generate => (texts.keyring.new_help, "new-key", fields.generate()),
            Self::Import => (texts.keyring.import_help, "import-key", fields.import()),
            Self::Request => (texts.keyring.request_help, "request-certificate", fields.request()),
        };
        let controls = std::iter::once(connection).chain(more).collect();
        let form = Form {
            action: format!("/console/tenants/{tenant}/{path}"),
            shown: Shown::of(controls, faults, texts),
            submit: self.title(texts).to_owned(),
            ..Form::default()
        };
        Ok(vec![Block::Text(help.to_owned()), Block::Form(Box::new(form))])
    }
}

/// Whose the key shall be.
async fn connections(
    visitor: &Visitor,
    tenant: &str,
    (answers, way): (&Answers, Way),
) -> Result<Control, AdminError> {
    let texts = visitor.texts();
    let own = Pick {
        value: String::new(),
        // A certificate is a connection's.
        label: if way == Way::Request { texts.choose } else { texts.tenant }.to_owned(),
        on: false,
    };
    let all = visitor.admin.connections(&visitor.caller, tenant).await?;
    let pick = |connection: &crate::admin::Document| {
        let name = name_of(connection.value.get("display_name").unwrap_or(&Value::Null), visitor.locale);
        Pick {
            value: connection.id.clone(),
            label: format!("{name} ({})", connection.id),
            on: answers.one("connection") == Some(&connection.id),
        }
    };
    let picks = std::iter::once(own).chain(all.iter().map(pick)).collect();
    Ok(Control::new("connection", Label::own(texts.keyring.whose), Shape::Select(picks)))
}

/// The inputs of the forms.
struct Fields<'a> {
    texts: &'static Texts,
    answers: &'a Answers,
}

impl Fields<'_> {
    fn generate(&self) -> Vec<Control> {
        let texts = &self.texts.keyring;
        vec![self.purpose(), self.kind(), self.check("fetched", texts.fetched).about(texts.fetched_help)]
    }

    fn import(&self) -> Vec<Control> {
        let texts = &self.texts.keyring;
        let until = Shape::day(self.answers.one("until").unwrap_or_default());
        vec![
            self.purpose(),
            Control::new("text", Label::own(texts.text), Shape::Area { value: String::new(), rows: 8 }),
            Control::new("file", Label::own(texts.file), Shape::File),
            Control::new("passphrase", Label::own(texts.passphrase), Shape::secret()),
            self.line("kid", texts.vendor_kid).about(texts.vendor_kid_help),
            self.check("known", texts.known),
            Control::new("until", Label::own(texts.until), until).about(texts.until_help),
        ]
    }

    fn request(&self) -> Vec<Control> {
        let texts = &self.texts.keyring;
        vec![
            self.line("common_name", texts.common_name).about(texts.common_name_help).must(),
            self.line("organisation", texts.organisation),
            self.kind(),
        ]
    }

    fn purpose(&self) -> Control {
        let pick = |purpose: Purpose| Pick {
            value: purpose.name().to_owned(),
            label: self.texts.keyring.purpose(purpose).to_owned(),
            on: self.answers.one("purpose") == Some(purpose.name()),
        };
        let picks = Purpose::ALL.map(pick).to_vec();
        Control::new("purpose", Label::own(self.texts.keyring.purpose), Shape::Select(picks))
    }

    fn kind(&self) -> Control {
        let pick = |kind: KeyKind| {
            let value = kind.to_string();
            let on = self.answers.one("kind") == Some(&value);
            Pick { label: value.clone(), value, on }
        };
        let picks = KINDS.map(pick).to_vec();
        Control::new("kind", Label::own(self.texts.keyring.kind), Shape::Select(picks))
    }

    fn line(&self, name: &str, label: &str) -> Control {
        Control::new(name, Label::own(label), Shape::line(self.answers.one(name).unwrap_or_default()))
    }

    fn check(&self, name: &str, label: &str) -> Control {
        Control::new(name, Label::own(label), Shape::Check(self.answers.one(name).is_some()))
    }
}
