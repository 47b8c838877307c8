//! The schema's versions: forward only, all that are missing in one transaction under a lock.
//!
//! Not sqlx's own migrations: those take no lock on SQLite.

use super::{Kind, Sql, SqlError};

/// The schema, version after version. What has been released never changes.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001_tenants.sql"),
    include_str!("migrations/002_audit.sql"),
    include_str!("migrations/003_admin_tokens.sql"),
    include_str!("migrations/004_keys.sql"),
    include_str!("migrations/005_platforms.sql"),
    include_str!("migrations/006_admin_token_platforms.sql"),
];

/// Any number that nobody else locks on PostgreSQL.
const LOCK: i64 = 7_810_366_015;

/// Brings the schema to the newest version. Whoever comes second waits, and finds nothing to do.
pub(super) async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    // Who starts on a schema that is up to date need not be allowed to change it.
    if version(sql).await.is_some_and(|version| version == known) {
        return Ok(());
    }
    let mut write = sql.write().await?;
    if sql.kind() == Kind::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *write).await?;
    }
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
    sqlx::raw_sql(table).execute(&mut *write).await?;
    let found = "SELECT COALESCE(MAX(version), 0) FROM schema_version";
    let found: i64 = sqlx::query_scalar(found).fetch_one(&mut *write).await?;
    if found > known {
        return Err(SqlError::Newer { found, known });
    }
    for (version, migration) in (1..).zip(MIGRATIONS.iter().copied()) {
        if version > found {
            sqlx::raw_sql(migration).execute(&mut *write).await?;
            let insert = sqlx::query("INSERT INTO schema_version (version) VALUES ($1)");
            insert.bind(version).execute(&mut *write).await?;
        }
    }
    Ok(write.commit().await?)
}

/// The version there is, where there is one.
async fn version(sql: &Sql) -> Option<i64> {
    let version = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_version");
    version.fetch_one(sql.pool()).await.ok()
}
