//! The one way to write: some parts of one tenant, all of them or none.
//!
//! A change says which revision of each part it was made from; where somebody else was faster, it is
//! told so and nothing is written. The tenant as it would be is judged as a whole by the rules of
//! its file. Secrets come in as `{ value = "…" }` and are sealed; a value that is there already keeps
//! its id, so that the same change twice changes nothing.

pub(in crate::tenant) mod differences;
mod draft;
mod ring;
mod write;

use std::{fmt, sync::Arc};

use serde_json::Value;
use tunnus_sdk::SettingsError;

use self::draft::{Draft, Missing};
use super::{
    Store, StoreError, StoredTenant,
    rows::{self, Reading},
};
use crate::{audit::event::Actor, tenant::platform::Platform, vault::Place};

pub(super) use self::write::{insert_data_key, insert_secret, is_taken};

/// How often a change is judged anew because another part of the tenant was changed meanwhile.
const TRIES: usize = 8;

/// A part of a tenant: what has a revision of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The tables `tenant` and `keys`. Removing it removes the tenant.
    Tenant,
    /// An app.
    App(String),
    /// A connection.
    Connection(String),
    /// A key of the ring.
    Key(String),
}

/// What is told of a secret that was given where none is used.
pub(super) const UNREAD: &str = "nothing uses this secret: it is not kept";

impl Part {
    /// Where secrets stand in its document.
    #[must_use]
    pub const fn secrets(&self) -> &'static [&'static str] {
        match self {
            Self::Tenant => &Place::TENANT,
            Self::App(_) => &Place::APP,
            Self::Connection(_) => &Place::CONNECTION,
            Self::Key(_) => &[],
        }
    }

    /// Where a secret stands in its `document` as it was given, not sealed.
    pub(super) fn unsealed(&self, document: &Value) -> Option<String> {
        let is_given = |one: &Value| one.get("value").is_some();
        let mut pointers = self.secrets().iter().map(|name| format!("/{name}"));
        pointers.find(|pointer| match document.pointer(pointer) {
            Some(Value::Array(list)) => list.iter().any(is_given),
            Some(one) => is_given(one),
            None => false,
        })
    }
}

/// What shall become of one part.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The part.
    pub part: Part,
    /// The revision that the edit was made from; none where the part is new.
    pub expected: Option<i64>,
    /// What it shall be; none where it shall be no more.
    pub document: Option<Value>,
}

/// A change of one tenant.
#[derive(Clone, Debug)]
pub struct Change {
    /// The tenant.
    pub tenant: String,
    /// Who changes it, for the history and the audit trail.
    pub by: Actor,
    /// What becomes of its parts.
    pub edits: Vec<Edit>,
    /// The connections in the order of the chooser; as it is where none is given. Those that it does
    /// not name come last.
    pub order: Option<Vec<String>>,
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The tenant as it is now; none where it is no more.
    pub tenant: Option<StoredTenant>,
    /// Whether anything was written at all.
    pub written: bool,
}

/// A fault of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartFault {
    /// The part.
    pub part: Part,
    /// The place in it, a JSON pointer, and what is wrong there.
    pub fault: SettingsError,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Somebody else has changed the part since, made it, or removed it.
    #[error("{0} was changed by somebody else meanwhile")]
    Conflict(Part),
    /// The tenant would be faulty: all of its faults.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faulty(Vec<PartFault>),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Change {
    /// Whether it changes keys of the ring and nothing else.
    fn is_of_keys(&self) -> bool {
        let of_key = |edit: &Edit| matches!(edit.part, Part::Key(_));
        self.order.is_none() && !self.edits.is_empty() && self.edits.iter().all(of_key)
    }
}

impl Store {
    /// Makes a change.
    ///
    /// # Errors
    /// Where somebody else was faster, the tenant would be faulty, or the store does not answer.
    /// Nothing is written then.
    pub async fn change(&self, change: &Change) -> Result<Changed, ChangeError> {
        self.change_where(change, |_| true).await
    }

    /// The same for whom the id of a tenant that was is taken: its data key and its trail outlive it.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub async fn change_unless_removed(&self, change: &Change) -> Result<Changed, ChangeError> {
        let has_been = |reading: &Reading| reading.tenant.is_none() && reading.data_key.is_some();
        self.change_where(change, |reading| !has_been(reading)).await
    }

    /// Makes a change where what it is made from is as it may be.
    async fn change_where(
        &self,
        change: &Change,
        may: impl Fn(&Reading) -> bool,
    ) -> Result<Changed, ChangeError> {
        for _ in 0..TRIES {
            let reading = rows::read(&self.sql, &change.tenant).await?;
            if !may(&reading) {
                return Err(ChangeError::Conflict(Part::Tenant));
            }
            let platform = self.platform_after(change, &reading).await?;
            let draft = self.draft(change, reading, platform.into_iter().collect(), Missing::Made).await?;
            if draft.is_unchanged() {
                return Ok(Changed { tenant: draft.before, written: false });
            }
            if let Some(written) = self.write(change, draft).await? {
                return Ok(Changed { tenant: written, written: true });
            }
        }
        Err(ChangeError::Conflict(Part::Tenant))
    }

    /// What a change would come to if these `platforms` stood in the store, without making it.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub async fn plan(&self, change: &Change, platforms: &[Arc<Platform>]) -> Result<Changed, ChangeError> {
        let reading = rows::read(&self.sql, &change.tenant).await?;
        let draft = self.draft(change, reading, platforms.to_vec(), Missing::Left).await?;
        Ok(Changed { written: !draft.is_unchanged(), tenant: draft.after })
    }

    /// What a change makes of what was read. Keys are parsed for it and perhaps made.
    async fn draft(
        &self,
        change: &Change,
        reading: Reading,
        platforms: Vec<Arc<Platform>>,
        missing: Missing,
    ) -> Result<Draft, ChangeError> {
        let (store, change) = (self.clone(), change.clone());
        let draft = move || Draft::of(&store, &change, reading, &platforms, missing);
        self.pool.run(draft).await.map_err(StoreError::from)?
    }

    /// The platform that the tenant is of once the change is made.
    async fn platform_after(
        &self,
        change: &Change,
        reading: &Reading,
    ) -> Result<Option<Arc<Platform>>, ChangeError> {
        let edit = change.edits.iter().find(|edit| edit.part == Part::Tenant);
        let id = match edit {
            Some(edit) => edit.document.as_ref().and_then(platform_of),
            None => reading.tenant.as_ref().and_then(StoredTenant::platform),
        };
        match id {
            Some(id) => {
                Ok(self.platform(id).await.map_err(|error| StoreError::Platform(id.to_owned(), error))?)
            }
            None => Ok(None),
        }
    }
}

/// The platform that a tenant's own part names.
#[must_use]
pub fn platform_of(document: &Value) -> Option<&str> {
    document.pointer("/tenant/platform").and_then(Value::as_str)
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str("the tenant"),
            Self::App(id) => write!(f, "the app `{id}`"),
            Self::Connection(id) => write!(f, "the connection `{id}`"),
            Self::Key(id) => write!(f, "the key `{id}`"),
        }
    }
}

impl fmt::Display for PartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.part, self.fault.pointer, self.fault.message)
    }
}
