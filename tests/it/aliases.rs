//! An app names an alias, and the tenant says where it leads.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tunnus::{
    sandbox::tenant::{APP, APP_SECRET},
    tenant::{alias::Alias, model::App},
};
use url::Url;

use crate::support::sandbox::{Bench, RETURN, param};

/// Points the alias `login`.
fn point(bench: &Bench, shares: &[(&str, u8)]) {
    let shares = shares.iter().map(|(id, share)| ((*id).to_owned(), *share)).collect();
    bench.change(|tenant| drop(tenant.aliases.insert("login".to_owned(), Alias::new(shares))));
}

/// What the app asks of the alias, for a person that every connection knows.
async fn ask(bench: &Bench) -> Value {
    bench.create(json!({ "connection": "login", "login_hint": "sandbox:persona=onni" })).await
}

/// The connection that an identification goes over.
async fn connection_of(bench: &Bench, body: &Value) -> String {
    let id = body["id"].as_str().unwrap_or_else(|| panic!("{body}"));
    bench.sandbox.broker.flows.identification(id).await.unwrap().unwrap().connection.unwrap()
}

/// The connection in the record that the person gets.
async fn arrive(bench: &Bench, body: &Value) -> Value {
    let door: Url = body["url"].as_str().unwrap().parse().unwrap();
    let returned = bench.person().walk(&door, RETURN).await;
    bench.result(&returned).await.1["identity"]["connection"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_to_another_upstream_changes_no_app() {
    let bench = Bench::start();
    for connection in ["mle", "ftn"] {
        point(&bench, &[(connection, 100)]);
        let body = ask(&bench).await;
        assert_eq!(arrive(&bench, &body).await, connection);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identification_stays_where_the_lot_fell() {
    let bench = Bench::start();
    point(&bench, &[("mle", 100)]);
    let before = ask(&bench).await;
    point(&bench, &[("ftn", 100)]);
    assert_eq!(connection_of(&bench, &ask(&bench).await).await, "ftn");
    assert_eq!(arrive(&bench, &before).await, "mle");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_falls_on_both_and_on_what_can_serve_alone() {
    let bench = Bench::start();
    point(&bench, &[("ftn", 50), ("mle", 50)]);
    let mut seen = BTreeSet::new();
    // That sixty throws of a coin are all one side happens once in 10^17 years of these tests.
    for _ in 0..60 {
        seen.insert(connection_of(&bench, &ask(&bench).await).await);
    }
    assert_eq!(seen, ["ftn", "mle"].map(str::to_owned).into());
    bench.change(|tenant| pause(tenant, "mle"));
    for _ in 0..8 {
        assert_eq!(connection_of(&bench, &ask(&bench).await).await, "ftn");
    }
    bench.change(|tenant| pause(tenant, "ftn"));
    assert_eq!(ask(&bench).await["error"]["code"], "connection_paused");
}

fn pause(tenant: &mut tunnus::tenant::model::Tenant, id: &str) {
    for connection in &mut tenant.connections {
        let same = connection.id == id;
        let mut changed = tunnus::tenant::model::Connection::clone(connection);
        changed.paused = if same { Some(tunnus_sdk::LocalizedText::default()) } else { changed.paused };
        *connection = changed.into();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_leads_where_the_app_may_not_go_is_unknown() {
    let bench = Bench::start();
    let body = json!({ "connection": "login", "return_url": RETURN });
    let path = "identifications";
    let (status, mut unknown) = bench.rest("POST", path, Some(body.clone())).await;
    point(&bench, &[("ftn", 50), ("mle", 50)]);
    bench.change(|tenant| {
        let mut app = App::clone(tenant.app(APP).unwrap());
        app.connections.remove("mle");
        tenant.apps = vec![app.into()];
    });
    for _ in 0..8 {
        let (told, mut refused) = bench.rest_as((APP, APP_SECRET), "POST", path, Some(body.clone())).await;
        for answer in [&mut unknown, &mut refused] {
            answer.as_object_mut().unwrap().remove("trace_id");
        }
        assert_eq!((told, &refused), (status, &unknown));
    }
    assert_eq!(unknown["error"]["code"], "connection_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_apps_name_aliases_too() {
    let bench = Bench::start();
    point(&bench, &[("mle", 100)]);
    let url = bench.authorize(&[("connection", "login"), ("login_hint", "sandbox:persona=onni")]);
    let returned = bench.person().walk(&url, RETURN).await;
    assert!(param(&returned, "code").is_some(), "{returned}");
}
