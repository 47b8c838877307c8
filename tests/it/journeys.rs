//! A person is identified through every connection, over both faces, with the same record.

use serde_json::{Value, json};

use crate::support::sandbox::{Bench, RETURN, param};

/// The record without what differs from login to login.
fn stable(mut record: Value) -> Value {
    for volatile in ["authenticated_at", "transaction_id"] {
        record.as_object_mut().unwrap().remove(volatile);
    }
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_gives_the_same_record_over_both_faces() {
    let bench = Bench::start();
    assert!(bench.sandbox.connections.len() >= 4, "{:?}", bench.sandbox.connections);
    for offered in bench.sandbox.connections.clone() {
        let connection = offered.id;
        let door = bench.door(&connection).await;
        let returned = bench.person().walk(&door, RETURN).await;
        let (status, rest) = bench.result(&returned).await;
        if status != 200 {
            let path = format!("identifications/{}", param(&returned, "identification").unwrap());
            panic!("{connection}: {}", bench.rest("GET", &path, None).await.1);
        }
        assert_eq!(rest["status"], "completed", "{connection}: {rest}");
        let hint = format!("sandbox:persona={}", offered.personas[0]);
        let more = [("connection", connection.as_str()), ("login_hint", &hint)];
        let pending = bench.sandbox.relying.begin(RETURN, &more).await.unwrap();
        let returned = bench.person().walk(&pending.url.clone(), RETURN).await;
        let params = tunnus::http::browser::params(returned.query().unwrap().as_bytes());
        let openid = bench
            .sandbox
            .relying
            .end(pending, &params)
            .await
            .unwrap_or_else(|error| panic!("{connection}: {error}"));
        assert_eq!(stable(rest["identity"].clone()), stable(openid), "{connection}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_gets_only_the_members_that_it_asked_for() {
    let bench = Bench::start();
    let claims = json!({ "required": ["name.full", "age_over.18"], "optional": ["email"] });
    let body = bench.create(json!({ "connection": "ftn", "claims": claims, "reference": "order 7" })).await;
    let returned = bench.person().walk(&body["url"].as_str().unwrap().parse().unwrap(), RETURN).await;
    let (_, body) = bench.result(&returned).await;
    let record = body["identity"].as_object().unwrap_or_else(|| panic!("{body}"));
    assert_eq!(record["age_over"], json!({ "18": true }));
    for absent in ["birth_date", "national_id", "other_ids", "gender", "email"] {
        assert!(!record.contains_key(absent), "{absent} in {body}");
    }
    assert_eq!(body["reference"], "order 7");
    assert_eq!(record["name"].as_object().unwrap().keys().collect::<Vec<_>>(), ["full"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_stays_readable_with_its_code_and_with_no_other() {
    let bench = Bench::start();
    let door = bench.door("ftn").await;
    let returned = bench.person().walk(&door, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
    assert_eq!(bench.result(&returned).await.0, 200);
    let id = param(&returned, "identification").unwrap();
    let wrong = format!("{id}.{}", "A".repeat(43));
    let path = format!("identifications/{id}/result");
    assert_eq!(bench.rest("POST", &path, Some(json!({ "code": wrong }))).await.0, 400);
    let (status, body) = bench.rest("GET", &format!("identifications/{id}"), None).await;
    assert_eq!((status, body["status"].as_str(), body.get("identity")), (200, Some("completed"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chooser_lists_every_connection_and_leads_on() {
    let bench = Bench::start();
    let body = bench.create(json!({})).await;
    let door = body["url"].as_str().unwrap().parse().unwrap();
    let mut person = bench.person();
    let chooser = person.open(&door).await;
    assert_eq!(chooser.status, 200);
    for connection in bench.sandbox.connections.iter().map(|offered| offered.id.as_str()) {
        let link =
            chooser.links().into_iter().find(|link| param(link, "connection").as_deref() == Some(connection));
        let link = link.unwrap_or_else(|| panic!("{connection} is not offered"));
        let away = person.get(&link).await;
        assert!(away.location().is_some() || away.form().is_some(), "{connection}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chooser_has_the_identification_s_own_address() {
    let bench = Bench::start();
    let pending = bench.sandbox.relying.begin(RETURN, &[("ui_locales", "de sv-FI")]).await.unwrap();
    let mut person = bench.person();
    let door = person.get(&pending.url).await.location().expect("our own door");
    assert!(door.as_str().starts_with(&format!("{}/identify/", bench.issuer())));
    let (first, again) = (person.get(&door).await, person.get(&door).await);
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert!(first.body.contains("lang=\"sv\""), "in the language that the app asks for");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_brings_the_person_back_to_the_app() {
    let bench = Bench::start();
    let body = bench.create(json!({ "connection": "ftn", "login_hint": "sandbox:fault=cancel" })).await;
    let returned = bench.person().walk(&body["url"].as_str().unwrap().parse().unwrap(), RETURN).await;
    assert_eq!(param(&returned, "error").as_deref(), Some("user_cancelled"));
    let (_, body) =
        bench.rest("GET", &format!("identifications/{}", body["id"].as_str().unwrap()), None).await;
    assert_eq!(body["status"], "failed");
    assert_eq!(body["error"]["code"], "user_cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_away_ends_the_login_of_who_requires_what_it_gives_and_of_nobody_else() {
    let bench = Bench::start();
    let login = async |claims: Value| {
        let hint = "sandbox:fault=payment_details_server_error";
        let asked = json!({ "connection": "idpartner", "login_hint": hint, "claims": claims });
        let body = bench.create(asked).await;
        bench.person().walk(&body["url"].as_str().unwrap().parse().unwrap(), RETURN).await
    };
    let optional = json!({ "required": ["name.full"], "optional": ["payment_details"] });
    let (status, body) = bench.result(&login(optional).await).await;
    assert_eq!((status, body["identity"]["name"]["full"].is_string()), (200, true), "{body}");
    let required = login(json!({ "required": ["payment_details"] })).await;
    assert_eq!(param(&required, "error").as_deref(), Some("provider_unavailable"));
    let path = format!("identifications/{}", param(&required, "identification").unwrap());
    let (_, body) = bench.rest("GET", &path, None).await;
    assert_eq!(body["error"]["stage"], "payment_details", "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_polls_gets_the_record_after_a_click_on_the_landing_page() {
    let bench = Bench::start();
    let app = ("call-centre", "shop-secret");
    let body = json!({ "connection": "ftn", "login_hint": "sandbox:persona=onni" });
    let (status, created) = bench.rest_as(app, "POST", "identifications", Some(body)).await;
    assert_eq!(status, 201, "{created}");
    let mut person = bench.person();
    let landing = person.get(&created["url"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!((landing.status, landing.location()), (200, None));
    let proceed =
        landing.links().into_iter().find(|link| param(link, "proceed").is_some()).expect("a way on");
    let end = person.try_walk(&proceed, RETURN).await.expect_err("the browser stays");
    assert_eq!(end.status, 200);
    let path = format!("identifications/{}", created["id"].as_str().unwrap());
    let (_, polled) = bench.rest_as(app, "GET", &path, None).await;
    assert_eq!(polled["identity"]["binding"], "none", "{polled}");
    assert_eq!(bench.rest("GET", &path, None).await.0, 404, "another app sees nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_journey_over_redis() {
    let redis = crate::support::redis::RedisServer::start(&[]);
    let ambient = tunnus::ambient::Ambient::system();
    let store =
        tunnus::store::open_store(redis.url().as_str(), tunnus::store::MemoryLimits::default(), &ambient)
            .unwrap();
    let bench = Bench::over(store);
    for connection in ["ftn", "mle", "idpartner-mtls"] {
        let door = bench.door(connection).await;
        let returned = bench.person().walk(&door, RETURN).await;
        assert_eq!(bench.result(&returned).await.0, 200, "{connection}");
    }
}
