//! Tenants in a SQL database.
//!
//! Owns how a tenant is kept there, read and changed. What is kept is what a file says: the same
//! tables, one row for the tenant, for each app and for each connection, with `{ stored = "ID" }` in
//! the place of every secret; so the rules of `file` judge both, and there is no second model.
//!
//! [`cache`] is what a broker asks, [`follow`] keeps it up to date, [`change`] is the only way to
//! write. Secrets are sealed by `vault`; tables and transactions are `sql`'s.

pub mod cache;
pub mod change;
pub mod follow;
mod platform_rows;
mod platforms;
#[cfg(test)]
mod platforms_tests;
#[cfg(test)]
mod ring_tests;
mod rows;
#[cfg(test)]
mod store_tests;

use std::{fmt, num::NonZero, sync::Arc, thread::available_parallelism};

use tokio::task::spawn_blocking;
use tunnus_sdk::SettingsError;

use super::{
    file::{self, Judge},
    lookup::TenantsError,
    model::Tenant,
};
use crate::{
    ambient::Ambient,
    audit::{Audit, AuditError, store::SqlEvents},
    pool::{Pool, PoolError},
    providers::Providers,
    sql::{Sql, SqlError, SqlUrl},
    vault::{DataKeys, DataKeysError, MissingKeys, Vault, VaultError},
};

pub(super) use self::rows::StoredSecrets;
pub use self::{
    platforms::{PlatformChange, PlatformChanged, PlatformError, StoredPlatform},
    rows::{Row, StoredKey, StoredSecret, StoredTenant},
};

/// The largest tenant or platform, in bytes: as large as a file of one.
const LARGEST: usize = 1024 * 1024;

/// The revision of what is not yet written.
const NEW: i64 = 0;

/// How many changes and new keys wait while others are being worked out.
const WAITING: usize = 64;

/// Why the store was not opened, or did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A master key is missing or wrong.
    #[error(transparent)]
    MasterKeys(#[from] MissingKeys),
    /// The audit trail: what cannot be audited is not done.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Something sealed does not open, or cannot be sealed.
    #[error("the secrets of the tenant `{tenant}` cannot be used")]
    Vault {
        /// The tenant.
        tenant: String,
        /// Why.
        #[source]
        source: VaultError,
    },
    /// What stands in a row is not what was written there.
    #[error("a row of the tenant `{0}` cannot be read")]
    Row(String),
    /// A tenant's platform cannot be looked at.
    #[error("the platform `{0}` cannot be looked at")]
    Platform(String, #[source] TenantsError),
    /// Too much is being changed at once, or the work broke off.
    #[error(transparent)]
    Pool(#[from] PoolError),
}

impl From<DataKeysError> for StoreError {
    fn from(error: DataKeysError) -> Self {
        match error {
            DataKeysError::Sql(error) => Self::Sql(error),
            DataKeysError::MasterKeys(missing) => Self::MasterKeys(missing),
            DataKeysError::Vault { tenant, source } => Self::Vault { tenant, source },
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error.into())
    }
}

/// What is wrong with a tenant that is stored: written by another version of the program, perhaps.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect::<Vec<_>>().join("; "))]
pub struct StoredFaults(pub Vec<SettingsError>);

/// The tenants store.
#[derive(Clone)]
pub struct Store {
    sql: Sql,
    vault: Vault,
    providers: Providers,
    ambient: Ambient,
    audit: Audit,
    /// Where keys are parsed and made on behalf of admins.
    pool: Arc<Pool>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("sql", &self.sql).finish_non_exhaustive()
    }
}

/// A tenant as it was read, and the last change that it has in it.
#[derive(Debug)]
pub struct Loaded {
    /// The tenant.
    pub tenant: Tenant,
    /// The number of the last change of all when it was read.
    pub at: i64,
}

impl Store {
    /// Opens the store. Must be called on the runtime that its connections shall live on.
    ///
    /// # Errors
    /// Where the database cannot be used, or a master key is missing that a row needs.
    pub async fn open(
        url: &SqlUrl,
        vault: Vault,
        providers: Providers,
        ambient: Ambient,
    ) -> Result<Self, StoreError> {
        let sql = Sql::open(url).await?;
        let audit = Audit::new(Arc::new(SqlEvents::new(sql.clone())), vault.clone(), ambient.clone());
        // One core is left to those who log in, where there are several.
        let threads = available_parallelism().map_or(1, NonZero::get).saturating_sub(1).max(1);
        let pool = Arc::new(Pool::new(threads, WAITING));
        let store = Self { sql, vault, providers, ambient, audit, pool };
        DataKeys { sql: &store.sql, vault: &store.vault }.check().await?;
        Ok(store)
    }

    /// The database, for what else is kept there.
    #[must_use]
    pub const fn sql(&self) -> &Sql {
        &self.sql
    }

    /// The same with its changes audited elsewhere.
    #[must_use]
    pub fn with_audit(self, audit: Audit) -> Self {
        Self { audit, ..self }
    }

    /// Where its changes are audited: in the same database, unless told otherwise.
    #[must_use]
    pub const fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Where keys are parsed and made, so that nobody who logs in waits for them.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What seals there.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Seals every data key under the active master key, while brokers run; how many there were.
    ///
    /// # Errors
    /// Where the database does not answer, or a data key does not open.
    pub async fn rewrap(&self) -> Result<u64, StoreError> {
        Ok(DataKeys { sql: &self.sql, vault: &self.vault }.rewrap().await?)
    }

    /// The ids of all tenants, in order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn ids(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT id FROM tenants ORDER BY id").fetch_all(self.sql.pool()).await?)
    }

    /// A tenant as it is kept; its secrets are named, never shown.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn read(&self, id: &str) -> Result<Option<StoredTenant>, StoreError> {
        Ok(rows::read(&self.sql, id).await?.tenant)
    }

    /// A tenant to serve.
    ///
    /// # Errors
    /// Where the database does not answer, or nothing can be made of what is kept.
    pub async fn load(&self, id: &str) -> Result<Option<Loaded>, TenantsError> {
        let read = rows::read(&self.sql, id).await.map_err(TenantsError::unavailable)?;
        let Some(stored) = read.tenant else { return Ok(None) };
        // Read after the number of the last change: what it lacks is followed.
        let platform = match stored.platform() {
            Some(id) => self.read_platform(id).await.map_err(TenantsError::unavailable)?,
            None => None,
        };
        let store = self.clone();
        // Keys are parsed: too long for a thread that serves everybody.
        let built = spawn_blocking(move || store.build(&stored, platform.as_ref())).await;
        let tenant = built.map_err(TenantsError::faulty)??;
        Ok(Some(Loaded { tenant, at: read.at }))
    }

    fn build(
        &self,
        stored: &StoredTenant,
        platform: Option<&StoredPlatform>,
    ) -> Result<Tenant, TenantsError> {
        let platform = platform.map(|platform| self.build_platform(platform)).transpose()?;
        let key = self.data_key(stored).map_err(TenantsError::faulty)?;
        let secrets = stored.secrets(&key);
        let mut judge = Judge::new(&self.providers, &secrets).among(platform.as_slice()).tolerant(true);
        let tenant = file::resolve(&stored.value(), &mut judge);
        let (faults, _) = judge.into_findings();
        tenant.ok_or_else(|| TenantsError::faulty(StoredFaults(faults)))
    }
}
