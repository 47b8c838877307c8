//! The SQL database: SQLite for one server, PostgreSQL for several.
//!
//! Owns opening it, its schema's versions, transactions that write, leases, and the numbers of changes.
//! What stands in a table is its owner's. Statements are written once for both: `$1` for parameters,
//! TEXT and BIGINT for columns, nothing is ever NULL.

mod lease;
mod migrate;
#[cfg(test)]
pub(crate) mod postgres_for_tests;
mod url;

use std::time::Duration;

use sqlx::{
    Any, AnyConnection, AnyPool, Transaction,
    any::{AnyConnectOptions, AnyPoolOptions},
};
use tunnus_sdk::Hidden;

pub use self::{lease::Lease, url::SqlUrl};

/// How many connections one broker has.
const CONNECTIONS: u32 = 8;
/// How long to wait for one of them.
const PATIENCE: Duration = Duration::from_secs(5);
/// What brokers listen to on PostgreSQL.
pub const CHANNEL: &str = "tunnus_changes";

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of this machine.
    Sqlite,
    /// A server.
    Postgres,
}

/// A transaction that writes; dropped, it has written nothing.
pub type Write = Transaction<'static, Any>;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The file cannot be made.
    #[error("the database's file cannot be made")]
    File(#[source] std::io::Error),
    /// It does not answer, or refuses.
    #[error("the database is not available")]
    Unavailable(#[from] sqlx::Error),
    /// A newer program has been at work: this one would not understand what stands there.
    #[error("the database has schema {found}, and this program knows {known}: run the newer program")]
    Newer {
        /// The version found.
        found: i64,
        /// The newest one known.
        known: i64,
    },
}

/// The database.
#[derive(Clone, Debug)]
pub struct Sql {
    pool: AnyPool,
    kind: Kind,
    url: Hidden<String>,
}

impl Sql {
    /// Opens the database and brings its schema up to date. Must be called on the runtime that its
    /// connections shall live on.
    ///
    /// # Errors
    /// Where it cannot be reached, or a newer program has changed the schema.
    pub async fn open(url: &SqlUrl) -> Result<Self, SqlError> {
        sqlx::any::install_default_drivers();
        let kind = url.kind();
        url.make_file().map_err(SqlError::File)?;
        let url = url.to_url();
        let options: AnyConnectOptions = url.expose_str().parse()?;
        let pool = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        // A file does not hang up between two statements, as a server may.
        let pool = pool.test_before_acquire(kind == Kind::Postgres);
        let pool = pool.after_connect(move |connection, _| Box::pin(prepare(connection, kind)));
        let sql = Self { pool: pool.connect_with(options).await?, kind, url };
        migrate::migrate(&sql).await?;
        Ok(sql)
    }

    /// Which database it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its connections, for reading.
    #[must_use]
    pub const fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Its address, which may hold a password.
    #[must_use]
    pub const fn url(&self) -> &Hidden<String> {
        &self.url
    }

    /// Begins to write.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn write(&self) -> Result<Write, SqlError> {
        // SQLite has one writer: whoever begins as a reader may find it too late to become one.
        let begin = match self.kind {
            Kind::Sqlite => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Notes that something of `tenant` changes, and gives the change's number. Whoever changes asks
    /// first: the next one waits for this one's end, so that numbers are committed in their order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn note_change(
        &self,
        write: &mut Write,
        tenant: &str,
        at: i64,
        by: &str,
    ) -> Result<i64, SqlError> {
        let next = "UPDATE counters SET value = value + 1 WHERE name = 'changes' RETURNING value";
        let seq: i64 = sqlx::query_scalar(next).fetch_one(&mut **write).await?;
        sqlx::query("INSERT INTO changes (seq, tenant, changed_at, changed_by) VALUES ($1, $2, $3, $4)")
            .bind(seq)
            .bind(tenant)
            .bind(at)
            .bind(by)
            .execute(&mut **write)
            .await?;
        if self.kind == Kind::Postgres {
            sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut **write).await?;
        }
        Ok(seq)
    }

    /// The number of the last change.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn last_change(&self) -> Result<i64, SqlError> {
        let last = sqlx::query_scalar("SELECT value FROM counters WHERE name = 'changes'");
        Ok(last.fetch_one(&self.pool).await?)
    }
}

/// What each connection is told first.
async fn prepare(connection: &mut AnyConnection, kind: Kind) -> sqlx::Result<()> {
    if kind == Kind::Sqlite {
        // Readers and the writer do not wait for each other; a commit is on the disk; what is erased
        // is overwritten.
        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 5000";
        sqlx::raw_sql(pragmas).execute(connection).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "sql_tests.rs"]
mod tests;
