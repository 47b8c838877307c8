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
        let mut findings = doctor::examine(broker, &tenant, &connection, true).await;
        if caller.scope != Scope::All {
            findings
                .iter_mut()
                .filter(|one| one.severity == Severity::Fault && is_upstreams(one))
                .for_each(|one| NARROWED.clone_into(&mut one.text));
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

/// Whether a finding is of the upstream: not of our own settings, keys and certificates.
fn is_upstreams(finding: &Finding) -> bool {
    matches!(finding.subject.as_str(), "metadata" | "keys" | "login")
}
