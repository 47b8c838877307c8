//! Codes and access tokens: whose they are, how often they are good, what they give.

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tunnus_jose::SigningKey;
use tunnus_sdk::Member;

use super::world::{
    Answer, SECRET, add_app, add_tenant, assertion, code, hash, key, redeem, reshape, userinfo,
};
use crate::support::{
    faulty::{Fault, Faulty},
    sandbox::{Bench, RETURN},
};

/// Scopes that ask for all that a persona has.
const ALL: &str = "openid profile email phone national_id age tunnus";

fn access_token(answer: &Answer) -> String {
    answer.body["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// The claims of the ID token, unverified: these tests are about what stands there.
fn id_token(answer: &Answer) -> Value {
    let payload = answer.body["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[track_caller]
fn assert_invalid_grant(answer: &Answer) {
    assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_grant")), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_used_twice_ends_the_token_that_it_gave() {
    let bench = Bench::start();
    let code = code(&bench, "openid").await;
    let token = access_token(&redeem(&bench, &code, &[]).await);
    assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 200);
    assert_invalid_grant(&redeem(&bench, &code, &[]).await);
    assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_used_again_too_late_ends_its_token_too() {
    let bench = Bench::start();
    let code = code(&bench, "openid").await;
    let token = access_token(&redeem(&bench, &code, &[]).await);
    bench.pass(61);
    assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 200);
    assert_invalid_grant(&redeem(&bench, &code, &[]).await);
    assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_uses_at_once_one_succeeds_at_most_and_its_token_is_worth_nothing() {
    let bench = Arc::new(Bench::start());
    let code = code(&bench, "openid").await;
    let uses: Vec<_> = (0..8)
        .map(|_| {
            let (bench, code) = (Arc::clone(&bench), code.clone());
            tokio::spawn(async move { redeem(&bench, &code, &[]).await })
        })
        .collect();
    let mut given = Vec::new();
    for answer in uses {
        let answer = answer.await.unwrap();
        if answer.status == 200 {
            given.push(access_token(&answer));
        } else {
            assert_invalid_grant(&answer);
        }
    }
    assert_eq!(given.len(), 1);
    assert_eq!(userinfo(&bench, bench.issuer(), &given[0]).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_its_tenant_app_address_and_verifier_and_no_other_burns_it() {
    let bench = Bench::start();
    add_app(&bench, "desk", |_| ());
    let other = add_tenant(&bench, "other");
    let code = code(&bench, "openid").await;
    let (id, _) = code.split_once('.').unwrap();
    let guessed = format!("{id}.{}", "A".repeat(43));
    let long = "v".repeat(129);
    let strangers: [&[(&str, &str)]; 9] = [
        &[("issuer", &other)],
        &[("app", "desk")],
        &[("code", &guessed)],
        &[("redirect_uri", "http://127.0.0.1:9/other")],
        &[("redirect_uri", "")],
        &[("code_verifier", "")],
        &[("code_verifier", "another-verifier-of-43-characters-at-least-x")],
        &[("code_verifier", &long)],
        &[("code_verifier", "short")],
    ];
    for changes in strangers {
        assert_invalid_grant(&redeem(&bench, &code, changes).await);
    }
    let token = access_token(&redeem(&bench, &code, &[]).await);
    assert_eq!(userinfo(&bench, &other, &token).await.status, 401, "another tenant");
    assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 200);
    bench.pass(301);
    assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 401, "too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_tokens_that_nobody_was_given_leave_nothing_in_the_store() {
    let store = Faulty::new();
    let bench = Bench::over(Arc::<Faulty>::clone(&store));
    add_app(&bench, "spa", |app| app.authentication = tunnus::tenant::model::AppAuthentication::Public);
    let ambient = &bench.sandbox.broker.flows.ambient;
    let before = store.written().len();
    for _ in 0..20 {
        let code = format!("{}.{}", ambient.id(), ambient.secret().expose());
        assert_invalid_grant(&redeem(&bench, &code, &[]).await);
        let token = format!("{}.{}", ambient.secret().expose(), ambient.secret().expose());
        assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 401);
    }
    for token in ["", "x", ".", &"A".repeat(43), &format!("{}.{}", "A".repeat(43), "A".repeat(42))] {
        assert_eq!(userinfo(&bench, bench.issuer(), token).await.status, 401, "{token}");
    }
    assert_eq!(store.written().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_once_loses_no_identification() {
    let store = Faulty::new();
    let bench = Bench::over(Arc::<Faulty>::clone(&store));
    for (call, fault, at_once) in [
        ("look outcome", Fault::Refused, false),
        ("create access", Fault::Refused, true),
        ("create access", Fault::Lost, true),
    ] {
        let code = code(&bench, "openid").await;
        store.fail(call, fault);
        let mut answer = redeem(&bench, &code, &[]).await;
        assert_eq!(answer.status == 200, at_once, "{call}: {answer:?}");
        if !at_once {
            assert_eq!((answer.status, &answer.body["error"]), (503, &json!("temporarily_unavailable")));
            answer = redeem(&bench, &code, &[]).await;
        }
        let token = access_token(&answer);
        store.fail("look access", Fault::Refused);
        let away = userinfo(&bench, bench.issuer(), &token).await;
        assert_eq!((away.status, &away.body["error"]), (503, &json!("temporarily_unavailable")));
        assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn token_and_userinfo_cost_the_store_three_calls() {
    let store = Faulty::new();
    let bench = Bench::over(Arc::<Faulty>::clone(&store));
    store.calls();
    let code = code(&bench, "openid").await;
    let before = store.calls();
    let token = access_token(&redeem(&bench, &code, &[]).await);
    userinfo(&bench, bench.issuer(), &token).await;
    assert_eq!(store.calls(), ["look outcome", "create access", "look access"]);
    assert!(before.len() <= 5, "the browser's part: {before:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_about_a_person_opens_no_rest_and_an_app_s_own_no_userinfo() {
    let bench = Bench::start();
    let other = add_tenant(&bench, "other");
    let (key, registered) = key();
    add_app(&bench, "by-key", |app| app.authentication = registered);
    let about = access_token(&redeem(&bench, &code(&bench, "openid").await, &[]).await);
    let own = own_token(&bench, &key).await;
    let rest = async |issuer: &str, token: &str| {
        let request = bench.sandbox.relying.http.get(format!("{issuer}/api/v1/connections"));
        Answer::of(request.bearer_auth(token)).await.status
    };
    assert_eq!(rest(bench.issuer(), &own).await, 200);
    assert_eq!(rest(bench.issuer(), &about).await, 401, "about a person");
    assert_eq!(rest(&other, &own).await, 401, "another tenant");
    assert_eq!(userinfo(&bench, bench.issuer(), &own).await.status, 401, "about nobody");
    // The app changes its way, and then is no more.
    reshape(&bench, |tenant| {
        let mut app = tunnus::tenant::model::App::clone(tenant.app("by-key").unwrap());
        app.authentication = tunnus::tenant::model::AppAuthentication::SecretBasic(vec![hash(SECRET)]);
        tenant.apps.retain(|app| app.id != "by-key");
        tenant.apps.push(Arc::new(app));
    });
    assert_eq!(rest(bench.issuer(), &own).await, 401, "registered otherwise");
    reshape(&bench, |tenant| tenant.apps.retain(|app| app.id != "by-key"));
    assert_eq!(rest(bench.issuer(), &own).await, 401, "no such app");
}

/// A token of the app `by-key` itself.
async fn own_token(bench: &Bench, key: &SigningKey) -> String {
    let assertion = assertion(bench, key, "by-key");
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .append_pair("client_assertion", &assertion)
        .finish();
    let request = bench.sandbox.relying.http.post(format!("{}/token", bench.issuer()));
    access_token(&Answer::of(request.body(body)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_no_more_gets_nothing() {
    let bench = Bench::start();
    let redeemed = access_token(&redeem(&bench, &code(&bench, "openid").await, &[]).await);
    let unused = code(&bench, "openid").await;
    reshape(&bench, |tenant| tenant.apps.retain(|app| app.id != "shop"));
    assert_eq!(userinfo(&bench, bench.issuer(), &redeemed).await.status, 401);
    assert_eq!(redeem(&bench, &unused, &[]).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_may_not_have_any_more_is_withheld_from_the_very_next_answer() {
    let bench = Bench::start();
    let limit = |claims: &[Member]| {
        let claims: BTreeSet<Member> = claims.iter().copied().collect();
        reshape(&bench, |tenant| {
            let mut app = tunnus::tenant::model::App::clone(tenant.app("shop").unwrap());
            app.claims = claims;
            tenant.apps.retain(|app| app.id != "shop");
            tenant.apps.push(Arc::new(app));
        });
    };
    let code = code(&bench, ALL).await;
    limit(&[Member::FullName, Member::BirthDate, Member::NationalId]);
    let answer = redeem(&bench, &code, &[]).await;
    let claims = id_token(&answer);
    assert!(claims["name"].is_string() && claims["birthdate"].is_string(), "{claims}");
    for withheld in ["given_name", "family_name", "email", "phone_number", "age_over", "national_id"] {
        assert_eq!(claims.get(withheld), None, "{withheld}: {claims}");
    }
    assert_eq!(claims["tunnus_identity"].get("national_id"), None, "not asked for in the ID token");
    let token = access_token(&answer);
    let seen = userinfo(&bench, bench.issuer(), &token).await.body;
    assert!(seen["national_id"].is_object() && seen["birthdate"].is_string(), "{seen}");
    limit(&[Member::FullName]);
    let seen = userinfo(&bench, bench.issuer(), &token).await.body;
    assert!(seen["name"].is_string() && seen["sub"] == claims["sub"], "{seen}");
    let record = &seen["tunnus_identity"];
    for withheld in ["national_id", "birth_date", "email"] {
        assert_eq!(record.get(withheld), None, "{withheld}: {record}");
    }
    assert_eq!(seen.get("national_id").or_else(|| seen.get("birthdate")), None, "{seen}");
    assert_eq!(record["provenance"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name.full"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_names_its_page_and_who_brings_no_token_is_told_of_no_error() {
    let bench = Bench::start();
    let base = bench.issuer().split_once("/t/").unwrap().0.to_owned();
    let page = |code: &str| format!("{base}/errors/{code}");
    let garbage = redeem(&bench, "x", &[]).await;
    assert_eq!(garbage.body["error_uri"], page("request_invalid"), "{garbage:?}");
    let stranger = redeem(&bench, "x", &[("secret", "wrong")]).await;
    assert_eq!(stranger.body["error_uri"], page("app_unauthorised"), "{stranger:?}");
    let challenge = stranger.challenge.unwrap();
    assert!(challenge.starts_with("Basic realm=") && challenge.contains("error=\"invalid_client\""));
    let expired = userinfo(&bench, bench.issuer(), "x").await;
    assert_eq!((expired.status, &expired.body["error"]), (401, &json!("invalid_token")));
    assert_eq!(expired.body["error_uri"], page("app_unauthorised"));
    let challenge = expired.challenge.unwrap();
    assert!(challenge.contains("error_uri=") && challenge.contains("error=\"invalid_token\""), "{challenge}");
    for method in ["GET", "POST"] {
        let url = format!("{}/userinfo", bench.issuer());
        let asked = Answer::of(bench.sandbox.relying.http.request(method.parse().unwrap(), url)).await;
        assert_eq!((asked.status, asked.challenge.as_deref()), (401, Some("Bearer realm=\"tunnus\"")));
    }
    let nowhere = format!("{base}/t/nowhere");
    let unknown = redeem(&bench, "x", &[("issuer", &nowhere)]).await;
    assert_eq!((unknown.status, &unknown.body["error"]), (401, &json!("invalid_client")));
    assert_eq!(userinfo(&bench, &nowhere, "x").await.status, 401);
    let (_, rest) =
        bench.rest("POST", "identifications", Some(json!({ "return_url": RETURN, "x": 1 }))).await;
    assert_eq!(rest.get("error_uri"), None);
}
