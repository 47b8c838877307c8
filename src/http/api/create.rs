//! `POST {issuer}/api/v1/identifications`: begins an identification.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tunnus_sdk::{Hidden, Level, Locale, Member};
use url::Url;

use super::{
    body::{self, Caller, add, caller},
    idempotency::{Once, Remembered},
};
use crate::{
    app::Broker,
    error::{Code, Error, Field},
    flow::{
        identification::{Face, Identification},
        prepare::{Asked, prepare},
        visit::to_ticket,
    },
    http::{
        error::rest,
        payload::{Payload, whole},
        trace::TraceId,
    },
    tenant::model::Release,
};

/// How many unknown members an answer lists: no request shall cost an answer many times its size.
const FAULTS_MAX: usize = 16;
/// How long a text of an app may be.
const TEXT_MAX: usize = 2048;

/// The body. Unknown members are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    connection: Option<String>,
    method: Option<String>,
    reference: Option<Hidden<String>>,
    return_url: Option<String>,
    #[serde(default)]
    claims: Option<ClaimsAsked>,
    minimum_assurance: Option<Level>,
    expected_national_id: Option<Hidden<String>>,
    login_hint: Option<Hidden<String>>,
    max_age: Option<u64>,
    locale: Option<Locale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimsAsked {
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    optional: Vec<String>,
}

/// Begins an identification for the calling app.
pub async fn create(
    tenant: Path<String>,
    broker: Data<Broker>,
    request: HttpRequest,
    payload: Payload,
    trace: TraceId,
) -> HttpResponse {
    match created(&broker, &tenant, &request, payload, &trace).await {
        Ok(body) => HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(body),
        Err(error) => {
            error.log(&trace.0);
            rest(&error, &trace.0)
        }
    }
}

async fn created(
    broker: &Data<Broker>,
    tenant: &str,
    request: &HttpRequest,
    payload: Payload,
    trace: &TraceId,
) -> Result<Value, Error> {
    let caller = caller(broker, tenant, request).await?;
    let payload = whole(payload)?;
    let once = Once::read(request, &payload)?;
    let asked = asked(&caller, &payload, trace)?;
    let identification = prepare(broker, &caller.tenant, &caller.app, asked)?;
    let body = answer(broker, &identification);
    broker.flows.keep_identification(&identification).await?;
    let Some(once) = once else { return Ok(body) };
    // Where the store fails here, the promise may stand or not: ours stays, and expires unused.
    let (answer, surplus) = match once.remember(broker, &caller, &body).await? {
        Remembered::First => (Ok(body), false),
        Remembered::Before(body) => (Ok(body), true),
        Remembered::Conflict => (Err(Code::IdempotencyConflict.into()), true),
    };
    if surplus && let Err(error) = broker.flows.forget_identification(&identification).await {
        // Nobody knows its ticket: it expires by itself.
        error.log(&trace.0);
    }
    answer
}

fn answer(broker: &Broker, identification: &Identification) -> Value {
    let mut body = body::pending(broker, identification);
    let url = format!("{}/identify/{}", broker.issuer(&identification.tenant), to_ticket(identification));
    add(&mut body, "url", json!(url));
    body
}

fn asked(caller: &Caller, payload: &[u8], trace: &TraceId) -> Result<Asked, Error> {
    // Strictly parsed first: a doubled member means that two readers may understand two things.
    let object =
        tunnus_sdk::json::parse_object(payload).map_err(|_| Error::request("", "not a JSON object"))?;
    let body: Body =
        serde_json::from_value(Value::Object(object)).map_err(|error| Error::request("", said(&error)))?;
    let texts =
        [("/connection", &body.connection), ("/method", &body.method), ("/return_url", &body.return_url)];
    let hidden = [
        ("/reference", &body.reference),
        ("/login_hint", &body.login_hint),
        ("/expected_national_id", &body.expected_national_id),
    ];
    let lengths = texts.iter().map(|(at, text)| (*at, text.as_ref().map_or(0, String::len)));
    let lengths = lengths
        .chain(hidden.iter().map(|(at, text)| (*at, text.as_ref().map_or(0, |text| text.expose().len()))));
    for (pointer, length) in lengths {
        if length > TEXT_MAX {
            return Err(Error::request(pointer, "longer than 2048 bytes"));
        }
    }
    let (required, optional) = members(body.claims.as_ref())?;
    Ok(Asked {
        face: Face::Rest { return_url: return_url(caller, body.return_url.as_deref())? },
        connection: body.connection,
        method: body.method,
        reference: body.reference,
        required,
        optional,
        minimum_assurance: body.minimum_assurance.unwrap_or_default(),
        expected_national_id: body.expected_national_id,
        login_hint: body.login_hint,
        max_age: body.max_age,
        locale: body.locale,
        trace_id: trace.0.clone(),
    })
}

/// What serde says of a body, without the values in it, and without a name that is no plain word.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let is_plain = |text: &str| {
        text.len() <= 80
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_ `".contains(letter))
    };
    match text.split_once(", expected") {
        Some((unknown, _)) if unknown.starts_with("unknown field") && is_plain(unknown) => text,
        Some((unknown, known)) if unknown.starts_with("unknown field") => {
            format!("unknown field, expected{known}")
        }
        Some(_) | None => "a member has the wrong type".to_owned(),
    }
}

/// Registered and exact; none for an app that polls.
fn return_url(caller: &Caller, asked: Option<&str>) -> Result<Option<Url>, Error> {
    match (caller.app.release, asked) {
        (Release::Poll, None) => Ok(None),
        (Release::Poll, Some(_)) => Err(Error::request("/return_url", "an app that polls has none")),
        (Release::Code, None) => Err(Error::request("/return_url", "missing")),
        (Release::Code, Some(asked)) => {
            let registered = caller.app.return_urls.iter().any(|registered| registered.matches(asked));
            let url = Url::parse(asked).ok().filter(|_| registered);
            url.map(Some).ok_or_else(|| Error::request("/return_url", "not registered for this app"))
        }
    }
}

type Members = (BTreeSet<Member>, Option<BTreeSet<Member>>);

/// The members asked for; where none are named, all that the app may have, as optional ones.
fn members(asked: Option<&ClaimsAsked>) -> Result<Members, Error> {
    let Some(asked) = asked else {
        return Ok((BTreeSet::new(), None));
    };
    let mut unknown = Vec::new();
    let mut parse = |list: &[String], place: &str| -> BTreeSet<Member> {
        let one = |(index, path): (usize, &String)| {
            let member = path.parse::<Member>().ok();
            if member.is_none() && unknown.len() < FAULTS_MAX {
                let pointer = format!("/claims/{place}/{index}");
                unknown.push(Field { pointer, message: "not a member of the identity record".to_owned() });
            }
            member
        };
        list.iter().enumerate().filter_map(one).collect()
    };
    let required = parse(&asked.required, "required");
    let optional = parse(&asked.optional, "optional");
    if !unknown.is_empty() {
        return Err(Error { fields: unknown, ..Error::new(Code::RequestInvalid) });
    }
    Ok((required, Some(optional)))
}
