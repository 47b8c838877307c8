//! What is known of a connection beside its document: its setup sheet, and the doctor's findings.

use std::sync::Arc;

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
    /// As [`Self::permit`]; [`AdminError::NotFound`].
    pub async fn check(
        &self,
        broker: &Broker,
        caller: &Caller,
        tenant: &str,
        connection: &str,
    ) -> Result<Vec<Finding>, AdminError> {
        let (tenant, connection) = self.ready(broker, caller, Right::Try, (tenant, connection)).await?;
        let (mut findings, ready) = doctor::own(broker, &tenant, &connection);
        if let Some(ready) = ready {
            let sound = doctor::is_sound(&findings);
            let upstream = doctor::upstream(broker, &connection, &ready, sound).await;
            findings.extend(if caller.scope == Scope::All { upstream } else { narrowed(upstream) });
        }
        Ok(findings)
    }

    /// The connection as it would serve now: what was saved a moment ago is in it.
    async fn ready(
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
