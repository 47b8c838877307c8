//! Settles an identification, once, and sends the browser back to the app.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tunnus_sdk::Hidden;
use url::Url;

use super::{
    attempt::ANSWERED_KEPT,
    doubt::{Doubt, EVERY, discard},
    identification::{Face, Identification, OpenIdRequest, Outcome, Report, ResponseMode, Settled},
    keep::Flows,
    persist::persist,
    progress::Progress,
    record::IdentityRecord,
    release::keep_members,
    trial::{TrialReport, leave_place},
};
use crate::{
    app::Broker,
    audit::{Audit, event::Event},
    error::{Code, Error},
    store::Key,
    tenant::model::App,
};

/// How the browser goes back to the app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum AppReturn {
    /// By redirect.
    Redirect(Hidden<String>),
    /// By a form that posts itself.
    FormPost {
        /// Where to.
        action: Url,
        /// The fields.
        fields: Vec<(String, Hidden<String>)>,
    },
    /// Not at all: the app polls. The page says whether the person was identified.
    Stay {
        /// The app's name, for the page.
        app: String,
        /// Whether so.
        success: bool,
    },
    /// Not at all: it was a trial.
    Tried {
        /// Whether the login succeeded.
        success: bool,
        /// Where its report is read.
        report: Option<Url>,
    },
}

/// Settles `identification` with what came of it, once the audit trail says so: nothing is released
/// that is not audited.
///
/// # Errors
/// [`Code::AlreadyAnswered`] where it was settled before; [`Code::StoreUnavailable`].
pub async fn finish(
    broker: &Broker,
    identification: &Identification,
    progress: &Progress,
    result: Result<IdentityRecord, Error>,
) -> Result<AppReturn, Error> {
    let flows = &broker.flows;
    let end = progress.to_end(identification, &result);
    let (settled, answer) = match result {
        tried if identification.trial().is_some() => ended(progress, &tried),
        Ok(record) => complete(flows, identification, &record)?,
        Err(error) => (Settled::Failed(Report::from(&error)), Answer::Error(error.code)),
    };
    let finished_at = flows.ambient.now();
    let outcome = Outcome { identification: identification.clone(), finished_at, result: settled };
    let end = recorded(&broker.audit, end).await?;
    match flows.settle(&outcome).await {
        Ok(true) => {
            leave_place(flows, identification).await;
            Ok(to_app(broker, identification, &answer))
        }
        Ok(false) => {
            let late = Error::from(Code::AlreadyAnswered);
            discard(&broker.audit, &end, progress.to_discarded(identification, &late)).await?;
            Err(late)
        }
        Err(error) => {
            let doubt = Doubt { end, discarded: progress.to_discarded(identification, &error), outcome };
            broker.runtime.spawn(doubt.resolved(flows.clone(), broker.audit.clone(), EVERY));
            Err(error)
        }
    }
}

/// Records an event, and again while the trail is away: it is the same event however often. Its id.
pub(super) async fn recorded(audit: &Audit, event: Event) -> Result<String, Error> {
    let event = &event;
    let row = &persist(|_| async move { Ok(audit.to_row(event.clone()).await?) }).await?;
    persist(|_| async move { Ok(audit.put(row).await?) }).await?;
    Ok(row.entry.id.clone())
}

/// The way back to the app once more, where `identification` was given up with `code` a moment ago;
/// none where the app polls, which waits for no browser.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub async fn given_up(
    broker: &Broker,
    identification: &Identification,
    code: Code,
) -> Result<Option<AppReturn>, Error> {
    if identification.is_polled() {
        return Ok(None);
    }
    let now = broker.flows.ambient.now();
    let same = |outcome: &Outcome| {
        let recent = now <= outcome.finished_at.plus(ANSWERED_KEPT);
        recent && matches!(&outcome.result, Settled::Failed(report) if report.code == code)
    };
    let outcome = broker.flows.outcome(&identification.id).await?;
    Ok(outcome.filter(same).map(|_| to_app(broker, identification, &Answer::Error(code))))
}

/// What the app is told through the browser.
enum Answer {
    /// The one-time code.
    Code(Hidden<String>),
    /// A code of the contract; reason and stage never travel here.
    Error(Code),
    /// Nothing: the app polls, or there is none.
    Nothing,
}

/// Ends a trial: what came of it is told, and the record goes no further.
fn ended(progress: &Progress, result: &Result<IdentityRecord, Error>) -> (Settled, Answer) {
    let report = TrialReport::of(progress, result.as_ref());
    let answer = result.as_ref().map_or_else(|error| Answer::Error(error.code), |_| Answer::Nothing);
    (Settled::Tried(Box::new(report)), answer)
}

/// Seals the record under a fresh code, so that only who holds the browser's code can open it.
fn complete(
    flows: &Flows,
    identification: &Identification,
    record: &IdentityRecord,
) -> Result<(Settled, Answer), Error> {
    if identification.is_polled() {
        let sealed = seal_record(flows, &identification.id, "", record)?;
        return Ok((Settled::Completed(sealed), Answer::Nothing));
    }
    let code = flows.ambient.secret();
    let sealed = seal_record(flows, &identification.id, code.expose_str(), record)?;
    Ok((Settled::Completed(sealed), Answer::Code(to_code(&identification.id, &code))))
}

fn seal_record(flows: &Flows, id: &str, secret: &str, record: &IdentityRecord) -> Result<Vec<u8>, Error> {
    flows.seal("record", &Key::new("record", id), &[id, secret], record)
}

