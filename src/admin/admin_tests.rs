//! The operations, over a real store.

use serde_json::{Value, json};

use super::{
    for_tests::{World, admin_of, admin_of_platform, app, bank, caller, connection, operator, shop, tenant},
    *,
};
use crate::tenant::store::change::Part;

fn faults(error: &AdminError) -> Vec<(&str, &str)> {
    match error {
        AdminError::Faulty(faults) => {
            faults.iter().map(|fault| (fault.pointer.as_str(), fault.message.as_str())).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// The store's own view of a part: what a mask stands for.
async fn kept(world: &World, part: &Part) -> Value {
    world.store.read("acme").await.unwrap().unwrap().part(part).unwrap().document.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_in_and_never_comes_out() {
    let world = World::new().await;
    let document = world.admin.part(&operator(), "acme", &bank()).await.unwrap();
    let secret = &document.value["credentials"]["client_secret"];
    assert_eq!((&secret["set"], &secret["by"]), (&json!(true), &json!("operator (operator-1)")));
    assert_eq!(secret["at"], "2026-11-21T10:26:43Z");
    assert!(!document.value.to_string().contains("upstream-gave-this"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_stays_that_is_left_out_or_sent_back_as_it_reads() {
    let world = World::new().await;
    let before = kept(&world, &bank()).await;
    let read = world.admin.part(&operator(), "acme", &bank()).await.unwrap();
    let expected = Expected::Revision(read.revision);
    let mut without = read.value.clone();
    without.as_object_mut().unwrap().remove("credentials");
    for document in [read.value.clone(), without] {
        let saved = world.put("acme", &bank(), expected, document).await;
        assert_eq!(saved.document.revision, read.revision, "nothing has changed");
        assert_eq!(kept(&world, &bank()).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_by_a_value_and_removed_by_null() {
    let world = World::new().await;
    let read = world.admin.part(&operator(), "acme", &bank()).await.unwrap();
    let mut document = read.value;
    document["credentials"]["client_secret"] = json!({ "value": "another-one" });
    let saved = world.put("acme", &bank(), Expected::Revision(read.revision), document.clone()).await;
    assert!(saved.document.revision > read.revision);
    document["credentials"]["client_secret"] = Value::Null;
    let expected = Expected::Revision(saved.document.revision);
    let refused = world.admin.put(&operator(), "acme", &bank(), (expected, document.clone())).await;
    assert_eq!(faults(&refused.unwrap_err())[0].0, "/credentials/client_secret");
    document["settings"]["secret"] = json!(false);
    let saved = world.put("acme", &bank(), expected, document).await;
    assert_eq!(saved.document.value["credentials"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_refused_wherever_a_secret_stands() {
    let world = World::new().await;
    let bank_of = |secret: Value| {
        let mut document = connection();
        document["credentials"]["client_secret"] = secret;
        document
    };
    let stored = kept(&world, &bank()).await["credentials"]["client_secret"].clone();
    for reference in
        [json!({ "env": "TUNNUS_SECRET_X" }), json!({ "file": "x" }), json!({ "sealed": "x" }), stored]
    {
        let new = Part::Connection("new".to_owned());
        let given = (Expected::Absent, bank_of(reference));
        let refused = world.admin.put(&admin_of("acme"), "acme", &new, given).await.unwrap_err();
        let expected = "a reference is not taken here: give the secret itself, { \"value\": \"…\" }";
        assert_eq!(faults(&refused), [("/credentials/client_secret", expected)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_stands_for_no_secret_of_another_place() {
    let world = World::new().await;
    let kept = kept(&world, &bank()).await;
    let id = kept["credentials"]["client_secret"]["stored"].as_str().unwrap().to_owned();
    let mut document = connection();
    document["credentials"]["client_secret"] = json!({ "set": true, "id": id });
    let new = Part::Connection("new".to_owned());
    let refused = world.admin.put(&operator(), "acme", &new, (Expected::Absent, document)).await.unwrap_err();
    assert_eq!(faults(&refused), [("/credentials/client_secret", "no such secret is set here")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_app_gets_a_secret_that_is_shown_once() {
    let world = World::new().await;
    let new = Part::App("desk".to_owned());
    let saved = world.put("acme", &new, Expected::Absent, app()).await;
    let [generated] = saved.generated.as_slice() else { panic!("one secret is made") };
    assert_eq!((generated.pointer.as_str(), generated.value.expose_str().len()), ("/secrets/0", 43));
    assert!(saved.created && saved.document.value["secrets"][0]["set"] == json!(true));
    let tenant = world.store.load("acme").await.unwrap().unwrap().tenant;
    let shown = crate::digest::sha256(generated.value.expose_str());
    match &tenant.app("desk").unwrap().authentication {
        crate::tenant::model::AppAuthentication::SecretBasic(hashes) => assert_eq!(hashes, &[shown]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_has_two_secrets_while_one_replaces_the_other() {
    let world = World::new().await;
    let mine = admin_of("acme");
    let first = world.admin.part(&mine, "acme", &shop()).await.unwrap().value["secrets"][0]["id"].clone();
    let second = world.admin.add_secret(&mine, "acme", "shop").await.unwrap();
    assert_eq!((second.generated.len(), second.document.value["secrets"].as_array().unwrap().len()), (1, 2));
    let third = world.admin.add_secret(&mine, "acme", "shop").await.unwrap_err();
    assert_eq!(faults(&third)[0].0, "/secrets");
    let rest = world.admin.remove_secret(&mine, "acme", "shop", first.as_str().unwrap()).await.unwrap();
    assert_eq!(rest.document.value["secrets"].as_array().unwrap().len(), 1);
    let again = world.admin.remove_secret(&mine, "acme", "shop", first.as_str().unwrap()).await;
    assert!(matches!(again, Err(AdminError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_saves_second_is_told_what_is_there_and_nothing_is_lost() {
    let world = World::new().await;
    let read = world.admin.part(&operator(), "acme", &bank()).await.unwrap();
    let named = |name: &str| {
        let mut document = read.value.clone();
        document["display_name"] = json!(name);
        (Expected::Revision(read.revision), document)
    };
    let (first, second, part) = (operator(), admin_of("acme"), bank());
    let (one, two) = tokio::join!(
        world.admin.put(&first, "acme", &part, named("One")),
        world.admin.put(&second, "acme", &part, named("Two")),
    );
    let (saved, told) = match one {
        Ok(saved) => (saved, two),
        Err(_) => (two.unwrap(), one),
    };
    match told {
        Err(AdminError::Stale(now)) => assert_eq!(now.unwrap(), saved.document),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_what_it_was_made_from() {
    let world = World::new().await;
    let unsaid = world.admin.put(&operator(), "acme", &bank(), (Expected::Unsaid, connection())).await;
    assert!(matches!(unsaid, Err(AdminError::RevisionMissing)));
    let absent = world.admin.put(&operator(), "acme", &bank(), (Expected::Absent, connection())).await;
    assert!(matches!(absent, Err(AdminError::Stale(now)) if now.is_some()));
    let gone = Part::Connection("gone".to_owned());
    let other = world.admin.put(&operator(), "acme", &gone, (Expected::Revision(7), connection())).await;
    assert!(matches!(other, Err(AdminError::Stale(now)) if now.is_none()));
    let removed = world.admin.remove(&operator(), "acme", &bank(), Expected::Unsaid).await;
    assert!(matches!(removed, Err(AdminError::RevisionMissing)));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_told_at_once_each_at_its_place() {
    let world = World::new().await;
    let document = json!({
        "name": "", "authentication": "none", "redirect_uris": ["http://shop.example/cb"],
        "connections": ["nowhere"], "colour": "red",
    });
    let new = Part::App("desk".to_owned());
    let refused = world.admin.put(&operator(), "acme", &new, (Expected::Absent, document)).await.unwrap_err();
    let mut places: Vec<_> = faults(&refused).into_iter().map(|(place, _)| place.to_owned()).collect();
    places.sort_unstable();
    assert_eq!(places, ["/colour", "/connections/0", "/name", "/redirect_uris/0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_spoil_another_part_is_refused_with_its_name() {
    let world = World::new().await;
    let read = world.admin.part(&operator(), "acme", &shop()).await.unwrap();
    let mut document = read.value;
    document["connections"] = json!(["bank"]);
    world.put("acme", &shop(), Expected::Revision(read.revision), document).await;
    let bank_now = world.admin.part(&operator(), "acme", &bank()).await.unwrap();
    let expected = Expected::Revision(bank_now.revision);
    let refused = world.admin.remove(&operator(), "acme", &bank(), expected).await.unwrap_err();
    assert_eq!(faults(&refused), [("", "the app `shop` /connections/0: there is no connection `bank`")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_takes_nothing_that_is_no_part_of_it() {
    let world = World::new().await;
    let read = world.admin.part(&operator(), "acme", &Part::Tenant).await.unwrap();
    let before = kept(&world, &Part::Tenant).await;
    for (member, entry) in [("apps", app()), ("connections", connection()), ("secrets", connection())] {
        for list in [json!([entry]), json!([])] {
            let mut document = read.value.clone();
            document[member] = list;
            let given = (Expected::Revision(read.revision), document);
            let refused = world.admin.put(&operator(), "acme", &Part::Tenant, given).await.unwrap_err();
            assert_eq!(faults(&refused)[0].0, format!("/{member}"));
        }
    }
    assert_eq!(kept(&world, &Part::Tenant).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_takes_nothing_that_is_no_part_of_it() {
    let world = World::new().await;
    let read = world.admin.platform(&operator(), "group").await.unwrap();
    let mut document = read.value;
    document["connections"] = json!([connection()]);
    let given = (Expected::Revision(read.revision), document);
    let refused = world.admin.put_platform(&operator(), "group", given).await.unwrap_err();
    assert_eq!(faults(&refused)[0].0, "/connections");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_has_no_odd_characters() {
    let world = World::empty().await;
    for id in ["", "A", "a_b", "-a", "a/b", "é", "a\0", &"a".repeat(64), "../etc"] {
        let refused = world.admin.put(&operator(), id, &Part::Tenant, (Expected::Absent, tenant())).await;
        assert_eq!(faults(&refused.unwrap_err())[0].0, "/id", "{id:?}");
    }
    let mut other = tenant();
    other["tenant"]["id"] = json!("other");
    let refused = world.admin.put(&operator(), "acme", &Part::Tenant, (Expected::Absent, other)).await;
    assert_eq!(faults(&refused.unwrap_err())[0].0, "/tenant/id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tenant_gets_keys() {
    let world = World::empty().await;
    let saved =
        world.put("acme", &Part::Tenant, Expected::Absent, json!({ "tenant": { "name": "Acme" } })).await;
    assert_eq!(saved.document.value["keys"]["subject"]["set"], true);
    let tenant = world.store.load("acme").await.unwrap().unwrap().tenant;
    assert_eq!(tenant.signing_keys.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_put_in_order() {
    let world = World::new().await;
    let second = Part::Connection("card".to_owned());
    world.put("acme", &second, Expected::Absent, connection()).await;
    let ids = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let (was, will) = (ids(["bank", "card"]), ids(["card", "bank"]));
    let mine = admin_of("acme");
    assert_eq!(world.admin.reorder(&mine, "acme", (&was, will.clone())).await.unwrap(), will);
    let stale = world.admin.reorder(&mine, "acme", (&was, was.clone())).await;
    assert!(matches!(stale, Err(AdminError::Stale(_))));
    let lacking = world.admin.reorder(&mine, "acme", (&will, vec!["bank".to_owned()])).await;
    assert!(matches!(lacking, Err(AdminError::Faulty(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_tenants_is_paged_searched_and_narrowed() {
    let world = World::new().await;
    let listed = |caller: Caller, listing: Listing| {
        let admin = world.admin.clone();
        async move {
            let list = admin.tenants(&caller, &listing).await.unwrap();
            let ids: Vec<_> = list.tenants.into_iter().map(|tenant| tenant.id).collect();
            (ids.join(" "), list.next)
        }
    };
    assert_eq!(listed(operator(), Listing::default()).await, ("acme other".to_owned(), None));
    let one = Listing { limit: 1, ..Listing::default() };
    assert_eq!(listed(operator(), one).await, ("acme".to_owned(), Some("acme".to_owned())));
    let after = Listing { after: Some("acme".to_owned()), ..Listing::default() };
    assert_eq!(listed(operator(), after).await.0, "other");
    let search = |text: &str| Listing { search: Some(text.to_owned()), ..Listing::default() };
    assert_eq!(listed(operator(), search("OTH")).await.0, "other");
    assert_eq!(listed(operator(), search("%")).await.0, "");
    assert_eq!(listed(admin_of("acme"), Listing::default()).await.0, "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_beyond_their_own() {
    let world = World::new().await;
    let others = admin_of("other");
    let read = world.admin.part(&others, "acme", &bank()).await;
    assert!(matches!(read, Err(AdminError::NotFound)));
    let write = world.admin.put(&others, "acme", &bank(), (Expected::Unsaid, connection())).await;
    assert!(matches!(write, Err(AdminError::NotFound)));
    let new = world.admin.put(&others, "new", &Part::Tenant, (Expected::Unsaid, tenant())).await;
    assert!(matches!(new, Err(AdminError::NotFound)));
    let auditor = caller(Role::Auditor, Scope::All);
    assert!(world.admin.part(&auditor, "acme", &bank()).await.is_ok());
    let write = world.admin.put(&auditor, "acme", &bank(), (Expected::Unsaid, connection())).await;
    assert!(matches!(write, Err(AdminError::Forbidden)));
}

/// A new tenant that says which platform it is of.
fn of_platform(platform: Option<&str>) -> Value {
    let mut tenant = tenant();
    if let Some(platform) = platform {
        tenant["tenant"]["platform"] = json!(platform);
    }
    tenant
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platforms_admin_makes_tenants_within_the_platform_and_nowhere_else() {
    let world = World::new().await;
    let mine = admin_of_platform("group");
    let make = |id: &'static str, platform: Option<&'static str>| {
        let (admin, mine) = (world.admin.clone(), mine.clone());
        async move { admin.put(&mine, id, &Part::Tenant, (Expected::Absent, of_platform(platform))).await }
    };
    assert!(make("new", Some("group")).await.unwrap().created);
    let connection = (Expected::Absent, connection());
    assert!(world.admin.put(&mine, "new", &bank(), connection).await.unwrap().created);
    assert!(matches!(make("newer", Some("rival")).await, Err(AdminError::NotFound)));
    assert!(matches!(make("newer", None).await, Err(AdminError::NotFound)));
    // A taken id is told as taken, and nothing of who has it.
    let taken = make("other", Some("group")).await.unwrap_err();
    assert_eq!(faults(&taken), [("/tenant/id", "another tenant has this id")]);
    let seen = world.admin.tenants(&mine, &Listing::default()).await.unwrap().tenants;
    assert_eq!(seen.iter().map(|tenant| tenant.id.as_str()).collect::<Vec<_>>(), ["acme", "new"]);
    assert!(matches!(world.admin.part(&mine, "other", &Part::Tenant).await, Err(AdminError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_removed_tenant_is_nobodys_but_the_operators() {
    let world = World::new().await;
    let read = world.admin.part(&operator(), "other", &Part::Tenant).await.unwrap();
    let expected = Expected::Revision(read.revision);
    world.admin.remove(&admin_of_platform("rival"), "other", &Part::Tenant, expected).await.unwrap();
    for platform in ["group", "rival"] {
        let given = (Expected::Absent, of_platform(Some(platform)));
        let made = world.admin.put(&admin_of_platform(platform), "other", &Part::Tenant, given).await;
        assert_eq!(faults(&made.unwrap_err()), [("/tenant/id", "another tenant has this id")]);
    }
    let given = (Expected::Absent, of_platform(Some("group")));
    assert!(world.admin.put(&operator(), "other", &Part::Tenant, given).await.unwrap().created);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_moves_a_tenant_from_platform_to_platform() {
    let world = World::new().await;
    let read = world.admin.part(&operator(), "acme", &Part::Tenant).await.unwrap();
    let moved = |platform: Value| {
        let mut document = read.value.clone();
        document["tenant"]["platform"] = platform;
        (Expected::Revision(read.revision), document)
    };
    for caller in [admin_of("acme"), admin_of_platform("group")] {
        let refused = world.admin.put(&caller, "acme", &Part::Tenant, moved(json!("rival"))).await;
        assert_eq!(faults(&refused.unwrap_err())[0].0, "/tenant/platform");
    }
    let moved = world.admin.put(&operator(), "acme", &Part::Tenant, moved(json!("rival"))).await;
    assert!(moved.is_ok());
    let gone = world.admin.part(&admin_of_platform("group"), "acme", &Part::Tenant).await;
    assert!(matches!(gone, Err(AdminError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platforms_app_keeps_its_secret_and_a_new_one_is_shown_once() {
    let world = World::new().await;
    let mine = admin_of_platform("group");
    let read = world.admin.platform(&mine, "group").await.unwrap();
    let mut document = read.value;
    let mut shared = app();
    shared["id"] = json!("kiosk");
    document["apps"] = json!([shared]);
    let saved = world
        .admin
        .put_platform(&mine, "group", (Expected::Revision(read.revision), document))
        .await
        .unwrap();
    assert_eq!(saved.generated[0].pointer, "/apps/0/secrets/0");
    assert_eq!(saved.document.value["apps"][0]["secrets"][0]["set"], true);
    let mut document = saved.document.value.clone();
    document["apps"][0].as_object_mut().unwrap().remove("secrets");
    document["apps"][0]["name"] = json!("Kiosk");
    let revision = Expected::Revision(saved.document.revision);
    let again = world.admin.put_platform(&mine, "group", (revision, document.clone())).await.unwrap();
    assert_eq!(again.document.value["apps"][0]["secrets"], saved.document.value["apps"][0]["secrets"]);
    let stale = world.admin.put_platform(&mine, "group", (revision, document)).await;
    assert!(matches!(stale, Err(AdminError::Stale(now)) if now.is_some()));
    let removed =
        world.admin.remove_platform(&mine, "group", Expected::Revision(again.document.revision)).await;
    assert!(matches!(removed, Err(AdminError::Forbidden)));
    let used =
        world.admin.remove_platform(&operator(), "group", Expected::Revision(again.document.revision)).await;
    assert!(matches!(used, Err(AdminError::Faulty(_))), "it has a tenant");
}
