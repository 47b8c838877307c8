use tempfile::TempDir;

use super::*;
use crate::tenant::lookup::Tenants;

fn arguments(dir: &TempDir, tenant: &str) -> Arguments {
    Arguments { dir: dir.path().join("a \"b\""), tenant: tenant.to_owned() }
}

async fn made(dir: &TempDir, tenant: &str) -> Result<String, String> {
    let mut out = Vec::new();
    let done = init(&arguments(dir, tenant), Providers::built_in(), &mut out).await;
    done.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_can_be_served_at_once() {
    let dir = TempDir::new().unwrap();
    let told = made(&dir, "acme").await.unwrap();
    assert!(told.contains("the issuer http://127.0.0.1:8080/t/acme\n"), "{told}");
    let settings = dir.path().join("a \"b\"/tunnus.toml");
    let config = Config::load(Some(&settings), Arc::new(Environment::default())).unwrap();
    let store = open(&config, Providers::built_in()).await.unwrap();
    let tenants = crate::tenant::store::cache::StoredTenants::new(store, 10);
    let tenant = tenants.tenant("acme").await.unwrap().unwrap();
    assert_eq!((tenant.signing_keys.len(), tenant.subject_key.expose().len()), (2, 32));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over() {
    let dir = TempDir::new().unwrap();
    made(&dir, "acme").await.unwrap();
    let settings = fs::read_to_string(dir.path().join("a \"b\"/tunnus.toml")).unwrap();
    assert!(
        made(&dir, "other").await.unwrap_err().ends_with("tunnus.toml is there already and is left alone")
    );
    assert_eq!(fs::read_to_string(dir.path().join("a \"b\"/tunnus.toml")).unwrap(), settings);
    assert!(made(&TempDir::new().unwrap(), "../acme").await.unwrap_err().starts_with("a tenant's id has"));
}
