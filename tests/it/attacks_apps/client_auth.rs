//! Client authentication: every combination of header, form and registered method.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;
use tunnus::tenant::model::AppAuthentication;
use tunnus_jose::SigningKey;

use super::world::{SECRET, add_app, assertion, hash, key};
use crate::support::sandbox::Bench;

/// How an app is registered.
const APPS: [&str; 4] = ["by-header", "by-form", "by-key", "public"];

/// What stands in the `Authorization` header.
const HEADERS: [&str; 13] = [
    "none",
    "right",
    "lower case",
    "wrong secret",
    "no secret",
    "another app's",
    "not base64",
    "no colon",
    "scheme alone",
    "another scheme",
    "bearer",
    "not text",
    "doubled",
];

/// What stands in the form.
const FORMS: [&str; 16] = [
    "nothing",
    "id",
    "another id",
    "empty id",
    "secret",
    "wrong secret",
    "secret without id",
    "empty secret",
    "assertion",
    "assertion and id",
    "assertion and another id",
    "assertion and secret",
    "assertion without type",
    "assertion of another type",
    "assertion's type alone",
    "another app's assertion",
];

/// Whether it is the one registered way, alone and whole.
fn is_proof(app: &str, header: &str, form: &str) -> bool {
    match (header, form) {
        ("right" | "lower case", "nothing" | "id") => app == "by-header",
        // It is that other app then.
        ("another app's", "nothing" | "another id") => true,
        ("none", "id") => app == "public",
        ("none", "secret") => app == "by-form",
        ("none", "assertion" | "assertion and id") => app == "by-key",
        _ => false,
    }
}

fn headers(app: &str, header: &str) -> Vec<HeaderValue> {
    let basic = |scheme: &str, text: &str| {
        HeaderValue::from_str(&format!("{scheme} {}", STANDARD.encode(text))).unwrap()
    };
    let right = basic("Basic", &format!("{app}:{SECRET}"));
    match header {
        "none" => vec![],
        "right" => vec![right],
        "lower case" => vec![basic("basic", &format!("{app}:{SECRET}"))],
        "wrong secret" => vec![basic("Basic", &format!("{app}:{SECRET}x"))],
        "no secret" => vec![basic("Basic", &format!("{app}:"))],
        "another app's" => vec![basic("Basic", "shop:shop-secret")],
        "not base64" => vec![HeaderValue::from_static("Basic ***")],
        "no colon" => vec![basic("Basic", app)],
        "scheme alone" => vec![HeaderValue::from_static("Basic")],
        "another scheme" => vec![basic("Digest", &format!("{app}:{SECRET}"))],
        "bearer" => vec![basic("Bearer", app)],
        "not text" => vec![HeaderValue::from_bytes(b"Basic \xff\xfe").unwrap()],
        "doubled" => vec![right.clone(), right],
        other => panic!("{other}"),
    }
}

fn form(app: &str, form: &str, bench: &Bench, key: &SigningKey) -> Vec<(&'static str, String)> {
    const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let id = ("client_id", app.to_owned());
    let another = ("client_id", "shop".to_owned());
    let secret = ("client_secret", SECRET.to_owned());
    let kind = ("client_assertion_type", TYPE.to_owned());
    let signed = || ("client_assertion", assertion(bench, key, app));
    match form {
        "nothing" => vec![],
        "id" => vec![id],
        "another id" => vec![another],
        "empty id" => vec![("client_id", String::new())],
        "secret" => vec![id, secret],
        "wrong secret" => vec![id, ("client_secret", format!("{SECRET}x"))],
        "secret without id" => vec![secret],
        "empty secret" => vec![id, ("client_secret", String::new())],
        "assertion" => vec![kind, signed()],
        "assertion and id" => vec![kind, signed(), id],
        "assertion and another id" => vec![kind, signed(), another],
        "assertion and secret" => vec![kind, signed(), id, secret],
        "assertion without type" => vec![signed()],
        "assertion of another type" => vec![("client_assertion_type", "saml2-bearer".to_owned()), signed()],
        "assertion's type alone" => vec![kind, id],
        "another app's assertion" => vec![kind, ("client_assertion", assertion(bench, key, "shop")), id],
        other => panic!("{other}"),
    }
}

