//! Results over REST: for the app that asked, and for nobody else.

use std::sync::Arc;

use serde_json::{Value, json};
use tunnus::tenant::model::App;
use tunnus_sdk::Member;

use super::world::{Answer, SECRET, add_app, add_tenant, hash, reshape};
use crate::support::sandbox::{Bench, RETURN, param};

async fn ask(bench: &Bench, issuer: &str, app: &str, path: &str, body: Option<Value>) -> Answer {
    let http = &bench.sandbox.relying.http;
    let url = format!("{issuer}/api/v1/identifications/{path}");
    let request = match body {
        Some(body) => http.post(url).body(body.to_string()),
        None => http.get(url),
    };
    Answer::of(request.basic_auth(app, Some(SECRET))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_app_s_identification_looks_like_one_that_never_was() {
    let bench = Bench::start();
    let secret = tunnus::tenant::model::AppAuthentication::SecretBasic(vec![hash(SECRET)]);
    add_app(&bench, "desk", |app| app.authentication = secret.clone());
    let other = add_tenant(&bench, "other");
    let returned = bench.person().walk(&bench.door("ftn").await, RETURN).await;
    let (id, code) = (param(&returned, "identification").unwrap(), param(&returned, "code").unwrap());
    let pending = bench.create(json!({ "connection": "ftn" })).await["id"].as_str().unwrap().to_owned();
    let ambient = &bench.sandbox.broker.flows.ambient;
    let never = ambient.id();
    let never_given = format!("{never}.{}", ambient.secret().expose());
    let unknown = ask(&bench, bench.issuer(), "desk", &never, None).await;
    assert_eq!((unknown.status, &unknown.body["error"]["code"]), (404, &json!("identification_unknown")));
    for issuer in [bench.issuer(), &other] {
        for id in [&id, &pending, &never] {
            for wait in ["", "?wait=0", "?wait=25"] {
                let path = format!("{id}{wait}");
                let shown = ask(&bench, issuer, "desk", &path, None);
                let shown = tokio::time::timeout(std::time::Duration::from_secs(5), shown).await;
                let shown = shown.unwrap_or_else(|_| panic!("waits for what it may not know: {path}"));
                assert_eq!((shown.status, shown.stable()), (404, unknown.stable()), "{path}");
            }
        }
        for (id, code) in [(&id, &code), (&never, &never_given)] {
            let body = json!({ "code": code });
            let shown = ask(&bench, issuer, "desk", &format!("{id}/result"), Some(body)).await;
            assert_eq!((shown.status, shown.stable()), (404, unknown.stable()), "{issuer} {id}");
        }
        let http = &bench.sandbox.relying.http;
        for id in [&id, &pending, &never] {
            let request = http.delete(format!("{issuer}/api/v1/identifications/{id}"));
            let shown = Answer::of(request.basic_auth("desk", Some(SECRET))).await;
            assert_eq!((shown.status, shown.stable()), (404, unknown.stable()), "{issuer} {id}");
        }
    }
    assert_eq!(bench.result(&returned).await.0, 200, "nobody took it away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_over_openid_is_none_over_rest() {
    let bench = Bench::start();
    let code = super::world::code(&bench, "openid").await;
    let (id, _) = code.split_once('.').unwrap();
    assert_eq!(bench.rest("GET", &format!("identifications/{id}"), None).await.0, 404);
    let path = format!("identifications/{id}/result");
    assert_eq!(bench.rest("POST", &path, Some(json!({ "code": code }))).await.0, 404);
    assert_eq!(bench.rest("DELETE", &format!("identifications/{id}"), None).await.0, 404);
    let returned = bench.person().walk(&bench.door("ftn").await, RETURN).await;
    let rest = param(&returned, "code").unwrap();
    assert_eq!(super::world::redeem(&bench, &rest, &[]).await.body["error"], "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_given_without_what_the_app_may_not_have_any_more() {
    let bench = Bench::start();
    let returned = bench.person().walk(&bench.door("ftn").await, RETURN).await;
    assert!(bench.result(&returned).await.1["identity"]["national_id"].is_object());
    reshape(&bench, |tenant| {
        let app = App { claims: [Member::FullName].into(), ..App::clone(tenant.app("shop").unwrap()) };
        tenant.apps.retain(|app| app.id != "shop");
        tenant.apps.push(Arc::new(app));
    });
    let (_, body) = bench.result(&returned).await;
    let record = &body["identity"];
    assert!(record["name"]["full"].is_string() && record["name"].get("given").is_none(), "{record}");
    assert_eq!(record.get("national_id").or_else(|| record.get("birth_date")), None, "{record}");
    assert_eq!(record["provenance"].as_object().unwrap().len(), 1, "{record}");
    reshape(&bench, |tenant| tenant.apps.retain(|app| app.id != "shop"));
    assert_eq!(bench.result(&returned).await.0, 401);
}
