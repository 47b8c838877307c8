//! What the doctor looks at in one connection: whether it can be built, when its credentials end and,
//! live, what the upstream says and whether it takes a request.
//!
//! The provider's own questions are its `probe`. What a failure means and what helps is `diagnosis`.

pub mod diagnosis;

use std::time::Duration;

use tunnus_sdk::{Finding, Locale, LoginRequest, Member, Severity, SubjectSource, Timestamp};

use crate::{
    app::Broker,
    error::Error,
    host::ends,
    keyring,
    tenant::{
        connections::Ready,
        model::{Connection, Tenant},
    },
};

/// How long before its end a credential is warned of.
const SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Looks at a connection, and where `live` at its upstream.
pub async fn examine(broker: &Broker, tenant: &Tenant, connection: &Connection, live: bool) -> Vec<Finding> {
    let (mut findings, ready) = own(broker, tenant, connection);
    match ready {
        Some(ready) if live => {
            let sound = is_sound(&findings);
            findings.extend(upstream(broker, connection, &ready, sound).await);
        }
        Some(_) => findings.push(fine("settings and keys", "can be used".to_owned())),
        None => {}
    }
    findings
}

/// Looks at what is ours of a connection, and builds it where that is possible. Nobody is asked.
pub fn own(broker: &Broker, tenant: &Tenant, connection: &Connection) -> (Vec<Finding>, Option<Ready>) {
    let now = broker.flows.ambient.now();
    let mut findings = credentials(connection, now);
    findings.extend(pause(connection));
    let definition = broker.providers.find(&connection.provider);
    let needs = definition.and_then(|definition| definition.needs(&connection.settings));
    findings.extend(keyring::findings(&tenant.id, connection, needs, now));
    match broker.connections.ready(tenant, connection) {
        Ok(ready) => (findings, Some(ready)),
        Err(error) => {
            let remedy = "mend the connection's settings or credentials";
            findings.push(finding(Severity::Fault, "settings and keys", error.causes(), remedy));
            (findings, None)
        }
    }
}

/// Asks the upstream. A login is begun where nothing is at fault so far: what is ours has to be `sound`.
pub async fn upstream(broker: &Broker, connection: &Connection, ready: &Ready, sound: bool) -> Vec<Finding> {
    let mut findings = ready.provider.probe().await;
    if sound && is_sound(&findings) {
        findings.push(login(broker, connection, ready).await);
    }
    findings
}

/// Whether nothing is at fault.
#[must_use]
pub fn is_sound(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Fault)
}

/// When the credentials end that say so.
fn credentials(connection: &Connection, now: Timestamp) -> Vec<Finding> {
    let judge = |(kind, end): (crate::metrics::Credential, Timestamp)| {
        let date = end.to_date().unwrap_or_default();
        let renew = "have a new one made and put it into the connection's credentials";
        if end <= now {
            return finding(Severity::Fault, kind.name(), format!("ended on {date}"), renew);
        }
        if end <= now.plus(SOON) {
            return finding(Severity::Warning, kind.name(), format!("ends on {date}"), renew);
        }
        fine(kind.name(), format!("good until {date}"))
    };
    ends(connection).into_iter().map(judge).collect()
}

/// What people are told where the connection is paused.
fn pause(connection: &Connection) -> Option<Finding> {
    let notice = connection.paused.as_ref()?.in_locale(Locale::En).unwrap_or_default();
    let remedy = "take `paused` out of the connection's settings when it may be used again";
    Some(finding(Severity::Warning, "pause", format!("is paused: {notice}"), remedy))
}

/// Begins a login that nobody will finish: a request that is pushed is judged by the upstream at once.
async fn login(broker: &Broker, connection: &Connection, ready: &Ready) -> Finding {
    let mut login = LoginRequest::new(broker.flows.ambient.secret());
    if connection.subject == SubjectSource::NationalId {
        login.claims.insert(Member::NationalId);
    }
    match ready.provider.start(&login).await {
        Ok(_) => fine("login", "can be begun".to_owned()),
        Err(error) => {
            let error = Error::from(error);
            let found = diagnosis::of(&error);
            let text = format!("cannot be begun: {}; {}", found.text, error.causes());
            Finding { subject: "login".to_owned(), severity: Severity::Fault, text, ..found }
        }
    }
}

fn fine(subject: &str, text: String) -> Finding {
    Finding { severity: Severity::Fine, subject: subject.to_owned(), text, remedy: None }
}

fn finding(severity: Severity, subject: &str, text: String, remedy: &str) -> Finding {
    Finding { severity, subject: subject.to_owned(), text, remedy: Some(remedy.to_owned()) }
}

#[cfg(test)]
#[path = "doctor_tests.rs"]
mod tests;
