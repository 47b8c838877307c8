//! The operations on a tenant and its parts. All of them ask [`Admin::permit`] first.

use serde_json::{Value, json};
use tunnus_sdk::SettingsError;

use super::{Admin, AdminError, Caller, Document, Expected, On, Right, Saved, Scope, secrets::Unmask};
use crate::tenant::{
    is_id,
    store::{
        Store, StoredTenant,
        change::{Change, ChangeError, Edit, Part, PartFault, platform_of},
    },
};

impl Admin {
    /// One part of a tenant.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`].
    pub async fn part(&self, caller: &Caller, tenant: &str, part: &Part) -> Result<Document, AdminError> {
        let stored = self.tenant_for(caller, Right::Read, tenant).await?;
        Document::of(&stored, part).ok_or(AdminError::NotFound)
    }

    /// The apps of a tenant, by id.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`].
    pub async fn apps(&self, caller: &Caller, tenant: &str) -> Result<Vec<Document>, AdminError> {
        let stored = self.tenant_for(caller, Right::Read, tenant).await?;
        let parts = stored.apps.keys().cloned().map(Part::App);
        Ok(parts.filter_map(|part| Document::of(&stored, &part)).collect())
    }

    /// The connections of a tenant, in the order of the chooser.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`].
    pub async fn connections(&self, caller: &Caller, tenant: &str) -> Result<Vec<Document>, AdminError> {
        let stored = self.tenant_for(caller, Right::Read, tenant).await?;
        let parts = stored.connections.iter().map(|(id, _)| Part::Connection(id.clone()));
        Ok(parts.filter_map(|part| Document::of(&stored, &part)).collect())
    }

    /// Makes or changes one part: `document` is the whole of it, with secrets as `secrets` takes them.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::RevisionMissing`], [`AdminError::Stale`],
    /// [`AdminError::Faulty`] with all faults, [`AdminError::ReadOnly`].
    pub async fn put(
        &self,
        caller: &Caller,
        tenant: &str,
        part: &Part,
        (expected, document): (Expected, Value),
    ) -> Result<Saved, AdminError> {
        check_ids(tenant, part)?;
        let document = with_id(document, tenant, part);
        let named = platform_of(&document).filter(|_| *part == Part::Tenant).map(str::to_owned);
        let stored = self.for_writing(caller, tenant, part, named.as_deref()).await?;
        let current = stored.as_ref().and_then(|stored| stored.part(part));
        check_revision(expected, stored.as_ref(), part)?;
        if *part == Part::Tenant {
            check_platform(caller, stored.as_ref(), named.as_deref())?;
        }
        let created = current.is_none();
        let none = std::collections::BTreeMap::new();
        let unmask = Unmask {
            part,
            kept: current.map(|row| &row.document),
            secrets: stored.as_ref().map_or(&none, |stored| &stored.secrets),
            ambient: &self.ambient,
        };
        let (document, generated) = unmask.unmask(document)?;
        let expected = current.map(|row| row.revision);
        let edit = Edit { part: part.clone(), expected, document: Some(document) };
        let after = self.change(caller, tenant, vec![edit], None).await?;
        let document = after.as_ref().and_then(|after| Document::of(after, part));
        Ok(Saved { document: document.ok_or(AdminError::NotFound)?, created, generated })
    }

    /// Removes one part; of a tenant, everything of it.
    ///
    /// # Errors
    /// As [`Self::put`]; [`AdminError::NotFound`].
    pub async fn remove(
        &self,
        caller: &Caller,
        tenant: &str,
        part: &Part,
        expected: Expected,
    ) -> Result<(), AdminError> {
        if *part == Part::Tenant {
            self.permit(caller, Right::Found, On::Tenant(tenant)).await?;
        }
        let stored = self.for_writing(caller, tenant, part, None).await?;
        let current = stored.as_ref().and_then(|stored| stored.part(part)).ok_or(AdminError::NotFound)?;
        check_revision(expected, stored.as_ref(), part)?;
        let edit = Edit { part: part.clone(), expected: Some(current.revision), document: None };
        self.change(caller, tenant, vec![edit], None).await?;
        Ok(())
    }

