//! What a flood cannot have: cryptography without an attempt, memory without a bound.

use serde_json::json;
use tunnus::flow::binding::state_hash;
use url::form_urlencoded::Serializer;

use crate::support::{
    faulty::Faulty,
    sandbox::{Bench, RETURN},
};

/// The most that one value of a login may take in the store.
const VALUE_MAX: usize = 48 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn returns_without_an_attempt_cost_no_operation_with_a_key_and_no_call_of_the_store() {
    let store = Faulty::new();
    let bench = Bench::over(store.clone());
    let door = bench.door("ftn").await;
    bench.person().walk(&door, &format!("{}/return/", bench.issuer())).await;
    store.calls();
    let operations = &bench.sandbox.broker.operations;
    let before = operations.counts();
    let secret = "A".repeat(43);
    let http = &bench.sandbox.relying.http;
    for number in 0..60 {
        for (connection, leg) in
            [("ftn", "callback"), ("mle", "callback"), ("idpartner", "selected"), ("idpartner", "callback")]
        {
            let jarm = format!("eyJhbGciOiJSU0EtT0FFUCJ9.{number}.AAAA.AAAA.AAAA");
            let fields =
                [("state", secret.as_str()), ("code", "x"), ("response", &jarm), ("id_token", &jarm)];
            let query = Serializer::new(String::new()).extend_pairs(fields).finish();
            let url = format!("{}/return/{connection}/{leg}", bench.issuer());
            // A cookie whose name is not of its value is none.
            let cookie = format!("tunnus_AAAAAAAAAAAAAAAA=demo.{connection}.x{number}.1.{secret}.{secret}");
            let got = http.get(format!("{url}?{query}")).header("Cookie", cookie).send().await.unwrap();
            assert_eq!(got.status(), 400, "{connection}");
            let posted = http.post(&url).header("Content-Type", "application/x-www-form-urlencoded");
            let posted = posted.body(format!("{query}&tunnus_reposted=1")).send().await.unwrap();
            assert_eq!(posted.status(), 400, "{connection}");
        }
    }
    assert_eq!(operations.counts(), before);
    assert_eq!(store.calls(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_with_hundreds_of_attempts_has_eight_looked_for() {
    let store = Faulty::new();
    let bench = Bench::over(store.clone());
    let forged = |number: u32| {
        let (state, secret) = (format!("{number:0>43}"), "A".repeat(43));
        let name = &state_hash(&state)[..16];
        format!("tunnus_{name}=demo.idpartner.x{number}.{number}.{state}.{secret}")
    };
    let cookies: Vec<_> = (0..300).map(forged).collect();
    store.calls();
    // It names no attempt: all that the browser has could be meant.
    let url = format!("{}/return/idpartner/selected?error=access_denied", bench.issuer());
    let request = bench.sandbox.relying.http.get(url).header("Cookie", cookies.join("; "));
    assert_eq!(request.send().await.unwrap().status(), 400);
    let calls = store.calls().len();
    assert!((1..=8).contains(&calls), "{calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_request_keeps_a_bounded_amount() {
    let store = Faulty::new();
    let bench = Bench::over(store.clone());
    let long = "x".repeat(2048);
    let body = json!({
        "return_url": RETURN, "connection": "ftn", "reference": long,
        "login_hint": "sandbox:persona=onni", "locale": "fi",
    });
    bench.rest("POST", "identifications", Some(body)).await;
    let claims = json!({ "userinfo": { "name": null, "birthdate": null } }).to_string();
    let fields = [
        ("response_type", "code"),
        ("client_id", "shop"),
        ("redirect_uri", RETURN),
        ("scope", &format!("openid {}", "y".repeat(2041))),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("connection", "ftn"),
        ("state", &long),
        ("nonce", &long),
        ("reference", &long),
        ("login_hint", &long),
        ("claims", &claims),
    ];
    let form: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let url = format!("{}/authorize", bench.issuer()).parse().unwrap();
    let begun = bench.person().post(&url, &form).await;
    assert!(begun.location().is_some_and(|to| !to.as_str().starts_with(RETURN)), "{}", begun.body);
    let longest = store.longest();
    assert!((4 * 1024..VALUE_MAX).contains(&longest), "{longest}");
}
