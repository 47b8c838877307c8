//! Events that come at the same time are put down together.
//!
//! Owns who waits for which write. A commit costs the disk the same for one event as for many: while one
//! is under way, whoever comes gathers for the next. Nobody is told of an event before it is on the disk.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{runtime::Handle, sync::oneshot};

use super::{
    AuditError,
    store::{EventRow, insert},
};
use crate::sql::{Sql, SqlError};

/// How many are put down in one statement.
const AT_ONCE: usize = 32;

/// Puts events down in a database.
#[derive(Clone)]
pub(super) struct Together {
    sql: Sql,
    queue: Arc<Mutex<Queue>>,
    /// Where the writes run: they must not end with the request that happened to begin them.
    runtime: Option<Handle>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether somebody writes, and will see what waits.
    writing: bool,
}

/// An event, and who waits for it.
struct Waiting {
    row: EventRow,
    written: oneshot::Sender<Result<(), AuditError>>,
}

impl Together {
    pub(super) fn new(sql: Sql) -> Self {
        Self { sql, queue: Arc::default(), runtime: Handle::try_current().ok() }
    }

    pub(super) const fn sql(&self) -> &Sql {
        &self.sql
    }

    /// Puts an event down, with whatever else is to be put down now.
    pub(super) async fn put(&self, row: &EventRow) -> Result<(), AuditError> {
        let (written, answer) = oneshot::channel();
        if self.join(Waiting { row: row.clone(), written }) {
            let writing = Writer { together: self.clone(), done: false }.write_all();
            match &self.runtime {
                Some(runtime) => drop(runtime.spawn(writing)),
                None => drop(tokio::spawn(writing)),
            }
        }
        // A writer that is gone has not said that it wrote.
        answer.await.unwrap_or(Err(AuditError::Unsaid))
    }

    /// Joins those who wait; whether nobody writes yet.
    fn join(&self, waiting: Waiting) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(waiting);
        !mem::replace(&mut queue.writing, true)
    }

    async fn insert(&self, rows: &[EventRow]) -> Result<(), SqlError> {
        let mut connection = self.sql.pool().acquire().await?;
        insert(&mut connection, rows).await
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever writes. While there is one, nobody else begins to.
struct Writer {
    together: Together,
    /// Whether it has seen that nobody waits any more.
    done: bool,
}

impl Writer {
    /// Writes until nobody waits.
    async fn write_all(mut self) {
        while let Some(waiting) = self.next() {
            self.write(waiting).await;
        }
    }

    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = self.together.queue();
        let count = queue.waiting.len().min(AT_ONCE);
        queue.writing = count > 0;
        self.done = !queue.writing;
        queue.writing.then(|| queue.waiting.drain(..count).collect())
    }

    async fn write(&self, waiting: Vec<Waiting>) {
        let (rows, told): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|Waiting { row, written }| (row, written)).unzip();
        match self.together.insert(&rows).await {
            Ok(()) => told.into_iter().for_each(|written| tell(written, Ok(()))),
            // The database answers: it refuses one of them, which is none of the others' business.
            Err(SqlError::Unavailable(sqlx::Error::Database(_))) if rows.len() > 1 => {
                // Side by side, so that one that it keeps waiting keeps no other waiting.
                for (row, written) in rows.into_iter().zip(told) {
                    let together = self.together.clone();
                    tokio::spawn(async move {
                        tell(written, together.insert(&[row]).await.map_err(AuditError::Sql));
                    });
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                let failed = |written| tell(written, Err(AuditError::Together(Arc::clone(&error))));
                told.into_iter().for_each(failed);
            }
        }
    }
}

impl Drop for Writer {
    /// One that is broken off leaves nobody waiting for what never comes.
    fn drop(&mut self) {
        if !self.done {
            *self.together.queue() = Queue::default();
        }
    }
}

fn tell(written: oneshot::Sender<Result<(), AuditError>>, result: Result<(), AuditError>) {
    // Who has hung up does not hear it: the event is there all the same.
    drop(written.send(result));
}

#[cfg(test)]
#[path = "together_tests.rs"]
mod tests;