    /// Makes one more secret for an app, which is shown this once.
    ///
    /// # Errors
    /// As [`Self::put`]: an app has two at most.
    pub async fn add_secret(&self, caller: &Caller, tenant: &str, app: &str) -> Result<Saved, AdminError> {
        let part = Part::App(app.to_owned());
        let mut document = self.part(caller, tenant, &part).await?;
        let secrets = document.value.get_mut("secrets").and_then(Value::as_array_mut);
        match secrets {
            Some(secrets) => secrets.push(json!({ "generate": true })),
            None => {
                if let Some(app) = document.value.as_object_mut() {
                    app.insert("secrets".to_owned(), json!([{ "generate": true }]));
                }
            }
        }
        let expected = Expected::Revision(document.revision);
        self.put(caller, tenant, &part, (expected, document.value)).await
    }

    /// Takes one secret from an app, by its id.
    ///
    /// # Errors
    /// As [`Self::put`]; [`AdminError::NotFound`].
    pub async fn remove_secret(
        &self,
        caller: &Caller,
        tenant: &str,
        app: &str,
        id: &str,
    ) -> Result<Saved, AdminError> {
        let part = Part::App(app.to_owned());
        let mut document = self.part(caller, tenant, &part).await?;
        let secrets = document.value.get_mut("secrets").and_then(Value::as_array_mut);
        let secrets = secrets.ok_or(AdminError::NotFound)?;
        let before = secrets.len();
        secrets.retain(|secret| secret.get("id").and_then(Value::as_str) != Some(id));
        if secrets.len() == before {
            // Who may not write need not learn which ids there are.
            self.permit(caller, Right::Write, On::Tenant(tenant)).await?;
            return Err(AdminError::NotFound);
        }
        let expected = Expected::Revision(document.revision);
        self.put(caller, tenant, &part, (expected, document.value)).await
    }

    /// Puts the connections into the order of the chooser; `before` is the order that was read.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn reorder(
        &self,
        caller: &Caller,
        tenant: &str,
        (before, after): (&[String], Vec<String>),
    ) -> Result<Vec<String>, AdminError> {
        let stored = self.for_writing(caller, tenant, &Part::Connection(String::new()), None).await?;
        let stored = stored.ok_or(AdminError::NotFound)?;
        let order = |tenant: &StoredTenant| -> Vec<String> {
            tenant.connections.iter().map(|(id, _)| id.clone()).collect()
        };
        if order(&stored) != before {
            return Err(AdminError::Stale(Box::new(None)));
        }
        let (mut known, mut wanted) = (order(&stored), after.clone());
        known.sort_unstable();
        wanted.sort_unstable();
        if known != wanted {
            return Err(AdminError::fault("", "name each connection of the tenant once"));
        }
        let changed = self.change(caller, tenant, Vec::new(), Some(after)).await?;
        changed.as_ref().map(order).ok_or(AdminError::NotFound)
    }

    /// The tenant, for who has the right on it.
    pub(super) async fn tenant_for(
        &self,
        caller: &Caller,
        right: Right,
        tenant: &str,
    ) -> Result<StoredTenant, AdminError> {
        self.permit(caller, right, On::Tenant(tenant)).await?;
        self.source.read(tenant).await?.ok_or(AdminError::NotFound)
    }

    /// The tenant, for who may write the part of it; none where it is a new tenant, which a platform's
    /// admin makes within the platform.
    async fn for_writing(
        &self,
        caller: &Caller,
        tenant: &str,
        part: &Part,
        platform: Option<&str>,
    ) -> Result<Option<StoredTenant>, AdminError> {
        if self.reaches(caller, On::Tenant(tenant)).await?
            && let Some(stored) = self.source.read(tenant).await?
        {
            // Keys have operations of their own.
            if matches!(part, Part::Key(_)) {
                return Err(AdminError::NotFound);
            }
            self.permit(caller, Right::Write, On::Tenant(tenant)).await?;
            self.source.store()?;
            return Ok(Some(stored));
        }
        if *part != Part::Tenant {
            return Err(AdminError::NotFound);
        }
        let on = match (&caller.scope, platform) {
            (Scope::Platform(own), Some(named)) if own == named => On::Platform(named),
            _ => On::Everything,
        };
        self.permit(caller, Right::Found, on).await?;
        match self.source.store()?.read(tenant).await? {
            Some(_) => Err(taken()),
            None => Ok(None),
        }
    }

    /// Has the store make a change, in the caller's name.
    async fn change(
        &self,
        caller: &Caller,
        tenant: &str,
        edits: Vec<Edit>,
        order: Option<Vec<String>>,
    ) -> Result<Option<StoredTenant>, AdminError> {
        let own = edits.first().map_or(Part::Tenant, |edit| edit.part.clone());
        let change = Change { tenant: tenant.to_owned(), by: caller.actor(), edits, order };
        let store = self.source.store()?;
        let changed = match caller.scope {
            Scope::All => store.change(&change).await,
            // A trail outlives its tenant, and is read by who has the id.
            Scope::Platform(_) | Scope::Tenant(_) => store.change_unless_removed(&change).await,
        };
        match changed {
            Ok(changed) => Ok(changed.tenant),
            // Somebody else's tenant may have been made meanwhile.
            Err(ChangeError::Conflict(_)) if !self.reaches(caller, On::Tenant(tenant)).await? => Err(taken()),
            Err(ChangeError::Conflict(_)) => Err(stale(store, tenant, &own).await?),
            Err(ChangeError::Faulty(faults)) => {
                let told = faults.into_iter().map(|fault| told(fault, &own)).collect();
                Err(AdminError::Faulty(told))
            }
            Err(ChangeError::Store(error)) => Err(error.into()),
        }
    }
}

