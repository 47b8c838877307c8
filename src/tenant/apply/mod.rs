//! Brings the tenants store to a folder of tenant files.
//!
//! Owns what that means: the folder says what it names, secrets included; what the store has besides
//! stays, unless it is to be pruned; keys that a tenant needs and its file leaves out are those that
//! the store has. Its platforms come first: tenants are judged by them. All faults of all files are found before anything is changed. The rules of a file
//! are `file`'s, writing is `store::change`'s.

mod merge;
mod plan;
mod platforms;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    file::{LISTS, Read},
    files::{Folder, Parsed},
    platform::Platform,
    store::{
        PlatformError, Store, StoreError, StoredTenant,
        change::{Change, ChangeError, Edit, Part, PartFault, platform_of},
    },
};
use crate::{
    audit::event::Actor,
    config::{Fault, Faults, Place, Reference},
};

pub use plan::{Action, Step, TenantPlan};
pub use platforms::{PlannedPlatform, PlatformPlan};

/// What shall be applied.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Only this tenant; all of the folder where none is named.
    pub tenant: Option<String>,
    /// Whether what the folder lacks is removed.
    pub prune: bool,
    /// Who applies it.
    pub by: Actor,
}

/// Why nothing, or not all, was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The folder is faulty: all of its faults. Nothing was changed.
    #[error(transparent)]
    Faulty(#[from] Faults),
    /// The folder has no such tenant.
    #[error("the folder has no tenant `{0}`")]
    NoSuchTenant(String),
    /// A tenant could not be changed. Those before it in the plan were.
    #[error("the tenant `{tenant}` was not changed")]
    Change {
        /// The tenant.
        tenant: String,
        /// Why.
        #[source]
        source: ChangeError,
    },
    /// A platform could not be changed. What stands before it in the plan was.
    #[error("the platform `{platform}` was not changed")]
    Platform {
        /// The platform.
        platform: String,
        /// Why.
        #[source]
        source: PlatformError,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A change that was judged, with its plan.
#[derive(Debug)]
pub struct Planned {
    /// What it comes to.
    pub plan: TenantPlan,
    change: Change,
}

/// All that was judged.
#[derive(Debug)]
pub struct Plan {
    /// The platforms, first.
    pub platforms: Vec<PlannedPlatform>,
    /// The tenants.
    pub tenants: Vec<Planned>,
}

impl Plan {
    /// Whether nothing would be changed.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let platforms = self.platforms.iter().all(|planned| planned.plan.is_idle());
        platforms && self.tenants.iter().all(|planned| planned.plan.is_idle())
    }
}

/// What `folder` would make of the store.
///
/// # Errors
/// All faults of all files; where the store does not answer.
pub async fn plan(folder: &Folder, store: &Store, wanted: &Wanted) -> Result<Plan, ApplyError> {
    let (files, mut faults) = folder.parse();
    let mut platforms = platforms::plan(folder, store, wanted).await?;
    // A tenant of a faulty platform is not told that there is none.
    let tolerant = !platforms.faults.is_empty();
    faults.append(&mut platforms.faults);
    add_known(store, wanted, &files, &mut platforms.known).await?;
    let beside = Beside { platforms: &platforms.known, tolerant };
    let is_wanted = |id: &str| wanted.tenant.as_ref().is_none_or(|only| only == id);
    let (mut planned, mut named) = (Vec::new(), BTreeSet::new());
    for file in files.iter().filter(|file| is_wanted(&file.id)) {
        named.insert(file.id.as_str());
        match plan_file(folder, store, wanted, file, beside).await? {
            Ok(one) => planned.push(one),
            Err(found) => faults.extend(found),
        }
    }
    if let Some(only) = wanted.tenant.as_ref().filter(|only| !named.contains(only.as_str())) {
        return Err(ApplyError::NoSuchTenant(only.clone()));
    }
    Faults::or(faults, Some(()))?;
    for id in store.ids().await?.into_iter().filter(|id| is_wanted(id) && !named.contains(id.as_str())) {
        planned.extend(plan_other(store, wanted, &id).await?);
    }
    Ok(Plan { platforms: platforms.planned, tenants: planned })
}

/// The platforms that tenants are judged by.
#[derive(Clone, Copy)]
struct Beside<'a> {
    platforms: &'a [Arc<Platform>],
    /// Whether some are missing that are faulty.
    tolerant: bool,
}

impl Beside<'_> {
    /// Whether a tenant's fault follows from that of its platform.
    fn explains(self, found: &PartFault) -> bool {
        self.tolerant && found.part == Part::Tenant && found.fault.pointer == "/tenant/platform"
    }
}

/// Adds the platforms that the files name and the store alone has, unless they are about to go.
async fn add_known(
    store: &Store,
    wanted: &Wanted,
    files: &[Parsed],
    known: &mut Vec<Arc<Platform>>,
) -> Result<(), ApplyError> {
    if wanted.prune && wanted.tenant.is_none() {
        return Ok(());
    }
    let named: BTreeSet<_> = files.iter().filter_map(|file| platform_of(file.document.value())).collect();
    for id in named {
        if known.iter().any(|platform| platform.id == id) {
            continue;
        }
        let found = store.platform(id).await;
        known.extend(found.map_err(|source| StoreError::Platform(id.to_owned(), source))?);
    }
    Ok(())
}

