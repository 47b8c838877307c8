//! Redirect URIs and return URLs that lead elsewhere, or break what they stand in.

use serde_json::json;

use crate::support::sandbox::Bench;

/// What a parser would mend to an address of this machine, and what is none.
const HOSTILE: [&str; 24] = [
    "http://127.0.0.1:9/return\r\nSet-Cookie: a=b",
    "http://127.0.0.1:9/re\nturn",
    "http://127.0.0.1:9/re\tturn",
    "http://127.0.0.1:9/return\u{0}",
    "http://127.0.0.1:9/return ",
    " http://127.0.0.1:9/return",
    "http://127.0.0.1:9/a b",
    "http://127.0.0.1:9\\@evil.example/",
    "http:\\\\127.0.0.1:9/return",
    "http:127.0.0.1:9/return",
    "http:///127.0.0.1:9/return",
    "http://user@127.0.0.1:9/return",
    "http://:secret@127.0.0.1:9/return",
    "http://@127.0.0.1:9/return",
    "http://127.0.0.1:9/return#fragment",
    "http://127.0.0.1:9/return#",
    "http://127.0.0.1:9/a/../return",
    "http://127.0.0.1:9/%2e%2e/return",
    "http://127.1:9/return",
    "http://2130706433:9/return",
    "http://０x7f.1:9/return",
    "http://[::ffff:127.0.0.1]:9/return",
    "http://127.0.0.1:9/käynti",
    "http://localhost.evil.example:9/return",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_redirect_uri_is_a_page_and_never_a_redirect() {
    let bench = Bench::start();
    let long = format!("http://127.0.0.1:9/{}", "x".repeat(10_000));
    for hostile in HOSTILE.into_iter().chain([long.as_str()]) {
        let mut url: url::Url = format!("{}/authorize", bench.issuer()).parse().unwrap();
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("scope", "openid"),
            ("client_id", "shop"),
            ("redirect_uri", hostile),
        ]);
        let shown = bench.person().get(&url).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{hostile:?}");
        assert!(!shown.body.contains("evil.example"), "no echo: {}", shown.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_return_url_is_refused() {
    let bench = Bench::start();
    for hostile in HOSTILE {
        let body = json!({ "return_url": hostile, "connection": "ftn" });
        let (status, answer) = bench.rest("POST", "identifications", Some(body)).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("request_invalid")), "{hostile:?}");
        assert!(!answer.to_string().contains("evil.example"), "no echo: {answer}");
    }
}
