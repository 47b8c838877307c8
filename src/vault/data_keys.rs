//! The data keys that a database keeps: which master keys they need, and the change to a new one.

use sqlx::Row as _;

use super::{Vault, VaultError, master_key_of};
use crate::sql::{Sql, SqlError};

/// How many tenants an error names.
const NAMED: usize = 5;

/// A master key that the data keys need and that is not there.
#[derive(Debug, thiserror::Error)]
#[error("the master key `{id}` {fault}: the data keys of {count} tenants in the store need it ({tenants})")]
pub struct MissingKeys {
    /// Its id.
    pub id: String,
    fault: &'static str,
    count: i64,
    tenants: String,
}

/// Why the data keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataKeysError {
    /// The database.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A master key is missing or wrong.
    #[error(transparent)]
    MasterKeys(#[from] MissingKeys),
    /// One does not open, or cannot be sealed.
    #[error("the data key of `{tenant}` cannot be used")]
    Vault {
        /// The tenant.
        tenant: String,
        /// Why.
        #[source]
        source: VaultError,
    },
}

impl From<sqlx::Error> for DataKeysError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error.into())
    }
}

/// The data keys of one database.
pub struct DataKeys<'a> {
    /// The database.
    pub sql: &'a Sql,
    /// What seals them.
    pub vault: &'a Vault,
}

impl DataKeys<'_> {
    /// Sees whether there is a master key for every data key.
    ///
    /// # Errors
    /// Where there is not, or the database does not answer.
    pub async fn check(&self) -> Result<(), DataKeysError> {
        let needed =
            "SELECT master_key, COUNT(*) AS needing, MIN(tenant) AS one FROM data_keys GROUP BY master_key";
        for row in sqlx::query(needed).fetch_all(self.sql.pool()).await? {
            let (id, count, one): (String, i64, String) =
                (row.try_get("master_key")?, row.try_get("needing")?, row.try_get("one")?);
            let sealed = sqlx::query_scalar::<_, String>("SELECT sealed FROM data_keys WHERE tenant = $1");
            let sealed = sealed.bind(&one).fetch_one(self.sql.pool()).await?;
            let fault = match self.vault.open_data_key(&one, &sealed) {
                Ok(_) => continue,
                Err(VaultError::KeyUnknown(_)) => "is not in secrets.master_keys",
                Err(_) => "in secrets.master_keys is another one of the same id",
            };
            let tenants = self.tenants_of(&id).await?;
            return Err(MissingKeys { id, fault, count, tenants }.into());
        }
        Ok(())
    }

    /// The tenants whose data keys are sealed under a master key, the first of them by name.
    async fn tenants_of(&self, id: &str) -> Result<String, DataKeysError> {
        let all = "SELECT tenant FROM data_keys WHERE master_key = $1 ORDER BY tenant LIMIT 6";
        let all: Vec<String> = sqlx::query_scalar(all).bind(id).fetch_all(self.sql.pool()).await?;
        let more = if all.len() > NAMED { ", …" } else { "" };
        // The empty one is the operator's own.
        let named = |tenant: String| if tenant.is_empty() { "the operator".to_owned() } else { tenant };
        Ok(all.into_iter().take(NAMED).map(named).collect::<Vec<_>>().join(", ") + more)
    }

    /// Seals every data key under the active master key, while brokers run; how many there were.
    /// A broker that still writes under an older one leaves a row for the next time.
    ///
    /// # Errors
    /// Where the database does not answer, or a data key does not open.
    pub async fn rewrap(&self) -> Result<u64, DataKeysError> {
        let rows = sqlx::query("SELECT tenant, sealed FROM data_keys ORDER BY tenant");
        let mut count = 0;
        for row in rows.fetch_all(self.sql.pool()).await? {
            let (tenant, sealed): (String, String) = (row.try_get("tenant")?, row.try_get("sealed")?);
            let rewrapped = self.vault.rewrap_data_key(&tenant, &sealed);
            let Some(new) =
                rewrapped.map_err(|source| DataKeysError::Vault { tenant: tenant.clone(), source })?
            else {
                continue;
            };
            // Only what was read is exchanged: another rewrap may have been here.
            let update =
                "UPDATE data_keys SET sealed = $1, master_key = $2 WHERE tenant = $3 AND sealed = $4";
            let update = sqlx::query(update).bind(&new).bind(master_key_of(&new).unwrap_or_default());
            let mut write = self.sql.write().await?;
            let done = update.bind(&tenant).bind(&sealed).execute(&mut *write).await?;
            write.commit().await?;
            count += done.rows_affected();
        }
        Ok(count)
    }
}
