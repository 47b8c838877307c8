//! The rows of a platform, as a change writes them.

use super::{Row, StoreError, change::insert_secret, platforms::StoredPlatform};
use crate::sql::Write;

/// Whether tenants are of it.
pub(super) async fn has_tenants(write: &mut Write, id: &str) -> Result<bool, StoreError> {
    let one = sqlx::query_scalar("SELECT COUNT(*) FROM tenants WHERE platform = $1").bind(id);
    let count: i64 = one.fetch_one(&mut **write).await?;
    Ok(count > 0)
}

/// Whether the platform was what it was read as.
pub(super) async fn put(
    write: &mut Write,
    platform: &StoredPlatform,
    expected: Option<i64>,
) -> Result<bool, StoreError> {
    let statement = match expected {
        Some(_) => "UPDATE platforms SET document = $2, revision = $3 WHERE id = $1 AND revision = $4",
        None => "INSERT INTO platforms (id, document, revision) VALUES ($1, $2, $3)",
    };
    let Row { document, revision } = &platform.row;
    let mut query = sqlx::query(statement).bind(&platform.id).bind(document.to_string()).bind(*revision);
    if let Some(expected) = expected {
        query = query.bind(expected);
    }
    Ok(query.execute(&mut **write).await?.rows_affected() == 1)
}

/// Whether it was what it was read as.
pub(super) async fn delete(write: &mut Write, id: &str, expected: Option<i64>) -> Result<bool, StoreError> {
    let delete = sqlx::query("DELETE FROM platforms WHERE id = $1 AND revision = $2");
    let delete = delete.bind(id).bind(expected.unwrap_or_default());
    Ok(delete.execute(&mut **write).await?.rows_affected() == 1)
}

/// Brings its secrets from what they were to what they shall be.
pub(super) async fn put_secrets(
    write: &mut Write,
    before: Option<&StoredPlatform>,
    after: &StoredPlatform,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO platform_secrets (platform, id, place, sealed, fingerprint, set_at, set_by)
                  VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let before = before.map(|before| before.secrets.clone()).unwrap_or_default();
    for (id, secret) in after.secrets.iter().filter(|(id, _)| !before.contains_key(*id)) {
        insert_secret(write, insert, &after.id, id, secret).await?;
    }
    for id in before.keys().filter(|id| !after.secrets.contains_key(*id)) {
        let delete = sqlx::query("DELETE FROM platform_secrets WHERE platform = $1 AND id = $2");
        delete.bind(&after.id).bind(id).execute(&mut **write).await?;
    }
    Ok(())
}
