//! Admin tokens: `tnsa_` and 32 random bytes. Only a hash is kept; the token is shown once.
//!
//! [`kept`] owns where they are, [`guard`] what wrong ones cost, [`cursor`] the pages of their list. A
//! token of a tenant ends with the tenant.

mod cursor;
mod guard;
mod kept;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use tunnus_sdk::{Hidden, SettingsError, Timestamp};

use self::{
    cursor::Cursor,
    guard::Guard,
    kept::{Kept, Row},
};
use super::{Admin, AdminError, Caller, On, Right, Role, Scope};
use crate::{
    ambient::Ambient,
    audit::{Audit, event::Actor},
    digest::sha256,
    limits::Network64,
    sql::Sql,
};

/// What every token begins with, so that it is found where it should not be.
pub const PREFIX: &str = "tnsa_";
/// How many characters follow: 32 bytes in base64url.
const LENGTH: usize = 43;
/// A day, in seconds.
const DAY: i64 = 24 * 60 * 60;
/// How long a token is good where nothing is said.
const DAYS: u32 = 90;
/// How long a token can be good.
const MOST_DAYS: u32 = 366;
/// How long the first token is good: long enough to make others.
const FIRST_DAYS: u32 = 7;
/// The longest name.
const NAME_MAX: usize = 80;
/// How many tokens a page has.
const PAGE: usize = 200;
/// How long a token is listed after its end; the audit trail tells of it for as long as it is kept.
const LISTED_DAYS: i64 = 90;
/// The id of the first token.
const FIRST: &str = "bootstrap";

/// The tokens of a broker.
#[derive(Clone)]
pub struct Tokens {
    kept: Kept,
    guard: Arc<Guard>,
    ambient: Ambient,
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for, for people: 1 to 80 characters.
    #[schemars(length(min = 1, max = 80))]
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The platform that it reaches: for a platform's admin, or an auditor of one.
    #[serde(default)]
    pub platform: Option<String>,
    /// The tenant that it reaches: for a tenant's admin, or an auditor of one.
    #[serde(default)]
    pub tenant: Option<String>,
    /// How many days it is good: 1 to 366, 90 where nothing is said.
    #[serde(default)]
    #[schemars(range(min = 1, max = 366))]
    pub days: Option<u32>,
}

/// A token without the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TokenInfo {
    /// Its id, as histories name it.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The platform that it reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The tenant that it reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// When it was made.
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Until when it is good.
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub expires_at: Timestamp,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "rfc3339_or_none")]
    #[schemars(with = "Option<String>")]
    pub revoked_at: Option<Timestamp>,
}

/// A page of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TokenList {
    /// The newest first.
    pub tokens: Vec<TokenInfo>,
    /// After what the next ones come; missing where there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A token that was made, with the token: this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreatedToken {
    /// The token.
    #[schemars(with = "String")]
    pub token: Hidden<String>,
    /// What is known of it.
    #[serde(flatten)]
    pub info: TokenInfo,
}

impl Tokens {
    /// Kept in a database.
    #[must_use]
    pub fn in_sql(sql: Sql, audit: Audit, ambient: Ambient) -> Self {
        Self { kept: Kept::Sql(sql, audit), guard: Arc::default(), ambient }
    }

    /// Kept as long as the process lives.
    #[must_use]
    pub fn in_memory(audit: Audit, ambient: Ambient) -> Self {
        Self { kept: Kept::Memory(Arc::default(), audit), guard: Arc::default(), ambient }
    }

    /// An operator's token where there is no token at all: how the first admin gets in.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn first(&self) -> Result<Option<Hidden<String>>, AdminError> {
        let wanted = NewToken {
            name: "bootstrap".to_owned(),
            role: Role::Operator,
            platform: None,
            tenant: None,
            days: Some(FIRST_DAYS),
        };
        let by = Actor::broker("first start");
        let (token, mut row) = self.make(&wanted, &by);
        FIRST.clone_into(&mut row.info.id);
        Ok(self.kept.insert_first(row, &by).await?.then_some(token))
    }

    /// Who shows this token, asking from this address.
    ///
    /// # Errors
    /// [`AdminError::Unauthenticated`] where it does not hold; [`AdminError::TooMany`];
    /// [`AdminError::Unavailable`].
    pub async fn authenticate(&self, token: &str, from: Network64) -> Result<Caller, AdminError> {
        let secret = token.strip_prefix(PREFIX).filter(|secret| secret.len() == LENGTH);
        secret.ok_or(AdminError::Unauthenticated)?;
        let (hash, now) = (sha256(token), self.ambient.now());
        let turn = self.guard.admit(&hash, from, now).await;
        let row = self.kept.by_hash(&name_of(&hash)).await?;
        let caller = row.and_then(|row| row.caller(now));
        self.guard.learn(hash, from, caller.is_some(), now);
        caller.ok_or(if turn.is_some() { AdminError::TooMany } else { AdminError::Unauthenticated })
    }

    /// Whether a token still holds that let somebody in earlier: what a session is bound to.
    ///
    /// # Errors
    /// [`AdminError::Unauthenticated`] where it does not; [`AdminError::Unavailable`].
    pub async fn caller_of(&self, id: &str) -> Result<Caller, AdminError> {
        let row = self.kept.by_id(id).await?;
        row.and_then(|row| row.caller(self.ambient.now())).ok_or(AdminError::Unauthenticated)
    }

    fn make(&self, wanted: &NewToken, by: &Actor) -> (Hidden<String>, Row) {
        let secret = Hidden::new(URL_SAFE_NO_PAD.encode(self.ambient.bytes::<32>()));
        let token = Hidden::new(format!("{PREFIX}{}", secret.expose_str()));
        let now = self.ambient.now();
        let info = TokenInfo {
            id: self.ambient.id(),
            name: wanted.name.clone(),
            role: wanted.role,
            platform: wanted.platform.clone(),
            tenant: wanted.tenant.clone(),
            created_at: now,
            created_by: by.name.clone(),
            expires_at: Timestamp(now.0 + i64::from(wanted.days.unwrap_or(DAYS)) * DAY),
            revoked_at: None,
        };
        let hash = name_of(&sha256(token.expose_str()));
        (token, Row { scope: wanted.scope_kind(), info, hash })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn rfc3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    at.to_rfc3339().serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde gives a reference")]
fn rfc3339_or_none<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.and_then(Timestamp::to_rfc3339).serialize(serializer)
}

