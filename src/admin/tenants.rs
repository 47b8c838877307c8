//! The list of tenants.

use serde::Serialize;
use serde_json::Value;

use super::{Admin, AdminError, Caller, On, Right};

/// The most tenants of one answer.
pub const MOST: usize = 200;

/// Which tenants are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Those whose ids come after this one.
    pub after: Option<String>,
    /// How many at most, up to `MOST`.
    pub limit: usize,
    /// Those whose id or name has this in it.
    pub search: Option<String>,
}

/// A tenant of a list.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TenantSummary {
    /// Its id.
    pub id: String,
    /// Its name: a text, or one in each language.
    pub name: Value,
}

/// A list of tenants.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TenantList {
    /// In the order of their ids.
    pub tenants: Vec<TenantSummary>,
    /// After which id the next ones come; missing where there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Default for Listing {
    fn default() -> Self {
        Self { after: None, limit: 50, search: None }
    }
}

impl Listing {
    /// Whether it asks for `one`.
    pub(super) fn asks_for(&self, one: &TenantSummary) -> bool {
        let text = format!("{} {}", one.id, one.name).to_lowercase();
        let found = self.search.as_ref().is_none_or(|search| text.contains(&search.to_lowercase()));
        found && self.after.as_ref().is_none_or(|after| one.id > *after)
    }
}

impl TenantSummary {
    pub(super) fn of(id: String, document: &Value) -> Self {
        Self { id, name: document.pointer("/tenant/name").cloned().unwrap_or_default() }
    }
}

impl Admin {
    /// The tenants that the caller reaches.
    ///
    /// # Errors
    /// As [`Self::permit`].
    pub async fn tenants(&self, caller: &Caller, listing: &Listing) -> Result<TenantList, AdminError> {
        self.permit(caller, Right::Read, On::Reach).await?;
        let listing = Listing { limit: listing.limit.clamp(1, MOST), ..listing.clone() };
        let mut tenants = self.source.list(&caller.scope, &listing).await?;
        let more = tenants.len() > listing.limit;
        tenants.truncate(listing.limit);
        let next = tenants.last().filter(|_| more).map(|last| last.id.clone());
        Ok(TenantList { tenants, next })
    }
}
