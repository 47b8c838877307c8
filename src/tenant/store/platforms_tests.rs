//! One suite for both databases.

#![expect(clippy::cognitive_complexity, reason = "each assertion counts")]

use std::sync::Arc;

use serde_json::{Value, json};
use tunnus_sdk::Member;

use super::{
    cache::StoredTenants,
    change::{Change, ChangeError, Edit, Part},
    follow::Follower,
    store_tests::{on_both, put, store},
    *,
};
use crate::{
    audit::event::Actor,
    sql::postgres_for_tests::PostgresServer,
    tenant::{
        apply::with_values,
        file::platform as file_of_platforms,
        for_tests::{PLATFORM, World, member, providers},
        lookup::Tenants,
    },
};

on_both! {
    one_app_is_known_at_every_tenant_that_enables_it
    the_same_platform_twice_changes_nothing
    who_comes_second_to_a_platform_is_told
    a_platform_with_tenants_is_not_removed
    every_fault_of_a_platform_is_told_and_nothing_is_changed
    no_secret_of_a_platform_can_be_read_or_moved
    a_changed_app_is_followed_at_the_tenants_in_use_alone
    what_a_platform_takes_back_stops_nobody_from_changing_another_part
}

/// A platform's document with its secrets given as values.
fn document(text: &str) -> Value {
    let (world, document) = (World::new(), crate::config::Document::parse(text).unwrap());
    let (providers, references) = (providers(), world.references());
    let mut judge = Judge::new(&providers, &references);
    file_of_platforms::resolve(document.value(), &mut judge);
    with_values(document.value(), &judge.take_read())
}

fn to_platform(expected: Option<i64>, document: Option<Value>) -> PlatformChange {
    PlatformChange { platform: "merchants".to_owned(), by: Actor::operator("ada"), expected, document }
}

async fn put_platform(store: &Store, text: &str) -> StoredPlatform {
    let stored = store.read_platform("merchants").await.unwrap();
    let change = to_platform(stored.map(|stored| stored.row.revision), Some(document(text)));
    store.change_platform(&change).await.unwrap().platform.unwrap()
}

/// A tenant of the platform.
async fn put_member(store: &Store, id: &str) -> StoredTenant {
    put(store, &member("").replace("\"acme\"", &format!("\"{id}\""))).await.unwrap()
}

async fn one_app_is_known_at_every_tenant_that_enables_it(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put_platform(&store, PLATFORM).await;
    for id in ["one", "two"] {
        put_member(&store, id).await;
        let tenant = store.load(id).await.unwrap().unwrap().tenant;
        assert!(tenant.app("checkout").unwrap().claims.contains(&Member::BirthDate));
    }
    assert_eq!(store.platform_ids().await.unwrap(), ["merchants"]);
    assert_eq!(store.ids_of_platform("merchants").await.unwrap(), ["one", "two"]);
    assert_eq!(store.platform_of("one").await.unwrap().as_deref(), Some("merchants"));
    assert_eq!(store.platform_of("none").await.unwrap(), None);
    assert_eq!(store.platform("merchants").await.unwrap().unwrap().apps.len(), 1);
    assert_eq!(store.read_platform("merchants").await.unwrap(), Some(stored), "no row of it was touched");
    let unknown = put(&store, &member("").replace("merchants", "others")).await.unwrap_err();
    assert_eq!(unknown.to_string(), "the tenant /tenant/platform: there is no platform `others`");
}

async fn the_same_platform_twice_changes_nothing(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put_platform(&store, PLATFORM).await;
    let again = to_platform(Some(stored.row.revision), Some(document(PLATFORM)));
    let again = store.change_platform(&again).await.unwrap();
    assert!(!again.written && again.platform == Some(stored));
    assert_eq!(store.sql().last_change().await.unwrap(), 1);
    let audited = sqlx::query_scalar("SELECT COUNT(*) FROM audit_events WHERE tenant = ''");
    let audited: i64 = audited.fetch_one(store.sql().pool()).await.unwrap();
    assert_eq!(audited, 1, "in the operator's own chain");
}

async fn who_comes_second_to_a_platform_is_told(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put_platform(&store, PLATFORM).await;
    let renamed = |name: &str| {
        let text = PLATFORM.replace("\"Merchants\"", &format!("\"{name}\""));
        to_platform(Some(stored.row.revision), Some(document(&text)))
    };
    let (first, second) = (renamed("First"), renamed("Second"));
    let (first, second) = tokio::join!(store.change_platform(&first), store.change_platform(&second));
    assert!(first.is_ok() != second.is_ok());
    assert!(matches!(first.and(second), Err(PlatformError::Conflict)));
    let anew = store.change_platform(&to_platform(None, Some(document(PLATFORM)))).await;
    assert!(matches!(anew, Err(PlatformError::Conflict)), "it is there already");
}

async fn a_platform_with_tenants_is_not_removed(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put_platform(&store, PLATFORM).await;
    let tenant = put_member(&store, "acme").await;
    let remove = to_platform(Some(stored.row.revision), None);
    assert!(matches!(store.change_platform(&remove).await, Err(PlatformError::InUse)));
    let edit = Edit { part: Part::Tenant, expected: Some(tenant.row.revision), document: None };
    let gone =
        Change { tenant: "acme".to_owned(), by: Actor::operator("ada"), edits: vec![edit], order: None };
    store.change(&gone).await.unwrap();
    assert_eq!(store.change_platform(&remove).await.unwrap().platform, None);
    assert_eq!(store.read_platform("merchants").await.unwrap(), None);
    let left = sqlx::query_scalar("SELECT COUNT(*) FROM platform_secrets");
    let left: i64 = left.fetch_one(store.sql().pool()).await.unwrap();
    assert_eq!(left, 0);
    put_platform(&store, PLATFORM).await;
}

