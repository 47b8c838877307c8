//! A trail as lines of JSON, and its check with nothing but the lines and the public key.
//!
//! `{"event": {"seq", "hash", "id", "tenant", "at", "class", "body"}}` in the order of the chain, where
//! `body` is a text, byte for byte what is hashed; behind it, where one was signed there,
//! `{"checkpoint": {"seq", "jws"}}`. An export ends at a checkpoint: what none signs yet is not in it,
//! and where it is, the export is not sound. Whom an event leads to stays sealed.

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};
use tunnus_jose::PublicKeys;

use super::{
    AuditError,
    chain::{Entry, Link, Verified, Verifier},
    records::Records,
    verify::check_checkpoint,
};

/// The longest line that is read.
const LONGEST: u64 = 1024 * 1024;

/// A line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Event(EventLine),
    Checkpoint { seq: i64, jws: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine {
    seq: i64,
    hash: String,
    id: String,
    tenant: String,
    at: i64,
    class: String,
    body: String,
}

/// Why an export was not checked to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It cannot be read.
    #[error("the export cannot be read")]
    Read(#[from] std::io::Error),
    /// A line is none of an export's.
    #[error("line {0} is no line of an export")]
    Line(usize),
    /// There is no event in it: nothing says whose it is.
    #[error("the export is empty")]
    Empty,
}

impl Records {
    /// A part of a tenant's trail, behind the place `after`: its lines, and the place of its last event.
    /// None where there is no more, or no more that is signed.
    ///
    /// # Errors
    /// Where the trail cannot be read.
    pub async fn export(&self, tenant: &str, after: i64) -> Result<Option<(String, i64)>, AuditError> {
        let signed = self.signed(tenant).await?;
        let Some(mut page) = self.page(tenant, after).await? else { return Ok(None) };
        page.links.retain(|(link, _)| link.seq <= signed);
        if page.links.is_empty() {
            return Ok(None);
        }
        let mut checkpoints = page.checkpoints.into_iter().peekable();
        let (mut text, mut last) = (String::new(), after);
        for (link, _) in page.links {
            last = link.seq;
            push(&mut text, &Line::Event(link.into()))?;
            while let Some((seq, jws)) = checkpoints.next_if(|(seq, _)| *seq <= last) {
                push(&mut text, &Line::Checkpoint { seq, jws })?;
            }
        }
        Ok(Some((text, last)))
    }

    /// How many events of a tenant are not exported yet where what is up to `last` is.
    ///
    /// # Errors
    /// Where the trail cannot be read.
    pub async fn behind(&self, tenant: &str, last: i64) -> Result<i64, AuditError> {
        let count = "SELECT COUNT(*) FROM audit_events WHERE tenant = $1 AND (seq > $2 OR seq = 0)";
        let count = sqlx::query_scalar(count).bind(tenant).bind(last);
        Ok(count.fetch_one(self.sql.pool()).await?)
    }

    /// The place of the last checkpoint.
    async fn signed(&self, tenant: &str) -> Result<i64, AuditError> {
        let last = "SELECT seq FROM audit_checkpoints WHERE tenant = $1 ORDER BY seq DESC LIMIT 1";
        let last = sqlx::query_scalar(last).bind(tenant).fetch_optional(self.sql.pool()).await?;
        Ok(last.unwrap_or_default())
    }
}

fn push(text: &mut String, line: &Line) -> Result<(), AuditError> {
    text.push_str(&serde_json::to_string(line).map_err(|_| AuditError::Row)?);
    text.push('\n');
    Ok(())
}

/// Checks an export with the public keys of the trail's checkpoints.
///
/// # Errors
/// Where it is no export; what is wrong with the trail is no error.
pub fn verify(export: impl BufRead, keys: &PublicKeys) -> Result<Verified, ExportError> {
    let mut lines = Lines { export, number: 0 };
    let Some(Line::Event(first)) = lines.next()? else { return Err(ExportError::Empty) };
    let tenant = first.tenant.clone();
    let mut verifier = Verifier::new(&tenant);
    verifier.next(&first.into());
    while let Some(line) = lines.next()? {
        match line {
            Line::Event(event) => verifier.next(&event.into()),
            Line::Checkpoint { seq, jws } => check_checkpoint(&mut verifier, &tenant, keys, (seq, &jws)),
        }
    }
    Ok(verifier.finish((0, 0), None))
}

/// The lines of an export, none longer than it may be.
struct Lines<R> {
    export: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<Line>, ExportError> {
        let mut line = Vec::new();
        self.number += 1;
        let read = self.export.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        serde_json::from_slice(&line).map(Some).map_err(|_| ExportError::Line(self.number))
    }
}

impl From<Link> for EventLine {
    fn from(Link { seq, hash, entry: Entry { id, tenant, at, class, body } }: Link) -> Self {
        Self { seq, hash, id, tenant, at, class, body }
    }
}

impl From<EventLine> for Link {
    fn from(EventLine { seq, hash, id, tenant, at, class, body }: EventLine) -> Self {
        Self { seq, hash, entry: Entry { id, tenant, at, class, body } }
    }
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
