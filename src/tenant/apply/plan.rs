//! What an apply would do, in the words of a file. Secrets are changed or not; no value stands here.

use std::{collections::BTreeSet, fmt};

use crate::tenant::store::{
    StoredTenant,
    change::{
        Change, Part,
        differences::{differences, reordered},
    },
};

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is new.
    Create,
    /// It becomes another.
    Change,
    /// It is as it shall be.
    Unchanged,
    /// The folder lacks it; it stays.
    Keep,
    /// The folder lacks it; it goes.
    Remove,
}

/// What becomes of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The part.
    pub part: Part,
    /// What becomes of it.
    pub action: Action,
    /// What differs, as JSON pointers; a secret is marked as one.
    pub differences: Vec<String>,
}

/// What becomes of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantPlan {
    /// The tenant.
    pub tenant: String,
    /// Each of its parts.
    pub steps: Vec<Step>,
    /// Whether the connections come in another order.
    pub reordered: bool,
}

impl TenantPlan {
    /// Whether nothing would be changed.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let idle = |step: &Step| matches!(step.action, Action::Unchanged | Action::Keep);
        !self.reordered && self.steps.iter().all(idle)
    }
}

/// The plan of a change.
pub(super) fn of(
    tenant: &str,
    before: Option<&StoredTenant>,
    after: Option<&StoredTenant>,
    change: &Change,
) -> TenantPlan {
    let parts = before.into_iter().chain(after).flat_map(StoredTenant::parts);
    // Keys that were made in the store are outside a folder.
    let parts: BTreeSet<Part> = parts.filter(|part| !matches!(part, Part::Key(_))).collect();
    let step = |part: Part| {
        let was = before.and_then(|before| before.part(&part)).map(|row| &row.document);
        let will = after.and_then(|after| after.part(&part)).map(|row| &row.document);
        let mut found = Vec::new();
        let action = match (was, will) {
            (None, _) => Action::Create,
            (Some(_), None) => Action::Remove,
            (Some(_), Some(_)) if !change.edits.iter().any(|edit| edit.part == part) => Action::Keep,
            (Some(was), Some(will)) => {
                found = differences(was, will);
                if found.is_empty() { Action::Unchanged } else { Action::Change }
            }
        };
        Step { part, action, differences: found }
    };
    TenantPlan {
        tenant: tenant.to_owned(),
        steps: parts.into_iter().map(step).collect(),
        reordered: reordered(before, after),
    }
}

impl fmt::Display for TenantPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tenant)?;
        for Step { part, action, differences } in &self.steps {
            write!(f, "\n  {action:9} {part}")?;
            for difference in differences {
                write!(f, "\n            {difference}")?;
            }
        }
        if self.reordered {
            write!(f, "\n  change    the order of the connections")?;
        }
        Ok(())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Unchanged => "unchanged",
            Self::Keep => "keep",
            Self::Remove => "remove",
        })
    }
}