/// Makes what was planned: platforms, then tenant after tenant, and last what goes of the platforms.
///
/// # Errors
/// Where somebody has changed something since, or the store does not answer.
pub async fn apply(store: &Store, planned: &Plan) -> Result<(), ApplyError> {
    platforms::make(store, &planned.platforms).await?;
    for Planned { plan, change } in &planned.tenants {
        let done = store.change(change).await;
        done.map_err(|source| ApplyError::Change { tenant: plan.tenant.clone(), source })?;
    }
    platforms::remove(store, &planned.platforms).await
}

/// A tenant of the folder; or the faults of its file.
async fn plan_file(
    folder: &Folder,
    store: &Store,
    wanted: &Wanted,
    file: &Parsed,
    beside: Beside<'_>,
) -> Result<Result<Planned, Vec<Fault>>, ApplyError> {
    let stored = store.read(&file.id).await?;
    let value = match merge::judged(folder, store, file, stored.as_ref(), beside)? {
        Ok(value) => value,
        Err(faults) => return Ok(Err(faults)),
    };
    let change = to_change(&value, stored.as_ref(), wanted);
    match store.plan(&change, beside.platforms).await {
        Ok(changed) => {
            let plan = plan::of(&file.id, stored.as_ref(), changed.tenant.as_ref(), &change);
            Ok(Ok(Planned { plan, change }))
        }
        Err(ChangeError::Faulty(faults)) => {
            let own = faults.into_iter().filter(|found| !beside.explains(found));
            Ok(Err(own.map(|fault| placed(file, &value, fault)).collect()))
        }
        Err(source) => Err(ApplyError::Change { tenant: file.id.clone(), source }),
    }
}

/// A tenant that the folder lacks: kept, or removed.
async fn plan_other(store: &Store, wanted: &Wanted, id: &str) -> Result<Option<Planned>, ApplyError> {
    let Some(stored) = store.read(id).await? else { return Ok(None) };
    let remove = Edit { part: Part::Tenant, expected: Some(stored.row.revision), document: None };
    let edits = if wanted.prune { vec![remove] } else { Vec::new() };
    let change = Change { tenant: id.to_owned(), by: wanted.by.clone(), edits, order: None };
    let after = (!wanted.prune).then_some(&stored);
    let plan = plan::of(id, Some(&stored), after, &change);
    Ok(Some(Planned { plan, change }))
}

/// `file` with its secrets in the place of the references that led to them.
pub(super) fn with_values(file: &Value, read: &[Read]) -> Value {
    let mut value = file.clone();
    for Read { pointer, reference, secret, .. } in read {
        if let (false, Some(place)) = (matches!(reference, Reference::Stored(_)), value.pointer_mut(pointer))
        {
            *place = json!({ "value": secret });
        }
    }
    value
}

/// The change that makes a whole tenant of the store to `value`.
pub(super) fn to_change(value: &Value, stored: Option<&StoredTenant>, wanted: &Wanted) -> Change {
    let id = |entry: &Value| entry.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut row = value.as_object().cloned().unwrap_or_else(Map::new);
    row.retain(|name, _| !LISTS.contains(&name.as_str()));
    let mut parts = vec![(Part::Tenant, Value::Object(row))];
    parts.extend(list("connections").into_iter().map(|entry| (Part::Connection(id(&entry)), entry)));
    parts.extend(list("apps").into_iter().map(|entry| (Part::App(id(&entry)), entry)));
    let order = list("connections").iter().map(id).collect();
    let revision = |part: &Part| stored.and_then(|stored| stored.part(part)).map(|row| row.revision);
    let mut edits: Vec<_> = parts
        .into_iter()
        .map(|(part, document)| Edit { expected: revision(&part), part, document: Some(document) })
        .collect();
    if wanted.prune {
        let lacking = stored.into_iter().flat_map(StoredTenant::parts);
        // Keys that were made in the store are not the folder's.
        let lacking = lacking.filter(|part| !matches!(part, Part::Key(_)));
        let lacking = lacking.filter(|part| !edits.iter().any(|edit| edit.part == *part)).collect::<Vec<_>>();
        edits.extend(lacking.into_iter().map(|part| Edit {
            expected: revision(&part),
            part,
            document: None,
        }));
    }
    let tenant = value.get("tenant").map(id).unwrap_or_default();
    Change { tenant, by: wanted.by.clone(), edits, order: Some(order) }
}

/// A fault of a part of the store's tenant, at its line of the file.
fn placed(file: &Parsed, value: &Value, found: PartFault) -> Fault {
    let at = |list: &str, id: &str| {
        let entries = value.get(list).and_then(Value::as_array);
        let is_it = |entry: &Value| entry.get("id").and_then(Value::as_str) == Some(id);
        let index = entries.and_then(|entries| entries.iter().position(is_it));
        index.map(|index| format!("/{list}/{index}{}", found.fault.pointer))
    };
    let pointer = match &found.part {
        Part::Tenant => Some(found.fault.pointer.clone()),
        Part::App(id) => at("apps", id),
        Part::Connection(id) => at("connections", id),
        Part::Key(_) => None,
    };
    match pointer {
        Some(pointer) => {
            let place = Place::File { path: PathBuf::from(&file.path), line: file.document.line(&pointer) };
            Fault::at(place, &pointer, found.fault.message)
        }
        // A part that the file lacks and the store keeps.
        None => Fault::file(&file.path, None, format!("{found}, which the store keeps")),
    }
}