async fn every_fault_of_a_platform_is_told_and_nothing_is_changed(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put_platform(&store, PLATFORM).await;
    let refused = async |document: Value| {
        let change = to_platform(Some(stored.row.revision), Some(document));
        store.change_platform(&change).await.unwrap_err().to_string()
    };
    let mut bad = document(PLATFORM);
    bad["apps"][0]["secrets"] = json!([{ "value": "short" }]);
    bad["apps"][0]["redirect_uris"] = json!(["https://pay.example/cb#fragment"]);
    assert_eq!(refused(bad).await.lines().count(), 2);
    for reference in [json!({ "env": "TUNNUS_SECRET_SHOP" }), json!({ "file": "rsa" })] {
        let mut bad = document(PLATFORM);
        bad["apps"][0]["secrets"] = json!([reference]);
        assert!(refused(bad).await.starts_with("/apps/0/secrets/0"));
    }
    let other = document(&PLATFORM.replace("\"merchants\"", "\"others\""));
    assert_eq!(refused(other).await, "/platform/id: the id is `merchants` and never changes");
    let mut large = document(PLATFORM);
    large["platform"]["name"] = json!("x".repeat(2 * 1024 * 1024));
    assert_eq!(refused(large).await, ": a platform has at most 1 MiB of settings");
    assert_eq!(store.read_platform("merchants").await.unwrap().as_ref(), Some(&stored));
}

async fn no_secret_of_a_platform_can_be_read_or_moved(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put_platform(&store, PLATFORM).await;
    let other = PlatformChange {
        platform: "others".to_owned(),
        ..to_platform(None, Some(document(&PLATFORM.replace("\"merchants\"", "\"others\""))))
    };
    store.change_platform(&other).await.unwrap();
    let (id, secret) = stored.secrets.iter().next().unwrap();
    assert_eq!((secret.place.as_str(), secret.set_by.as_str()), ("apps/checkout/secrets", "ada"));
    assert_eq!(stored.row.document["apps"][0]["secrets"], json!([{ "stored": id }]));
    assert!(!format!("{stored:?}").contains("shop-secret"));
    let copy = "UPDATE platform_secrets SET sealed = (SELECT sealed FROM platform_secrets WHERE platform = 'merchants') WHERE platform = 'others'";
    sqlx::query(copy).execute(store.sql().pool()).await.unwrap();
    assert!(store.platform("merchants").await.is_ok());
    assert!(matches!(store.platform("others").await, Err(TenantsError::Faulty(_))));
}

async fn a_changed_app_is_followed_at_the_tenants_in_use_alone(url: SqlUrl) {
    let store = store(&url).await;
    put_platform(&store, PLATFORM).await;
    for id in ["one", "two", "idle"] {
        put_member(&store, id).await;
    }
    put(&store, crate::tenant::for_tests::GOOD).await.unwrap();
    let tenants = StoredTenants::new(store.clone(), 10);
    let mut follower = Follower::new(tenants.clone()).await.unwrap();
    for id in ["one", "two", "acme"] {
        tenants.tenant(id).await.unwrap().unwrap();
    }
    follower.look().await;
    put_platform(&store, &PLATFORM.replace(", \"birth_date\"", "")).await;
    let mut told: Vec<_> = follower.look().await.iter().map(|followed| format!("{followed:?}")).collect();
    told.sort();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("Tenant(\"one\", Reloaded(") && told[1].starts_with("Tenant(\"two\", "));
    for id in ["one", "two"] {
        let app = Arc::clone(tenants.tenant(id).await.unwrap().unwrap().app("checkout").unwrap());
        assert_eq!(app.claims, [Member::FullName].into());
    }
    assert_eq!(tenants.count(), 3, "who is not in use is not loaded");
    assert!(follower.look().await.is_empty());
}

async fn what_a_platform_takes_back_stops_nobody_from_changing_another_part(url: SqlUrl) {
    let store = store(&url).await;
    put_platform(&store, PLATFORM).await;
    let tenant = put_member(&store, "acme").await;
    put_platform(&store, &PLATFORM.replace("\"checkout\"", "\"other\"")).await;
    assert!(store.load("acme").await.unwrap().unwrap().tenant.app("checkout").is_none());
    let change = |part: Part, change: fn(&mut Value)| {
        let row = tenant.part(&part).unwrap();
        let mut document = row.document.clone();
        change(&mut document);
        let edits = vec![Edit { part, expected: Some(row.revision), document: Some(document) }];
        Change { tenant: "acme".to_owned(), by: Actor::operator("ada"), edits, order: None }
    };
    let other = change(Part::App("shop".to_owned()), |app| app["name"] = json!("Store"));
    store.change(&other).await.unwrap();
    let own = change(Part::Tenant, |tenant| tenant["tenant"]["name"] = json!("Acme"));
    let error = store.change(&own).await.unwrap_err();
    assert!(matches!(&error, ChangeError::Faulty(faults) if faults.len() == 1), "{error}");
    assert!(error.to_string().contains("there is no app of the platform `checkout`"), "{error}");
}
