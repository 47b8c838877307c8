//! What left and what came on the legs of a trial, as its admin may see it.
//!
//! Names, and of what we send those values that are no secret; never a token, a code, or anything
//! about a person. What stands in it is the upstream's to choose: each text and each list is bounded.
//! It is noted beside the ledger, and only where a leg is watched.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunnus_sdk::{
    Authentication, Body, BrowserRequest, Claims, EncryptTo, Expect, Inbound, OpenError, Reason, Request,
    RequestMethod, Signing, Stage, TokenKind,
};
use url::Url;

use super::ledger::{Ledger, note};

/// How many steps are noted.
const STEPS: usize = 64;
/// How many names of one message.
const NAMES: usize = 64;
/// The longest name.
const NAME_LENGTH: usize = 128;
/// How much of a value is noted.
const VALUE_LENGTH: usize = 512;

/// What a request says in the open: the parameters of the standards that are no secret. Whatever
/// another is called, its value stays inside.
const OPEN: &[&str] = &[
    "acr_values",
    "aud",
    "claims",
    "client_assertion_type",
    "client_id",
    "code_challenge_method",
    "exp",
    "grant_type",
    "iat",
    "iss",
    "max_age",
    "nbf",
    "prompt",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "ui_locales",
];

/// One step of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Seen {
    /// We signed: a request object, a client assertion.
    Signed {
        /// How, and with which key.
        header: Header,
        /// What.
        members: Vec<Named>,
    },
    /// We encrypted what was signed.
    Encrypted {
        /// How.
        header: Header,
    },
    /// We called the upstream.
    Called {
        /// What for.
        stage: Stage,
        /// `GET` or `POST`.
        method: String,
        /// Where, without the query.
        endpoint: String,
        /// How we said who we are.
        authentication: String,
        /// Whether our certificate was shown.
        mutual_tls: bool,
        /// What was sent.
        parameters: Vec<Named>,
        /// Whether an answer came.
        answered: bool,
    },
    /// The browser was sent to the upstream.
    Left {
        /// `GET` or `POST`.
        method: String,
        /// Where, without the query.
        endpoint: String,
        /// With what.
        parameters: Vec<Named>,
    },
    /// The browser came back.
    Returned {
        /// On which leg.
        leg: String,
        /// With what.
        parameters: Vec<String>,
    },
    /// We opened a message of the upstream.
    Opened {
        /// Which.
        message: String,
        /// Its headers, the outer one first; none where it is plain.
        headers: Vec<Header>,
        /// The names of its claims; none where it did not open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claims: Option<Vec<String>>,
        /// Which check it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rejected: Option<Reason>,
    },
}

/// What the header of a token says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// How the content is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enc: Option<String>,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
}

/// A parameter, with its value where that is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Ledger {
    /// Notes where the browser is sent.
    pub fn left(&mut self, to: &BrowserRequest) {
        self.saw(|| match to {
            BrowserRequest::Get(url) => {
                Seen::Left { method: "GET".to_owned(), endpoint: place(url), parameters: query(url) }
            }
            BrowserRequest::Post { action, fields } => {
                let fields = fields.iter().map(|(name, value)| named(name, value));
                let parameters = query(action).into_iter().chain(fields).take(NAMES).collect();
                Seen::Left { method: "POST".to_owned(), endpoint: place(action), parameters }
            }
        });
    }

    /// Notes what the browser brought.
    pub fn returned(&mut self, inbound: &Inbound) {
        self.saw(|| {
            let parameters = names(inbound.params.iter().map(|(name, _)| name));
            Seen::Returned { leg: inbound.leg.name().to_owned(), parameters }
        });
    }

    /// Adds a step, where the leg is watched.
    fn saw(&mut self, step: impl FnOnce() -> Seen) {
        if let Some(steps) = self.steps.as_mut().filter(|steps| steps.len() < STEPS) {
            steps.push(step());
        }
    }
}

/// A key of ours has signed `claims`.
pub(super) fn signed(signing: &Signing, kid: &str, claims: &Claims) {
    note(|ledger| {
        ledger.saw(|| {
            let alg = Some(signing.algorithm.name().to_owned());
            let typ = signing.typ.map(str::to_owned);
            let header = Header { alg, enc: None, kid: shown(kid), typ };
            let members = claims.iter().take(NAMES).map(|(name, value)| match value {
                Value::String(text) => named(name, text),
                other => named(name, &other.to_string()),
            });
            Seen::Signed { header, members: members.collect() }
        });
    });
}