/// Opens the record of `outcome` with the secret of the browser's code, as far as the app may have it
/// by now; none where the secret does not fit.
#[must_use]
pub fn open_record(flows: &Flows, app: &App, outcome: &Outcome, secret: &str) -> Option<IdentityRecord> {
    let id = outcome.identification.id.as_str();
    let Settled::Completed(sealed) = &outcome.result else {
        return None;
    };
    let key = Key::new("record", id);
    let mut record: IdentityRecord = flows.open("record", &key, &[id, secret], sealed)?;
    keep_members(&mut record.attributes, &mut record.provenance, &app.claims);
    Some(record)
}

/// The code that the browser carries: it names its identification, so that no index is needed.
fn to_code(id: &str, secret: &Hidden<String>) -> Hidden<String> {
    Hidden::new(format!("{id}.{}", secret.expose()))
}

/// The parts of a browser's code: the identification's id and the secret.
#[must_use]
pub fn parse_code(code: &str) -> Option<(&str, &str)> {
    let (id, secret) = code.split_once('.')?;
    let is_id = URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == 16);
    let is_secret = URL_SAFE_NO_PAD.decode(secret).is_ok_and(|bytes| bytes.len() == 32);
    (is_id && is_secret).then_some((id, secret))
}

fn to_app(broker: &Broker, identification: &Identification, answer: &Answer) -> AppReturn {
    let success = !matches!(answer, Answer::Error(_));
    match &identification.face {
        Face::OpenId(request) => to_openid_app(broker, identification, request, answer),
        Face::Rest { return_url: Some(return_url) } => to_rest_app(identification, return_url, answer),
        Face::Rest { return_url: None } => AppReturn::Stay { app: identification.app.clone(), success },
        Face::Trial(trial) => AppReturn::Tried { success, report: trial.report.clone() },
    }
}

fn to_rest_app(identification: &Identification, return_url: &Url, answer: &Answer) -> AppReturn {
    let mut url = return_url.clone();
    let mut query = url.query_pairs_mut();
    query.append_pair("identification", &identification.id);
    match answer {
        Answer::Code(code) => query.append_pair("code", code.expose_str()),
        Answer::Error(code) => query.append_pair("error", code.name()),
        Answer::Nothing => &mut query,
    };
    drop(query);
    AppReturn::Redirect(Hidden::new(url.into()))
}

/// RFC 6749, sections 4.1.2 and 4.1.2.1, with `iss` (RFC 9207).
fn to_openid_app(
    broker: &Broker,
    identification: &Identification,
    request: &OpenIdRequest,
    answer: &Answer,
) -> AppReturn {
    let mut params = vec![("iss".to_owned(), Hidden::new(broker.issuer(&identification.tenant)))];
    params.extend(request.state.clone().map(|state| ("state".to_owned(), state)));
    match answer {
        Answer::Code(code) => params.push(("code".to_owned(), code.clone())),
        Answer::Error(code) => {
            params.extend(error_params(*code, &identification.trace_id, &broker.public_url));
        }
        Answer::Nothing => {}
    }
    to_redirect_uri(&request.redirect_uri, request.response_mode, params)
}

/// The error as client libraries keep it: `error`, `error_description`, `error_uri`.
#[must_use]
pub fn error_params(code: Code, trace_id: &str, public_url: &str) -> Vec<(String, Hidden<String>)> {
    let description = format!("{code} [{trace_id}] {}", code.sentence());
    let pairs = [
        ("error", code.oauth_error().to_owned()),
        ("error_description", description),
        ("error_uri", format!("{public_url}/errors/{code}")),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Hidden::new(value))).collect()
}

/// Sends `params` to a registered redirect URI.
#[must_use]
pub fn to_redirect_uri(
    redirect_uri: &str,
    mode: ResponseMode,
    params: Vec<(String, Hidden<String>)>,
) -> AppReturn {
    if let (ResponseMode::FormPost, Ok(action)) = (mode, Url::parse(redirect_uri)) {
        return AppReturn::FormPost { action, fields: params };
    }
    // Appended to the text as registered: a parser may not change a byte of it.
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params.iter().map(|(name, value)| (name.as_str(), value.expose_str())));
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    AppReturn::Redirect(Hidden::new(format!("{redirect_uri}{separator}{}", query.finish())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_query_is_kept() {
        let params = vec![("code".to_owned(), Hidden::from("a b"))];
        let AppReturn::Redirect(url) =
            to_redirect_uri("com.example.app:/cb?x=1", ResponseMode::Query, params)
        else {
            panic!("a redirect");
        };
        assert_eq!(url.expose(), "com.example.app:/cb?x=1&code=a+b");
    }

    #[test]
    fn only_whole_codes_are_looked_up() {
        let id = URL_SAFE_NO_PAD.encode([1; 16]);
        let secret = URL_SAFE_NO_PAD.encode([2; 32]);
        assert_eq!(parse_code(&format!("{id}.{secret}")), Some((id.as_str(), secret.as_str())));
        for code in [
            "",
            ".",
            &id,
            &secret,
            &format!("{secret}.{id}"),
            &format!("{id}.{secret}x"),
            &format!("{id}:x.{secret}"),
        ] {
            assert_eq!(parse_code(code), None, "{code}");
        }
    }

    #[test]
    fn an_error_names_code_trace_and_page() {
        let params = error_params(Code::UserCancelled, "4711", "https://id.example/t/broker");
        let value =
            |name: &str| params.iter().find(|(key, _)| key == name).map(|(_, value)| value.expose().clone());
        assert_eq!(value("error").as_deref(), Some("access_denied"));
        assert_eq!(
            value("error_description").as_deref(),
            Some("user_cancelled [4711] The person cancelled the identification.")
        );
        assert_eq!(value("error_uri").as_deref(), Some("https://id.example/t/broker/errors/user_cancelled"));
    }
}
