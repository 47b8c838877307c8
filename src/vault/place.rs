//! Where a secret belongs: a tenant, one of its apps or connections, and a name there.

use std::fmt;

/// Whose secret it is, within a tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The tenant's own.
    Tenant,
    /// An app's.
    App(String),
    /// A connection's.
    Connection(String),
}

/// The one place where a sealed value opens. Written `connections/bank/credentials/client_secret`,
/// `apps/shop/secrets`, `keys/subject`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The tenant.
    pub tenant: String,
    /// Whose it is.
    pub holder: Holder,
    /// Its name there: the keys of a tenant's file, without the number in a list.
    pub name: String,
}

impl Place {
    /// The names that a tenant's own table has.
    pub const TENANT: [&str; 2] = ["keys/signing", "keys/subject"];
    /// Those of an app.
    pub const APP: [&str; 2] = ["secrets", "jwks"];
    /// Those of a connection.
    pub const CONNECTION: [&str; 5] = [
        "credentials/client_secret",
        "credentials/signing",
        "credentials/decryption",
        "credentials/certificate",
        "credentials/trust_anchor",
    ];

    /// A place of a tenant's file.
    ///
    /// # Errors
    /// What places there are, where `text` is none.
    pub fn parse(tenant: &str, text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "expected {}, apps/ID/… with {}, or connections/ID/… with {}",
                Self::TENANT.join(", "),
                Self::APP.join(" or "),
                Self::CONNECTION.join(", ")
            )
        };
        let (holder, name) = match text.split('/').collect::<Vec<_>>().as_slice() {
            ["apps", id, ..] => (Holder::App((*id).to_owned()), after_two(text)),
            ["connections", id, ..] => (Holder::Connection((*id).to_owned()), after_two(text)),
            _ => (Holder::Tenant, text),
        };
        let known = match &holder {
            Holder::Tenant => Self::TENANT.contains(&name),
            Holder::App(id) => !id.is_empty() && Self::APP.contains(&name),
            Holder::Connection(id) => !id.is_empty() && Self::CONNECTION.contains(&name),
        };
        let place = Self { tenant: tenant.to_owned(), holder, name: name.to_owned() };
        if known { Ok(place) } else { Err(expected()) }
    }

    /// Whether only a hash of the value is kept: an app's secret, which nobody need ever read again.
    #[must_use]
    pub fn is_hashed(&self) -> bool {
        matches!(self.holder, Holder::App(_)) && self.name == "secrets"
    }

    /// What binds a sealed value to the place; the lengths are bound with the parts.
    pub(super) fn parts(&self) -> [&str; 4] {
        let (kind, id) = match &self.holder {
            Holder::Tenant => ("tenant", ""),
            Holder::App(id) => ("app", id.as_str()),
            Holder::Connection(id) => ("connection", id.as_str()),
        };
        [&self.tenant, kind, id, &self.name]
    }
}

fn after_two(text: &str) -> &str {
    text.splitn(3, '/').nth(2).unwrap_or_default()
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.holder {
            Holder::Tenant => f.write_str(&self.name),
            Holder::App(id) => write!(f, "apps/{id}/{}", self.name),
            Holder::Connection(id) => write!(f, "connections/{id}/{}", self.name),
        }
    }
}
