//! What the real services refuse, the simulator refuses too.

use std::time::Duration;

use serde_json::{Value, json};
use tunnus_sdk::{Claims, RequestMethod, SigningAlgorithm, sandbox::SimulatedRequest};

use crate::desk::{Desk, Fields, body, error, header, request, text, with};

const PUSHED: &str = "acme-pushed";

/// Pushes a request: a good one but for what `spoil_object` and `spoil_assertion` do.
fn push(desk: &Desk, spoil_object: Spoil, spoil_assertion: Spoil) -> Option<String> {
    let object = desk.request_object(PUSHED, &desk.parameters(PUSHED, "query"), spoil_object);
    let mut form = desk.assertion(PUSHED, spoil_assertion);
    form.push(("request", object));
    error(&desk.post("/op/par", &form))
}

type Spoil = fn(&mut Claims);

fn leave(_: &mut Claims) {}

#[test]
fn a_good_pushed_request_is_taken_once_and_for_a_minute() {
    let desk = Desk::new();
    let reference = |desk: &Desk, jti: &'static str| {
        let rename = |claims: &mut Claims| drop(claims.insert("jti".into(), json!(jti)));
        let object = desk.request_object(PUSHED, &desk.parameters(PUSHED, "query"), rename);
        let mut form = desk.assertion(PUSHED, rename);
        form.push(("request", object));
        let answer = desk.post("/op/par", &form);
        assert_eq!((answer.status, &body(&answer)["expires_in"]), (201, &json!(60)));
        let uri = body(&answer)["request_uri"].as_str().expect("a request_uri").to_owned();
        assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"));
        vec![("client_id", format!("client-of-{PUSHED}")), ("request_uri", uri)]
    };
    let query = reference(&desk, "one");
    assert_eq!(desk.get("/op/authorize", &query).status, 303);
    assert_eq!(desk.get("/op/authorize", &query).status, 400, "a second time");
    let query = reference(&desk, "two");
    assert_eq!(
        desk.get("/op/authorize", &with(query, "client_id", Some("client-of-acme-modest"))).status,
        400
    );
    let query = reference(&desk, "three");
    desk.clock.advance(Duration::from_secs(60));
    assert_eq!(desk.get("/op/authorize", &query).status, 400, "too late");
}

#[test]
fn bad_request_objects_are_refused() {
    let spoilt: [(&str, Spoil); 12] = [
        ("another aud", |claims| drop(claims.insert("aud".into(), json!("https://other.example")))),
        ("no aud", |claims| drop(claims.remove("aud"))),
        ("expired", |claims| drop(claims.insert("exp".into(), json!(1_795_256_803)))),
        ("no exp", |claims| drop(claims.remove("exp"))),
        ("exp as text", |claims| drop(claims.insert("exp".into(), json!("1795256863")))),
        ("too long", |claims| drop(claims.insert("exp".into(), json!(1_795_256_803 + 3601)))),
        ("nbf to come", |claims| drop(claims.insert("nbf".into(), json!(1_795_256_803 + 90)))),
        ("iat to come", |claims| drop(claims.insert("iat".into(), json!(1_795_256_803 + 90)))),
        ("another iss", |claims| drop(claims.insert("iss".into(), json!("client-of-acme-modest")))),
        ("no iss", |claims| drop(claims.remove("iss"))),
        ("another client", |claims| drop(claims.insert("client_id".into(), json!("client-of-acme-modest")))),
        ("nested", |claims| drop(claims.insert("request_uri".into(), json!("urn:x")))),
    ];
    for (what, spoil) in spoilt {
        let desk = Desk::new();
        assert_eq!(push(&desk, spoil, leave).as_deref(), Some("invalid_request_object"), "{what}");
    }
}

#[test]
fn requests_that_lack_what_is_demanded_are_refused() {
    let spoilt: [(&str, Spoil); 11] = [
        ("no PKCE", |claims| drop(claims.remove("code_challenge"))),
        ("plain PKCE", |claims| drop(claims.insert("code_challenge_method".into(), json!("plain")))),
        ("no method", |claims| drop(claims.remove("code_challenge_method"))),
        ("no nonce", |claims| drop(claims.remove("nonce"))),
        ("no scope", |claims| drop(claims.remove("scope"))),
        ("no openid", |claims| drop(claims.insert("scope".into(), json!("profile")))),
        ("another type", |claims| drop(claims.insert("response_type".into(), json!("code id_token")))),
        ("no redirect_uri", |claims| drop(claims.remove("redirect_uri"))),
        ("another redirect_uri", |claims| {
            let uri = claims["redirect_uri"].as_str().expect("a text").to_owned();
            claims.insert("redirect_uri".into(), json!(format!("{uri}/")));
        }),
        ("JARM unregistered", |claims| drop(claims.insert("response_mode".into(), json!("jwt")))),
        ("an unknown persona", |claims| drop(claims.insert("login_hint".into(), json!("sandbox:persona=x")))),
    ];
    let desk = Desk::new();
    for (index, (what, spoil)) in spoilt.into_iter().enumerate() {
        let mut parameters = desk.request_object(PUSHED, &desk.parameters(PUSHED, "query"), |claims| {
            spoil(claims);
            claims.insert("jti".into(), json!(format!("r{index}")));
        });
        let mut form =
            desk.assertion(PUSHED, |claims| drop(claims.insert("jti".into(), json!(format!("a{index}")))));
        form.push(("request", std::mem::take(&mut parameters)));
        assert_eq!(error(&desk.post("/op/par", &form)).as_deref(), Some("invalid_request"), "{what}");
    }
}