/// That there is such a tenant is no secret: its discovery is public. One that was removed is told the
/// same.
fn taken() -> AdminError {
    AdminError::fault("/tenant/id", "another tenant has this id")
}

/// Whether the tenant stays on its platform: only the operator moves one. A platform's admin makes
/// tenants there and nowhere else.
fn check_platform(
    caller: &Caller,
    stored: Option<&StoredTenant>,
    named: Option<&str>,
) -> Result<(), AdminError> {
    let stays = stored.is_some_and(|stored| stored.platform() == named);
    let within = stored.is_none() && caller.scope.platform() == named;
    if stays || within || caller.scope == Scope::All {
        return Ok(());
    }
    Err(AdminError::fault("/tenant/platform", "only the operator moves a tenant from platform to platform"))
}

/// What there is now instead.
async fn stale(store: &Store, tenant: &str, part: &Part) -> Result<AdminError, AdminError> {
    let now = store.read(tenant).await?;
    Ok(AdminError::Stale(Box::new(now.as_ref().and_then(|now| Document::of(now, part)))))
}

/// A fault of the part that was given, or of another one that the change would spoil.
fn told(found: PartFault, own: &Part) -> SettingsError {
    if found.part == *own {
        return found.fault;
    }
    let PartFault { part, fault } = found;
    SettingsError::new("", format!("{part} {}: {}", fault.pointer, fault.message))
}

/// Whether the change was made from what there is.
fn check_revision(expected: Expected, stored: Option<&StoredTenant>, part: &Part) -> Result<(), AdminError> {
    expected.check(stored.and_then(|stored| Document::of(stored, part)))
}

/// Whether the ids are such at all.
fn check_ids(tenant: &str, part: &Part) -> Result<(), AdminError> {
    let own = match part {
        Part::Tenant => tenant,
        Part::App(id) | Part::Connection(id) | Part::Key(id) => id,
    };
    let message = "an id has lower case letters, digits and hyphens, at most 63, and begins with no hyphen";
    if is_id(own) { Ok(()) } else { Err(AdminError::fault("/id", message)) }
}

/// The document with its id, which need not be said twice.
fn with_id(mut document: Value, tenant: &str, part: &Part) -> Value {
    let (table, id) = match part {
        Part::Tenant => (document.get_mut("tenant"), tenant),
        Part::App(id) | Part::Connection(id) | Part::Key(id) => (Some(&mut document), id.as_str()),
    };
    if let Some(table) = table.and_then(Value::as_object_mut) {
        table.entry("id").or_insert_with(|| json!(id));
    }
    document
}
