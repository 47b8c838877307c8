//! Platforms in the store: read, judged and written, each as a whole.
//!
//! A platform is small: its apps have one revision together. What is changed here is followed at every
//! tenant of it that is in use (`follow`); no row of a tenant is touched. Secrets are sealed under a
//! data key of the platform's own.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use sqlx::{Row as _, any::AnyRow};
use tunnus_sdk::SettingsError;

use super::{
    LARGEST, NEW, Row, Store, StoreError, StoredFaults, StoredSecret, StoredTenant,
    change::{Part, UNREAD, differences::differences, insert_data_key, is_taken, platform_of},
    platform_rows::{delete, has_tenants, put, put_secrets},
    rows::StoredSecrets,
};
use crate::{
    audit::event::{Actor, Event, Kind, OPERATOR},
    tenant::{
        file::{Judge, Read, platform as file},
        is_id,
        lookup::TenantsError,
        platform::{Platform, holder},
    },
    vault::DataKey,
};

const READ: &str = "
SELECT 'key' AS kind, '' AS id, sealed AS content, '' AS place, '' AS fingerprint, '' AS set_by, 0 AS number
  FROM data_keys WHERE tenant = $1
UNION ALL SELECT 'platform', id, document, '', '', '', revision FROM platforms WHERE id = $2
UNION ALL SELECT 'secret', id, sealed, place, fingerprint, set_by, set_at
  FROM platform_secrets WHERE platform = $2
ORDER BY kind, id";

/// A platform as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPlatform {
    /// Its id.
    pub id: String,
    /// Its whole file, with `{ stored = "ID" }` for secrets.
    pub row: Row,
    /// Its secrets, by id.
    pub secrets: BTreeMap<String, StoredSecret>,
    /// The data key, sealed.
    data_key: String,
}

/// A change of one platform.
#[derive(Clone, Debug)]
pub struct PlatformChange {
    /// The platform.
    pub platform: String,
    /// Who changes it, for the history and the audit trail.
    pub by: Actor,
    /// The revision that the change was made from; none where the platform is new.
    pub expected: Option<i64>,
    /// What it shall be; none where it shall be no more.
    pub document: Option<Value>,
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformChanged {
    /// The platform as it was.
    pub before: Option<StoredPlatform>,
    /// The platform as it is now; none where it is no more.
    pub platform: Option<StoredPlatform>,
    /// Whether anything was written at all.
    pub written: bool,
}

/// Why a platform was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// Somebody else has changed it since, made it, or removed it.
    #[error("the platform was changed by somebody else meanwhile")]
    Conflict,
    /// There are tenants of it.
    #[error("the platform has tenants: move or remove them first")]
    InUse,
    /// It would be faulty: all of its faults.
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect::<Vec<_>>().join("\n"))]
    Faulty(Vec<SettingsError>),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A platform before and after a change.
struct Draft {
    before: Option<StoredPlatform>,
    after: Option<StoredPlatform>,
    /// The data key, sealed, where there was none.
    new_data_key: Option<String>,
}

