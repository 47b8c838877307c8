//! What somebody may try with a trial who has no business with it, or with one that is over.

use serde_json::{Value, json};
use tunnus::{
    admin::Role,
    sandbox::tenant::{APP, APP_SECRET},
};
use url::Url;

use crate::support::{
    person::Person,
    sandbox::{RETURN, param},
};

use super::desk::{Desk, door, path};

/// The page where a browser ends, however often a page asks it to look again.
async fn end(person: &mut Person, url: &Url) -> String {
    let mut shown = *person.try_walk(url, "nowhere:").await.expect_err("a page");
    while let Some(again) = shown.refresh() {
        shown = *person.try_walk(&again, "nowhere:").await.expect_err("a page");
    }
    shown.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_is_of_one_browser_and_good_once() {
    let desk = Desk::open().await;
    let trial = desk.begin("ftn", json!({})).await;
    let mut person = desk.bench.person();
    let back = desk.until_return(&mut person, &trial).await;
    let mut stranger = desk.bench.person();
    let proceed = desk.proceed(&mut stranger, &trial).await;
    assert!(end(&mut stranger, &proceed).await.contains("started in another browser"));
    assert!(end(&mut stranger, &back).await.contains("started in another browser"));
    assert_eq!(desk.told(&trial).await["status"], "pending");
    assert!(end(&mut person, &back).await.contains("The trial succeeded"));
    assert!(end(&mut person, &back).await.contains("The trial succeeded"), "the same answer to a reload");
    let told = desk.told(&trial).await;
    for browser in [&mut person, &mut stranger] {
        let page = end(browser, &door(&trial)).await;
        assert!(!page.contains("Continue</a>"), "{page}");
    }
    assert_eq!(desk.told(&trial).await, told, "nothing more comes of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_app_can_read_end_or_redeem_a_trial() {
    let desk = Desk::open().await;
    let trial = desk.begin("ftn", json!({ "app": APP })).await;
    let id = trial["id"].as_str().unwrap();
    let path = format!("identifications/{id}");
    let ticket = door(&trial).path_segments().unwrap().next_back().unwrap().to_owned();
    for over in [false, true] {
        if over {
            desk.go(&mut desk.bench.person(), &trial).await;
        }
        for (method, path, body) in [
            ("GET", path.clone(), None),
            ("GET", format!("{path}?wait=1"), None),
            ("DELETE", path.clone(), None),
            ("POST", format!("{path}/result"), Some(json!({ "code": ticket }))),
        ] {
            let (status, told) = desk.bench.rest(method, &path, body).await;
            assert_eq!(
                (status, &told["error"]["code"]),
                (404, &json!("identification_unknown")),
                "{method} {path}"
            );
        }
        let http = &desk.bench.sandbox.relying.http;
        let form = format!("grant_type=authorization_code&code={ticket}&redirect_uri={RETURN}");
        let request = http.post(format!("{}/token", desk.bench.issuer())).basic_auth(APP, Some(APP_SECRET));
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        let told = request.send().await.unwrap().text().await.unwrap();
        assert!(told.contains("invalid_grant"), "{told}");
    }
    assert_eq!(desk.told(&trial).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_tenants_own_admins_read_a_trial_and_only_who_may_begins_one() {
    let desk = Desk::open().await;
    desk.bench.add_twin("twin");
    let trial = desk.begin("ftn", json!({})).await;
    let id = trial["id"].as_str().unwrap();
    let own = path("ftn", id);
    let twins = own.replace("/tenants/demo/", "/tenants/twin/");
    for (role, tenant, reads) in [
        (Role::TenantAdmin, "demo", true),
        (Role::Auditor, "demo", true),
        (Role::TenantAdmin, "twin", false),
        (Role::Auditor, "twin", false),
    ] {
        let token = desk.token(role, Some(tenant)).await;
        let (status, _) = desk.ask_as(&token, "GET", &own, None).await;
        assert_eq!(status, if reads { 200 } else { 404 }, "{role} of {tenant}");
        let (status, _) = desk.ask_as(&token, "GET", &twins, None).await;
        assert_eq!(status, 404, "{role} of {tenant}: there is no such trial at the twin");
        let (status, _) = desk.ask_as(&token, "POST", &path("ftn", ""), Some(json!({}))).await;
        let begins = match (role, reads) {
            (_, false) => 404,
            (Role::Auditor, true) => 403,
            (_, true) => 201,
        };
        assert_eq!(status, begins, "{role} of {tenant}");
    }
    let body = desk.bench.create(json!({})).await;
    for other in [body["id"].as_str().unwrap(), "x", "..%2F..", &"A".repeat(22), &"A".repeat(4_000)] {
        assert_eq!(desk.ask("GET", &path("ftn", other), None).await.0, 404, "{other}");
    }
    assert_eq!(desk.ask("GET", &path("idpartner", id), None).await.0, 404, "another connection");
    // Its door is at its own tenant alone.
    let elsewhere = door(&trial).as_str().replace("/t/demo/", "/t/twin/").parse().unwrap();
    assert_eq!(desk.bench.person().get(&elsewhere).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_and_a_login_side_by_side_each_end_as_what_they_are() {
    let desk = Desk::open().await;
    let mut person = desk.bench.person();
    let returns = format!("{}/return/", desk.bench.issuer());
    let trial = desk.begin("ftn", json!({})).await;
    let of_trial = desk.until_return(&mut person, &trial).await;
    let of_login = person.walk(&desk.bench.door("ftn").await, &returns).await;
    // The state of one with the code of the other.
    let mixed = |state: &Url, code: &Url| -> Url {
        let mut url = state.clone();
        let pairs = state.query_pairs().map(|(name, value)| {
            let value = if name == "code" { param(code, "code").unwrap() } else { value.into_owned() };
            (name.into_owned(), value)
        });
        let pairs: Vec<_> = pairs.collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        url
    };
    let other = desk.begin("ftn", json!({})).await;
    let of_other = desk.until_return(&mut person, &other).await;
    assert!(end(&mut person, &mixed(&of_other, &of_login)).await.contains("The trial failed"));
    let home = person.walk(&of_login, RETURN).await;
    assert!(home.as_str().starts_with(RETURN));
    assert!(end(&mut person, &of_trial).await.contains("The trial succeeded"));
    let told = desk.told(&other).await;
    assert_eq!(told["status"], "failed", "{told}");
    assert!(told["report"]["finding"]["remedy"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_in_mid_trial_ends_it_with_a_finding() {
    let desk = Desk::open().await;
    let mut person = desk.bench.person();
    let trial = desk.begin("ftn", json!({})).await;
    let as_app = desk.begin("ftn", json!({ "app": APP })).await;
    let back = desk.until_return(&mut person, &trial).await;
    let back_as_app = desk.until_return(&mut person, &as_app).await;
    desk.bench.change(|tenant| tenant.apps.retain(|app| app.id != APP));
    end(&mut person, &back_as_app).await;
    desk.bench.change(|tenant| {
        for connection in &mut tenant.connections {
            std::sync::Arc::make_mut(connection).enabled = false;
        }
    });
    assert!(end(&mut person, &back).await.contains("The trial failed"));
    for (trial, code) in [(&trial, "connection_unknown"), (&as_app, "app_unauthorised")] {
        let told = desk.told(trial).await;
        assert_eq!(
            (&told["status"], &told["report"]["error"]["code"]),
            (&json!("failed"), &json!(code)),
            "{told}"
        );
        let text = told["report"]["finding"]["text"].as_str().unwrap();
        assert!(text.contains("switched off or removed"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_connection_leaves_a_trial_that_ends_by_itself() {
    let desk = Desk::open().await;
    let mut person = desk.bench.person();
    let trial = desk.begin("ftn", json!({})).await;
    let back = desk.until_return(&mut person, &trial).await;
    desk.bench.change(|tenant| tenant.connections.retain(|connection| connection.id != "ftn"));
    assert_eq!(person.get(&back).await.status, 400);
    assert_eq!(desk.told(&trial).await["status"], "pending");
    desk.bench.pass(11 * 60);
    assert_eq!(desk.told(&trial).await["status"], "expired");
    assert_eq!(desk.ask("POST", &path("ftn", ""), Some(json!({}))).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_a_few_trials_open_and_each_ends_by_itself() {
    let desk = Desk::open().await;
    let trials: Vec<Value> =
        [desk.begin("ftn", json!({})).await, desk.begin("ftn", json!({})).await].into_iter().collect();
    for _ in 0..2 {
        desk.begin("oidc-sealed", json!({})).await;
    }
    let (status, told) = desk.ask("POST", &path("ftn", ""), Some(json!({}))).await;
    assert_eq!((status, &told["error"]["code"]), (429, &json!("rate_limited")));
    desk.go(&mut desk.bench.person(), &trials[0]).await;
    desk.begin("ftn", json!({})).await;
    assert_eq!(desk.ask("POST", &path("ftn", ""), Some(json!({}))).await.0, 429);
    desk.bench.pass(11 * 60);
    assert_eq!(desk.told(&trials[1]).await["status"], "expired");
    let later = desk.begin("ftn", json!({})).await;
    // Who comes to the first one too late ends it, and takes nobody's place from him.
    let page =
        end(&mut desk.bench.person(), &format!("{}?proceed=1", door(&trials[1])).parse().unwrap()).await;
    assert!(page.contains("The trial failed"), "{page}");
    for _ in 0..3 {
        desk.begin("ftn", json!({})).await;
    }
    assert_eq!(desk.ask("POST", &path("ftn", ""), Some(json!({}))).await.0, 429);
    assert_eq!(desk.told(&later).await["status"], "pending");
    desk.bench.pass(2 * 60 * 60);
    for trial in &trials {
        let path = path("ftn", trial["id"].as_str().unwrap());
        assert_eq!(desk.ask("GET", &path, None).await.0, 404, "its time is over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_judged_before_anything_begins() {
    let desk = Desk::open().await;
    for (body, pointer) in [
        (json!({ "app": "nobody" }), "/app"),
        (json!({ "app": "" }), "/app"),
        (json!({ "return_url": "https://evil.example" }), ""),
        (json!({ "locale": "xx" }), ""),
        (json!({ "app": 7 }), ""),
    ] {
        for _ in 0..5 {
            let (status, told) = desk.ask("POST", &path("ftn", ""), Some(body.clone())).await;
            assert_eq!(
                (status, &told["error"]["fields"][0]["pointer"]),
                (400, &json!(pointer)),
                "{body}: {told}"
            );
        }
    }
    desk.begin("ftn", json!({})).await;
}
