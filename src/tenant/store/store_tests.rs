//! One suite for both databases.

#![expect(clippy::cognitive_complexity, reason = "each assertion counts")]

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tunnus_sdk::Hidden;

use super::{
    cache::{Refresh, StoredTenants},
    change::{Change, ChangeError, Edit, Part},
    follow::{Followed, Follower},
    *,
};
use crate::{
    audit::event::{Actor, Body, Kind},
    config::Document,
    sql::postgres_for_tests::PostgresServer,
    tenant::{
        apply::{Wanted, to_change, with_values},
        file,
        files::Folder,
        for_tests::{GOOD, World, keys, providers},
        lookup::Tenants,
    },
};

/// Runs each case on SQLite as a test of its own, and all of them on one PostgreSQL server.
macro_rules! on_both {
    ($($case:ident)*) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let dir = tempfile::TempDir::new().unwrap();
                    super::$case(crate::sql::SqlUrl::Sqlite(dir.path().join("tunnus.db"))).await;
                }
            )*
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn all_of_it_holds_on_postgresql() {
            let server = PostgresServer::start();
            $(
                let url = SqlUrl::parse(&server.database()).unwrap();
                $case(url).await;
            )*
        }
    };
}
pub(super) use on_both;

on_both! {
    a_tenant_is_served_as_its_file_says
    no_secret_can_be_read_in_the_database
    an_apps_secret_is_kept_as_a_hash
    the_same_change_twice_changes_nothing
    who_comes_second_is_told_and_nothing_is_lost
    two_changes_that_are_good_alone_and_bad_together_are_not_both_made
    every_fault_is_told_at_its_part
    an_operators_secret_is_not_given_to_who_names_it
    a_subject_key_never_changes
    a_removed_tenant_is_gone_and_a_later_one_starts_anew
    the_id_of_a_removed_tenant_is_taken_for_who_may_not_have_it
    a_change_waits_in_a_bounded_queue_and_not_on_the_threads_that_serve
    a_swapped_row_does_not_open
    a_missing_master_key_is_named_with_the_rows_that_need_it
    everything_moves_to_a_new_master_key_while_a_broker_serves
    a_change_is_followed_and_what_cannot_be_built_leaves_the_old_one_serving
    a_change_reaches_another_broker_within_a_second
    an_older_database_is_loaded_again
    no_more_tenants_are_held_than_allowed
    many_who_ask_at_once_load_once
    a_tenant_in_use_is_served_without_the_database
    every_change_is_an_event_and_what_was_not_changed_is_none
}

const BANK: &str = "bank";

async fn open(url: &SqlUrl, keys: &[(&str, u8)]) -> Result<Store, StoreError> {
    let keys = keys.iter().map(|(id, byte)| ((*id).to_owned(), Hidden::new([*byte; 32])));
    Store::open(url, Vault::new(keys, Ambient::system()).unwrap(), providers(), Ambient::system()).await
}

pub(super) async fn store(url: &SqlUrl) -> Store {
    open(url, &[("1", 1)]).await.unwrap()
}

/// A tenant's file with its secrets given as values.
pub(super) fn given(world: &World, text: &str) -> Value {
    let document = Document::parse(text).unwrap();
    let (providers, references) = (providers(), world.references());
    let mut judge = Judge::new(&providers, &references);
    file::resolve(document.value(), &mut judge);
    with_values(document.value(), &judge.take_read())
}

pub(super) fn wanted() -> Wanted {
    Wanted { by: Actor::operator("ada"), prune: true, tenant: None }
}

/// Brings the store to a file.
pub(super) async fn put(store: &Store, text: &str) -> Result<StoredTenant, ChangeError> {
    let value = given(&World::new(), text);
    let stored = store.read(value["tenant"]["id"].as_str().unwrap()).await.unwrap();
    Ok(store.change(&to_change(&value, stored.as_ref(), &wanted())).await?.tenant.unwrap())
}

