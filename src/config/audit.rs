//! `[audit]`: where the audit trail is kept, and for how long whom it leads to.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::{Section, layers::Address, reference::TextOrReference, tenants::TenantsUrl};
use crate::{audit::retention::Retention, sql::SqlUrl};

/// Where the audit trail is kept, and for how long whom it leads to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// `tenants:` in the tenants' database; where they are files, in `audit.db` beside their folder.
    /// `sqlite:FILE` or `postgres://USER@HOST/DATABASE`: a database of its own. A URL with a password
    /// is a secret: give a reference, or set it in the environment.
    #[schemars(extend("format" = "audit-url"))]
    pub url: TextOrReference,
    /// For how many years after the year of an identification it can be told whom it was of.
    #[schemars(range(max = 100))]
    pub identification_years: u16,
    /// For how many years after the year of an admin's change what is sealed of it can be read.
    #[schemars(range(max = 100))]
    pub administration_years: u16,
    /// Whether a law demands it: then nothing is erased before.
    pub statutory: bool,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            url: TextOrReference::text("tenants:"),
            identification_years: 5,
            administration_years: 5,
            statutory: true,
        }
    }
}

impl Section for Audit {
    const NAME: &'static str = "audit";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}

impl Audit {
    pub(super) const fn retention(&self) -> Retention {
        Retention {
            identification_years: self.identification_years,
            administration_years: self.administration_years,
            statutory: self.statutory,
        }
    }
}

/// The database of the trail.
pub(super) fn database(url: AuditUrl, tenants: &TenantsUrl) -> SqlUrl {
    match (url, tenants) {
        // However it is spelled, one file is one database.
        (AuditUrl::Sql(url), TenantsUrl::Sql(tenants)) if url.is_same(tenants) => tenants.clone(),
        (AuditUrl::Sql(url), _) => url,
        (AuditUrl::Tenants, TenantsUrl::Sql(url)) => url.clone(),
        (AuditUrl::Tenants, TenantsUrl::Files(dir)) => SqlUrl::Sqlite(dir.with_file_name("audit.db")),
    }
}

/// The address of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditUrl {
    /// Where the tenants are.
    Tenants,
    /// A database of its own.
    Sql(SqlUrl),
}

impl Address for AuditUrl {
    fn has_password(&self) -> bool {
        match self {
            Self::Tenants => false,
            Self::Sql(url) => url.has_password(),
        }
    }
}

impl FromStr for AuditUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected tenants:, sqlite:FILE or postgres://USER@HOST/DATABASE";
        match text {
            "tenants:" => Ok(Self::Tenants),
            text => SqlUrl::parse(text).map(Self::Sql).ok_or(EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trail_is_with_the_tenants_or_in_a_database_of_its_own() {
        assert_eq!("tenants:".parse(), Ok(AuditUrl::Tenants));
        let file = SqlUrl::Sqlite("/var/lib/audit.db".into());
        assert_eq!("sqlite:/var/lib/audit.db".parse(), Ok(AuditUrl::Sql(file)));
        for bad in ["", "tenants", "tenants:x", "files:audit", "memory:", "mysql://db/x"] {
            assert!(bad.parse::<AuditUrl>().is_err(), "{bad}");
        }
        let beside = |dir: &str| database(AuditUrl::Tenants, &TenantsUrl::Files(dir.into()));
        assert_eq!(beside("config/tenants"), SqlUrl::Sqlite("config/audit.db".into()));
        let tenants = TenantsUrl::Sql(SqlUrl::Sqlite("db".into()));
        let spelled = AuditUrl::Sql(SqlUrl::Sqlite(std::path::absolute("./db").unwrap()));
        assert_eq!(database(spelled, &tenants), SqlUrl::Sqlite("db".into()));
        let secret: AuditUrl = "postgres://tunnus:hunter2@db/audit".parse().unwrap();
        assert!(secret.has_password() && !format!("{secret:?}").contains("hunter2"));
    }
}
