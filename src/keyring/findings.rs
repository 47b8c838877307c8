//! What the doctor says of a connection's keys: what somebody has to do, early enough.

use std::time::Duration;

use tunnus_sdk::{CredentialNeeds, Finding, Severity, Timestamp};

use super::{Key, Purpose, State};
use crate::tenant::model::Connection;

/// How long a key may be kept after its use before somebody is reminded of it.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What has to be done with the keys of a connection of `tenant`.
#[must_use]
pub fn findings(
    tenant: &str,
    connection: &Connection,
    needs: Option<CredentialNeeds>,
    now: Timestamp,
) -> Vec<Finding> {
    let of_key = |key: &Key| finding(tenant, key, now);
    let mut findings: Vec<Finding> = connection.ring.iter().filter_map(of_key).collect();
    if needs.is_some_and(|needs| needs.certificate) && connection.credentials.certificate.is_none() {
        let id = &connection.id;
        let line = format!("tunnus keys csr --tenant {tenant} --connection {id} --common-name CLIENT_ID");
        let remedy = format!("ask for one with `{line}`, and take it in with `tunnus keys certificate`");
        findings.push(told(Severity::Fault, "certificate", "it is missing".to_owned(), remedy));
    }
    findings
}

fn finding(tenant: &str, key: &Key, now: Timestamp) -> Option<Finding> {
    let (at, name) = (format!("--tenant {tenant} --key {}", key.kid), key.purpose.name());
    let (text, remedy) = match (key.purpose, key.state) {
        (Purpose::Certificate, State::Created | State::AwaitingRegistration) => (
            format!("a certificate for {} was asked for", key.subject.as_deref().unwrap_or(&key.kid)),
            format!("when it is there, take it in with `tunnus keys certificate {at} FILE`"),
        ),
        (_, State::AwaitingRegistration) => (
            format!("the key {} waits until the upstream has it", key.kid),
            format!("register what `tunnus keys public {at}` prints, then `tunnus keys registered {at}`"),
        ),
        (Purpose::Decryption, State::Cooldown) if !key.fetched && key.since.plus(KEPT) < now => (
            format!("the key {} is out of use since {}", key.kid, key.since.to_date().unwrap_or_default()),
            format!("once the upstream has forgotten it, `tunnus keys retire {at}`"),
        ),
        _ => return None,
    };
    Some(told(Severity::Warning, name, text, remedy))
}

fn told(severity: Severity, subject: &str, text: String, remedy: String) -> Finding {
    Finding { severity, subject: subject.to_owned(), text, remedy: Some(remedy) }
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