pub(super) fn named(id: &str) -> String {
    GOOD.replace("\"acme\"", &format!("\"{id}\""))
}

/// A change of one part of acme.
pub(super) fn edit(part: Part, expected: Option<i64>, document: Option<Value>) -> Change {
    let edits = vec![Edit { part, expected, document }];
    Change { tenant: "acme".to_owned(), by: Actor::operator("bo"), edits, order: None }
}

pub(super) fn bank() -> Part {
    Part::Connection(BANK.to_owned())
}

fn shop() -> Part {
    Part::App("shop".to_owned())
}

/// Acme's bank with another name.
fn renamed(stored: &StoredTenant, name: &str) -> Change {
    let row = stored.part(&bank()).unwrap();
    let mut document = row.document.clone();
    document["display_name"] = json!(name);
    edit(bank(), Some(row.revision), Some(document))
}

pub(super) fn told(error: &ChangeError) -> Vec<String> {
    match error {
        ChangeError::Faulty(faults) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

async fn a_tenant_is_served_as_its_file_says(url: SqlUrl) {
    let world = World::new();
    world.tenant("acme.toml", GOOD);
    let from_file = Folder::new(world.dir(), providers(), world.references()).load().unwrap();
    let from_file = from_file.tenant("acme").unwrap();
    let store = store(&url).await;
    put(&store, GOOD).await.unwrap();
    let loaded = store.load("acme").await.unwrap().unwrap().tenant;
    // A revision is made of everything there is of a connection, secrets and all.
    assert_eq!(loaded.connection(BANK).unwrap().revision, from_file.connection(BANK).unwrap().revision);
    assert_eq!(format!("{:?}", loaded.apps), format!("{:?}", from_file.apps));
    assert_eq!(loaded.branding.name, from_file.branding.name);
    let kids =
        |tenant: &Tenant| tenant.signing_keys.iter().map(|key| key.kid().to_owned()).collect::<Vec<_>>();
    assert_eq!(kids(&loaded), kids(from_file));
    assert!(store.load("other").await.unwrap().is_none());
    assert_eq!(store.ids().await.unwrap(), ["acme"]);
}

async fn no_secret_can_be_read_in_the_database(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let mut dump = String::new();
    for table in ["tenants", "apps", "connections"] {
        let all = sqlx::AssertSqlSafe(format!("SELECT document FROM {table}"));
        dump += &sqlx::query_scalar::<_, String>(all).fetch_all(store.sql().pool()).await.unwrap().join("\n");
    }
    let sealed = sqlx::query_scalar::<_, String>("SELECT sealed || fingerprint || place FROM secrets");
    dump += &sealed.fetch_all(store.sql().pool()).await.unwrap().join("\n");
    let private = |key: &Hidden<String>| {
        serde_json::from_str::<Value>(key.expose_str()).unwrap()["d"].as_str().unwrap().to_owned()
    };
    let [rsa, enc, p256] = keys();
    for secret in [private(rsa), private(enc), private(p256), "shop-secret".into(), "AAAAAAAAAAAA".into()] {
        assert!(!dump.contains(&secret) && !format!("{stored:?}").contains(&secret));
    }
    let set = stored.secrets.values().find(|secret| secret.place == "apps/shop/secrets").unwrap();
    assert!(set.set_by == "ada" && set.set_at.0 > 1_700_000_000, "when and by whom is told");
}

async fn an_apps_secret_is_kept_as_a_hash(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let (id, secret) = stored.secrets.iter().find(|(_, secret)| secret.place == "apps/shop/secrets").unwrap();
    let place = crate::vault::Place::parse("acme", "apps/shop/secrets").unwrap();
    let kept = store.data_key(&stored).unwrap().open(&place, id, &secret.sealed).unwrap();
    assert_eq!(kept, file::secrets::hash_of(&"shop-secret-shop-secret".into()));
    // Two live at once, for a change-over; the first goes by being left out.
    let row = stored.part(&shop()).unwrap();
    let mut document = row.document.clone();
    document["secrets"].as_array_mut().unwrap().push(json!({ "value": "another-secret-another" }));
    let both = store.change(&edit(shop(), Some(row.revision), Some(document))).await.unwrap().tenant.unwrap();
    let row = both.part(&shop()).unwrap();
    assert_eq!(row.document["secrets"].as_array().unwrap().len(), 2);
    let mut document = row.document.clone();
    document["secrets"].as_array_mut().unwrap().remove(0);
    let one = store.change(&edit(shop(), Some(row.revision), Some(document))).await.unwrap().tenant.unwrap();
    assert!(both.secrets.contains_key(id) && !one.secrets.contains_key(id));
}

async fn the_same_change_twice_changes_nothing(url: SqlUrl) {
    let store = store(&url).await;
    let first = put(&store, GOOD).await.unwrap();
    let value = given(&World::new(), GOOD);
    let again = store.change(&to_change(&value, Some(&first), &wanted())).await.unwrap();
    assert!(!again.written);
    assert_eq!(again.tenant, Some(first));
    assert_eq!(store.sql().last_change().await.unwrap(), 1);
}

async fn who_comes_second_is_told_and_nothing_is_lost(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let (first, second) = (renamed(&stored, "First"), renamed(&stored, "Second"));
    let (first, second) = tokio::join!(store.change(&first), store.change(&second));
    assert!(first.is_ok() != second.is_ok());
    let error = first.and(second).unwrap_err();
    assert_eq!(error.to_string(), "the connection `bank` was changed by somebody else meanwhile");
    // Another part of the same tenant is nobody's rival.
    let now = store.read("acme").await.unwrap().unwrap();
    let app = now.part(&shop()).unwrap();
    let mut document = app.document.clone();
    document["name"] = json!("Store");
    let (third, app) = (renamed(&now, "Third"), edit(shop(), Some(app.revision), Some(document)));
    let (third, app) = tokio::join!(store.change(&third), store.change(&app));
    assert!(third.is_ok() && app.is_ok());
    let now = store.read("acme").await.unwrap().unwrap();
    assert_eq!(now.part(&bank()).unwrap().document["display_name"], "Third");
    assert_eq!(now.part(&shop()).unwrap().document["name"], "Store");
    let anew = edit(shop(), None, Some(json!({ "id": "shop" })));
    assert!(
        matches!(store.change(&anew).await, Err(ChangeError::Conflict(Part::App(_)))),
        "it is there already"
    );
}

async fn two_changes_that_are_good_alone_and_bad_together_are_not_both_made(url: SqlUrl) {
    let store = store(&url).await;
    let second = "[[connections]]\nid = \"two\"\nprovider = \"stub\"\nenvironment = \"sandbox\"\ndisplay_name = \"Two\"\nsettings = { issuer = \"https://two.example\" }\n";
    let stored = put(&store, &format!("{GOOD}{second}")).await.unwrap();
    let two = Part::Connection("two".to_owned());
    let remove = edit(two.clone(), Some(stored.part(&two).unwrap().revision), None);
    let row = stored.part(&shop()).unwrap();
    let mut document = row.document.clone();
    document["connections"] = json!(["two"]);
    let name = edit(shop(), Some(row.revision), Some(document));
    let (removed, naming) = tokio::join!(store.change(&remove), store.change(&name));
    assert!(removed.is_ok() != naming.is_ok());
    let error = removed.and(naming).unwrap_err();
    assert!(
        told(&error)[0].starts_with("the app `shop` /connections/0: there is no connection `two`"),
        "{error}"
    );
}

async fn every_fault_is_told_at_its_part(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let mut app = stored.part(&shop()).unwrap().document.clone();
    app["redirect_uris"] = json!(["https://shop.example/cb#fragment"]);
    app["secrets"] = json!([{ "value": "short" }]);
    let mut connection = stored.part(&bank()).unwrap().document.clone();
    connection["settings"]["issuer"] = json!("http://bank.example");
    let revision = |part: &Part| stored.part(part).map(|row| row.revision);
    let mut change = edit(shop(), revision(&shop()), Some(app));
    change.edits.push(Edit { part: bank(), expected: revision(&bank()), document: Some(connection) });
    let mut told = told(&store.change(&change).await.unwrap_err());
    told.sort();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("the app `shop` /redirect_uris/0: "), "{told:?}");
    assert_eq!(told[1], "the app `shop` /secrets/0: a secret has at least 16 characters");
    assert_eq!(told[2], "the connection `bank` /settings/issuer: must be https");
    assert_eq!(store.read("acme").await.unwrap(), Some(stored), "nothing was changed");
    let large = json!({ "tenant": { "id": "acme", "name": "x".repeat(10 * 1024 * 1024) } });
    let large = store.change(&edit(Part::Tenant, Some(1), Some(large))).await.unwrap_err();
    assert!(matches!(large, ChangeError::Faulty(_)) && large.to_string().len() < 1000);
}

async fn an_operators_secret_is_not_given_to_who_names_it(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    for reference in
        [json!({ "env": "TUNNUS_SECRET_SHOP" }), json!({ "file": "rsa" }), json!({ "sealed": "x" })]
    {
        let mut document = stored.part(&bank()).unwrap().document.clone();
        document["credentials"]["signing"] = json!([reference]);
        let revision = stored.part(&bank()).map(|row| row.revision);
        let error = store.change(&edit(bank(), revision, Some(document))).await.unwrap_err();
        assert!(
            told(&error)
                .iter()
                .all(|fault| fault.starts_with("the connection `bank` /credentials/signing/0")),
            "{error}"
        );
    }
    // Nor is the secret of another place.
    let other = stored.secrets.iter().find(|(_, secret)| secret.place == "keys/signing").unwrap().0;
    let mut document = stored.part(&bank()).unwrap().document.clone();
    document["credentials"]["signing"] = json!([{ "stored": other }]);
    let error = store
        .change(&edit(bank(), stored.part(&bank()).map(|row| row.revision), Some(document)))
        .await
        .unwrap_err();
    assert!(told(&error)[0].contains("it does not open here"), "{error}");
}

async fn a_subject_key_never_changes(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let mut document = stored.row.document.clone();
    document["keys"]["subject"] = json!({ "value": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=" });
    let error =
        store.change(&edit(Part::Tenant, Some(stored.row.revision), Some(document))).await.unwrap_err();
    assert_eq!(
        told(&error),
        [
            "the tenant /keys/subject: a subject key never changes: everybody would be somebody else to the apps"
        ]
    );
}

async fn a_removed_tenant_is_gone_and_a_later_one_starts_anew(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let removed = store.change(&edit(Part::Tenant, Some(stored.row.revision), None)).await.unwrap();
    assert_eq!(removed.tenant, None);
    assert!(store.load("acme").await.unwrap().is_none());
    for table in ["apps", "connections", "secrets"] {
        let left = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let left: i64 = sqlx::query_scalar(left).fetch_one(store.sql().pool()).await.unwrap();
        assert_eq!(left, 0, "{table}");
    }
    assert!(put(&store, GOOD).await.is_ok());
}

async fn the_id_of_a_removed_tenant_is_taken_for_who_may_not_have_it(url: SqlUrl) {
    let store = store(&url).await;
    let found = to_change(&given(&World::new(), GOOD), None, &wanted());
    let made = store.change_unless_removed(&found).await.unwrap().tenant.unwrap();
    store.change(&edit(Part::Tenant, Some(made.row.revision), None)).await.unwrap();
    let again = store.change_unless_removed(&found).await;
    assert!(matches!(again, Err(ChangeError::Conflict(Part::Tenant))));
    assert!(store.read("acme").await.unwrap().is_none());
    assert!(store.change(&found).await.unwrap().written);
}

async fn a_change_waits_in_a_bounded_queue_and_not_on_the_threads_that_serve(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let change = renamed(&stored, "Busy bank");
    let full = store.pool().filled();
    let refused = store.change(&change).await;
    assert!(matches!(refused, Err(ChangeError::Store(StoreError::Pool(PoolError::Busy)))));
    assert!(matches!(store.plan(&change, &[]).await, Err(ChangeError::Store(StoreError::Pool(_)))));
    drop(full);
    assert!(store.change(&change).await.unwrap().written);
}

async fn a_swapped_row_does_not_open(url: SqlUrl) {
    let store = store(&url).await;
    let acme = put(&store, GOOD).await.unwrap();
    put(&store, &named("other")).await.unwrap();
    let at = |place: &str| acme.secrets.iter().find(|(_, secret)| secret.place == place).unwrap().0.clone();
    let (here, there) = (at("keys/signing"), at("connections/bank/credentials/signing"));
    // The same key stands at both places: the rows are exchanged whole but for their ids.
    let swap = "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE tenant = $1 AND id = $2) WHERE tenant = $3 AND id = $4";
    let swapped = async |from: (&str, &str), to: (&str, &str)| {
        let swap = sqlx::query(swap).bind(from.0).bind(from.1).bind(to.0).bind(to.1);
        swap.execute(store.sql().pool()).await.unwrap();
        store.load(to.0).await.unwrap_err()
    };
    let error = swapped(("acme", &here), ("acme", &there)).await;
    assert!(matches!(error, TenantsError::Faulty(_)), "{error}");
    // Not even the whole of another tenant's, data key and all, under its own name.
    let copy = "UPDATE data_keys SET sealed = (SELECT sealed FROM data_keys WHERE tenant = 'acme') WHERE tenant = 'other'";
    sqlx::query(copy).execute(store.sql().pool()).await.unwrap();
    assert!(matches!(store.load("other").await, Err(TenantsError::Faulty(_))));
}

async fn a_missing_master_key_is_named_with_the_rows_that_need_it(url: SqlUrl) {
    let old = open(&url, &[("old", 1)]).await.unwrap();
    put(&old, GOOD).await.unwrap();
    put(&old, &named("other")).await.unwrap();
    let missing = open(&url, &[("new", 2)]).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the master key `old` is not in secrets.master_keys: the data keys of 2 tenants in the store need it (acme, other)"
    );
    let another = open(&url, &[("old", 3)]).await.unwrap_err();
    assert!(
        another
            .to_string()
            .starts_with("the master key `old` in secrets.master_keys is another one of the same id")
    );
}

async fn everything_moves_to_a_new_master_key_while_a_broker_serves(url: SqlUrl) {
    let old = open(&url, &[("old", 1)]).await.unwrap();
    put(&old, GOOD).await.unwrap();
    put(&old, &named("other")).await.unwrap();
    let both = open(&url, &[("new", 2), ("old", 1)]).await.unwrap();
    let serving = StoredTenants::new(both.clone(), 10);
    assert!(serving.tenant("acme").await.unwrap().is_some());
    assert_eq!(both.rewrap().await.unwrap(), 2);
    assert_eq!(both.rewrap().await.unwrap(), 0);
    assert!(serving.tenant("other").await.unwrap().is_some(), "loaded after the change");
    let new = open(&url, &[("new", 2)]).await.unwrap();
    assert!(new.load("acme").await.unwrap().is_some());
    assert!(open(&url, &[("old", 1)]).await.is_err());
}

async fn a_change_is_followed_and_what_cannot_be_built_leaves_the_old_one_serving(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let tenants = StoredTenants::new(open(&url, &[("1", 1)]).await.unwrap(), 10);
    let mut follower = Follower::new(tenants.clone()).await.unwrap();
    let name = async || {
        tenants.tenant("acme").await.unwrap().unwrap().connection(BANK).unwrap().display_name.en.clone()
    };
    assert_eq!(name().await.as_deref(), Some("Bank"));
    let told = follower.look().await;
    assert!(
        matches!(told.as_slice(), [Followed::Tenant(_, Refresh::Loaded(_)), Followed::Answers(true)]),
        "{told:?}"
    );
    store.change(&renamed(&stored, "Renamed")).await.unwrap();
    put(&store, &named("idle")).await.unwrap();
    let told = follower.look().await;
    assert!(
        matches!(told.as_slice(), [Followed::Tenant(id, Refresh::Reloaded(_))] if id == "acme"),
        "{told:?}"
    );
    assert_eq!(name().await.as_deref(), Some("Renamed"));
    assert!(follower.look().await.is_empty() && tenants.count() == 1);
    // As another version of the program may write it.
    sqlx::query("UPDATE connections SET document = '{\"id\":\"bank\"}'")
        .execute(store.sql().pool())
        .await
        .unwrap();
    let mut write = store.sql().write().await.unwrap();
    store.sql().note_change(&mut write, "acme", 0, "test").await.unwrap();
    write.commit().await.unwrap();
    let told = follower.look().await;
    assert!(matches!(told.as_slice(), [Followed::Tenant(_, Refresh::Refused(_))]), "{told:?}");
    assert_eq!(name().await.as_deref(), Some("Renamed"));
}

async fn a_change_reaches_another_broker_within_a_second(url: SqlUrl) {
    let store = store(&url).await;
    let mut stored = put(&store, GOOD).await.unwrap();
    let tenants = StoredTenants::new(open(&url, &[("1", 1)]).await.unwrap(), 10);
    tenants.tenant("acme").await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let follower = Follower::new(tenants.clone()).await.unwrap();
    let following = tokio::spawn(follower.run(move |_| tell.send(()).unwrap()));
    // What was loaded before, and that the store answers.
    assert_eq!(told.recv().await.and(told.recv().await), Some(()));
    for name in ["One", "Two", "Three"] {
        stored = store.change(&renamed(&stored, name)).await.unwrap().tenant.unwrap();
        tokio::time::timeout(Duration::from_secs(1), told.recv()).await.unwrap();
        let now = tenants.tenant("acme").await.unwrap().unwrap();
        assert_eq!(now.connection(BANK).unwrap().display_name.en.as_deref(), Some(name));
    }
    following.abort();
}

async fn an_older_database_is_loaded_again(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let changed = store.change(&renamed(&stored, "Later")).await.unwrap().tenant.unwrap();
    let tenants = StoredTenants::new(store.clone(), 10);
    let mut follower = Follower::new(tenants.clone()).await.unwrap();
    tenants.tenant("acme").await.unwrap();
    assert_eq!(follower.look().await.len(), 2, "what was loaded, and that the store answers");
    // What a backup of before the change holds.
    let before = stored.part(&bank()).unwrap().document.to_string();
    assert!(changed.version > stored.version);
    let update = sqlx::query("UPDATE connections SET document = $1").bind(before);
    update.execute(store.sql().pool()).await.unwrap();
    sqlx::query("UPDATE counters SET value = 1").execute(store.sql().pool()).await.unwrap();
    let told = follower.look().await;
    assert!(matches!(told.as_slice(), [Followed::Tenant(_, Refresh::Reloaded(_))]), "{told:?}");
    let now = tenants.tenant("acme").await.unwrap().unwrap();
    assert_eq!(now.connection(BANK).unwrap().display_name.en.as_deref(), Some("Bank"));
}

async fn no_more_tenants_are_held_than_allowed(url: SqlUrl) {
    let store = store(&url).await;
    for id in ["a", "b", "c"] {
        put(&store, &named(id)).await.unwrap();
    }
    let tenants = StoredTenants::new(store, 2);
    for id in ["a", "b", "a", "c"] {
        assert!(tenants.tenant(id).await.unwrap().is_some());
    }
    assert_eq!(
        tenants.held_ids().into_iter().collect::<std::collections::BTreeSet<_>>(),
        ["a", "c"].map(str::to_owned).into()
    );
    for made_up in ["none", "../acme", "ACME", "", "-", &"x".repeat(64)] {
        assert!(tenants.tenant(made_up).await.unwrap().is_none(), "{made_up}");
    }
    assert_eq!(tenants.count(), 2, "what is not there takes nobody's place");
}

async fn many_who_ask_at_once_load_once(url: SqlUrl) {
    let store = store(&url).await;
    put(&store, GOOD).await.unwrap();
    let tenants = StoredTenants::new(store, 10);
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let tenants = tenants.clone();
            tokio::spawn(async move { tenants.tenant("acme").await.unwrap().unwrap() })
        })
        .collect();
    let first = tenants.tenant("acme").await.unwrap().unwrap();
    for answer in asking {
        assert!(Arc::ptr_eq(&first, &answer.await.unwrap()));
    }
}