#[test]
fn unsigned_foreign_and_replayed_request_objects_are_refused() {
    let desk = Desk::new();
    let assertion =
        |jti: &str| desk.assertion(PUSHED, |claims| drop(claims.insert("jti".into(), json!(jti))));
    let post = |jti: &str, name: &'static str, value: String| {
        let mut form = assertion(jti);
        form.push((name, value));
        error(&desk.post("/op/par", &form))
    };
    let good = desk.request_object(PUSHED, &desk.parameters(PUSHED, "query"), leave);
    let (header, rest) = good.split_once('.').expect("parts");
    let (payload, _) = rest.split_once('.').expect("parts");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    let broken = format!("{header}.{payload}.{}", "A".repeat(86));
    let invalid = Some("invalid_request_object".to_owned());
    assert_eq!(post("1", "request", unsigned), invalid);
    assert_eq!(post("2", "request", broken), invalid);
    assert_eq!(post("3", "request", "garbage".to_owned()), invalid);
    assert_eq!(post("4", "request", good.clone()), None);
    assert_eq!(post("5", "request", good.clone()), invalid, "a jti counts once");
    assert_eq!(post("6", "request_uri", "urn:x".to_owned()), Some("invalid_request".to_owned()));
    assert_eq!(post("7", "scope", "openid".to_owned()), Some("invalid_request".to_owned()), "no object");
    let mut query = desk.parameters(PUSHED, "query");
    query.push(("request", good));
    assert_eq!(desk.get("/op/authorize", &query).status, 400, "this client must push");
}

#[test]
fn bad_client_assertions_are_refused() {
    let spoilt: [(&str, Spoil); 10] = [
        ("another aud", |claims| drop(claims.insert("aud".into(), json!("https://other.example")))),
        ("no aud", |claims| drop(claims.remove("aud"))),
        ("another iss", |claims| drop(claims.insert("iss".into(), json!("client-of-acme-modest")))),
        ("another sub", |claims| drop(claims.insert("sub".into(), json!("client-of-acme-modest")))),
        ("no sub", |claims| drop(claims.remove("sub"))),
        ("expired", |claims| drop(claims.insert("exp".into(), json!(1_795_256_803)))),
        ("no exp", |claims| drop(claims.remove("exp"))),
        ("too long", |claims| drop(claims.insert("exp".into(), json!(1_795_256_803 + 3601)))),
        ("no jti", |claims| drop(claims.remove("jti"))),
        ("empty jti", |claims| drop(claims.insert("jti".into(), json!("")))),
    ];
    for (what, spoil) in spoilt {
        let desk = Desk::new();
        assert_eq!(push(&desk, leave, spoil).as_deref(), Some("invalid_client"), "{what}");
    }
    let desk = Desk::new();
    assert_eq!(push(&desk, leave, leave), None);
    assert_eq!(push(&desk, leave, leave).as_deref(), Some("invalid_client"), "a jti counts once");
}

#[test]
fn a_client_authenticates_by_its_own_method_and_no_other() {
    let desk = Desk::new();
    let code = desk.modest_code();
    let good = desk.modest_exchange(code);
    let client = Some("invalid_client".to_owned());
    let exchange = |form: &Fields| error(&desk.post("/op/token", form));
    assert_eq!(exchange(&with(good.clone(), "client_secret", None)), client);
    assert_eq!(exchange(&with(good.clone(), "client_secret", Some("wrong"))), client);
    assert_eq!(exchange(&with(good.clone(), "client_id", Some("nobody"))), client);
    assert_eq!(exchange(&with(good.clone(), "client_id", Some("client-of-acme-posted"))), client);
    assert_eq!(exchange(&with(good.clone(), "client_assertion", Some("a.b.c"))), client);
    let doubled = [good.clone(), vec![("code", "x".to_owned())]].concat();
    assert_eq!(exchange(&doubled), Some("invalid_request".to_owned()));
    assert_eq!(exchange(&good), None, "none of these has used the code up");
}

