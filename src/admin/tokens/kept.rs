//! Where tokens are kept: in the tenants' database, or in the process where there is none.

use std::{
    cmp::Reverse,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{Row as _, any::AnyRow};
use tunnus_sdk::Timestamp;

use super::{DAY, LISTED_DAYS, TokenInfo, cursor::Cursor};
use crate::{
    admin::{AdminError, Caller, Role, Scope},
    audit::{
        Audit,
        event::{Actor, Event, Kind, OPERATOR},
    },
    sql::Sql,
};

/// What a row is read from.
const SELECT: &str = "
SELECT t.id, t.hash, t.name, t.role, t.scope, t.created_at, t.created_by, t.expires_at, t.revoked_at,
       COALESCE(n.tenant, '') AS tenant, COALESCE(p.platform, '') AS platform
  FROM admin_tokens t
  LEFT JOIN admin_token_tenants n ON n.token = t.id
  LEFT JOIN admin_token_platforms p ON p.token = t.id";

/// A token as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) info: TokenInfo,
    /// What kind of reach it has: what it names may be no more.
    pub(super) scope: &'static str,
    pub(super) hash: String,
}

/// Where tokens are kept; what becomes of one is an event of the trail.
#[derive(Clone)]
pub(super) enum Kept {
    Sql(Sql, Audit),
    Memory(Arc<Mutex<Vec<Row>>>, Audit),
}

impl Row {
    /// Whether what it reaches is still there.
    pub(super) const fn is_whole(&self) -> bool {
        match self.scope.as_bytes() {
            b"all" => true,
            b"platform" => self.info.platform.is_some(),
            b"tenant" => self.info.tenant.is_some(),
            _ => false,
        }
    }

    /// Who shows it; none where it does not hold any more.
    pub(super) fn caller(self, now: Timestamp) -> Option<Caller> {
        let holds = self.is_whole() && self.info.revoked_at.is_none() && now < self.info.expires_at;
        let scope = self.info.scope();
        let fits = self.info.role.fits(&scope);
        (holds && fits).then_some(Caller {
            id: self.info.id,
            name: self.info.name,
            role: self.info.role,
            scope,
            person: None,
        })
    }
}

fn locked(rows: &Mutex<Vec<Row>>) -> MutexGuard<'_, Vec<Row>> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    /// Keeps a token where there is none at all; whether it did.
    pub(super) async fn insert_first(&self, row: Row, by: &Actor) -> Result<bool, AdminError> {
        let event = created(&row, by);
        match self {
            Self::Memory(rows, audit) => {
                if !locked(rows).is_empty() {
                    return Ok(false);
                }
                audit.record(event).await?;
                locked(rows).push(row);
                Ok(true)
            }
            Self::Sql(sql, audit) => {
                let mut write = sql.write().await?;
                let insert = "INSERT INTO admin_tokens (id, hash, name, role, scope, created_at, created_by, expires_at, revoked_at)
                              SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
                               WHERE NOT EXISTS (SELECT 1 FROM admin_tokens)
                              ON CONFLICT (id) DO NOTHING";
                let done = bound(insert, &row).execute(&mut *write).await?;
                if done.rows_affected() == 0 {
                    return Ok(false);
                }
                audit.record_in(sql, &mut write, event).await?;
                write.commit().await?;
                Ok(true)
            }
        }
    }

    /// Keeps a token, and forgets those that have ended long ago.
    pub(super) async fn insert(&self, row: Row, by: &Actor) -> Result<(), AdminError> {
        let event = created(&row, by);
        match self {
            Self::Memory(rows, audit) => {
                audit.record(event).await?;
                locked(rows).push(row);
            }
            Self::Sql(sql, audit) => {
                let mut write = sql.write().await?;
                let insert = "INSERT INTO admin_tokens (id, hash, name, role, scope, created_at, created_by, expires_at, revoked_at)
                              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
                bound(insert, &row).execute(&mut *write).await?;
                if let Some(tenant) = &row.info.tenant {
                    let names = "INSERT INTO admin_token_tenants (token, tenant) VALUES ($1, $2)";
                    sqlx::query(names).bind(&row.info.id).bind(tenant).execute(&mut *write).await?;
                }
                if let Some(platform) = &row.info.platform {
                    let names = "INSERT INTO admin_token_platforms (token, platform) VALUES ($1, $2)";
                    sqlx::query(names).bind(&row.info.id).bind(platform).execute(&mut *write).await?;
                }
                // With the new one there: a table without any token would have a first one made.
                let forget = "DELETE FROM admin_tokens
                               WHERE expires_at < $1 OR (revoked_at > 0 AND revoked_at < $1)";
                let ended = row.info.created_at.0 - LISTED_DAYS * DAY;
                sqlx::query(forget).bind(ended).execute(&mut *write).await?;
                audit.record_in(sql, &mut write, event).await?;
                write.commit().await?;
            }
        }
        Ok(())
    }

    /// The token of this hash.
    pub(super) async fn by_hash(&self, hash: &str) -> Result<Option<Row>, AdminError> {
        match self {
            Self::Memory(rows, _) => Ok(locked(rows).iter().find(|row| row.hash == hash).cloned()),
            Self::Sql(sql, _) => one(sql, " WHERE t.hash = $1", hash).await,
        }
    }

    /// The token of this id.
    pub(super) async fn by_id(&self, id: &str) -> Result<Option<Row>, AdminError> {
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Ok(None);
        }
        match self {
            Self::Memory(rows, _) => Ok(locked(rows).iter().find(|row| row.info.id == id).cloned()),
            Self::Sql(sql, _) => one(sql, " WHERE t.id = $1", id).await,
        }
    }

    /// The tokens within `scope`, the newest first: `most` of those behind a place.
    pub(super) async fn list(
        &self,
        scope: &Scope,
        after: Cursor,
        most: usize,
    ) -> Result<Vec<Row>, AdminError> {
        match self {
            Self::Memory(rows, _) => {
                let reached = |row: &Row| *scope == Scope::All || row.info.scope() == *scope;
                let listed = |row: &&Row| reached(row) && Cursor::of(&row.info) < after;
                let mut found: Vec<Row> = locked(rows).iter().filter(listed).cloned().collect();
                found.sort_by_key(|row| Reverse(Cursor::of(&row.info)));
                found.truncate(most);
                Ok(found)
            }
            Self::Sql(sql, _) => {
                let within = match scope {
                    Scope::All => "$1 = ''",
                    Scope::Tenant(_) => "t.scope = 'tenant' AND n.tenant = $1",
                    Scope::Platform(_) => {
                        "(p.platform = $1 OR n.tenant IN (SELECT id FROM tenants WHERE platform = $1))"
                    }
                };
                let select = format!(
                    "{SELECT} WHERE {within} AND (t.created_at < $2 OR (t.created_at = $2 AND t.id < $3))
                     ORDER BY t.created_at DESC, t.id DESC LIMIT $4"
                );
                let named = scope.tenant().or(scope.platform()).unwrap_or_default();
                let rows = sqlx::query(sqlx::AssertSqlSafe(select)).bind(named);
                let rows = rows.bind(after.created_at.0).bind(after.id);
                let rows = rows.bind(i64::try_from(most).unwrap_or(i64::MAX));
                rows.fetch_all(sql.pool()).await?.iter().map(read).collect()
            }
        }
    }

    /// Revokes a token; what is revoked already stays as it is.
    pub(super) async fn revoke(&self, row: &Row, now: Timestamp, by: &Actor) -> Result<(), AdminError> {
        if row.info.revoked_at.is_some() {
            return Ok(());
        }
        let event = of_token(row, by, Kind::TokenRevoked);
        match self {
            Self::Memory(rows, audit) => {
                audit.record(event).await?;
                if let Some(row) = locked(rows).iter_mut().find(|known| known.info.id == row.info.id) {
                    row.info.revoked_at.get_or_insert(now);
                }
            }
            Self::Sql(sql, audit) => {
                let revoke = "UPDATE admin_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0";
                let mut write = sql.write().await?;
                sqlx::query(revoke).bind(now.0).bind(&row.info.id).execute(&mut *write).await?;
                audit.record_in(sql, &mut write, event).await?;
                write.commit().await?;
            }
        }
        Ok(())
    }
}