async fn a_tenant_in_use_is_served_without_the_database(url: SqlUrl) {
    let store = store(&url).await;
    put(&store, GOOD).await.unwrap();
    put(&store, &named("other")).await.unwrap();
    let tenants = StoredTenants::new(store.clone(), 10);
    let mut follower = Follower::new(tenants.clone()).await.unwrap();
    tenants.tenant("acme").await.unwrap();
    assert_eq!(follower.look().await.len(), 2, "what was loaded, and that the store answers");
    store.sql().pool().close().await;
    assert!(tenants.tenant("acme").await.unwrap().is_some());
    assert!(matches!(tenants.tenant("other").await, Err(TenantsError::Unavailable(_))));
    assert!(matches!(follower.look().await.as_slice(), [Followed::Answers(false)]), "told");
    assert!(follower.look().await.is_empty(), "and told once");
}

async fn every_change_is_an_event_and_what_was_not_changed_is_none(url: SqlUrl) {
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    put(&store, GOOD).await.unwrap();
    store.change(&renamed(&stored, "Later")).await.unwrap();
    store.change(&renamed(&stored, "Too late")).await.unwrap_err();
    let bodies: Vec<String> =
        sqlx::query_scalar("SELECT body FROM audit_events WHERE tenant = 'acme' ORDER BY id")
            .fetch_all(store.sql().pool())
            .await
            .unwrap();
    let events: Vec<Body> = bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::TenantCreated, Kind::TenantChanged], "{bodies:?}");
    assert_eq!(events[0].actor, Some(Actor::operator("ada")));
    assert!(events[0].changes.contains(&"create the connection `bank`".to_owned()), "{bodies:?}");
    assert_eq!(events[1].actor, Some(Actor::operator("bo")));
    assert_eq!(events[1].changes, ["change the connection `bank` /display_name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_outlives_its_database_and_catches_up() {
    let mut server = PostgresServer::start();
    let url = SqlUrl::parse(&server.database()).unwrap();
    let store = store(&url).await;
    let stored = put(&store, GOOD).await.unwrap();
    let tenants = StoredTenants::new(open(&url, &[("1", 1)]).await.unwrap(), 10);
    let mut follower = Follower::new(tenants.clone()).await.unwrap();
    tenants.tenant("acme").await.unwrap();
    assert_eq!(follower.look().await.len(), 2, "what was loaded, and that the store answers");
    server.stop();
    assert!(matches!(follower.look().await.as_slice(), [Followed::Answers(false)]));
    assert!(tenants.tenant("acme").await.unwrap().is_some());
    server.restart();
    store.change(&renamed(&stored, "Later")).await.unwrap();
    let told = follower.look().await;
    assert!(
        matches!(told.as_slice(), [Followed::Tenant(_, Refresh::Reloaded(_)), Followed::Answers(true)]),
        "{told:?}"
    );
}
