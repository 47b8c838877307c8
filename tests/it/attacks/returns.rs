//! Returns that are not this browser's, come twice, late, or in another order.

use std::sync::Arc;

use serde_json::json;
use tunnus::sandbox::tenant::{APP, APP_SECRET};
use url::Url;

use super::until_return;
use crate::support::sandbox::{Bench, RETURN, param};

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
async fn a_return_of_a_stranger_costs_a_look_for_a_cookie_and_no_more() {
    let bench = Bench::start();
    let back = until_return(&bench, &mut bench.person(), "ftn").await;
    bench.change(|tenant| {
        for connection in tenant.connections.iter_mut().map(Arc::make_mut) {
            (connection.settings, connection.revision) = (serde_json::Value::Null, connection.revision + 1);
        }
    });
    // Who has no attempt does not even learn that the connection cannot be built.
    let stranger = bench.person().get(&back).await;
    assert_eq!((stranger.status, stranger.location()), (400, None), "{}", stranger.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_learnt_a_state_and_makes_the_cookie_up_takes_nobody_s_attempt_away() {
    let bench = Bench::start();
    for connection in ["ftn", "idpartner"] {
        let mut person = bench.person();
        let back = until_return(&bench, &mut person, connection).await;
        let mut forger = person.forged(|value| match value.rsplit_once('.') {
            Some((known, secret)) => format!("{known}.{}", "A".repeat(secret.len())),
            None => value.to_owned(),
        });
        let shown = forger.get(&back).await;
        assert_eq!((shown.status, shown.location()), (400, None), "{}", shown.body);
        let returned = person.walk(&back, RETURN).await;
        assert_eq!(bench.result(&returned).await.0, 200, "{connection}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_nothing_to_another_tenant_with_a_connection_of_that_name() {
    let bench = Bench::start();
    let other = bench.add_twin("other");
    let mut person = bench.person();
    let selected = until_return(&bench, &mut person, "idpartner").await;
    let elsewhere: Url = selected.as_str().replace(bench.issuer(), &other).parse().unwrap();
    let returned = person.walk(&selected, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
    let shown = person.get(&elsewhere).await;
    assert_eq!((shown.status, shown.location()), (400, None), "not answered there as it was here");
    // One login under way at each: only the tenant's own is considered.
    until_return(&bench, &mut person, "idpartner").await;
    let body = Some(json!({ "return_url": RETURN, "connection": "idpartner" }));
    let created = bench.rest_at(&other, (APP, APP_SECRET), "POST", "identifications", body).await.1;
    person.open(&created["url"].as_str().unwrap().parse().unwrap()).await;
    let shown = person.get(&elsewhere).await;
    assert!(!shown.body.contains("tunnus_attempt"), "the person is asked nothing: {}", shown.body);
    assert_ne!(shown.status, 400, "and the login goes on");
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
    let away = person.open(&bench.door("ftn").await).await;
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
    let chooser = person.open(&door).await;
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
async fn what_came_in_a_form_stands_in_no_address() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    let mut fields: Vec<_> = back.query_pairs().into_owned().collect();
    let mut address = back.clone();
    address.set_query(None);
    fields.push(("tunnus_reposted".to_owned(), "1".to_owned()));
    // A double click: the second comes while the first is at work, and both come again.
    let mut other_tab = person.clone();
    let (first, second) = tokio::join!(person.post(&address, &fields), other_tab.post(&address, &fields));
    let code = param(&back, "code").expect("the upstream's code");
    let homes: Vec<_> = [&first, &second].iter().filter_map(|shown| shown.location()).collect();
    assert!(!homes.is_empty(), "{}", first.body);
    for shown in [first, second] {
        assert!(shown.links().iter().all(|link| !link.as_str().contains(&code)), "{}", shown.body);
        assert!(shown.refresh().is_none_or(|again| !again.as_str().contains(&code)), "{}", shown.body);
    }
    let again = person.post(&address, &fields).await.location();
    assert_eq!(again.as_ref(), homes.first(), "the same answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_answered_by_a_form_is_answered_by_it_again() {
    let bench = Bench::start();
    let more =
        [("connection", "ftn"), ("login_hint", "sandbox:persona=onni"), ("response_mode", "form_post")];
    let pending = bench.sandbox.relying.begin(RETURN, &more).await.unwrap();
    let mut person = bench.person();
    let back = person.walk(&pending.url, &format!("{}/return/", bench.issuer())).await;
    let (first, again) = (person.get(&back).await, person.get(&back).await);
    assert_eq!((first.status, first.location()), (200, None));
    let (action, fields) = first.form().expect("a form");
    assert!(action.as_str().starts_with(RETURN) && fields.iter().any(|(name, _)| name == "code"));
    assert_eq!(again.form(), Some((action, fields)));
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
