//! Many keys at once: those of a provider, or those that end soon, at every tenant.
//!
//! It can be broken off and begun again: a key whose successor is on its way is told of and left alone.

use serde::Serialize;
use tunnus_sdk::Timestamp;

use super::{Key, Keyring, KeyringError, State};
use crate::{audit::event::Actor, tenant::store::StoredTenant};

/// Which keys are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Only connections of this provider.
    pub provider: Option<String>,
    /// Only keys that end before.
    pub before: Option<Timestamp>,
}

/// What became of one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// The tenant.
    pub tenant: String,
    /// Its connection.
    pub connection: String,
    /// What the key is for.
    pub purpose: &'static str,
    /// The key in use.
    pub key: String,
    /// `rotated`, `under_way`, or `left` with the reason.
    pub outcome: &'static str,
    /// The key that follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// Why it was left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Keyring {
    /// Rotates the keys of connections that are meant, tenant after tenant; `told` hears of each.
    ///
    /// # Errors
    /// Where the store does not answer. What was done before is done.
    pub async fn rotate_all(
        &self,
        by: &Actor,
        sweep: &Sweep,
        mut told: impl FnMut(&Swept),
    ) -> Result<(), KeyringError> {
        for tenant in self.store().ids().await? {
            // Removed since.
            let Some(stored) = self.store().read(&tenant).await? else { continue };
            for (id, key) in stored.keys.iter().map(|(id, stored)| (id, &stored.key)) {
                if let Some(connection) = sweep.meant(&stored, key) {
                    let rotated = self.rotate(by, &tenant, (id, false)).await;
                    told(&swept((&tenant, connection), (id, key), rotated.map(|new| new.id))?);
                }
            }
        }
        Ok(())
    }
}

impl Sweep {
    /// The key's connection, where the key is meant.
    fn meant<'a>(&self, stored: &StoredTenant, key: &'a Key) -> Option<&'a str> {
        let connection = key.connection.as_deref()?;
        let provider = stored.connection(connection)?.document.get("provider")?.as_str()?;
        let is_meant = key.state == State::Active
            && self.provider.as_ref().is_none_or(|only| only == provider)
            && self.before.is_none_or(|before| key.not_after.is_some_and(|end| end < before));
        is_meant.then_some(connection)
    }
}

fn swept(
    (tenant, connection): (&str, &str),
    (id, key): (&str, &Key),
    rotated: Result<String, KeyringError>,
) -> Result<Swept, KeyringError> {
    let (outcome, successor, reason) = match rotated {
        Ok(new) => ("rotated", Some(new), None),
        Err(KeyringError::UnderWay(other)) => ("under_way", Some(other), None),
        Err(error @ KeyringError::Store(_)) => return Err(error),
        Err(error) => ("left", None, Some(error.to_string())),
    };
    Ok(Swept {
        tenant: tenant.to_owned(),
        connection: connection.to_owned(),
        purpose: key.purpose.name(),
        key: id.to_owned(),
        outcome,
        successor,
        reason,
    })
}
