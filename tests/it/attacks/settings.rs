//! Settings that change in mid-flow.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::json;
use tunnus::{
    sandbox::tenant::APP,
    tenant::model::{App, RedirectUri, Tenant},
};
use tunnus_sdk::Member;
use url::Url;

use super::until_return;
use crate::support::sandbox::{Bench, RETURN, param};

fn shop(tenant: &mut Tenant) -> &mut App {
    let shop = tenant.apps.iter_mut().find(|app| app.id == APP).expect("the built-in app");
    Arc::make_mut(shop)
}

/// A person on the way back from FTN over OpenID Connect: the browser and where it is sent.
async fn until_openid_return(bench: &Bench) -> (crate::support::person::Person, Url) {
    let more = [("connection", "ftn"), ("login_hint", "sandbox:persona=onni")];
    let pending = bench.sandbox.relying.begin(RETURN, &more).await.unwrap();
    let mut person = bench.person();
    let back = person.walk(&pending.url, &format!("{}/return/", bench.issuer())).await;
    (person, back)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_removed_gets_no_browser_back() {
    let bench = Bench::start();
    let mut by_rest = bench.person();
    let back = until_return(&bench, &mut by_rest, "ftn").await;
    let mut over_both = vec![(by_rest, back), until_openid_return(&bench).await];
    let mut answered = bench.person();
    let back = until_return(&bench, &mut answered, "ftn").await;
    assert!(answered.get(&back).await.location().is_some(), "as long as the app is there");
    over_both.push((answered, back));
    bench.change(|tenant| tenant.apps.retain(|app| app.id != APP));
    for (mut person, back) in over_both {
        for _ in 0..2 {
            let shown = person.get(&back).await;
            assert!(shown.status >= 400 && shown.location().is_none(), "{} {}", shown.status, shown.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_no_longer_the_app_s_gets_no_browser_back() {
    let bench = Bench::start();
    let mut by_rest = bench.person();
    let back = until_return(&bench, &mut by_rest, "ftn").await;
    let over_both = [(by_rest, back), until_openid_return(&bench).await];
    bench.change(|tenant| {
        let elsewhere = vec![RedirectUri::Exact("https://shop.example/cb".to_owned())];
        let shop = shop(tenant);
        (shop.redirect_uris, shop.return_urls) = (elsewhere.clone(), elsewhere);
    });
    for (mut person, back) in over_both {
        let shown = person.get(&back).await;
        assert!(shown.status >= 400 && shown.location().is_none(), "{} {}", shown.status, shown.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_switched_off_identifies_nobody() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    bench.change(|tenant| {
        shop(tenant).connections.remove("ftn");
    });
    let home = person.get(&back).await.location().expect("back to the app");
    assert_eq!(param(&home, "error").as_deref(), Some("connection_unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_withdrawn_before_the_result_is_fetched_is_not_released() {
    let bench = Bench::start();
    let mut person = bench.person();
    let back = until_return(&bench, &mut person, "ftn").await;
    let withdraw = |member: Member| {
        bench.change(|tenant| {
            shop(tenant).claims.remove(&member);
        });
    };
    let members = |body: &serde_json::Value| -> BTreeSet<String> {
        body["identity"].as_object().unwrap_or_else(|| panic!("{body}")).keys().cloned().collect()
    };
    withdraw(Member::NationalId);
    let returned = person.walk(&back, RETURN).await;
    let first = members(&bench.result(&returned).await.1);
    assert!(!first.contains("national_id") && first.contains("birth_date"), "{first:?}");
    withdraw(Member::BirthDate);
    let second = members(&bench.result(&returned).await.1);
    assert!(!second.contains("birth_date") && second.contains("name"), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_claim_withdrawn_in_mid_flow_ends_the_login() {
    let bench = Bench::start();
    let mut person = bench.person();
    let claims = json!({ "required": ["national_id"] });
    let created = bench.create(json!({ "connection": "ftn", "claims": claims })).await;
    let door = created["url"].as_str().unwrap().parse().unwrap();
    let back = person.walk(&door, &format!("{}/return/", bench.issuer())).await;
    bench.change(|tenant| {
        shop(tenant).claims.remove(&Member::NationalId);
    });
    let home = person.get(&back).await.location().expect("back to the app");
    assert_eq!(param(&home, "error").as_deref(), Some("claims_not_received"));
}
