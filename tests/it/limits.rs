//! Who asks too much, sends too much or takes too long.

mod admins;
mod flows;
mod held;
mod slow;

use serde_json::json;
use tunnus::{
    config::Limits,
    sandbox::tenant::{APP, APP_SECRET},
};
use url::Url;

use crate::{
    attacks_apps::world::{add_app, add_tenant},
    support::sandbox::{Bench, RETURN, param},
};

/// An authorization request of `app` at `issuer`.
fn authorize(issuer: &str, app: &str) -> Url {
    let mut url: Url = format!("{issuer}/authorize").parse().unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", app),
        ("redirect_uri", RETURN),
        ("scope", "openid"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("connection", "ftn"),
    ]);
    url
}

/// Whether an authorization request of `app` leads on; else the app is told to wait.
async fn leads_on(bench: &Bench, issuer: &str, app: &str) -> bool {
    let answer = bench.person().get(&authorize(issuer, app)).await;
    let to = answer.location().unwrap_or_else(|| panic!("{} {}", answer.status, answer.body));
    let described = param(&to, "error_description").unwrap_or_default();
    let limited = described.starts_with("rate_limited [");
    assert!(!limited || param(&to, "error").as_deref() == Some("temporarily_unavailable"), "{to}");
    !limited
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_beyond_its_limit_waits_and_is_told_so_as_it_understands() {
    let limits = Limits {
        burst_seconds: 2,
        address_starts: 1,
        address_returns: 1,
        address_calls: 1,
        ..Limits::none()
    };
    let bench = Bench::limited(limits);
    let http = &bench.sandbox.relying.http;
    let issuer = bench.issuer();
    for (path, kind, expected) in [
        ("authorize", "text/html", "Pyyntöjä on juuri nyt liikaa"),
        ("identify/x.y", "text/html", "Pyyntöjä on juuri nyt liikaa"),
        ("return/ftn/callback", "text/html", "Pyyntöjä on juuri nyt liikaa"),
        ("userinfo", "application/json", "\"error\":\"temporarily_unavailable\""),
        ("api/v1/connections", "application/json", "\"code\":\"rate_limited\""),
        ("jwks", "application/json", "\"code\":\"rate_limited\""),
        ("../nowhere", "application/json", "\"code\":\"rate_limited\""),
    ] {
        let mut last = None;
        // A refusal is held for so long that the next request may be let through.
        for forged in 0..20 {
            // Whom a sender claims to ask for is nothing: it is no proxy of ours.
            let request = http.get(format!("{issuer}/{path}")).header("Accept-Language", "fi");
            let request = request.header("X-Forwarded-For", format!("198.51.100.{forged}"));
            let request = request.header("Forwarded", format!("for=198.51.100.{forged}"));
            let answer = request.send().await.unwrap();
            let refused = answer.status() == 429;
            last = Some(answer);
            if refused {
                break;
            }
        }
        let answer = last.unwrap();
        let wait = answer.headers()["Retry-After"].to_str().unwrap();
        assert_eq!((answer.status().as_u16(), wait), (429, "5"), "{path}");
        assert!(answer.headers()["Content-Type"].to_str().unwrap().starts_with(kind), "{path}");
        let body = answer.text().await.unwrap();
        assert!(body.contains(expected), "{path}: {body}");
    }
    let metrics = bench.sandbox.broker.metrics.render();
    for class in ["starts", "returns", "calls"] {
        let line = format!("tunnus_requests_limited_total{{class=\"{class}\",subject=\"address\"}}");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_request_beyond_the_limit_is_refused_as_oauth_says_before_its_body_is_read() {
    let bench = Bench::limited(Limits { address_calls: 1, ..Limits::none() });
    let url = format!("{}/token", bench.issuer());
    let http = &bench.sandbox.relying.http;
    for _ in 0..3 {
        http.post(&url).body("x").send().await.unwrap();
    }
    let answer = http.post(&url).body("x".repeat(32 * 1024)).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(body["error"], "temporarily_unavailable");
    assert!(body["error_description"].as_str().unwrap().starts_with("rate_limited ["), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_apps_flood_leaves_other_apps_and_tenants_alone() {
    let bench =
        Bench::limited(Limits { burst_seconds: 3, app_starts: 1, tenant_starts: 2, ..Limits::none() });
    add_app(&bench, "desk", |_| {});
    let other = add_tenant(&bench, "other");
    let mut led = 0;
    for _ in 0..20 {
        led += usize::from(leads_on(&bench, bench.issuer(), APP).await);
    }
    assert!((3..20).contains(&led), "{led}");
    assert!(leads_on(&bench, bench.issuer(), "desk").await, "another app");
    assert!(leads_on(&bench, &other, APP).await, "the same app's name at another tenant");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_apps_of_a_tenant_share_what_it_may() {
    let bench = Bench::limited(Limits { burst_seconds: 5, app_calls: 1, tenant_calls: 1, ..Limits::none() });
    add_app(&bench, "desk", |_| {});
    let ask = |app| bench.rest_as((app, APP_SECRET), "GET", "connections", None);
    let mut statuses = Vec::new();
    for app in [APP, "desk", APP, "desk", APP, "desk", APP, "desk", APP, "desk", APP, "desk"] {
        statuses.push(ask(app).await);
    }
    let (status, body) = statuses.iter().find(|(status, _)| *status != 200).expect("a limit");
    assert_eq!((*status, &body["error"]["code"]), (429, &json!("rate_limited")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_an_apps_secret_uses_up_nothing_of_the_app() {
    let bench = Bench::limited(Limits { app_calls: 2, tenant_calls: 2, ..Limits::none() });
    for _ in 0..20 {
        assert_eq!(bench.rest_as((APP, "wrong"), "GET", "connections", None).await.0, 401);
    }
    assert_eq!(bench.rest("GET", "connections", None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_goes_through_within_the_limits_that_are_the_default() {
    let bench = Bench::limited(Limits::default());
    for connection in ["ftn", "mle", "idpartner"] {
        let door = bench.door(connection).await;
        let returned = bench.person().walk(&door, RETURN).await;
        assert_eq!(bench.result(&returned).await.0, 200, "{connection}");
    }
}