impl Store {
    /// The ids of all platforms, in order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn platform_ids(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT id FROM platforms ORDER BY id").fetch_all(self.sql.pool()).await?)
    }

    /// The ids of the tenants of a platform, in order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn ids_of_platform(&self, platform: &str) -> Result<Vec<String>, StoreError> {
        let ids = sqlx::query_scalar("SELECT id FROM tenants WHERE platform = $1 ORDER BY id");
        Ok(ids.bind(platform).fetch_all(self.sql.pool()).await?)
    }

    /// The platform that a tenant is of; none where it is of none, or there is no such tenant.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn platform_of(&self, tenant: &str) -> Result<Option<String>, StoreError> {
        let of = sqlx::query_scalar("SELECT platform FROM tenants WHERE id = $1").bind(tenant);
        let of: Option<String> = of.fetch_optional(self.sql.pool()).await?;
        Ok(of.filter(|platform| !platform.is_empty()))
    }

    /// A platform as it is kept; its secrets are named, never shown.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn read_platform(&self, id: &str) -> Result<Option<StoredPlatform>, StoreError> {
        Ok(self.read_with_key(id).await?.0)
    }

    /// The platform and its data key, which may be there without it.
    async fn read_with_key(&self, id: &str) -> Result<(Option<StoredPlatform>, Option<String>), StoreError> {
        let rows = sqlx::query(READ).bind(holder(id)).bind(id).fetch_all(self.sql.pool()).await?;
        let (mut platform, mut key) = (None, None);
        for row in &rows {
            match (row.try_get::<String, _>("kind")?.as_str(), &mut platform) {
                ("key", _) => key = Some(row.try_get("content")?),
                ("platform", _) => platform = Some(StoredPlatform::read(id, row, key.as_deref())?),
                (_, Some(platform)) => platform.take(row)?,
                (_, None) => {}
            }
        }
        Ok((platform, key))
    }

    /// The platform of this id, to judge its tenants by; none where there is none.
    ///
    /// # Errors
    /// Where the database does not answer, or nothing can be made of what is kept.
    pub async fn platform(&self, id: &str) -> Result<Option<Arc<Platform>>, TenantsError> {
        let stored = self.read_platform(id).await.map_err(TenantsError::unavailable)?;
        stored.map(|stored| self.build_platform(&stored)).transpose()
    }

    pub(super) fn build_platform(&self, stored: &StoredPlatform) -> Result<Arc<Platform>, TenantsError> {
        let holder = holder(&stored.id);
        let key = self.vault.open_data_key(&holder, &stored.data_key).map_err(TenantsError::faulty)?;
        let secrets = StoredSecrets::of_platform(&holder, &key, &stored.secrets);
        let mut judge = Judge::new(&self.providers, &secrets);
        let platform = file::resolve(&stored.row.document, &mut judge);
        let (faults, _) = judge.into_findings();
        platform.map(Arc::new).ok_or_else(|| TenantsError::faulty(StoredFaults(faults)))
    }

    /// Makes a change.
    ///
    /// # Errors
    /// Where somebody else was faster, the platform would be faulty or has tenants still, or the store
    /// does not answer. Nothing is written then.
    pub async fn change_platform(&self, change: &PlatformChange) -> Result<PlatformChanged, PlatformError> {
        let draft = self.draft_platform(change).await?;
        if draft.is_unchanged() {
            return Ok(draft.into_changed(false));
        }
        match self.write_platform(change, draft).await {
            Err(PlatformError::Store(error)) if is_taken(&error) => Err(PlatformError::Conflict),
            written => Ok(written?.into_changed(true)),
        }
    }

    /// What a change would come to, without making it.
    ///
    /// # Errors
    /// As [`Self::change_platform`].
    pub async fn plan_platform(&self, change: &PlatformChange) -> Result<PlatformChanged, PlatformError> {
        let draft = self.draft_platform(change).await?;
        let written = !draft.is_unchanged();
        Ok(draft.into_changed(written))
    }

    async fn draft_platform(&self, change: &PlatformChange) -> Result<Draft, PlatformError> {
        let (before, sealed) = self.read_with_key(&change.platform).await?;
        if before.as_ref().map(|before| before.row.revision) != change.expected {
            return Err(PlatformError::Conflict);
        }
        let holder = holder(&change.platform);
        let vault = |source| StoreError::Vault { tenant: holder.clone(), source };
        let (key, data_key) = self.key_of(&holder, sealed.as_deref()).map_err(vault)?;
        let new_data_key = sealed.is_none().then(|| data_key.clone());
        let after = match &change.document {
            Some(document) => {
                Some(self.judged_platform(change, document, before.as_ref(), &key, data_key)?)
            }
            None => None,
        };
        Ok(Draft { before, after, new_data_key })
    }

    /// The platform as it would be, its secrets sealed.
    fn judged_platform(
        &self,
        change: &PlatformChange,
        document: &Value,
        before: Option<&StoredPlatform>,
        key: &DataKey,
        data_key: String,
    ) -> Result<StoredPlatform, PlatformError> {
        check_form(change, document)?;
        let mut secrets = before.map(|before| before.secrets.clone()).unwrap_or_default();
        let holder = holder(&change.platform);
        let read = self.read_secrets(document, &StoredSecrets::of_platform(&holder, key, &secrets))?;
        let vault = |source| StoreError::Vault { tenant: holder.clone(), source };
        let kept = self.keep(&change.by.name, key, &mut secrets, read).map_err(vault)?;
        let mut document = document.clone();
        for (pointer, id) in &kept.places {
            if let Some(place) = document.pointer_mut(pointer) {
                *place = json!({ "stored": id });
            }
        }
        check_sealed(&document)?;
        secrets.retain(|id, _| kept.named.contains(id));
        let row = Row { document, revision: NEW };
        Ok(StoredPlatform { id: change.platform.clone(), row, secrets, data_key })
    }

    /// The secrets of a platform that is good by the rules of its file.
    fn read_secrets(
        &self,
        document: &Value,
        secrets: &StoredSecrets<'_>,
    ) -> Result<Vec<Read>, PlatformError> {
        let mut judge = Judge::new(&self.providers, secrets);
        let platform = file::resolve(document, &mut judge);
        let read = judge.take_read();
        let (faults, _) = judge.into_findings();
        platform.map(|_| read).ok_or(PlatformError::Faulty(faults))
    }

    async fn write_platform(&self, change: &PlatformChange, draft: Draft) -> Result<Draft, PlatformError> {
        let Draft { before, mut after, new_data_key } = draft;
        let (id, holder) = (change.platform.as_str(), holder(&change.platform));
        let mut write = self.sql.write().await.map_err(StoreError::from)?;
        let now = self.ambient.now().0;
        let seq = self.sql.note_change(&mut write, &holder, now, &change.by.name).await;
        let seq = seq.map_err(StoreError::from)?;
        if let Some(sealed) = &new_data_key {
            insert_data_key(&mut write, &holder, sealed).await?;
        }
        let ours = match &mut after {
            Some(after) => {
                after.row.revision = seq;
                put(&mut write, after, change.expected).await?
            }
            None if has_tenants(&mut write, id).await? => return Err(PlatformError::InUse),
            None => delete(&mut write, id, change.expected).await?,
        };
        if !ours {
            return Err(PlatformError::Conflict);
        }
        if let Some(after) = &after {
            put_secrets(&mut write, before.as_ref(), after).await?;
        }
        let told = told(change, before.as_ref(), after.as_ref());
        self.audit.record_in(&self.sql, &mut write, told).await.map_err(StoreError::from)?;
        write.commit().await.map_err(StoreError::from)?;
        Ok(Draft { before, after, new_data_key })
    }
}

