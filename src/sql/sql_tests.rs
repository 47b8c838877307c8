use tempfile::TempDir;
use tunnus_sdk::Timestamp;

use super::{postgres_for_tests::PostgresServer, *};

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

#[tokio::test]
async fn a_lease_of_a_clock_far_ahead_keeps_nobody_out() {
    let dir = TempDir::new().unwrap();
    let sql = Sql::open(&SqlUrl::Sqlite(dir.path().join("db"))).await.unwrap();
    let lease =
        |holder: &str| Lease { name: "audit", holder: holder.to_owned(), lasts: Duration::from_secs(10) };
    let (ahead, other) = (lease("ahead"), lease("other"));
    assert!(ahead.take(&sql, Timestamp(110)).await.unwrap());
    assert!(!other.take(&sql, Timestamp(100)).await.unwrap(), "a little ahead");
    assert!(ahead.take(&sql, Timestamp(100_000)).await.unwrap());
    assert!(other.take(&sql, Timestamp(100)).await.unwrap());
}

/// A server that speaks TLS alone, and the file of its certificate.
fn with_tls() -> (PostgresServer, String) {
    use std::{fs, os::unix::fs::PermissionsExt};
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let mut certificate = String::new();
    let server = PostgresServer::start_with(|dir| {
        let file = |name: &str| dir.join(name).display().to_string();
        fs::write(file("tls.crt"), made.cert.pem()).unwrap();
        fs::write(file("tls.key"), made.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(file("tls.key"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(file("data/pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
        certificate = file("tls.crt");
        let set =
            ["ssl=on", &format!("ssl_cert_file={certificate}"), &format!("ssl_key_file={}", file("tls.key"))];
        set.into_iter().flat_map(|set| ["-c".to_owned(), set.to_owned()]).collect()
    });
    (server, certificate)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_spoken_to_over_tls_and_no_other_in_its_place() {
    let (server, certificate) = with_tls();
    let dir = TempDir::new().unwrap();
    let other = dir.path().join("other.crt");
    let another = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&other, another.cert.pem()).unwrap();
    let database = server.database();
    let over = |mode: &str| SqlUrl::parse(&database.replace("sslmode=disable", mode)).unwrap();
    let verified = |file: &str| over(&format!("sslmode=verify-full&sslrootcert={file}"));
    let sql = Sql::open(&verified(&certificate)).await.unwrap();
    let sealed = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    assert!(sealed.fetch_one(sql.pool()).await.is_ok_and(|sealed: bool| sealed));
    // What tells of changes goes the same way.
    sqlx::postgres::PgListener::connect(sql.url().expose_str()).await.unwrap();
    assert!(Sql::open(&over("sslmode=disable")).await.is_err(), "the server speaks TLS alone");
    let refused = Sql::open(&verified(other.to_str().unwrap())).await.unwrap_err();
    assert_eq!(refused.to_string(), "the database is not available");
}
