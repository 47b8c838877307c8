//! What tenants cost that exist, beside those that are in use: `cargo bench --bench tenants`.
//!
//! For 1, 1,000 and 100,000 tenants in SQLite, each in a process of its own: the memory of a broker
//! that uses a hundred of them (or the one), and how long it takes to have a tenant at hand, for the
//! first time and then. Every login asks once for each request that it makes. The tenants that are not
//! in use are copies of those that are.

use std::{process::Command, time::Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tunnus::{
    ambient::Ambient,
    providers::Providers,
    sql::SqlUrl,
    tenant::{
        lookup::Tenants,
        store::{
            Store,
            cache::StoredTenants,
            change::{Change, Edit, Part},
        },
    },
    vault::Vault,
};
use tunnus_jose::{KeyUse, generate};
use tunnus_sdk::Hidden;

/// How many tenants are in use, at most.
const IN_USE: usize = 100;
/// How often each of them is asked for again.
const AGAIN: usize = 1_000;
/// Says to a child how many tenants there shall be.
const VARIABLE: &str = "TENANTS";

type Failure = Box<dyn std::error::Error>;

#[expect(clippy::print_stdout, reason = "the figures are the program's output")]
fn main() -> Result<(), Failure> {
    let count = std::env::vars().find(|(name, _)| name == VARIABLE).map(|(_, count)| count);
    if let Some(count) = count {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        println!("{}", runtime.block_on(measure(count.parse()?))?);
        return Ok(());
    }
    println!(
        "{:>9} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "tenants", "open", "first", "then", "idle", "in use"
    );
    for count in [1, 1_000, 100_000] {
        let done = Command::new(std::env::current_exe()?).env(VARIABLE, count.to_string()).status()?;
        if !done.success() {
            return Err("a measurement failed".into());
        }
    }
    Ok(())
}

async fn measure(count: usize) -> Result<String, Failure> {
    let dir = TempDir::new()?;
    let url = SqlUrl::Sqlite(dir.path().join("tunnus.db"));
    let in_use = count.min(IN_USE);
    fill(&open(&url).await?, count, in_use).await?;
    let begun = Instant::now();
    let tenants = StoredTenants::new(open(&url).await?, 10_000);
    let opened = begun.elapsed();
    let idle = resident()?;
    let begun = Instant::now();
    ask(&tenants, in_use).await?;
    let first = begun.elapsed() / u32::try_from(in_use)?;
    let begun = Instant::now();
    for _ in 0..AGAIN {
        ask(&tenants, in_use).await?;
    }
    let then = begun.elapsed() / u32::try_from(in_use * AGAIN)?;
    let used = resident()?;
    let [opened, first, then] = [opened, first, then].map(|time| format!("{time:.1?}"));
    Ok(format!("{count:>9} {opened:>12} {first:>12} {then:>12} {idle:>8} MiB {used:>8} MiB"))
}

async fn open(url: &SqlUrl) -> Result<Store, Failure> {
    let vault = Vault::new([("1".to_owned(), Hidden::new([1; 32]))], Ambient::system())?;
    Ok(Store::open(url, vault, Providers::built_in(), Ambient::system()).await?)
}

fn id(number: usize) -> String {
    format!("tenant-{number:06}")
}

async fn ask(tenants: &StoredTenants, in_use: usize) -> Result<(), Failure> {
    for number in 0..in_use {
        tenants.tenant(&id(number)).await?.ok_or("a tenant is missing")?;
    }
    Ok(())
}

/// Makes those that will be used as an admin would, the others as copies of their rows.
async fn fill(store: &Store, count: usize, in_use: usize) -> Result<(), Failure> {
    let signing = generate::rsa(2048, KeyUse::Signature)?;
    let decryption = generate::rsa(2048, KeyUse::Encryption)?;
    for number in 0..in_use {
        let tenant = id(number);
        let edits = parts(&tenant, &signing, &decryption).into_iter();
        let edits = edits.map(|(part, document)| Edit { part, expected: None, document: Some(document) });
        let change = Change {
            tenant,
            by: tunnus::audit::event::Actor::operator("bench"),
            edits: edits.collect(),
            order: None,
        };
        store.change(&change).await?;
    }
    let copies = [
        "INSERT INTO tenants SELECT n.id, t.document, t.revision, t.version, t.platform FROM tenants t, numbers n WHERE t.id = 'tenant-000000'",
        "INSERT INTO data_keys SELECT n.id, t.sealed, t.master_key FROM data_keys t, numbers n WHERE t.tenant = 'tenant-000000'",
        "INSERT INTO apps SELECT n.id, t.id, t.document, t.revision FROM apps t, numbers n WHERE t.tenant = 'tenant-000000'",
        "INSERT INTO connections SELECT n.id, t.id, t.position, t.document, t.revision FROM connections t, numbers n WHERE t.tenant = 'tenant-000000'",
        "INSERT INTO secrets SELECT n.id, t.id, t.place, t.sealed, t.fingerprint, t.set_at, t.set_by FROM secrets t, numbers n WHERE t.tenant = 'tenant-000000'",
        "INSERT INTO keys SELECT n.id, t.id, t.connection, t.state, t.since, t.moves, t.document, t.sealed, t.revision FROM keys t, numbers n WHERE t.tenant = 'tenant-000000'",
    ];
    let mut write = store.sql().write().await?;
    sqlx::query("CREATE TEMPORARY TABLE numbers (id TEXT)").execute(&mut *write).await?;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
                   INSERT INTO numbers SELECT printf('tenant-%06d', i) FROM n WHERE i < $2";
    let (from, to) = (i64::try_from(in_use)?, i64::try_from(count)?);
    sqlx::query(numbers).bind(from).bind(to).execute(&mut *write).await?;
    for copy in copies {
        sqlx::query(copy).execute(&mut *write).await?;
    }
    Ok(write.commit().await?)
}

/// A tenant with an app and a connection to the Finnish Trust Network.
fn parts(tenant: &str, signing: &Hidden<String>, decryption: &Hidden<String>) -> Vec<(Part, Value)> {
    let value = |secret: &Hidden<String>| json!({ "value": secret });
    let subject = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    vec![
        (
            Part::Tenant,
            json!({
                "tenant": { "id": tenant, "name": "Acme" },
                "keys": { "signing": [value(signing)], "subject": { "value": subject } },
            }),
        ),
        (
            Part::Connection("ftn".to_owned()),
            json!({
                "id": "ftn", "provider": "signicat-ftn", "environment": "production", "display_name": "Bank",
                "settings": {
                    "issuer": "https://acme.app.signicat.com/auth/open", "client_id": "prod-acme-ftn",
                    "service_name": { "fi": "Acme Oy", "sv": "Acme Ab", "en": "Acme Ltd" },
                },
                "credentials": { "signing": [value(signing)], "decryption": [value(decryption)] },
            }),
        ),
        (
            Part::App("shop".to_owned()),
            json!({
                "id": "shop", "name": "Shop", "authentication": "client_secret_basic",
                "secrets": [{ "value": "shop-secret-shop-secret" }],
                "return_urls": ["https://shop.example/done"], "claims": ["name.full"],
            }),
        ),
    ]
}

/// The memory of this process, in MiB.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
