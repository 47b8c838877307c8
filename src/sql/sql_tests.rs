use tempfile::TempDir;
use tunnus_sdk::Timestamp;

use super::*;

#[tokio::test]
async fn two_that_start_at_once_migrate_once_and_a_newer_schema_is_refused() {
    let dir = TempDir::new().unwrap();
    let url = SqlUrl::Sqlite(dir.path().join("a b%#?.db"));
    let (first, second) = tokio::join!(Sql::open(&url), Sql::open(&url));
    let (sql, _second) = (first.unwrap(), second.unwrap());
    assert_eq!(sql.last_change().await.unwrap(), 0);
    sqlx::query("INSERT INTO schema_version (version) VALUES (1000)").execute(sql.pool()).await.unwrap();
    let newer = Sql::open(&url).await.unwrap_err();
    assert_eq!(
        newer.to_string(),
        format!(
            "the database has schema 1000, and this program knows {}: run the newer program",
            migrate::MIGRATIONS.len()
        )
    );
}

#[tokio::test]
async fn numbers_are_given_out_in_the_order_of_commits() {
    let dir = TempDir::new().unwrap();
    let sql = Sql::open(&SqlUrl::Sqlite(dir.path().join("db"))).await.unwrap();
    let mut dropped = sql.write().await.unwrap();
    assert_eq!(sql.note_change(&mut dropped, "acme", 0, "test").await.unwrap(), 1);
    dropped.rollback().await.unwrap();
    let mut write = sql.write().await.unwrap();
    assert_eq!(sql.note_change(&mut write, "acme", 0, "test").await.unwrap(), 1, "none is lost");
    assert_eq!(sql.last_change().await.unwrap(), 0, "not before the commit");
    write.commit().await.unwrap();
    assert_eq!(sql.last_change().await.unwrap(), 1);
}

#[tokio::test]
async fn a_file_is_for_its_owner_alone_and_a_folder_that_is_not_there_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("db");
    Sql::open(&SqlUrl::Sqlite(file.clone())).await.unwrap();
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let gone = Sql::open(&SqlUrl::Sqlite(dir.path().join("gone/db"))).await.unwrap_err();
    assert_eq!(gone.to_string(), "the database's file cannot be made");
}

#[tokio::test]
async fn a_lease_is_one_brokers_until_it_ends_or_is_given_back() {
    let dir = TempDir::new().unwrap();
    let sql = Sql::open(&SqlUrl::Sqlite(dir.path().join("db"))).await.unwrap();
    let lease =
        |holder: &str, name| Lease { name, holder: holder.to_owned(), lasts: Duration::from_secs(10) };
    let (a, b) = (lease("a", "audit"), lease("b", "audit"));
    assert!(a.take(&sql, Timestamp(100)).await.unwrap());
    assert!(!b.take(&sql, Timestamp(110)).await.unwrap(), "it is held until then");
    assert!(lease("b", "keys").take(&sql, Timestamp(100)).await.unwrap(), "another one");
    assert!(a.take(&sql, Timestamp(105)).await.unwrap(), "renewed");
    assert!(!b.take(&sql, Timestamp(115)).await.unwrap());
    assert!(b.take(&sql, Timestamp(116)).await.unwrap(), "it has ended");
    let mut write = sql.write().await.unwrap();
    assert!(!a.hold(&mut write, Timestamp(116)).await.unwrap(), "who stalled past the end has lost it");
    drop(write);
    a.give_back(&sql).await.unwrap();
    assert!(!a.take(&sql, Timestamp(116)).await.unwrap(), "only the holder gives it back");
    b.give_back(&sql).await.unwrap();
    assert!(a.take(&sql, Timestamp(116)).await.unwrap());
}
