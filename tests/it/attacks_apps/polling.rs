//! The long poll: it waits for what is the app's own, and is woken.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::{Instant, timeout};
use tunnus::flow::waiting::PER_APP;

use crate::support::{
    faulty::Faulty,
    sandbox::{Bench, RETURN},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_is_woken_when_the_identification_is_settled_and_hardly_asks_the_store() {
    let store = Faulty::new();
    let bench = Arc::new(Bench::over(Arc::<Faulty>::clone(&store)));
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let path = format!("identifications/{}?wait=25", created["id"].as_str().unwrap());
    store.calls();
    // Each looks twice at first and once when woken, the flow itself twice at most.
    let begun = Instant::now();
    let polls: Vec<_> = (0..3)
        .map(|_| {
            let (bench, path) = (Arc::clone(&bench), path.clone());
            tokio::spawn(async move { bench.rest("GET", &path, None).await })
        })
        .collect();
    bench.person().walk(&created["url"].as_str().unwrap().parse().unwrap(), RETURN).await;
    for poll in polls {
        let (status, body) = timeout(Duration::from_secs(20), poll).await.expect("woken").unwrap();
        assert_eq!((status, body["status"].as_str()), (200, Some("completed")), "{body}");
    }
    let looks = store.calls().iter().filter(|call| *call == "look outcome").count();
    let most = 2 + 3 * (3 + usize::try_from(begun.elapsed().as_secs()).unwrap());
    assert!(looks <= most, "{looks} of {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_ends_the_wait() {
    let bench = Arc::new(Bench::start());
    let id = bench.create(json!({ "connection": "ftn" })).await["id"].as_str().unwrap().to_owned();
    let waiting = {
        let (bench, path) = (Arc::clone(&bench), format!("identifications/{id}?wait=25"));
        tokio::spawn(async move { bench.rest("GET", &path, None).await })
    };
    assert_eq!(bench.rest("DELETE", &format!("identifications/{id}"), None).await.0, 204);
    let (status, body) = timeout(Duration::from_secs(20), waiting).await.expect("woken").unwrap();
    assert_eq!((status, body["status"].as_str()), (200, Some("failed")), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_with_too_many_polls_is_told_to_wait_and_others_are_not() {
    let bench = Bench::start();
    let id = bench.create(json!({ "connection": "ftn" })).await["id"].as_str().unwrap().to_owned();
    let waiting = Arc::clone(&bench.sandbox.broker.flows.waiting);
    let all: Vec<_> = (0..PER_APP).map(|_| waiting.enter("demo", "shop", "others").unwrap()).collect();
    let path = format!("identifications/{id}?wait=1");
    let (status, body) = bench.rest("GET", &path, None).await;
    assert_eq!((status, &body["error"]["code"]), (429, &json!("rate_limited")));
    assert_eq!(bench.rest("GET", &format!("identifications/{id}"), None).await.0, 200, "without a wait");
    drop(all);
    assert_eq!(bench.rest("GET", &path, None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_no_number_is_refused() {
    let bench = Bench::start();
    let id = bench.create(json!({ "connection": "ftn" })).await["id"].as_str().unwrap().to_owned();
    for wait in ["", "x", "-1", "1.5", "99999999999999999999999", "1&wait=1"] {
        let (status, _) = bench.rest("GET", &format!("identifications/{id}?wait={wait}"), None).await;
        assert_eq!(status, 400, "{wait}");
    }
}
