//! Who may what: one table, asked by every operation before anything else.
//!
//! What a caller does not reach is not there for them ([`AdminError::NotFound`]); what they reach and
//! may not do is [`AdminError::Forbidden`].

use super::{Admin, AdminError, Caller, Role, Scope};
use crate::tenant::is_id;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Sees itself, and what the program can do.
    Look,
    /// Reads the tenants that it reaches, their apps and connections.
    Read,
    /// Makes or removes a tenant.
    Found,
    /// Changes a tenant, its apps and connections.
    Write,
    /// Tries a connection: upstreams are asked.
    Try,
    /// Reads keys without their private parts.
    ReadKeys,
    /// Makes, changes and retires keys.
    WriteKeys,
    /// Reads the audit trail.
    ReadAudit,
    /// Reads the list of tokens.
    ReadTokens,
    /// Makes and revokes tokens of its own reach.
    WriteTokens,
    /// Reads a platform and its apps.
    ReadPlatform,
    /// Changes a platform's apps.
    WritePlatform,
    /// Makes or removes a platform.
    FoundPlatform,
}

/// What an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On<'a> {
    /// Nothing in particular: what it answers is narrowed to what the caller reaches.
    Reach,
    /// All that there is.
    Everything,
    /// One platform.
    Platform(&'a str),
    /// One tenant.
    Tenant(&'a str),
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 13] = [
        Self::Look,
        Self::Read,
        Self::Found,
        Self::Write,
        Self::Try,
        Self::ReadKeys,
        Self::WriteKeys,
        Self::ReadAudit,
        Self::ReadTokens,
        Self::WriteTokens,
        Self::ReadPlatform,
        Self::WritePlatform,
        Self::FoundPlatform,
    ];

    /// The table: who has the right, on what they reach.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        use Role::{Auditor, Operator, PlatformAdmin, TenantAdmin};
        match self {
            Self::Look | Self::Read | Self::ReadKeys | Self::ReadAudit | Self::ReadTokens => &Role::ALL,
            Self::Write | Self::Try | Self::WriteKeys | Self::WriteTokens => {
                &[Operator, PlatformAdmin, TenantAdmin]
            }
            Self::Found | Self::WritePlatform => &[Operator, PlatformAdmin],
            Self::ReadPlatform => &[Operator, PlatformAdmin, Auditor],
            Self::FoundPlatform => &[Operator],
        }
    }
}

impl Caller {
    /// Whether the caller's role has the right at all: what a page shows a button for.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        right.roles().contains(&self.role)
    }
}

impl Admin {
    /// Lets nobody pass who may not.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] where the caller does not reach what it is about,
    /// [`AdminError::Forbidden`] where the role lacks the right; [`AdminError::Unavailable`].
    pub async fn permit(&self, caller: &Caller, right: Right, on: On<'_>) -> Result<(), AdminError> {
        if !self.reaches(caller, on).await? {
            return Err(AdminError::NotFound);
        }
        if caller.may(right) { Ok(()) } else { Err(AdminError::Forbidden) }
    }

    /// Whether the caller reaches what an operation is about.
    pub(super) async fn reaches(&self, caller: &Caller, on: On<'_>) -> Result<bool, AdminError> {
        // What is no id is nobody's, and no store is asked for it.
        if matches!(on, On::Tenant(id) | On::Platform(id) if !is_id(id)) {
            return Ok(false);
        }
        Ok(match (&caller.scope, on) {
            (_, On::Reach) | (Scope::All, _) => true,
            (Scope::Platform(mine), On::Platform(other)) | (Scope::Tenant(mine), On::Tenant(other)) => {
                mine == other
            }
            (Scope::Platform(mine), On::Tenant(tenant)) => self.source.belongs(tenant, mine).await?,
            (Scope::Platform(_) | Scope::Tenant(_), On::Everything) | (Scope::Tenant(_), On::Platform(_)) => {
                false
            }
        })
    }
}
