//! A part of a tenant, or a platform, as admins see and give it.

use serde_json::Value;
use tunnus_sdk::Hidden;

use super::{AdminError, secrets};
use crate::tenant::store::{StoredTenant, change::Part};

/// A part of a tenant, or a platform, as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// Changes whenever the part does; what a change is made from.
    pub revision: i64,
    /// What a file of the tenant would say of it; for a secret `{ "set": true, "id", "at", "by" }`.
    pub value: Value,
}

/// Which revision a change was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// None: there shall be none.
    Absent,
    /// This one.
    Revision(i64),
    /// It is not said: good for what is new, and for nothing else.
    Unsaid,
}

/// A secret that was made, to be shown this once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Where it stands in the document.
    pub pointer: String,
    /// The secret.
    pub value: Hidden<String>,
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The document as it is now.
    pub document: Document,
    /// Whether it is new.
    pub created: bool,
    /// The secrets that were made for it.
    pub generated: Vec<Generated>,
}

impl Expected {
    /// Whether it is what there is now.
    ///
    /// # Errors
    /// [`AdminError::RevisionMissing`], [`AdminError::Stale`].
    pub(super) fn check(self, current: Option<Document>) -> Result<(), AdminError> {
        match (self, &current) {
            (Self::Absent | Self::Unsaid, None) => Ok(()),
            (Self::Revision(revision), Some(current)) if revision == current.revision => Ok(()),
            (Self::Unsaid, Some(_)) => Err(AdminError::RevisionMissing),
            (Self::Absent | Self::Revision(_), _) => Err(AdminError::Stale(Box::new(current))),
        }
    }
}

impl Document {
    /// The part of a stored tenant; none where there is no such part.
    #[must_use]
    pub fn of(tenant: &StoredTenant, part: &Part) -> Option<Self> {
        let row = tenant.part(part)?;
        let id = match part {
            Part::Tenant => &tenant.id,
            Part::App(id) | Part::Connection(id) | Part::Key(id) => id,
        };
        Some(Self {
            id: id.clone(),
            revision: row.revision,
            value: secrets::masked(part, &row.document, &tenant.secrets),
        })
    }
}