/// A hash as it is kept.
fn name_of(hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

impl NewToken {
    fn scope_kind(&self) -> &'static str {
        match (&self.platform, &self.tenant) {
            (None, None) => "all",
            (Some(_), _) => "platform",
            (None, Some(_)) => "tenant",
        }
    }

    /// What it reaches, where it is without fault.
    fn scope(&self) -> Result<Scope, AdminError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, message: &str| faults.push(SettingsError::new(pointer, message));
        let length = self.name.chars().count();
        if self.name.trim().is_empty() || length > NAME_MAX || self.name.chars().any(char::is_control) {
            fault("/name", "a name has 1 to 80 characters");
        }
        if self.days.is_some_and(|days| days == 0 || days > MOST_DAYS) {
            fault("/days", "a token is good for 1 to 366 days");
        }
        let scope = match (&self.platform, &self.tenant) {
            (None, None) => Some(Scope::All),
            (Some(platform), None) => Some(Scope::Platform(platform.clone())),
            (None, Some(tenant)) => Some(Scope::Tenant(tenant.clone())),
            (Some(_), Some(_)) => None,
        };
        let scope = scope.filter(|scope| self.role.fits(scope));
        if scope.is_none() {
            let message = "an operator reaches all, a platform's admin one platform, a tenant's admin one tenant; \
                           an auditor one of these";
            fault("/role", message);
        }
        scope.filter(|_| faults.is_empty()).ok_or(AdminError::Faulty(faults))
    }
}

impl TokenInfo {
    /// What it reaches.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match (&self.platform, &self.tenant) {
            (Some(platform), _) => Scope::Platform(platform.clone()),
            (None, Some(tenant)) => Scope::Tenant(tenant.clone()),
            (None, None) => Scope::All,
        }
    }
}

impl Scope {
    /// What an operation on something of this reach is about.
    fn on(&self) -> On<'_> {
        match self {
            Self::All => On::Everything,
            Self::Platform(id) => On::Platform(id),
            Self::Tenant(id) => On::Tenant(id),
        }
    }
}

impl Admin {
    /// Makes a token. Nobody makes one that reaches further than they do.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::Faulty`].
    pub async fn create_token(&self, caller: &Caller, wanted: &NewToken) -> Result<CreatedToken, AdminError> {
        self.permit(caller, Right::WriteTokens, On::Reach).await?;
        let scope = wanted.scope()?;
        if scope == Scope::All && caller.scope != Scope::All {
            return Err(AdminError::Forbidden);
        }
        self.permit(caller, Right::WriteTokens, scope.on()).await?;
        if let Some(tenant) = scope.tenant() {
            self.source.read(tenant).await?.ok_or(AdminError::NotFound)?;
        }
        if let Some(platform) = scope.platform() {
            self.source.read_platform(platform).await?.ok_or(AdminError::NotFound)?;
        }
        let by = caller.actor();
        let (token, row) = self.tokens.make(wanted, &by);
        let info = row.info.clone();
        self.tokens.kept.insert(row, &by).await?;
        Ok(CreatedToken { token, info })
    }

    /// A page of the tokens that the caller reaches, the newest first: those after `next` of the page
    /// before.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::Faulty`] where `after` is no such `next`.
    pub async fn tokens(&self, caller: &Caller, after: Option<&str>) -> Result<TokenList, AdminError> {
        self.permit(caller, Right::ReadTokens, On::Reach).await?;
        let after = after.map(Cursor::parse).transpose()?;
        let mut rows = self.tokens.kept.list(&caller.scope, after.unwrap_or_default(), PAGE + 1).await?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|row| Cursor::of(&row.info).to_string());
        Ok(TokenList { tokens: rows.into_iter().map(|row| row.info).collect(), next })
    }

    /// Revokes a token: from now on it opens nothing.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`].
    pub async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<(), AdminError> {
        self.permit(caller, Right::WriteTokens, On::Reach).await?;
        let row = self.tokens.kept.by_id(id).await?.ok_or(AdminError::NotFound)?;
        if !row.is_whole() && caller.scope != Scope::All {
            return Err(AdminError::NotFound);
        }
        self.permit(caller, Right::WriteTokens, row.info.scope().on()).await?;
        self.tokens.kept.revoke(&row, self.ambient.now(), &caller.actor()).await
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
