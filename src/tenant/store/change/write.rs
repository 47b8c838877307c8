//! Writes a draft, where the tenant is still what the draft was made from.

use sqlx::AnyConnection;

use super::{Change, ChangeError, differences::lines, draft::Draft};
use crate::{
    audit::event::{Event, Kind},
    sql::{SqlError, Write},
    tenant::store::{Row, Store, StoreError, StoredKey, StoredSecret, StoredTenant},
    vault::master_key_of,
};

const INSERT_SECRET: &str = "
INSERT INTO secrets (tenant, id, place, sealed, fingerprint, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7)";

impl Store {
    /// The tenant as it was written; none where it has changed since it was read.
    pub(super) async fn write(
        &self,
        change: &Change,
        draft: Draft,
    ) -> Result<Option<Option<StoredTenant>>, ChangeError> {
        match self.try_write(change, draft).await {
            Ok(written) => Ok(written),
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn try_write(
        &self,
        change: &Change,
        draft: Draft,
    ) -> Result<Option<Option<StoredTenant>>, StoreError> {
        let Draft { before, mut after, new_data_key } = draft;
        let mut write = self.sql.write().await?;
        let now = self.ambient.now().0;
        let seq = self.sql.note_change(&mut write, &change.tenant, now, &change.by.name).await?;
        if let Some(sealed) = &new_data_key {
            insert_data_key(&mut write, &change.tenant, sealed).await?;
        }
        let version = before.as_ref().map(|before| before.version);
        let ours = match &mut after {
            Some(after) => {
                after.number(before.as_ref(), seq);
                put_tenant(&mut write, after, version).await?
            }
            None => delete_tenant(&mut write, &change.tenant, version).await?,
        };
        if !ours {
            return Ok(None);
        }
        if let Some(after) = &after {
            put_parts(&mut write, before.as_ref(), after).await?;
        }
        let told = told(change, before.as_ref(), after.as_ref());
        self.audit.record_in(&self.sql, &mut write, told).await?;
        write.commit().await?;
        Ok(Some(after))
    }
}

/// What the audit trail says of a change.
fn told(change: &Change, before: Option<&StoredTenant>, after: Option<&StoredTenant>) -> Event {
    let kind = match (before, after) {
        (None, _) => Kind::TenantCreated,
        (Some(_), Some(_)) if change.is_of_keys() => Kind::KeyChanged,
        (Some(_), Some(_)) => Kind::TenantChanged,
        (Some(_), None) => Kind::TenantRemoved,
    };
    Event::by(&change.by, &change.tenant, kind, lines(before, after))
}

/// Whether somebody else has made the same row first.
pub(in crate::tenant::store) fn is_taken(error: &StoreError) -> bool {
    let StoreError::Sql(SqlError::Unavailable(error)) = error else { return false };
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl StoredTenant {
    /// Gives the change's number to the whole and to every row that is another than before.
    fn number(&mut self, before: Option<&Self>, seq: i64) {
        self.version = seq;
        let same = |row: &Row, known: Option<&Row>| {
            known.filter(|known| known.document == row.document).map(|known| known.revision)
        };
        self.row.revision = same(&self.row, before.map(|before| &before.row)).unwrap_or(seq);
        for (id, row) in &mut self.apps {
            row.revision = same(row, before.and_then(|before| before.apps.get(id))).unwrap_or(seq);
        }
        for (id, row) in &mut self.connections {
            row.revision = same(row, before.and_then(|before| before.connection(id))).unwrap_or(seq);
        }
        for (id, StoredKey { row, .. }) in &mut self.keys {
            let known = before.and_then(|before| before.keys.get(id)).map(|stored| &stored.row);
            row.revision = same(row, known).unwrap_or(seq);
        }
    }
}

pub(in crate::tenant::store) async fn insert_data_key(
    write: &mut AnyConnection,
    tenant: &str,
    sealed: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO data_keys (tenant, sealed, master_key) VALUES ($1, $2, $3)")
        .bind(tenant)
        .bind(sealed)
        .bind(master_key_of(sealed).unwrap_or_default())
        .execute(write)
        .await?;
    Ok(())
}

/// Whether the tenant was what it was read as.
async fn put_tenant(
    write: &mut Write,
    after: &StoredTenant,
    version: Option<i64>,
) -> Result<bool, StoreError> {
    let statement = match version {
        Some(_) => {
            "UPDATE tenants SET document = $2, revision = $3, version = $4, platform = $5
             WHERE id = $1 AND version = $6"
        }
        None => "INSERT INTO tenants (id, document, revision, version, platform) VALUES ($1, $2, $3, $4, $5)",
    };
    let mut query = sqlx::query(statement)
        .bind(&after.id)
        .bind(after.row.document.to_string())
        .bind(after.row.revision)
        .bind(after.version)
        .bind(after.platform().unwrap_or_default());
    if let Some(version) = version {
        query = query.bind(version);
    }
    Ok(query.execute(&mut **write).await?.rows_affected() == 1)
}

async fn delete_tenant(write: &mut Write, id: &str, version: Option<i64>) -> Result<bool, StoreError> {
    let delete = sqlx::query("DELETE FROM tenants WHERE id = $1 AND version = $2");
    Ok(delete.bind(id).bind(version.unwrap_or_default()).execute(&mut **write).await?.rows_affected() == 1)
}

/// Writes what differs, and removes what is no more.
async fn put_parts(
    write: &mut Write,
    before: Option<&StoredTenant>,
    after: &StoredTenant,
) -> Result<(), StoreError> {
    let tenant = after.id.as_str();
    for (id, row) in &after.apps {
        if before.and_then(|before| before.apps.get(id)) != Some(row) {
            put_app(write, tenant, id, row).await?;
        }
    }
    for (position, (id, row)) in (0..).zip(&after.connections) {
        // Cheap enough to write where only the order has changed.
        put_connection(write, tenant, id, position, row).await?;
    }
    for (id, secret) in &after.secrets {
        if before.is_none_or(|before| !before.secrets.contains_key(id)) {
            insert_secret(write, INSERT_SECRET, tenant, id, secret).await?;
        }
    }
    put_keys(write, before, after).await?;
    let Some(before) = before else { return Ok(()) };
    for id in before.apps.keys().filter(|id| !after.apps.contains_key(*id)) {
        delete(write, "DELETE FROM apps WHERE tenant = $1 AND id = $2", tenant, id).await?;
    }
    for (id, _) in before.connections.iter().filter(|(id, _)| after.connection(id).is_none()) {
        delete(write, "DELETE FROM connections WHERE tenant = $1 AND id = $2", tenant, id).await?;
    }
    for id in before.secrets.keys().filter(|id| !after.secrets.contains_key(*id)) {
        delete(write, "DELETE FROM secrets WHERE tenant = $1 AND id = $2", tenant, id).await?;
    }
    Ok(())
}

async fn put_app(write: &mut Write, tenant: &str, id: &str, row: &Row) -> Result<(), StoreError> {
    let put = "INSERT INTO apps (tenant, id, document, revision) VALUES ($1, $2, $3, $4)
               ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document, revision = excluded.revision";
    let put = sqlx::query(put).bind(tenant).bind(id).bind(row.document.to_string()).bind(row.revision);
    put.execute(&mut **write).await?;
    Ok(())
}

async fn put_connection(
    write: &mut Write,
    tenant: &str,
    id: &str,
    position: i64,
    row: &Row,
) -> Result<(), StoreError> {
    let put = "INSERT INTO connections (tenant, id, position, document, revision) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (tenant, id) DO UPDATE
               SET position = excluded.position, document = excluded.document, revision = excluded.revision";
    let put = sqlx::query(put).bind(tenant).bind(id).bind(position);
    put.bind(row.document.to_string()).bind(row.revision).execute(&mut **write).await?;
    Ok(())
}

/// Writes the keys of the ring that differ, and removes those that are no more.
async fn put_keys(
    write: &mut Write,
    before: Option<&StoredTenant>,
    after: &StoredTenant,
) -> Result<(), StoreError> {
    for (id, stored) in &after.keys {
        if before.and_then(|before| before.keys.get(id)) != Some(stored) {
            put_key(write, &after.id, id, stored).await?;
        }
    }
    let gone = before.into_iter().flat_map(|before| before.keys.keys());
    for id in gone.filter(|id| !after.keys.contains_key(*id)) {
        delete(write, "DELETE FROM keys WHERE tenant = $1 AND id = $2", &after.id, id).await?;
    }
    Ok(())
}

async fn put_key(write: &mut Write, tenant: &str, id: &str, stored: &StoredKey) -> Result<(), StoreError> {
    let put = "INSERT INTO keys (tenant, id, connection, state, since, moves, document, sealed, revision)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (tenant, id) DO UPDATE
               SET state = excluded.state, since = excluded.since, moves = excluded.moves,
                   document = excluded.document, sealed = excluded.sealed, revision = excluded.revision";
    let StoredKey { key, row, sealed } = stored;
    let put = sqlx::query(put).bind(tenant).bind(id).bind(key.connection.as_deref().unwrap_or_default());
    let put = put.bind(key.state.name()).bind(key.since.0).bind(i64::from(key.moves()));
    let put = put.bind(row.document.to_string());
    put.bind(sealed).bind(row.revision).execute(&mut **write).await?;
    Ok(())
}

/// Writes a secret of a tenant or a platform; the statement says which.
pub(in crate::tenant::store) async fn insert_secret(
    write: &mut Write,
    statement: &'static str,
    holder: &str,
    id: &str,
    secret: &StoredSecret,
) -> Result<(), StoreError> {
    let insert = sqlx::query(statement).bind(holder).bind(id).bind(&secret.place).bind(&secret.sealed);
    let insert = insert.bind(&secret.fingerprint).bind(secret.set_at.0).bind(&secret.set_by);
    insert.execute(&mut **write).await?;
    Ok(())
}

async fn delete(
    write: &mut Write,
    statement: &'static str,
    tenant: &str,
    id: &str,
) -> Result<(), StoreError> {
    sqlx::query(statement).bind(tenant).bind(id).execute(&mut **write).await?;
    Ok(())
}
