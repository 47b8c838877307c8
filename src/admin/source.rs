//! Where the tenants are: a store that is written to, or an operator's folder that is only read.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use sqlx::Row as _;
use tokio::task::spawn_blocking;

use super::{AdminError, Listing, Scope, TenantSummary};
use crate::{
    app::Broker,
    tenant::{
        files::Folder,
        model::Tenant,
        store::{Store, StoredTenant},
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

    /// A tenant to serve, as it is kept now.
    pub(super) async fn load(&self, broker: &Broker, id: &str) -> Result<Option<Arc<Tenant>>, AdminError> {
        match self {
            Self::Store(store) => Ok(store.load(id).await?.map(|loaded| Arc::new(loaded.tenant))),
            Self::Folder(_) => Ok(broker.tenants.tenant(id).await?),
        }
    }

    /// Whether a tenant is one of a platform.
    #[expect(clippy::unused_async, reason = "the store will be asked")]
    pub(super) async fn belongs(&self, _tenant: &str, _platform: &str) -> Result<bool, AdminError> {
        Ok(false)
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
                let all = documents.map(|(id, document)| TenantSummary::of(id, &document));
                let asked = all.filter(|one| listing.asks_for(one) && within(scope, one));
                Ok(asked.take(listing.limit + 1).collect())
            }
        }
    }
}

fn within(scope: &Scope, one: &TenantSummary) -> bool {
    match scope {
        Scope::All => true,
        Scope::Platform(_) => false,
        Scope::Tenant(id) => *id == one.id,
    }
}

async fn documents(folder: &Folder) -> Result<BTreeMap<String, Value>, AdminError> {
    let folder = folder.clone();
    spawn_blocking(move || folder.documents()).await.map_err(AdminError::internal)
}

async fn of_store(store: &Store, scope: &Scope, listing: &Listing) -> Result<Vec<TenantSummary>, AdminError> {
    if matches!(scope, Scope::Platform(_)) {
        return Ok(Vec::new());
    }
    let rows = "SELECT id, document FROM tenants
                 WHERE id > $1 AND ($2 = '' OR id = $2)
                   AND ($3 = '' OR id LIKE $3 ESCAPE '!' OR lower(document) LIKE $3 ESCAPE '!')
                 ORDER BY id LIMIT $4";
    let rows = sqlx::query(rows)
        .bind(listing.after.as_deref().unwrap_or_default())
        .bind(scope.tenant().unwrap_or_default())
        .bind(listing.search.as_deref().map(pattern).unwrap_or_default())
        .bind(i64::try_from(listing.limit + 1).unwrap_or(i64::MAX));
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