/// Status and body of a token request with a code that nobody was given; without the trace id.
async fn ask(bench: &Bench, headers: Vec<HeaderValue>, form: Vec<(&str, String)>) -> (u16, String) {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs([("grant_type", "authorization_code"), ("code", "none")]).extend_pairs(form);
    let mut request = bench.sandbox.relying.http.post(format!("{}/token", bench.issuer()));
    for header in headers {
        request = request.header(AUTHORIZATION, header);
    }
    let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body.finish());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let json: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status} {body}"));
    let description = json["error_description"].as_str().unwrap_or_default();
    let (code, rest) = description.split_once('[').unwrap();
    let sentence = rest.split_once(']').unwrap().1;
    (status, format!("{}: {code}{sentence}", json["error"].as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_proves_itself_by_its_registered_way_alone() {
    let bench = Bench::start();
    let (key, registered) = key();
    let ways = [
        AppAuthentication::SecretBasic(vec![hash("an-older-secret"), hash(SECRET)]),
        AppAuthentication::SecretPost(vec![hash(SECRET)]),
        registered,
        AppAuthentication::Public,
    ];
    for (app, way) in APPS.into_iter().zip(ways) {
        add_app(&bench, app, |app| app.authentication = way);
    }
    let refused = (401, "invalid_client: app_unauthorised  The app's authentication failed.".to_owned());
    let known = (400, "invalid_grant: request_invalid  The request is invalid.".to_owned());
    for app in APPS {
        for header in HEADERS {
            for fields in FORMS {
                let answer = ask(&bench, headers(app, header), form(app, fields, &bench, &key)).await;
                let expected = if is_proof(app, header, fields) { &known } else { &refused };
                assert_eq!(&answer, expected, "{app}: header {header}, form {fields}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_rest_a_header_that_cannot_be_read_is_no_absence() {
    let bench = Bench::start();
    add_app(&bench, "by-header", |app| {
        app.authentication = AppAuthentication::SecretBasic(vec![hash(SECRET)]);
    });
    for header in HEADERS {
        let mut request = bench.sandbox.relying.http.get(format!("{}/api/v1/connections", bench.issuer()));
        for value in headers("by-header", header) {
            request = request.header(AUTHORIZATION, value);
        }
        let status = request.send().await.unwrap().status().as_u16();
        let expected = if ["right", "lower case", "another app's"].contains(&header) { 200 } else { 401 };
        assert_eq!(status, expected, "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_good_once_for_this_issuer_and_not_for_long() {
    let bench = Bench::start();
    let (key, registered) = key();
    add_app(&bench, "by-key", |app| app.authentication = registered);
    let claims = |change: &dyn Fn(&mut Value)| {
        let now = bench.sandbox.broker.flows.ambient.now().0;
        let mut claims = serde_json::json!({
            "iss": "by-key", "sub": "by-key", "aud": bench.issuer(), "jti": "a-jti-of-its-own",
            "exp": now + 60,
        });
        change(&mut claims);
        claims
    };
    let send = async |claims: Value| {
        let Value::Object(claims) = claims else { unreachable!() };
        let operations = tunnus_jose::Operations::default();
        let signed = key.sign(&operations, tunnus_sdk::SigningAlgorithm::ES256, None, &claims).unwrap();
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned();
        let form = vec![("client_assertion_type", kind), ("client_assertion", signed.expose().clone())];
        ask(&bench, vec![], form).await.0
    };
    let now = bench.sandbox.broker.flows.ambient.now().0;
    let faults: [&dyn Fn(&mut Value); 13] = [
        &|claims| claims["iss"] = "shop".into(),
        &|claims| claims["aud"] = "https://elsewhere.example".into(),
        &|claims| claims["aud"] = serde_json::json!([bench.issuer(), "https://elsewhere.example"]),
        &|claims| claims["aud"] = format!("{}/token", bench.issuer()).into(),
        &|claims| claims["aud"] = Value::Null,
        &|claims| claims["exp"] = (now - 1).into(),
        &|claims| claims["exp"] = (now + 86_400).into(),
        &|claims| claims["exp"] = "soon".into(),
        &|claims| claims["exp"] = i64::MIN.into(),
        &|claims| claims["nbf"] = (now + 3_600).into(),
        &|claims| claims["iat"] = Value::Null,
        &|claims| claims["jti"] = Value::Null,
        &|claims| claims["jti"] = "short".into(),
    ];
    for (index, fault) in faults.iter().enumerate() {
        assert_eq!(send(claims(fault)).await, 401, "fault {index}");
    }
    assert_eq!(send(claims(&|_| ())).await, 400, "known, with a code that is none");
    assert_eq!(send(claims(&|_| ())).await, 401, "the same once more");
}
