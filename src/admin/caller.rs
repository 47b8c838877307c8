//! Who asks: a role, and what it reaches.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::Hidden;

use crate::audit::event::{self, Actor};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Operator,
    /// The tenants of one platform.
    PlatformAdmin,
    /// One tenant.
    TenantAdmin,
    /// Reads, and changes nothing.
    Auditor,
}

/// What somebody reaches. Outside of it nothing is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Everything.
    All,
    /// The tenants of this platform.
    Platform(String),
    /// This tenant.
    Tenant(String),
}

/// Who asks for an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What they are known by: a token's id, a login's, `cli`. Never who they are.
    pub id: String,
    /// What they are called, for people: a token's name, `login`.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they reach.
    pub scope: Scope,
    /// Who it is to the issuer that has let them in; of a token nobody can tell.
    pub person: Option<Hidden<String>>,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Operator, Self::PlatformAdmin, Self::TenantAdmin, Self::Auditor];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::PlatformAdmin => "platform_admin",
            Self::TenantAdmin => "tenant_admin",
            Self::Auditor => "auditor",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether who has the role may reach so far: an admin of a tenant is one of that tenant.
    #[must_use]
    pub const fn fits(self, scope: &Scope) -> bool {
        matches!(
            (self, scope),
            (Self::Operator, Scope::All)
                | (Self::PlatformAdmin, Scope::Platform(_))
                | (Self::TenantAdmin, Scope::Tenant(_))
                | (Self::Auditor, _)
        )
    }
}

impl Scope {
    /// The scope of these names, each empty where there is none; none where both are given.
    #[must_use]
    pub fn of(platform: &str, tenant: &str) -> Option<Self> {
        match (platform, tenant) {
            ("", "") => Some(Self::All),
            (platform, "") => Some(Self::Platform(platform.to_owned())),
            ("", tenant) => Some(Self::Tenant(tenant.to_owned())),
            (_, _) => None,
        }
    }

    /// The platform, where it is one.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        match self {
            Self::Platform(id) => Some(id),
            Self::All | Self::Tenant(_) => None,
        }
    }

    /// The tenant, where it is one.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::Tenant(id) => Some(id),
            Self::All | Self::Platform(_) => None,
        }
    }
}

impl Caller {
    /// Who has a shell on the broker's machine, and its master keys.
    #[must_use]
    pub fn shell() -> Self {
        Self {
            id: "cli".to_owned(),
            name: "command line".to_owned(),
            role: Role::Operator,
            scope: Scope::All,
            person: None,
        }
    }

    /// As histories and the audit trail name them: a person only where it is sealed.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let role = match self.role {
            Role::Operator => event::Role::Operator,
            Role::PlatformAdmin => event::Role::PlatformAdmin,
            Role::TenantAdmin => event::Role::TenantAdmin,
            Role::Auditor => event::Role::Auditor,
        };
        Actor { name: format!("{} ({})", self.name, self.id), role, person: self.person.clone() }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
