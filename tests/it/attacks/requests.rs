//! What apps may ask, and what their codes are good for.

use serde_json::json;

use crate::support::sandbox::{Bench, RETURN};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_connection_and_one_not_enabled_look_alike() {
    let bench = Bench::start();
    let ask = |connection: &str| {
        bench.rest("POST", "identifications", Some(json!({ "return_url": RETURN, "connection": connection })))
    };
    let (status, mut body) = ask("nowhere").await;
    body.as_object_mut().unwrap().remove("trace_id");
    assert_eq!(status, 404);
    assert_eq!(
        body,
        json!({ "error": { "code": "connection_unknown", "class": "tenant", "retryable": false } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_redirect_uri_is_a_page_and_never_a_redirect() {
    let bench = Bench::start();
    let base = format!("{}/authorize?response_type=code&scope=openid&client_id=shop", bench.issuer());
    for wrong in [
        "",
        "&redirect_uri=https%3A%2F%2Fevil.example%2Fcb",
        "&redirect_uri=http%3A%2F%2F127.0.0.1.evil.example%2F",
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Freturn&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Freturn",
        "&redirect_uri=javascript%3Aalert(1)",
        "&redirect_uri=http%3A%2F%2Fuser%40127.0.0.1%2F",
    ] {
        let shown = bench.person().get(&format!("{base}{wrong}").parse().unwrap()).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_used_twice_revokes_what_it_gave() {
    let bench = Bench::start();
    let more = [("connection", "ftn"), ("login_hint", "sandbox:persona=onni")];
    let pending = bench.sandbox.relying.begin(RETURN, &more).await.unwrap();
    let returned = bench.person().walk(&pending.url.clone(), RETURN).await;
    let debug = format!("{pending:?}");
    let verifier = debug.split_once("verifier").map(|(_, rest)| rest.to_owned());
    assert!(verifier.is_some_and(|rest| rest.contains("redacted")), "{debug}");
    let params = tunnus::http::browser::params(returned.query().unwrap().as_bytes());
    assert!(bench.sandbox.relying.end(pending, &params).await.is_ok());
    let again = bench.sandbox.relying.begin(RETURN, &more).await.unwrap();
    assert!(bench.sandbox.relying.end(again, &params).await.is_err(), "another login's code");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_gives_the_same_answer_and_refuses_another_body() {
    let bench = Bench::start();
    let ask = |body: serde_json::Value| {
        let request = bench.sandbox.relying.http.post(format!("{}/api/v1/identifications", bench.issuer()));
        request
            .basic_auth("shop", Some("shop-secret"))
            .header("Idempotency-Key", "order-7")
            .body(body.to_string())
            .send()
    };
    let body = json!({ "return_url": RETURN, "connection": "ftn" });
    let first = ask(body.clone()).await.unwrap();
    assert_eq!(first.status(), 201);
    let (first, second) = (first.text().await.unwrap(), ask(body).await.unwrap().text().await.unwrap());
    assert_eq!(first, second);
    assert_eq!(ask(json!({ "return_url": RETURN })).await.unwrap().status(), 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_members_and_wrong_types_are_refused_with_their_place() {
    let bench = Bench::start();
    for (body, pointer) in [
        (json!({ "return_url": RETURN, "connexion": "ftn" }), ""),
        (json!({ "return_url": "https://evil.example/" }), "/return_url"),
        (json!({ "return_url": RETURN, "claims": { "required": ["shoe_size"] } }), "/claims/required/0"),
        (json!({ "return_url": RETURN, "max_age": "soon" }), ""),
    ] {
        let (status, answer) = bench.rest("POST", "identifications", Some(body.clone())).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(answer["error"]["fields"][0]["pointer"], pointer, "{answer}");
    }
}
