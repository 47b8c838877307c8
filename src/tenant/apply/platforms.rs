//! The platforms of a folder: planned before its tenants, made before them, removed after them.

use std::{collections::BTreeSet, fmt, sync::Arc};

use super::{Action, ApplyError, Wanted, with_values};
use crate::{
    config::Fault,
    tenant::{
        file::{Judge, Read, platform as file},
        files::{Folder, Parsed, placed},
        platform::Platform,
        store::{PlatformChange, PlatformError, Store, StoredPlatform, change::differences::differences},
    },
};

/// What becomes of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformPlan {
    /// The platform.
    pub platform: String,
    /// What becomes of it.
    pub action: Action,
    /// What differs, as JSON pointers; a secret is marked as one.
    pub differences: Vec<String>,
}

/// A platform that was judged, with its plan.
#[derive(Debug)]
pub struct PlannedPlatform {
    /// What it comes to.
    pub plan: PlatformPlan,
    change: PlatformChange,
}

/// What a folder makes of the platforms.
#[derive(Debug, Default)]
pub(super) struct Platforms {
    pub(super) planned: Vec<PlannedPlatform>,
    /// As the folder has them, to judge its tenants by.
    pub(super) known: Vec<Arc<Platform>>,
    pub(super) faults: Vec<Fault>,
}

/// What the folder's platforms come to. Where only one tenant is wanted they stay as the store has
/// them.
pub(super) async fn plan(folder: &Folder, store: &Store, wanted: &Wanted) -> Result<Platforms, ApplyError> {
    let mut platforms = Platforms::default();
    if wanted.tenant.is_some() {
        return Ok(platforms);
    }
    let (files, faults) = folder.parse_platforms();
    platforms.faults = faults;
    for file in &files {
        plan_file(folder, store, wanted, file, &mut platforms).await?;
    }
    let named: BTreeSet<_> = files.iter().map(|file| file.id.as_str()).collect();
    for id in store.platform_ids().await?.into_iter().filter(|id| !named.contains(id.as_str())) {
        let Some(stored) = store.read_platform(&id).await? else { continue };
        let action = if wanted.prune { Action::Remove } else { Action::Keep };
        let expected = Some(stored.row.revision);
        let plan = PlatformPlan { platform: id.clone(), action, differences: Vec::new() };
        let change = PlatformChange { platform: id, by: wanted.by.clone(), expected, document: None };
        platforms.planned.push(PlannedPlatform { plan, change });
    }
    Ok(platforms)
}

/// Takes in a platform of the folder, or the faults of its file.
async fn plan_file(
    folder: &Folder,
    store: &Store,
    wanted: &Wanted,
    file: &Parsed,
    platforms: &mut Platforms,
) -> Result<(), ApplyError> {
    let (platform, read) = match judged(folder, file) {
        Ok(judged) => judged,
        Err(faults) => {
            platforms.faults.extend(faults);
            return Ok(());
        }
    };
    let stored = store.read_platform(&file.id).await?;
    let change = PlatformChange {
        platform: file.id.clone(),
        by: wanted.by.clone(),
        expected: stored.map(|stored| stored.row.revision),
        document: Some(with_values(file.document.value(), &read)),
    };
    let changed = match store.plan_platform(&change).await {
        Ok(changed) => changed,
        Err(PlatformError::Faulty(faults)) => {
            platforms.faults.extend(placed(&faults, &file.path, &file.document));
            return Ok(());
        }
        Err(source) => return Err(ApplyError::Platform { platform: file.id.clone(), source }),
    };
    let plan = PlatformPlan::of(&file.id, changed.before.as_ref(), changed.platform.as_ref());
    platforms.planned.push(PlannedPlatform { plan, change });
    platforms.known.push(Arc::new(platform));
    Ok(())
}

/// A platform that is good by the rules of its file, and its secrets.
fn judged(folder: &Folder, file: &Parsed) -> Result<(Platform, Vec<Read>), Vec<Fault>> {
    let mut judge = Judge::new(&folder.providers, &folder.references);
    let platform = file::resolve(file.document.value(), &mut judge);
    let read = judge.take_read();
    let (faults, _) = judge.into_findings();
    let told = || placed(&faults, &file.path, &file.document).collect();
    platform.map(|platform| (platform, read)).ok_or_else(told)
}

/// Makes the platforms that are planned, but for those that go.
pub(super) async fn make(store: &Store, planned: &[PlannedPlatform]) -> Result<(), ApplyError> {
    change(store, planned, |action| matches!(action, Action::Create | Action::Change)).await
}

/// Removes the platforms that go: no tenant is left by then.
pub(super) async fn remove(store: &Store, planned: &[PlannedPlatform]) -> Result<(), ApplyError> {
    change(store, planned, |action| action == Action::Remove).await
}

async fn change(
    store: &Store,
    planned: &[PlannedPlatform],
    concerns: fn(Action) -> bool,
) -> Result<(), ApplyError> {
    for PlannedPlatform { plan, change } in planned.iter().filter(|planned| concerns(planned.plan.action)) {
        let done = store.change_platform(change).await;
        done.map_err(|source| ApplyError::Platform { platform: plan.platform.clone(), source })?;
    }
    Ok(())
}

impl PlatformPlan {
    fn of(platform: &str, before: Option<&StoredPlatform>, after: Option<&StoredPlatform>) -> Self {
        let documents = before.zip(after).map(|(before, after)| (&before.row.document, &after.row.document));
        let differences = documents.map(|(was, will)| differences(was, will)).unwrap_or_default();
        let action = match documents {
            None => Action::Create,
            Some(_) if differences.is_empty() => Action::Unchanged,
            Some(_) => Action::Change,
        };
        Self { platform: platform.to_owned(), action, differences }
    }

    /// Whether nothing would be changed.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.action, Action::Unchanged | Action::Keep)
    }
}

impl fmt::Display for PlatformPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { platform, action, differences } = self;
        write!(f, "{action:9} the platform `{platform}`")?;
        differences.iter().try_for_each(|difference| write!(f, "\n          {difference}"))
    }
}