/// Something was encrypted for the upstream.
pub(super) fn encrypted(to: &EncryptTo) {
    note(|ledger| {
        ledger.saw(|| {
            let (alg, enc) = (Some(to.algorithm.name().to_owned()), Some(to.content.name().to_owned()));
            Seen::Encrypted { header: Header { alg, enc, kid: None, typ: to.typ.map(str::to_owned) } }
        });
    });
}

/// A call that is about to be made; it is noted when it is over.
pub(super) fn call(request: &Request) -> Option<Seen> {
    let mut step = None;
    note(|ledger| step = ledger.steps.is_some().then(|| called(request)));
    step
}

/// The call is over.
pub(super) fn ended(call: Option<Seen>, is_answered: bool) {
    let Some(mut step) = call else { return };
    if let Seen::Called { answered, .. } = &mut step {
        *answered = is_answered;
    }
    note(|ledger| ledger.saw(|| step));
}

fn called(request: &Request) -> Seen {
    let method = match request.method {
        RequestMethod::Get => "GET",
        RequestMethod::Post => "POST",
    };
    let (authentication, secret) = match &request.authentication {
        Authentication::None => ("none", None),
        Authentication::SecretBasic { .. } => ("client_secret_basic", None),
        Authentication::SecretPost => ("client_secret_post", Some("client_secret")),
        Authentication::Bearer(_) => ("bearer", None),
    };
    let form = match &request.body {
        Body::Empty => &[][..],
        Body::Form(fields) => fields,
    };
    let form = form.iter().map(|(name, value)| named(name, value.expose_str()));
    let secret = secret.map(|name| named(name, ""));
    Seen::Called {
        stage: request.stage,
        method: method.to_owned(),
        endpoint: place(&request.url),
        authentication: authentication.to_owned(),
        mutual_tls: request.mutual_tls,
        parameters: query(&request.url).into_iter().chain(form).chain(secret).take(NAMES).collect(),
        answered: false,
    }
}

/// A message is about to be opened.
pub(super) fn opening(expect: &Expect, token: &str) {
    note(|ledger| {
        ledger.saw(|| {
            let message = match expect.kind {
                TokenKind::IdToken => "id_token",
                TokenKind::Userinfo => "userinfo",
                TokenKind::AuthorizationResponse => "authorization_response",
                TokenKind::Document => "document",
            };
            let headers = header(token).into_iter().collect();
            Seen::Opened { message: message.to_owned(), headers, claims: None, rejected: None }
        });
    });
}

/// It has shown the token inside it.
pub(super) fn inside(token: &str) {
    note(|ledger| {
        if let Some(Seen::Opened { headers, .. }) = last_opened(ledger) {
            headers.extend(header(token));
        }
    });
}

/// It was opened, or not.
pub(super) fn opened(result: Result<&Claims, &OpenError>) {
    note(|ledger| {
        if let Some(Seen::Opened { claims, rejected, .. }) = last_opened(ledger) {
            *claims = result.ok().map(|claims| names(claims.keys().map(String::as_str)));
            *rejected = match result {
                Err(OpenError::Rejected(reason)) => Some(*reason),
                Ok(_) | Err(_) => None,
            };
        }
    });
}

/// The message at hand: keys may have been fetched since.
fn last_opened(ledger: &mut Ledger) -> Option<&mut Seen> {
    ledger.steps.as_mut()?.iter_mut().rev().find(|step| matches!(step, Seen::Opened { .. }))
}

fn header(token: &str) -> Option<Header> {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let text = |name: &str| header.get(name).and_then(Value::as_str).and_then(shown);
    Some(Header { alg: text("alg"), enc: text("enc"), kid: text("kid"), typ: text("typ") })
}

fn place(url: &Url) -> String {
    let mut place = format!("{}{}", url.origin().ascii_serialization(), url.path());
    place.truncate(place.floor_char_boundary(VALUE_LENGTH));
    place
}

fn query(url: &Url) -> Vec<Named> {
    url.query_pairs().take(NAMES).map(|(name, value)| named(&name, &value)).collect()
}

/// A parameter of ours.
fn named(name: &str, value: &str) -> Named {
    let is_open = OPEN.contains(&name);
    Named { name: name.to_owned(), value: is_open.then(|| value.chars().take(VALUE_LENGTH).collect()) }
}

/// Names that are the upstream's: those that can be shown, and how many cannot.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let (mut listed, mut others) = (Vec::new(), 0_usize);
    for name in all {
        match shown(name).filter(|_| listed.len() < NAMES) {
            Some(name) => listed.push(name),
            None => others += 1,
        }
    }
    listed.extend((others > 0).then(|| format!("+{others}")));
    listed
}

/// A text of the upstream's that looks like a name.
fn shown(text: &str) -> Option<String> {
    let plain = text.len() <= NAME_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic());
    (plain && !text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
#[path = "observed_tests.rs"]
mod tests;
