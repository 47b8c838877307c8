//! What an apply would do, in the words of a file. Secrets are changed or not; no value stands here.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use crate::{
    config::below,
    tenant::store::{
        StoredTenant,
        change::{Change, Part},
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
    let parts: BTreeSet<Part> = before.into_iter().chain(after).flat_map(StoredTenant::parts).collect();
    let step = |part: Part| {
        let was = before.and_then(|before| before.part(&part)).map(|row| &row.document);
        let will = after.and_then(|after| after.part(&part)).map(|row| &row.document);
        let mut differences = Vec::new();
        let action = match (was, will) {
            (None, _) => Action::Create,
            (Some(_), None) => Action::Remove,
            (Some(_), Some(_)) if !change.edits.iter().any(|edit| edit.part == part) => Action::Keep,
            (Some(was), Some(will)) => {
                compare(was, will, "", &mut differences);
                if differences.is_empty() { Action::Unchanged } else { Action::Change }
            }
        };
        Step { part, action, differences }
    };
    TenantPlan {
        tenant: tenant.to_owned(),
        steps: parts.into_iter().map(step).collect(),
        reordered: reordered(before, after),
    }
}

/// Whether those connections that were there before follow each other otherwise.
fn reordered(before: Option<&StoredTenant>, after: Option<&StoredTenant>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let order = |one: &StoredTenant, other: &StoredTenant| -> Vec<String> {
        let both = one.connections.iter().filter(|(id, _)| other.connection(id).is_some());
        both.map(|(id, _)| id.clone()).collect()
    };
    order(before, after) != order(after, before)
}

/// Notes every place where two documents differ.
fn compare(was: &Value, will: &Value, pointer: &str, differences: &mut Vec<String>) {
    match (was, will) {
        (was, will) if was == will => {}
        _ if is_secret(was) || is_secret(will) => differences.push(format!("{pointer} (a secret)")),
        (Value::Object(was), Value::Object(will)) => {
            let names: BTreeSet<&String> = was.keys().chain(will.keys()).collect();
            for name in names {
                let null = &Value::Null;
                let (was, will) = (was.get(name).unwrap_or(null), will.get(name).unwrap_or(null));
                compare(was, will, &below(pointer, name), differences);
            }
        }
        (Value::Array(was), Value::Array(will)) if was.len() == will.len() => {
            for (index, (was, will)) in was.iter().zip(will).enumerate() {
                compare(was, will, &format!("{pointer}/{index}"), differences);
            }
        }
        _ => differences.push(pointer.to_owned()),
    }
}

fn is_secret(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("stored"))
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
