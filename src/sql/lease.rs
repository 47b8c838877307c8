//! A named lease: of several brokers, the one that does what only one may do.
//!
//! Time is given, and clocks differ: a lease keeps brokers out of each other's way. What must never be
//! done twice is done in a transaction with [`Lease::hold`], which waits for whoever else is at it. A
//! lease that ends later than any clock near ours would have it end keeps nobody out.

use std::time::Duration;

use sqlx::AnyConnection;
use tunnus_sdk::Timestamp;

use super::{Sql, SqlError};

/// A lease as one broker asks for it.
#[derive(Clone, Debug)]
pub struct Lease {
    /// What it is for.
    pub name: &'static str,
    /// Who asks: another text for each broker.
    pub holder: String,
    /// For how long it is asked.
    pub lasts: Duration,
}

impl Lease {
    /// Takes the lease where nobody has it or it was taken by a clock far ahead, or renews it. False
    /// where another has it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn take(&self, sql: &Sql, now: Timestamp) -> Result<bool, SqlError> {
        let mut connection = sql.pool().acquire().await?;
        self.take_in(&mut connection, now).await
    }

    /// The same as the first statement of a transaction: while that lasts nobody else gets the lease.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn hold(&self, write: &mut AnyConnection, now: Timestamp) -> Result<bool, SqlError> {
        self.take_in(write, now).await
    }

    /// Gives the lease back, where it is still ours: the next need not wait for its end.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn give_back(&self, sql: &Sql) -> Result<(), SqlError> {
        let delete = sqlx::query("DELETE FROM leases WHERE name = $1 AND holder = $2");
        delete.bind(self.name).bind(&self.holder).execute(sql.pool()).await?;
        Ok(())
    }

    async fn take_in(&self, connection: &mut AnyConnection, now: Timestamp) -> Result<bool, SqlError> {
        let take = "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, $3)
                    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
                    WHERE leases.holder = excluded.holder OR leases.held_until < $4 OR leases.held_until > $5";
        let take = sqlx::query(take).bind(self.name).bind(&self.holder).bind(now.plus(self.lasts).0);
        let taken = take.bind(now.0).bind(now.plus(self.lasts * 2).0).execute(connection).await?;
        Ok(taken.rows_affected() == 1)
    }
}