/// What the audit trail says of a change.
fn told(change: &PlatformChange, before: Option<&StoredPlatform>, after: Option<&StoredPlatform>) -> Event {
    let id = &change.platform;
    let (kind, changes) = match (before, after) {
        (None, _) => (Kind::PlatformCreated, vec![format!("create the platform `{id}`")]),
        (Some(_), None) => (Kind::PlatformRemoved, vec![format!("remove the platform `{id}`")]),
        (Some(before), Some(after)) => {
            let places = differences(&before.row.document, &after.row.document).into_iter();
            let changes = places.map(|place| format!("change the platform `{id}` {place}"));
            (Kind::PlatformChanged, changes.collect())
        }
    };
    Event::by(&change.by, OPERATOR, kind, changes)
}

/// Refuses what could not be found again by its id, and what is too large.
fn check_form(change: &PlatformChange, document: &Value) -> Result<(), PlatformError> {
    let fault =
        |pointer: &str, message: String| PlatformError::Faulty(vec![SettingsError::new(pointer, message)]);
    let id = change.platform.as_str();
    if document.pointer("/platform/id").and_then(Value::as_str) != Some(id) || !is_id(id) {
        return Err(fault("/platform/id", format!("the id is `{id}` and never changes")));
    }
    if document.to_string().len() > LARGEST {
        return Err(fault("", "a platform has at most 1 MiB of settings".to_owned()));
    }
    Ok(())
}

/// A secret of an app is never kept as it was given.
fn check_sealed(document: &Value) -> Result<(), PlatformError> {
    let apps = document.get("apps").and_then(Value::as_array).into_iter().flatten();
    let fault = |(index, app): (usize, &Value)| {
        let pointer = Part::App(String::new()).unsealed(app)?;
        Some(SettingsError::new(format!("/apps/{index}{pointer}"), UNREAD))
    };
    let faults: Vec<_> = apps.enumerate().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(PlatformError::Faulty(faults)) }
}

impl Draft {
    fn is_unchanged(&self) -> bool {
        let document = |platform: &Option<StoredPlatform>| {
            platform.as_ref().map(|platform| platform.row.document.clone())
        };
        document(&self.before) == document(&self.after)
    }

    fn into_changed(self, written: bool) -> PlatformChanged {
        let platform = if written { self.after } else { self.before.clone() };
        PlatformChanged { before: self.before, platform, written }
    }
}

impl StoredPlatform {
    fn read(id: &str, row: &AnyRow, key: Option<&str>) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Row(holder(id));
        let document: String = row.try_get("content")?;
        let document = serde_json::from_str(&document).map_err(|_| unreadable())?;
        let row = Row { document, revision: row.try_get("number")? };
        let data_key = key.ok_or_else(unreadable)?.to_owned();
        Ok(Self { id: id.to_owned(), row, secrets: BTreeMap::new(), data_key })
    }

    /// Takes the row of a secret in.
    fn take(&mut self, row: &AnyRow) -> Result<(), StoreError> {
        self.secrets.insert(row.try_get("id")?, StoredSecret::read(row)?);
        Ok(())
    }
}

impl StoredTenant {
    /// The platform that it says it is of.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        platform_of(&self.row.document)
    }
}
