//! Logins through the simulated older service.

use std::time::Duration;

use serde_json::{Value, json};
use tunnus_sdk::{BrowserRequest, Environment, Fault, LoginRequest, Member, Reason, Stage};
use tunnus_signicat_mle::{SignicatMle, simulator::sandbox_of};
use tunnus_simulator::{Bench, Click, Setup};

const EVERYTHING: &[Member] = &[
    Member::FullName,
    Member::GivenName,
    Member::FamilyName,
    Member::BirthDate,
    Member::NationalId,
    Member::OtherIds,
    Member::Phone,
    Member::Gender,
];

/// A connection of the crate's own sandbox.
fn at(id: &str) -> Setup {
    Bench::of::<SignicatMle>().unwrap().open(id).unwrap()
}

/// A connection whose settings differ from the least by `changes`.
fn with(changes: &Value) -> Setup {
    Bench::variant::<SignicatMle>(sandbox_of, changes).unwrap().open("variant").unwrap()
}

/// A request for these members.
fn login(claims: &[Member]) -> LoginRequest {
    LoginRequest { claims: claims.iter().copied().collect(), ..LoginRequest::new("state-of-ours".into()) }
}

fn hinted(hint: &str) -> LoginRequest {
    LoginRequest { login_hint: Some(hint.into()), ..login(EVERYTHING) }
}

#[tokio::test]
async fn a_person_has_the_same_record_on_both_connections() {
    let expected = json!({
        "method": { "id": "fi-nordea", "name": "Nordea" },
        "assurance": {
            "level": "substantial",
            "acr": "urn:signicat:oidc:portal:ftn",
            "amr": ["urn:ksi:names:SAML:2.0:ac:FTN"],
        },
        "attributes": {
            "name": { "full": "Onni Juhani Korhonen", "given": "Onni Juhani", "family": "Korhonen" },
            "birth_date": "1970-07-07",
            "national_id": { "country": "FI", "type": "hetu", "value": "070770-905D" },
            "other_ids": [{ "country": "FI", "type": "satu", "value": "10000001N" }],
            "phone": { "value": "+358401000905", "verified": true },
            "gender": "male",
        },
    });
    for id in ["mle", "mle-plain"] {
        let identity = at(id).identify(login(EVERYTHING), "onni").await.unwrap();
        let shown = json!({
            "method": identity.method,
            "assurance": identity.assurance,
            "attributes": identity.attributes,
        });
        assert_eq!(shown, expected, "{id}");
    }
}

#[tokio::test]
async fn every_way_of_asking_ends_with_the_same_person() {
    for delivery in ["get", "post"] {
        for (protection, encryption) in
            [("plain", "A128CBC-HS256"), ("encrypted", "A128CBC-HS256"), ("encrypted", "A256CBC-HS512")]
        {
            for pkce in [true, false] {
                let settings = json!({
                    "request_delivery": delivery,
                    "request_protection": protection,
                    "request_encryption": encryption,
                    "pkce": pkce,
                });
                let identity = with(&settings).identify(login(EVERYTHING), "hilla").await;
                let identity = identity.unwrap_or_else(|error| panic!("{settings}: {error}"));
                assert_eq!(identity.attributes.national_id.unwrap().value.expose_str(), "300615A9047");
            }
        }
    }
}

#[tokio::test]
async fn a_chosen_bank_is_the_one_asked_for() {
    let request = LoginRequest { method: Some("fi-op".to_owned()), ..login(EVERYTHING) };
    let identity = at("mle").identify(request, "aada").await.unwrap();
    assert_eq!(identity.method.unwrap().id, "fi-op");
    assert_eq!(identity.assurance.acr.as_deref(), Some("urn:signicat:oidc:method:ftn-op-auth"));
}

#[tokio::test]
async fn no_more_comes_than_was_asked_for() {
    let bench = at("mle");
    let waiting = bench.walk(login(&[Member::FullName]), Click::Persona("ylva")).await.unwrap();
    let userinfo = bench.resume(waiting).await.unwrap().userinfo.unwrap();
    assert!(userinfo.contains_key("name") && userinfo.contains_key("ftn.idpId"));
    assert!(!userinfo.contains_key("signicat.national_id") && !userinfo.contains_key("phone_number"));
}

#[tokio::test]
async fn an_encrypted_request_stands_alone_and_hides_what_it_carries() {
    let bench = at("mle");
    let to = bench.start(&hinted("070770-905D")).await.unwrap().to;
    let BrowserRequest::Get(url) = to else { panic!("a redirect") };
    let pairs: Vec<_> = url.query_pairs().collect();
    assert_eq!(pairs.len(), 1);
    assert_eq!((pairs[0].0.as_ref(), pairs[0].1.split('.').count()), ("request", 5));
    let waiting = bench.walk(hinted("070770-905D"), Click::Persona("onni")).await.unwrap();
    assert!(bench.resume(waiting).await.is_ok());
}

#[tokio::test]
async fn a_hint_like_a_national_id_is_refused_before_anybody_is_called() {
    let bench = at("mle-plain");
    let error = bench.start(&hinted("subject-070770-905D")).await.err().unwrap();
    assert_eq!(error.fault, Fault::RequestInvalid);
    let stages = [Stage::Discovery, Stage::Jwks, Stage::Par];
    assert_eq!(stages.map(|stage| bench.host.sends(stage)), [0, 0, 0]);
}

#[tokio::test]
async fn pkce_is_sent_unless_the_settings_say_no() {
    let names = |to: BrowserRequest| match to {
        BrowserRequest::Post { fields, .. } => fields.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        BrowserRequest::Get(_) => panic!("a form"),
    };
    let to = at("mle-plain").start(&login(&[])).await.unwrap().to;
    let names = names(to);
    assert!(!names.iter().any(|name| name.starts_with("code_challenge")));
    assert!(names.iter().any(|name| name == "nonce") && names.iter().any(|name| name == "state"));
}

#[tokio::test]
async fn a_code_lives_fifteen_seconds() {
    let bench = at("mle");
    let waiting = bench.walk(login(EVERYTHING), Click::Persona("onni")).await.unwrap();
    bench.clock.advance(Duration::from_secs(16));
    assert_eq!(bench.resume(waiting).await.unwrap_err().stage, Stage::Token);
}

#[tokio::test]
async fn a_test_person_is_nobody_in_production() {
    let bench = Bench::of::<SignicatMle>().unwrap().open_in("mle", Environment::Production).unwrap();
    let error = bench.identify(login(EVERYTHING), "onni").await.unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::Environment), Stage::Normalise));
}

#[tokio::test]
async fn a_token_of_another_method_than_the_chosen_one_is_refused() {
    let bench = at("mle");
    let mut waiting = bench.walk(login(EVERYTHING), Click::Persona("onni")).await.unwrap();
    waiting.login.method = Some("fi-op".to_owned());
    let error = bench.resume(waiting).await.unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::ClaimsInconsistent), Stage::IdToken));
}

#[tokio::test]
async fn the_doctor_finds_nothing_to_do() {
    for finding in at("mle").provider.probe().await {
        assert_eq!(finding.remedy, None, "{}: {}", finding.subject, finding.text);
    }
}