fn created(row: &Row, by: &Actor) -> Event {
    of_token(row, by, Kind::TokenCreated)
}

/// What the trail says: in the tenant's own chain where it is a tenant's token.
fn of_token(row: &Row, by: &Actor, kind: Kind) -> Event {
    let info = &row.info;
    let tenant = info.tenant.as_deref().unwrap_or(OPERATOR);
    Event::by(by, tenant, kind, vec![format!("the token {} of a {}", info.id, info.role)])
}

type Query<'a> = sqlx::query::Query<'a, sqlx::Any, sqlx::any::AnyArguments>;

fn bound<'a>(statement: &'static str, row: &'a Row) -> Query<'a> {
    let info = &row.info;
    sqlx::query(statement)
        .bind(&info.id)
        .bind(&row.hash)
        .bind(&info.name)
        .bind(info.role.name())
        .bind(row.scope)
        .bind(info.created_at.0)
        .bind(&info.created_by)
        .bind(info.expires_at.0)
        .bind(0_i64)
}

async fn one(sql: &Sql, which: &str, value: &str) -> Result<Option<Row>, AdminError> {
    let select = sqlx::AssertSqlSafe(format!("{SELECT}{which}"));
    sqlx::query(select).bind(value).fetch_optional(sql.pool()).await?.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Row, AdminError> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let time = |name: &str| row.try_get::<i64, _>(name).map(Timestamp);
    let (role, scope) = (text("role")?, text("scope")?);
    let unknown = || AdminError::internal("a token of another version of the program");
    let scope = ["all", "platform", "tenant"].into_iter().find(|known| *known == scope);
    Ok(Row {
        info: TokenInfo {
            id: text("id")?,
            name: text("name")?,
            role: Role::named(&role).ok_or_else(unknown)?,
            platform: Some(text("platform")?).filter(|platform| !platform.is_empty()),
            tenant: Some(text("tenant")?).filter(|tenant| !tenant.is_empty()),
            created_at: time("created_at")?,
            created_by: text("created_by")?,
            expires_at: time("expires_at")?,
            revoked_at: Some(time("revoked_at")?).filter(|at| at.0 != 0),
        },
        scope: scope.ok_or_else(unknown)?,
        hash: text("hash")?,
    })
}
