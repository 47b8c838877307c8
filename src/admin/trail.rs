//! The audit trail, for whoever may read it: shown, checked, exported.
//!
//! A check and an export read all of a trail: a tenant has one under way, all have a few, and each has a
//! deadline.

use std::time::Duration;

use tokio::time::timeout;

use super::{Admin, AdminError, Caller, On, Right, checks::Turn};
use crate::{
    app::Broker,
    audit::{chain::Verified, event::OPERATOR, records::Records},
};

/// How long a check may last.
const DEADLINE: Duration = Duration::from_secs(60);

/// How many faults are told of: who has that many needs no more.
const TOLD: usize = 1_000;

/// A trail that is being exported; while it is, no other of the tenant's.
pub struct Export {
    records: Records,
    tenant: String,
    after: i64,
    _turn: Turn,
}

impl Admin {
    /// The trail of a tenant, or the operator's own and all others', to be read; none where it is in no
    /// database.
    ///
    /// # Errors
    /// As [`Self::permit`].
    pub async fn trail(
        &self,
        broker: &Broker,
        caller: &Caller,
        tenant: Option<&str>,
    ) -> Result<Option<Records>, AdminError> {
        let on = tenant.map_or(On::Everything, On::Tenant);
        self.permit(caller, Right::ReadAudit, on).await?;
        Ok(broker.audit.records())
    }

    /// Checks the trail of a tenant, or the operator's own, from its first event to its last.
    ///
    /// # Errors
    /// As [`Self::trail`]; [`AdminError::NotFound`] where it is in no database; [`AdminError::TooMany`]
    /// where one of the tenant's is being read; [`AdminError::Faulty`] where it is too long for that.
    pub async fn verify_trail(
        &self,
        broker: &Broker,
        caller: &Caller,
        tenant: Option<&str>,
    ) -> Result<Verified, AdminError> {
        let records = self.trail(broker, caller, tenant).await?.ok_or(AdminError::NotFound)?;
        let tenant = tenant.unwrap_or(OPERATOR);
        let _turn = self.trails.begin(tenant)?;
        let late = |_| AdminError::fault("", "the trail is too long for this: use `tunnus audit verify`");
        let mut verified = timeout(DEADLINE, records.verify(tenant)).await.map_err(late)??;
        verified.faults.truncate(TOLD);
        Ok(verified)
    }

    /// Begins to export the trail of a tenant, or the operator's own.
    ///
    /// # Errors
    /// As [`Self::verify_trail`].
    pub async fn export_trail(
        &self,
        broker: &Broker,
        caller: &Caller,
        tenant: Option<&str>,
    ) -> Result<Export, AdminError> {
        let records = self.trail(broker, caller, tenant).await?.ok_or(AdminError::NotFound)?;
        let tenant = tenant.unwrap_or(OPERATOR);
        let turn = self.trails.begin(tenant)?;
        Ok(Export { records, tenant: tenant.to_owned(), after: 0, _turn: turn })
    }
}

impl Export {
    /// The next lines; none where there are no more.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub async fn next(&mut self) -> Result<Option<String>, AdminError> {
        let Some((lines, last)) = self.records.export(&self.tenant, self.after).await? else {
            return Ok(None);
        };
        self.after = last;
        Ok(Some(lines))
    }
}
