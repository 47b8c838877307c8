//! Where the tenants are: a store that is written to, or an operator's folder that is only read.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use sqlx::Row as _;
use tokio::task::spawn_blocking;

use super::{AdminError, EnabledAt, Listing, Scope, TenantSummary};
use crate::{
    app::Broker,
    tenant::{
        files::Folder,
        model::Tenant,
        store::{Store, StoredPlatform, StoredTenant, change::platform_of},
    },
};

/// Where the tenants are.
#[derive(Clone)]
pub(super) enum Source {
    /// In a store.
    Store(Store),
    /// In files.
    Folder(Folder),
}

impl Source {
    /// The store, to write to.
    pub(super) fn store(&self) -> Result<&Store, AdminError> {
        match self {
            Self::Store(store) => Ok(store),
            Self::Folder(_) => Err(AdminError::ReadOnly),
        }
    }

    /// A tenant as it is kept.
    pub(super) async fn read(&self, id: &str) -> Result<Option<StoredTenant>, AdminError> {
        match self {
            Self::Store(store) => Ok(store.read(id).await?),
            Self::Folder(folder) => {
                let documents = documents(folder).await?;
                Ok(documents.get(id).map(|document| StoredTenant::of_file(id, document)))
            }
        }
    }

    /// The ids of all platforms.
    pub(super) async fn platform_ids(&self) -> Result<Vec<String>, AdminError> {
        match self {
            Self::Store(store) => Ok(store.platform_ids().await?),
            Self::Folder(_) => Ok(Vec::new()),
        }
    }

    /// A platform as it is kept. A folder's platforms are not administered.
    pub(super) async fn read_platform(&self, id: &str) -> Result<Option<StoredPlatform>, AdminError> {
        match self {
            Self::Store(store) => Ok(store.read_platform(id).await?),
            Self::Folder(_) => Ok(None),
        }
    }

    /// The tenants of a platform with what they have enabled, up to `limit`.
    pub(super) async fn enabled_at(
        &self,
        platform: &str,
        limit: usize,
    ) -> Result<Vec<EnabledAt>, AdminError> {
        let Self::Store(store) = self else { return Ok(Vec::new()) };
        let rows = "SELECT id, document FROM tenants WHERE platform = $1 ORDER BY id LIMIT $2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = sqlx::query(rows).bind(platform).bind(limit).fetch_all(store.sql().pool()).await?;
        let read = |row: &sqlx::any::AnyRow| {
            let (id, document): (String, String) = (row.try_get("id")?, row.try_get("document")?);
            Ok(EnabledAt::of(id, &serde_json::from_str(&document).unwrap_or_default()))
        };
        rows.iter().map(read).collect()
    }

    /// A tenant to serve, as it is kept now.
    pub(super) async fn load(&self, broker: &Broker, id: &str) -> Result<Option<Arc<Tenant>>, AdminError> {
        match self {
            Self::Store(store) => Ok(store.load(id).await?.map(|loaded| Arc::new(loaded.tenant))),
            Self::Folder(_) => Ok(broker.tenants.tenant(id).await?),
        }
    }

    /// Whether a tenant is one of a platform.
    pub(super) async fn belongs(&self, tenant: &str, platform: &str) -> Result<bool, AdminError> {
        match self {
            Self::Store(store) => Ok(store.platform_of(tenant).await?.as_deref() == Some(platform)),
            Self::Folder(folder) => {
                let documents = documents(folder).await?;
                Ok(documents.get(tenant).and_then(platform_of) == Some(platform))
            }
        }
    }

    /// The tenants within `scope` that a listing asks for, one more than its limit if there are more.
    pub(super) async fn list(
        &self,
        scope: &Scope,
        listing: &Listing,
    ) -> Result<Vec<TenantSummary>, AdminError> {
        match self {
            Self::Store(store) => of_store(store, scope, listing).await,
            Self::Folder(folder) => {
                let documents = documents(folder).await?.into_iter();
                let reached = documents.filter(|(id, document)| match scope {
                    Scope::All => true,
                    Scope::Platform(platform) => platform_of(document) == Some(platform),
                    Scope::Tenant(own) => own == id,
                });
                let all = reached.map(|(id, document)| TenantSummary::of(id, &document));
                let asked = all.filter(|one| listing.asks_for(one));
                Ok(asked.take(listing.limit + 1).collect())
            }
        }
    }
}

async fn documents(folder: &Folder) -> Result<BTreeMap<String, Value>, AdminError> {
    let folder = folder.clone();
    spawn_blocking(move || folder.documents()).await.map_err(AdminError::internal)
}

async fn of_store(store: &Store, scope: &Scope, listing: &Listing) -> Result<Vec<TenantSummary>, AdminError> {
    let rows = "SELECT id, document FROM tenants
                 WHERE id > $1 AND ($2 = '' OR id = $2) AND ($5 = '' OR platform = $5)
                   AND ($3 = '' OR id LIKE $3 ESCAPE '!' OR lower(document) LIKE $3 ESCAPE '!')
                 ORDER BY id LIMIT $4";
    let rows = sqlx::query(rows)
        .bind(listing.after.as_deref().unwrap_or_default())
        .bind(scope.tenant().unwrap_or_default())
        .bind(listing.search.as_deref().map(pattern).unwrap_or_default())
        .bind(i64::try_from(listing.limit + 1).unwrap_or(i64::MAX))
        .bind(scope.platform().unwrap_or_default());
    let read = |row: &sqlx::any::AnyRow| {
        let (id, document): (String, String) = (row.try_get("id")?, row.try_get("document")?);
        Ok(TenantSummary::of(id, &serde_json::from_str(&document).unwrap_or_default()))
    };
    rows.fetch_all(store.sql().pool()).await?.iter().map(read).collect()
}

/// A text as the pattern of what contains it.
fn pattern(text: &str) -> String {
    let escaped = |letter: char| if "%_!".contains(letter) { format!("!{letter}") } else { letter.into() };
    format!("%{}%", text.to_lowercase().chars().map(escaped).collect::<String>())
}
