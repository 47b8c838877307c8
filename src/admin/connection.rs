//! What is known of a connection beside its document: its setup sheet, and the doctor's findings.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::time::timeout;
use tunnus_sdk::{Finding, Severity};

use super::{Admin, AdminError, Caller, On, Right, Scope};
use crate::{
    app::Broker,
    doctor,
    sheet::Sheet,
    tenant::model::{Connection, Tenant},
};

/// What is said of a fault to who may have chosen the address: no more than that.
const NARROWED: &str = "the upstream cannot be reached, or does not answer as it should";

/// How long one look at an upstream may last, whatever number of requests it takes.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

impl Admin {
    /// What the upstream's admin must set.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`]; [`AdminError::Faulty`] where a key of it cannot
    /// be used.
    pub async fn sheet(
        &self,
        broker: &Broker,
        caller: &Caller,
        tenant: &str,
        connection: &str,
    ) -> Result<Sheet, AdminError> {
        let (tenant, connection) = self.ready(broker, caller, Right::Read, (tenant, connection)).await?;
        let definition = self.providers.find(&connection.provider).ok_or(AdminError::NotFound)?;
        let sheet = Sheet::of(definition.as_ref(), &connection, &broker.issuer(&tenant.id));
        sheet.ok_or_else(|| AdminError::fault("/credentials", "a key cannot be used"))
    }

    /// The doctor's findings, its upstream asked. Who is not the operator learns of an upstream that
    /// fails that it does, and not how: an address must not be a way to look around.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`]; [`AdminError::TooMany`] where one of the tenant's
    /// is under way.
    pub async fn check(
        &self,
        broker: &Broker,
        caller: &Caller,
        tenant: &str,
        connection: &str,
    ) -> Result<Vec<Finding>, AdminError> {
        let (tenant, connection) = self.ready(broker, caller, Right::Try, (tenant, connection)).await?;
        let _turn = self.checks.begin(&tenant.id)?;
        let (mut findings, ready) = doctor::own(broker, &tenant, &connection);
        if let Some(ready) = ready {
            let sound = doctor::is_sound(&findings);
            let upstream = within(DEADLINE, doctor::upstream(broker, &connection, &ready, sound)).await;
            findings.extend(if caller.scope == Scope::All { upstream } else { narrowed(upstream) });
        }
        Ok(findings)
    }

    /// The connection as it would serve now: what was saved a moment ago is in it.
    pub(super) async fn ready(
        &self,
        broker: &Broker,
        caller: &Caller,
        right: Right,
        (tenant, connection): (&str, &str),
    ) -> Result<(Arc<Tenant>, Arc<Connection>), AdminError> {
        self.permit(caller, right, On::Tenant(tenant)).await?;
        let tenant = self.source.load(broker, tenant).await?.ok_or(AdminError::NotFound)?;
        let connection = tenant.connection(connection).cloned().ok_or(AdminError::NotFound)?;
        Ok((tenant, connection))
    }
}

/// What is found until the deadline; beyond it, that it has passed.
async fn within(deadline: Duration, findings: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    timeout(deadline, findings).await.unwrap_or_else(|_| {
        let text = format!("has not answered everything within {} s", deadline.as_secs());
        let remedy = Some("look whether the upstream is up and this host can reach it".to_owned());
        vec![Finding { severity: Severity::Fault, subject: "upstream".to_owned(), text, remedy }]
    })
}

/// What asking the upstream has found, for who may have chosen its address: of all that is not fine one
/// finding, which tells neither what was asked nor what came back.
fn narrowed(findings: Vec<Finding>) -> Vec<Finding> {
    let is_fine = |finding: &Finding| finding.severity == Severity::Fine;
    let (mut told, wrong): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_fine);
    if !wrong.is_empty() {
        let severity = if doctor::is_sound(&wrong) { Severity::Warning } else { Severity::Fault };
        let (subject, text) = ("upstream".to_owned(), NARROWED.to_owned());
        told.push(Finding { severity, subject, text, remedy: None });
    }
    told
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
