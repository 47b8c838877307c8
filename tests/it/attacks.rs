//! The ten rules of what must never happen, attacked one by one.

use serde_json::json;
use url::Url;

use crate::support::{
    person::Person,
    sandbox::{Bench, RETURN, param},
};

/// Walks until the upstream sends the browser back, and stops before the broker sees it.
async fn until_return(bench: &Bench, person: &mut Person, connection: &str) -> Url {
    let door = bench.door(connection).await;
    let returns = format!("{}/return/", bench.issuer());
    person.walk(&door, &returns).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_in_another_browser_is_refused_and_burns_nothing() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    let stranger = bench.person().get(&back).await;
    assert_eq!((stranger.status, stranger.location()), (400, None), "a page, never a redirect");
    let returned = person.walk(&back, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_browser_is_answered_again_and_gets_one_result() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    let first = person.get(&back).await.location().expect("back to the app");
    let again = person.get(&back).await.location().expect("the same answer");
    assert_eq!(first, again);
    bench.pass(61);
    let late = person.get(&back).await;
    assert_eq!((late.status, late.location()), (400, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_returning_in_reverse_order_both_succeed() {
    let bench = Bench::start();
    for connection in ["ftn", "idpartner"] {
        let mut person = bench.person();
        let first = until_return(&bench, &mut person, connection).await;
        let second = until_return(&bench, &mut person, connection).await;
        if connection == "ftn" {
            for back in [second, first] {
                let returned = person.walk(&back, RETURN).await;
                assert_eq!(bench.result(&returned).await.0, 200, "{connection}");
            }
        } else {
            // The selector's return tells nothing apart: the person picks.
            let page = person.try_walk(&second, RETURN).await.expect_err("a page");
            let picks: Vec<_> =
                page.links().into_iter().filter(|link| param(link, "tunnus_attempt").is_some()).collect();
            assert_eq!(picks.len(), 2, "{}", page.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_login_over_the_selector_is_not_answered_as_the_first_was() {
    let bench = Bench::start();
    let mut person = bench.person();
    let mut returns = Vec::new();
    for _ in 0..2 {
        // Nothing in the selector's return tells the two logins apart.
        let selected = until_return(&bench, &mut person, "idpartner").await;
        let returned = person.walk(&selected, RETURN).await;
        assert_eq!(bench.result(&returned).await.0, 200);
        returns.push(selected);
    }
    assert_eq!(returns[0], returns[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_login_begun_twice_goes_on_without_a_question() {
    let bench = Bench::start();
    let mut person = bench.person();
    let door = bench.door("idpartner").await;
    let returns = format!("{}/return/", bench.issuer());
    let first = person.walk(&door, &returns).await;
    let second = person.walk(&door, &returns).await;
    assert_eq!(first, second, "a double click on the chooser");
    let returned = person.walk(&second, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_over_is_not_offered_to_the_person_any_more() {
    let bench = Bench::start();
    let mut person = bench.person();
    let created = bench.create(json!({ "connection": "idpartner" })).await;
    let returns = format!("{}/return/", bench.issuer());
    person.walk(&created["url"].as_str().unwrap().parse().unwrap(), &returns).await;
    let path = format!("identifications/{}", created["id"].as_str().unwrap());
    assert_eq!(bench.rest("DELETE", &path, None).await.0, 204);
    let other = until_return(&bench, &mut person, "idpartner").await;
    let returned = person.walk(&other, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_on_another_leg_or_connection_is_refused() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    for (from, to) in [
        ("/return/ftn/callback", "/return/mle/callback"),
        ("/callback", "/selected"),
        ("/t/demo/", "/t/other/"),
    ] {
        let foreign: Url = back.as_str().replace(from, to).parse().unwrap();
        let shown = person.get(&foreign).await;
        assert!(shown.location().is_none() && shown.status >= 400, "{foreign}: {}", shown.status);
    }
    let returned = person.walk(&back, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_with_the_ticket_gets_only_an_attempt_of_their_own() {
    let bench = Bench::start();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let door: Url = created["url"].as_str().unwrap().parse().unwrap();
    let returns = format!("{}/return/", bench.issuer());
    let mut person = bench.person();
    let back = person.walk(&door, &returns).await;
    let mut stranger = bench.person();
    let theirs = stranger.walk(&door, &returns).await;
    assert_ne!(param(&back, "state"), param(&theirs, "state"));
    let returned = person.walk(&back, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
    let late = stranger.get(&theirs).await;
    assert!(late.location().is_none(), "settled already: a page");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_link_to_somebody_else_gets_no_identity() {
    let bench = Bench::start();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let door: Url = created["url"].as_str().unwrap().parse().unwrap();
    let returned = bench.person().walk(&door, RETURN).await;
    assert!(param(&returned, "code").is_some(), "only the victim's browser has the code");
    let (_, seen) =
        bench.rest("GET", &format!("identifications/{}", created["id"].as_str().unwrap()), None).await;
    assert_eq!(seen.get("identity"), None, "{seen}");
}

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
async fn a_late_return_finds_its_way_home_with_an_error() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    bench.pass(10 * 60 + 1);
    let home = person.get(&back).await.location().expect("back to the app");
    assert_eq!(param(&home, "error").as_deref(), Some("flow_expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_outlives_the_attempt_so_that_a_late_return_is_known() {
    let bench = Bench::start();
    let mut person = bench.person();
    let away = person.get(&bench.door("ftn").await).await;
    let (_, rest) = away.headers["Set-Cookie"].to_str().unwrap().split_once("Max-Age=").unwrap();
    let lives: u32 = rest.split(';').next().unwrap().parse().unwrap();
    assert!(lives > 10 * 60, "{lives} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_offers_another_way_is_shown_again_after_a_reload() {
    let bench = Bench::start();
    let mut person = bench.person();
    let hint = json!({ "login_hint": "sandbox:persona=onni,fault=token_server_error" });
    let door = bench.create(hint).await["url"].as_str().unwrap().parse().unwrap();
    let chooser = person.get(&door).await;
    let choice = chooser.links().into_iter().find(|link| param(link, "connection").as_deref() == Some("ftn"));
    let returns = format!("{}/return/", bench.issuer());
    let back = person.walk(&choice.expect("FTN is offered"), &returns).await;
    let shown = person.get(&back).await;
    let another = |links: Vec<Url>| links.into_iter().find(|link| param(link, "proceed").is_some());
    assert!(another(shown.links()).is_some(), "{}", shown.body);
    assert_eq!(person.get(&back).await.body, shown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_wins_over_a_late_return() {
    let bench = Bench::start();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let returns = format!("{}/return/", bench.issuer());
    let mut person = bench.person();
    let back = person.walk(&created["url"].as_str().unwrap().parse().unwrap(), &returns).await;
    let path = format!("identifications/{}", created["id"].as_str().unwrap());
    assert_eq!(bench.rest("DELETE", &path, None).await.0, 204);
    let late = person.get(&back).await;
    assert!(late.location().is_none(), "no code, no redirect");
    let (_, body) = bench.rest("GET", &path, None).await;
    assert_eq!(body["status"], "failed");
    assert_eq!(body.get("identity"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_across_sites_is_taken_after_one_repost() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    let fields: Vec<_> = back.query_pairs().into_owned().collect();
    let mut address = back.clone();
    address.set_query(None);
    let page = person.post_across_sites(&address, &fields).await;
    let (action, fields) = page.form().expect("a form that posts itself");
    let answer = person.post(&action, &fields).await;
    let home = answer.location().unwrap_or_else(|| panic!("{}", answer.body));
    assert!(home.as_str().starts_with(RETURN));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_failures_in_a_row_end_in_a_page() {
    let bench = Bench::start();
    let mut person = bench.person();
    for round in 1..=3 {
        let body = bench.create(json!({ "connection": "ftn", "login_hint": "sandbox:fault=cancel" })).await;
        let door = body["url"].as_str().unwrap().parse().unwrap();
        let ended = person.try_walk(&door, RETURN).await;
        assert_eq!(ended.is_ok(), round < 3, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prefetching_and_head_have_no_effect() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    let guessed = person.get_with(&back, &[("Sec-Purpose", "prefetch")]).await;
    assert!(guessed.location().is_none());
    let framed = person.get_with(&back, &[("Sec-Fetch-Dest", "iframe")]).await;
    assert!(framed.location().is_none() && framed.body.contains("href"));
    assert!(!framed.headers.contains_key("X-Frame-Options"), "the page that a frame may show");
    let returned = person.walk(&back, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
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
