//! What admins do: tenants, apps, connections and tokens, for whoever may.
//!
//! Owns who may what, the operations, and the form that a document has towards admins: a secret goes
//! in and never comes out. Knows no HTTP: the API and the console of `http::admin` read a request,
//! call an operation with their [`Caller`], and show what it answers. The rules of a tenant are
//! `tenant`'s.

mod caller;
mod checks;
mod connection;
mod document;
mod error;
#[cfg(test)]
pub(crate) mod for_tests;
mod keys;
pub mod login;
mod operations;
mod platforms;
mod provider_kinds;
mod rights;
mod secrets;
mod source;
mod tenants;
mod tokens;
mod trail;
mod trials;

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    ambient::Ambient,
    audit::Audit,
    keyring::Policy,
    providers::Providers,
    tenant::{files::Folder, store::Store},
};

pub use self::{
    caller::{Caller, Role, Scope},
    document::{Document, Expected, Generated, Saved},
    error::AdminError,
    keys::Registration,
    platforms::EnabledAt,
    provider_kinds::ProviderKind,
    rights::{On, Right},
    tenants::{Listing, TenantList, TenantSummary},
    tokens::{CreatedToken, NewToken, TokenInfo, TokenList, Tokens},
    trail::Export,
    trials::{NewTrial, Told, TrialInfo, TrialStatus},
};

use self::{checks::Checks, login::Login, source::Source};

/// The administration of one broker.
#[derive(Clone)]
pub struct Admin {
    source: Source,
    providers: Providers,
    tokens: Tokens,
    keys: Policy,
    checks: Checks,
    trails: Checks,
    ambient: Ambient,
    login: Option<Arc<Login>>,
    /// The admin listener's own address, where it has one.
    console: Option<Url>,
}

impl Admin {
    /// Of a store, which keeps the tokens too.
    #[must_use]
    pub fn of_store(store: Store, providers: Providers, ambient: Ambient) -> Self {
        let tokens = Tokens::in_sql(store.sql().clone(), store.audit().clone(), ambient.clone());
        Self::over(Source::Store(store), tokens, providers, ambient)
    }

    /// Of a folder of files: it is read, never written, and tokens last as long as the process.
    #[must_use]
    pub fn of_folder(folder: Folder, providers: Providers, audit: Audit, ambient: Ambient) -> Self {
        let tokens = Tokens::in_memory(audit, ambient.clone());
        Self::over(Source::Folder(folder), tokens, providers, ambient)
    }

    fn over(source: Source, tokens: Tokens, providers: Providers, ambient: Ambient) -> Self {
        Self {
            source,
            providers,
            tokens,
            keys: Policy::default(),
            checks: Checks::default(),
            trails: Checks::default(),
            ambient,
            login: None,
            console: None,
        }
    }

    /// The tokens, for who is no caller yet.
    #[must_use]
    pub const fn tokens_kept(&self) -> &Tokens {
        &self.tokens
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "admin_tests.rs"]
mod tests;
