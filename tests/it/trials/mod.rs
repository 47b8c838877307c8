//! Trials of connections: an admin logs in over the simulators, and nobody is issued anything.

pub mod desk;
mod faults;
mod hostile;

use std::sync::Arc;

use serde_json::{Value, json};
use tunnus::audit::event::Kind;

use crate::support::{flaky::Flaky, sandbox::Bench};

use self::desk::{Desk, path};

/// The values of a person, wherever they stand in a record.
fn values(record: &Value, found: &mut Vec<String>) {
    match record {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| values(value, found)),
        Value::Object(members) => members.values().for_each(|value| values(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a login of the same person over the same connection gives an app.
async fn known(bench: &Bench, connection: &str) -> Value {
    let door = bench.door(connection).await;
    let returned = bench.person().walk(&door, crate::support::sandbox::RETURN).await;
    bench.result(&returned).await.1["identity"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_over_every_connection_tells_names_and_no_value() {
    let desk = Desk::open().await;
    for offered in desk.bench.sandbox.connections.clone() {
        let id = offered.id.as_str();
        let identity = known(&desk.bench, id).await;
        let trial = desk.begin(id, json!({})).await;
        let end = desk.go(&mut desk.bench.person(), &trial).await;
        assert!(end.title().starts_with("The trial succeeded"), "{id}: {}", end.body);
        let report = end.link("To the report").expect("the way to the report");
        let page = format!("/console/tenants/demo/connections/{id}/trials/{}", trial["id"].as_str().unwrap());
        assert_eq!(report.path(), page);
        let told = desk.told(&trial).await;
        assert_eq!(told["status"], "completed", "{told}");
        let report = &told["report"];
        assert_eq!(report["assurance"], identity["assurance"]["level"], "{id}");
        for step in ["called", "left", "returned", "opened"] {
            let steps = report["steps"].as_array().unwrap();
            assert!(steps.iter().any(|seen| seen["step"] == step), "{id} {step}: {report}");
        }
        let names = report["steps"].to_string();
        assert!(names.contains("\"sub\"") && names.contains("\"alg\""), "{id}: {names}");
        let released: Vec<_> = report["members"].as_array().unwrap().iter().collect();
        assert!(released.iter().any(|member| member["released"] == true), "{id}: {report}");
        let mut secret = Vec::new();
        for member in
            ["name", "birth_date", "national_id", "other_ids", "email", "phone", "address", "subject"]
        {
            values(&identity[member], &mut secret);
        }
        let text = told.to_string();
        // A country or the kind of a number is no secret, and stands in names.
        for value in secret.iter().filter(|value| value.len() > 6) {
            assert!(!text.contains(value.as_str()), "{id}: {value} in {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_is_nobodys_login_and_has_events_of_its_own() {
    let events = Flaky::new();
    let desk = Desk::over(Bench::audited(Arc::<Flaky>::clone(&events))).await;
    let trial = desk.begin("ftn", json!({ "app": "shop" })).await;
    desk.go(&mut desk.bench.person(), &trial).await;
    let told = desk.told(&trial).await;
    let all: Vec<_> = events.events().into_iter().map(|(_, body)| body).collect();
    let of_it: Vec<_> = all.iter().filter(|body| body.identification.is_some()).collect();
    let kinds: Vec<_> = of_it.iter().map(|body| body.kind).collect();
    assert_eq!(kinds, [Kind::TrialStarted, Kind::TrialFinished]);
    for body in of_it {
        assert_eq!(body.connection.as_deref(), Some("ftn"));
        assert!(body.actor.as_ref().is_some_and(|actor| actor.name.contains("cli")), "{body:?}");
        assert_eq!(body.sealed, None, "nobody is led to");
    }
    let end = all.iter().find(|body| body.kind == Kind::TrialFinished).unwrap();
    assert_eq!(end.transaction_id.as_deref(), told["report"]["transaction_id"].as_str());
    assert!(end.transaction_id.is_some());
    let metrics = desk.bench.sandbox.broker.metrics.render();
    for series in
        ["tunnus_identifications_total{", "tunnus_flow_steps_total{", "tunnus_flows_finished_total{"]
    {
        assert!(!metrics.contains(series), "{series}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_tried_before_any_app_has_it_and_while_it_is_paused() {
    let desk = Desk::open().await;
    desk.bench.change(|tenant| {
        tenant.apps.clear();
        for connection in &mut tenant.connections {
            Arc::make_mut(connection).paused = Some(tunnus_sdk::LocalizedText::default());
        }
    });
    let trial = desk.begin("ftn", json!({})).await;
    desk.go(&mut desk.bench.person(), &trial).await;
    let told = desk.told(&trial).await;
    assert_eq!(told["status"], "completed", "{told}");
    desk.bench.change(|tenant| {
        for connection in &mut tenant.connections {
            Arc::make_mut(connection).enabled = false;
        }
    });
    let (status, body) = desk.ask("POST", &path("ftn", ""), Some(json!({}))).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("request_invalid")), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_as_an_app_shows_what_that_app_would_get() {
    let desk = Desk::open().await;
    desk.bench.change(|tenant| {
        let shop = tenant.apps.iter_mut().find(|app| app.id == "shop").unwrap();
        let claims = [tunnus_sdk::Member::FullName, tunnus_sdk::Member::AgeOver(18)];
        Arc::make_mut(shop).claims = claims.into();
    });
    let trial = desk.begin("ftn", json!({ "app": "shop" })).await;
    desk.go(&mut desk.bench.person(), &trial).await;
    let told = desk.told(&trial).await;
    let members = told["report"]["members"].as_array().unwrap();
    let of = |name: &str| members.iter().find(|member| member["member"] == name);
    let full = of("name.full").unwrap();
    assert_eq!((&full["received"], &full["released"]), (&json!(true), &json!(true)));
    assert_eq!(full["source"]["claim"], "name", "{full}");
    let age = of("age_over.18").unwrap();
    assert_eq!((&age["received"], &age["released"]), (&json!(false), &json!(true)));
    assert_eq!(age["source"]["derived"], "birth_date");
    // What the subject and the age are made from came, and goes no further.
    for member in ["national_id", "birth_date"] {
        assert_eq!(of(member).unwrap()["released"], false, "{member}");
    }
}