#[test]
fn a_certificate_is_demanded_where_it_is_registered() {
    let desk = Desk::new();
    let parameters = desk.parameters("acme-sealed", "jwt");
    let push = |certificate: Option<String>, form: &Fields| {
        let form = form.iter().cloned().collect();
        let pushed = SimulatedRequest {
            form,
            client_certificate: certificate,
            ..request(RequestMethod::Post, "/op/par")
        };
        error(&desk.answer(pushed))
    };
    let own = desk.simulator.profile().clients.iter().find_map(|client| client.certificate.clone());
    let client = Some("invalid_client".to_owned());
    assert!(own.is_some());
    assert_eq!(push(None, &parameters), client);
    assert_eq!(push(Some("another".to_owned()), &parameters), client);
    let with_secret = with(parameters.clone(), "client_secret", Some("x"));
    assert_eq!(push(own.clone(), &with_secret), client, "one method at a time");
    assert_eq!(push(own, &parameters), None);
}

#[test]
fn a_code_is_good_once_for_15_seconds_and_for_who_asked() {
    let spoilt: [(&str, &'static str, Option<&str>, &str); 6] = [
        ("no verifier", "code_verifier", None, "invalid_grant"),
        ("another verifier", "code_verifier", Some("another"), "invalid_grant"),
        ("another redirect_uri", "redirect_uri", Some("https://other.example"), "invalid_grant"),
        ("another code", "code", Some("another"), "invalid_grant"),
        ("no code", "code", None, "invalid_request"),
        ("another grant", "grant_type", Some("client_credentials"), "unsupported_grant_type"),
    ];
    let desk = Desk::new();
    for (what, name, value, due) in spoilt {
        let form = with(desk.modest_exchange(desk.modest_code()), name, value);
        assert_eq!(error(&desk.post("/op/token", &form)).as_deref(), Some(due), "{what}");
    }
    let form = desk.modest_exchange(desk.modest_code());
    assert_eq!(error(&desk.post("/op/token", &form)), None);
    assert_eq!(error(&desk.post("/op/token", &form)).as_deref(), Some("invalid_grant"), "twice");
    let form = desk.modest_exchange(desk.modest_code());
    desk.clock.advance(Duration::from_secs(14));
    assert_eq!(error(&desk.post("/op/token", &form)), None, "in time");
    let form = desk.modest_exchange(desk.modest_code());
    desk.clock.advance(Duration::from_secs(15));
    assert_eq!(error(&desk.post("/op/token", &form)).as_deref(), Some("invalid_grant"), "late");
}

#[test]
fn an_access_token_opens_userinfo_until_it_expires() {
    let desk = Desk::new();
    let answer = body(&desk.post("/op/token", &desk.modest_exchange(desk.modest_code())));
    let token = answer["access_token"].as_str().expect("a token");
    let told = desk.userinfo(token);
    assert_eq!((told.status, &body(&told)["family_name"]), (200, &json!("Korhonen")));
    let refused = desk.userinfo("another");
    assert_eq!((refused.status, error(&refused).as_deref()), (401, Some("invalid_token")));
    assert!(header(&refused, "WWW-Authenticate").expect("a challenge").contains("error=\"invalid_token\""));
    assert_eq!(desk.answer(request(RequestMethod::Get, "/op/userinfo")).status, 401, "no token");
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(desk.userinfo(token).status, 401, "too late");
}

#[test]
fn a_faulty_request_ends_on_the_simulators_own_page() {
    let desk = Desk::new();
    let good = desk.parameters("acme-modest", "query");
    let spoilt: [(&'static str, Option<&str>); 6] = [
        ("client_id", None),
        ("client_id", Some("nobody")),
        ("redirect_uri", Some("https://evil.example/")),
        ("nonce", None),
        ("request", Some("a.b.c")),
        ("request_uri", Some("https://evil.example/")),
    ];
    for (name, value) in spoilt {
        let page = desk.get("/op/authorize", &with(good.clone(), name, value));
        assert_eq!(page.status, 400, "{name}");
        assert!(header(&page, "Location").is_none() && text(&page).contains("This is a simulator."));
    }
    let doubled = [good, vec![("state", "another".to_owned())]].concat();
    assert_eq!(desk.get("/op/authorize", &doubled).status, 400);
    assert_eq!(desk.get("/op/nowhere", &Fields::new()).status, 404);
    assert_eq!(desk.get("/op/token", &Fields::new()).status, 404, "tokens are posted for");
}

#[test]
fn a_request_object_must_be_of_the_registered_algorithm() {
    let desk = Desk::new();
    let parameters = desk.parameters("acme-posted", "jwt");
    let claims: Claims =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    let signed = desk.sign("acme-posted", SigningAlgorithm::PS256, &claims);
    let form = vec![("client_id", "client-of-acme-posted".to_owned()), ("request", signed)];
    let page = desk.post("/op/authorize", &form);
    assert!(page.status == 400 && text(&page).contains("Invalid JWT request"), "not encrypted");
}
