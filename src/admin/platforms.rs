//! Platforms: the operator makes them, their admins change their apps.

use std::collections::BTreeMap;

use serde_json::Value;
use tunnus_sdk::SettingsError;

use super::{
    Admin, AdminError, Caller, Document, Expected, Generated, On, Right, Saved, Scope,
    secrets::{Unmask, masked},
    tenants::MOST,
};
use crate::tenant::{
    is_id,
    store::{PlatformChange, PlatformError, StoredPlatform, change::Part},
};

/// A tenant of a platform.
#[derive(Clone, Debug, PartialEq)]
pub struct EnabledAt {
    /// Its id.
    pub id: String,
    /// Its name: a text, or one in each language.
    pub name: Value,
    /// The apps of the platform that are enabled there.
    pub apps: Vec<String>,
}

impl EnabledAt {
    pub(super) fn of(id: String, document: &Value) -> Self {
        let apps = document.get("platform_apps").and_then(Value::as_array).into_iter().flatten();
        let apps = apps.map(id_of).map(str::to_owned).collect();
        Self { id, name: document.pointer("/tenant/name").cloned().unwrap_or_default(), apps }
    }
}

impl Admin {
    /// The ids of the platforms that the caller reaches.
    ///
    /// # Errors
    /// As [`Self::permit`].
    pub async fn platforms(&self, caller: &Caller) -> Result<Vec<String>, AdminError> {
        self.permit(caller, Right::ReadPlatform, On::Reach).await?;
        match &caller.scope {
            Scope::All => self.source.platform_ids().await,
            Scope::Platform(own) => Ok(vec![own.clone()]),
            Scope::Tenant(_) => Ok(Vec::new()),
        }
    }

    /// A platform with its apps.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`].
    pub async fn platform(&self, caller: &Caller, id: &str) -> Result<Document, AdminError> {
        self.permit(caller, Right::ReadPlatform, On::Platform(id)).await?;
        let stored = self.source.read_platform(id).await?;
        stored.as_ref().map(shown).ok_or(AdminError::NotFound)
    }

    /// The tenants of a platform, each with the apps of it that are enabled there: the first of them,
    /// and whether there are more.
    ///
    /// # Errors
    /// As [`Self::permit`].
    pub async fn tenants_of(&self, caller: &Caller, id: &str) -> Result<(Vec<EnabledAt>, bool), AdminError> {
        self.permit(caller, Right::ReadPlatform, On::Platform(id)).await?;
        let mut tenants = self.source.enabled_at(id, MOST + 1).await?;
        let more = tenants.len() > MOST;
        tenants.truncate(MOST);
        Ok((tenants, more))
    }

    /// Makes or changes a platform: `document` is the whole of it, with secrets as an app takes them.
    ///
    /// # Errors
    /// As [`Admin::put`].
    pub async fn put_platform(
        &self,
        caller: &Caller,
        id: &str,
        (expected, document): (Expected, Value),
    ) -> Result<Saved, AdminError> {
        if !is_id(id) {
            self.permit(caller, Right::FoundPlatform, On::Everything).await?;
            return Err(AdminError::fault(
                "/platform/id",
                "lower case letters, digits and hyphens, at most 63",
            ));
        }
        let stored = self.source.read_platform(id).await?;
        match &stored {
            Some(_) => self.permit(caller, Right::WritePlatform, On::Platform(id)).await?,
            None => self.permit(caller, Right::FoundPlatform, On::Everything).await?,
        }
        check_revision(expected, stored.as_ref())?;
        let (document, generated) = self.unmasked(stored.as_ref(), document)?;
        let after = self.change_platform(caller, id, stored.as_ref(), Some(document)).await?;
        let document = after.as_ref().map(shown).ok_or(AdminError::NotFound)?;
        Ok(Saved { document, created: stored.is_none(), generated })
    }

    /// Removes a platform that has no tenants any more.
    ///
    /// # Errors
    /// As [`Admin::remove`].
    pub async fn remove_platform(
        &self,
        caller: &Caller,
        id: &str,
        expected: Expected,
    ) -> Result<(), AdminError> {
        self.permit(caller, Right::FoundPlatform, On::Platform(id)).await?;
        let stored = self.source.read_platform(id).await?.ok_or(AdminError::NotFound)?;
        check_revision(expected, Some(&stored))?;
        self.change_platform(caller, id, Some(&stored), None).await?;
        Ok(())
    }

    /// The document with what is kept of its apps' secrets.
    fn unmasked(
        &self,
        stored: Option<&StoredPlatform>,
        mut document: Value,
    ) -> Result<(Value, Vec<Generated>), AdminError> {
        let none = BTreeMap::new();
        let secrets = stored.map_or(&none, |stored| &stored.secrets);
        let (mut generated, mut faults) = (Vec::new(), Vec::new());
        let apps = document.get_mut("apps").and_then(Value::as_array_mut);
        for (index, app) in apps.into_iter().flatten().enumerate() {
            let id = id_of(app).to_owned();
            let kept = stored.and_then(|stored| kept_app(&stored.row.document, &id));
            let part = Part::App(id);
            let unmask = Unmask { part: &part, kept, secrets, ambient: &self.ambient };
            let at = |pointer: &str| format!("/apps/{index}{pointer}");
            match unmask.unmask(app.clone()) {
                Ok((unmasked, made)) => {
                    *app = unmasked;
                    let placed = |one: Generated| Generated { pointer: at(&one.pointer), value: one.value };
                    generated.extend(made.into_iter().map(placed));
                }
                Err(AdminError::Faulty(found)) => {
                    faults
                        .extend(found.iter().map(|one| SettingsError::new(at(&one.pointer), &*one.message)));
                }
                Err(other) => return Err(other),
            }
        }
        if faults.is_empty() { Ok((document, generated)) } else { Err(AdminError::Faulty(faults)) }
    }

    async fn change_platform(
        &self,
        caller: &Caller,
        id: &str,
        stored: Option<&StoredPlatform>,
        document: Option<Value>,
    ) -> Result<Option<StoredPlatform>, AdminError> {
        let expected = stored.map(|stored| stored.row.revision);
        let change = PlatformChange { platform: id.to_owned(), by: caller.actor(), expected, document };
        match self.source.store()?.change_platform(&change).await {
            Ok(changed) => Ok(changed.platform),
            Err(PlatformError::Conflict) => {
                let now = self.source.read_platform(id).await?;
                Err(AdminError::Stale(Box::new(now.as_ref().map(shown))))
            }
            Err(PlatformError::Faulty(faults)) => Err(AdminError::Faulty(faults)),
            Err(error @ PlatformError::InUse) => Err(AdminError::fault("", error.to_string())),
            Err(PlatformError::Store(error)) => Err(error.into()),
        }
    }
}

fn id_of(app: &Value) -> &str {
    app.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn kept_app<'a>(document: &'a Value, id: &str) -> Option<&'a Value> {
    document.get("apps")?.as_array()?.iter().find(|app| id_of(app) == id)
}

fn shown(stored: &StoredPlatform) -> Document {
    let mut value = stored.row.document.clone();
    for app in value.get_mut("apps").and_then(Value::as_array_mut).into_iter().flatten() {
        *app = masked(&Part::App(id_of(app).to_owned()), app, &stored.secrets);
    }
    Document { id: stored.id.clone(), revision: stored.row.revision, value }
}

fn check_revision(expected: Expected, stored: Option<&StoredPlatform>) -> Result<(), AdminError> {
    expected.check(stored.map(shown))
}
