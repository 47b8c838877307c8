//! The identity record, version 1: what an app gets.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tunnus_sdk::{Assurance, Attributes, Environment, Hidden, Member, Method, Source};

use super::release::keep_members;

/// The schema that a record names.
pub const SCHEMA: &str = "tunnus.identity/1";

/// The normalised result, the same shape whatever the provider. Member order is the contract's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityRecord {
    /// [`SCHEMA`].
    pub schema: String,
    /// The tenant.
    pub tenant: String,
    /// The connection that was used.
    pub connection: String,
    /// Its provider.
    pub provider: String,
    /// Whether the person is real.
    pub environment: Environment,
    /// Stable for this person at this tenant.
    pub subject: Hidden<String>,
    /// RFC 3339, UTC.
    pub authenticated_at: String,
    /// Who authenticated the person behind the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// How sure.
    pub assurance: Assurance,
    /// The members that the app gets.
    #[serde(flatten)]
    pub attributes: Attributes,
    /// Where each of them came from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub provenance: BTreeMap<Member, Source>,
    /// The upstream's own id of the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `none` where the result was not bound to the app's browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<String>,
}

impl IdentityRecord {
    /// Takes away the members that are not `allowed`.
    pub fn limit_to(&mut self, allowed: &BTreeSet<Member>) {
        keep_members(&mut self.attributes, &mut self.provenance, allowed);
    }
}
