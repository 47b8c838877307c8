//! An idempotency key promises one identification, whatever fails in between.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{
    faulty::{Fault, Faulty},
    sandbox::{Bench, RETURN},
};

async fn ask(bench: &Bench, key: &str, body: &Value) -> (u16, Value) {
    let request = bench.sandbox.relying.http.post(format!("{}/api/v1/identifications", bench.issuer()));
    let request = request
        .basic_auth("shop", Some("shop-secret"))
        .header("Idempotency-Key", key)
        .header("Content-Type", "application/json")
        .body(body.to_string());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

fn body() -> Value {
    json!({ "return_url": RETURN, "connection": "ftn" })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_promises_is_there_whichever_call_of_the_store_failed() {
    let store = Faulty::new();
    let bench = Bench::over(Arc::<Faulty>::clone(&store));
    for (call, fault) in [
        ("put identification", Fault::Refused),
        ("put identification", Fault::Lost),
        ("create idempotency", Fault::Refused),
        ("create idempotency", Fault::Lost),
    ] {
        let key = bench.sandbox.broker.flows.ambient.id();
        store.fail(call, fault);
        assert_eq!(ask(&bench, &key, &body()).await.0, 503, "{call}");
        let (status, answer) = ask(&bench, &key, &body()).await;
        assert_eq!(status, 201, "{call}: {answer}");
        let path = format!("identifications/{}", answer["id"].as_str().unwrap());
        assert_eq!(bench.rest("GET", &path, None).await.0, 200, "{call}");
        let door = answer["url"].as_str().unwrap().parse().unwrap();
        assert!(bench.person().get(&door).await.location().is_some(), "{call}: the door opens");
        assert_eq!(ask(&bench, &key, &body()).await, (201, answer), "{call}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_requests_at_once_begin_one_identification() {
    let store = Faulty::new();
    let bench = Arc::new(Bench::over(Arc::<Faulty>::clone(&store)));
    let requests: Vec<_> = (0..8)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { ask(&bench, "order-7", &body()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    assert_eq!(answers[0].0, 201, "{}", answers[0].1);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(store.count("identification"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_leaves_nothing_behind() {
    let store = Faulty::new();
    let bench = Bench::over(Arc::<Faulty>::clone(&store));
    assert_eq!(ask(&bench, "order-7", &body()).await.0, 201);
    let other = json!({ "return_url": RETURN, "connection": "mle" });
    let (status, answer) = ask(&bench, "order-7", &other).await;
    assert_eq!((status, &answer["error"]["code"]), (409, &json!("idempotency_conflict")));
    assert_eq!(store.count("identification"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubled_empty_or_unprintable_key_is_refused() {
    let bench = Bench::start();
    let long = "k".repeat(256);
    for keys in [vec!["a", "b"], vec!["a", "a"], vec![""], vec!["\u{e4}"], vec![long.as_str()]] {
        let mut request =
            bench.sandbox.relying.http.post(format!("{}/api/v1/identifications", bench.issuer()));
        for key in &keys {
            request = request.header("Idempotency-Key", key.as_bytes());
        }
        let request = request.basic_auth("shop", Some("shop-secret")).body(body().to_string());
        assert_eq!(request.send().await.unwrap().status().as_u16(), 400, "{keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_one_tenant_means_nothing_at_another() {
    let bench = Bench::start();
    let (_, here) = ask(&bench, "order-9", &body()).await;
    // The same app with the same secret, as an app of a platform is.
    let other = bench.add_twin("other");
    let request = bench.sandbox.relying.http.post(format!("{other}/api/v1/identifications"));
    let request = request.basic_auth("shop", Some("shop-secret")).header("Idempotency-Key", "order-9");
    let another = json!({ "return_url": RETURN, "connection": "mle" }).to_string();
    let response = request.header("Content-Type", "application/json").body(another).send().await.unwrap();
    assert_eq!(response.status(), 201, "no conflict, and not the other's answer");
    let there: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_ne!(here["id"], there["id"]);
    assert_eq!(ask(&bench, "order-9", &body()).await.1["id"], here["id"]);
}
