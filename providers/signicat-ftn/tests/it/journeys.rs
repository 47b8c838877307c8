//! Logins through the simulated eID Hub.

use std::time::Duration;

use serde_json::{Value, json};
use tunnus_sdk::{
    BrowserRequest, Environment, Fault, Identity, Level, LoginRequest, Member, Params, Reason, RequestMethod,
    Stage, sandbox::SimulatedRequest,
};
use tunnus_signicat_ftn::{SignicatFtn, simulator::sandbox_of};
use tunnus_simulator::{Bench, Click, Setup};

const EVERYTHING: &[Member] = &[
    Member::FullName,
    Member::GivenName,
    Member::FamilyName,
    Member::BirthDate,
    Member::NationalId,
    Member::OtherIds,
];

/// A connection of the crate's own sandbox.
fn at(id: &str) -> Setup {
    Bench::of::<SignicatFtn>().unwrap().open(id).unwrap()
}

/// A connection whose settings differ from the least by `changes`.
fn with(changes: &Value) -> Setup {
    Bench::variant::<SignicatFtn>(sandbox_of, changes).unwrap().open("variant").unwrap()
}

/// A connection with `changes` at a hub that encrypts responses with `content`.
fn hub_encrypts(content: &str, changes: &Value) -> Setup {
    let upstream = json!({ "response_encryption": [content] });
    let mut bench = Bench::variant::<SignicatFtn>(sandbox_of, &upstream).unwrap();
    let settings = bench.sandbox.connections[0].settings.as_object_mut().unwrap();
    settings.extend(changes.as_object().unwrap().clone());
    bench.open("variant").unwrap()
}

/// A request for these members.
fn login(claims: &[Member]) -> LoginRequest {
    LoginRequest { claims: claims.iter().copied().collect(), ..LoginRequest::new("state-of-ours".into()) }
}

fn hinted(hint: &str) -> LoginRequest {
    LoginRequest { login_hint: Some(hint.into()), ..login(EVERYTHING) }
}

fn shown(identity: &Identity) -> Value {
    json!({
        "method": identity.method,
        "assurance": identity.assurance,
        "attributes": identity.attributes,
    })
}

#[tokio::test]
async fn a_person_has_the_same_record_on_both_connections() {
    let expected = json!({
        "method": { "id": "fi-nordea", "name": "Nordea" },
        "assurance": { "level": "substantial", "amr": ["external"] },
        "attributes": {
            "name": { "full": "Onni Juhani Korhonen", "given": "Onni Juhani", "family": "Korhonen" },
            "birth_date": "1970-07-07",
            "national_id": { "country": "FI", "type": "hetu", "value": "070770-905D" },
            "other_ids": [{ "country": "FI", "type": "satu", "value": "10000001N" }],
        },
    });
    for id in ["ftn", "ftn-encrypted"] {
        let identity = at(id).identify(login(EVERYTHING), "onni").await.unwrap();
        assert_eq!(shown(&identity), expected, "{id}");
        assert!(identity.upstream.subject.expose_str().ends_with('='));
        assert!(identity.transaction_id.is_some());
    }
}

#[tokio::test]
async fn every_way_of_asking_and_authenticating_ends_with_the_same_person() {
    let authentications = ["private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth"];
    let algorithms = ["RS256", "PS256", "ES256", "RS256"];
    let encryptions = ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128CBC-HS256"];
    for delivery in ["pushed", "post", "get"] {
        for protection in ["signed", "signed_then_encrypted"] {
            for (index, authentication) in authentications.iter().enumerate() {
                let settings = json!({
                    "request_delivery": delivery,
                    "request_protection": protection,
                    "request_encryption": encryptions[index],
                    "client_authentication": authentication,
                    "assertion_audience": if delivery == "pushed" { "issuer" } else { "token_endpoint" },
                    "signing_algorithm": algorithms[index],
                    "response_encryption": [encryptions[index]],
                    "endpoint_hosts": ["localhost:4011"],
                });
                let identity = with(&settings).identify(login(EVERYTHING), "hilla").await;
                let identity = identity.unwrap_or_else(|error| panic!("{settings}: {error}"));
                assert_eq!(identity.attributes.national_id.unwrap().value.expose_str(), "300615A9047");
            }
        }
    }
}

#[tokio::test]
async fn a_response_of_an_encryption_that_is_not_listed_is_refused() {
    let bench =
        hub_encrypts("A256CBC-HS512", &json!({ "response_encryption": ["A128CBC-HS256", "A192CBC-HS384"] }));
    let error = bench.identify(login(EVERYTHING), "onni").await.unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::Algorithm), Stage::IdToken));
}

#[tokio::test]
async fn each_listed_encryption_is_taken() {
    for content in ["A128CBC-HS256", "A192CBC-HS384"] {
        let bench =
            hub_encrypts(content, &json!({ "response_encryption": ["A128CBC-HS256", "A192CBC-HS384"] }));
        assert!(bench.identify(login(EVERYTHING), "onni").await.is_ok(), "{content}");
    }
}

#[tokio::test]
async fn the_level_asked_for_comes_back_as_acr() {
    for (level, word) in [(Level::Substantial, "substantial"), (Level::High, "high")] {
        let request = LoginRequest { minimum_assurance: level, ..login(&[]) };
        let assurance = at("ftn").identify(request, "aada").await.unwrap().assurance;
        assert_eq!((assurance.level, assurance.acr.as_deref()), (level, Some(word)));
    }
}

#[tokio::test]
async fn no_more_comes_than_was_asked_for() {
    let bench = at("ftn");
    let waiting = bench.walk(login(&[Member::FullName]), Click::Persona("ylva")).await.unwrap();
    let userinfo = bench.resume(waiting).await.unwrap().userinfo.unwrap();
    assert!(userinfo.contains_key("name") && userinfo.contains_key("ftn_idp"));
    assert!(!userinfo.contains_key("nin") && !userinfo.contains_key("idp_id"));
}

#[tokio::test]
async fn ten_logins_meet_ten_sets_of_keys() {
    let bench = at("ftn");
    for _ in 0..10 {
        bench.identify(login(EVERYTHING), "eliel").await.unwrap();
    }
}

#[tokio::test]
async fn a_pushed_request_shows_the_browser_a_reference_only() {
    let to = at("ftn").start(&login(EVERYTHING)).await.unwrap().to;
    let BrowserRequest::Get(url) = to else { panic!("a redirect") };
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["client_id", "request_uri"]);
}

#[tokio::test]
async fn an_encrypted_request_hides_the_hint_that_it_carries() {
    let bench = at("ftn-encrypted");
    let request = LoginRequest { service_name: Some("Kauppa".to_owned()), ..hinted("070770-905D") };
    let to = bench.start(&request).await.unwrap().to;
    let BrowserRequest::Post { action, fields } = to else { panic!("a form") };
    assert_eq!((action.path(), action.query()), ("/upstream/auth/open/connect/authorize", None));
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client_id", "request"]);
    assert_eq!(fields[1].1.split('.').count(), 5);
    let back = bench.walk(request, Click::Persona("onni")).await.unwrap();
    assert!(bench.resume(back).await.is_ok());
}

#[tokio::test]
async fn a_hint_like_a_national_id_is_refused_before_anybody_is_called() {
    let bench = at("ftn");
    let error = bench.start(&hinted("070770-905D")).await.err().unwrap();
    assert_eq!(error.fault, Fault::RequestInvalid);
    let stages = [Stage::Discovery, Stage::Jwks, Stage::Par];
    assert_eq!(stages.map(|stage| bench.host.sends(stage)), [0, 0, 0]);
}

#[tokio::test]
async fn cancelling_is_known_by_the_hubs_own_code() {
    let bench = at("ftn");
    let waiting = bench.walk(login(EVERYTHING), Click::Cancel).await.unwrap();
    let error = bench.resume(waiting).await.unwrap_err();
    assert_eq!((error.fault, error.stage), (Fault::UserCancelled, Stage::Callback));
    assert_eq!(error.upstream_code.as_deref(), Some("IDP-3200"));
}

#[tokio::test]
async fn a_code_lives_fifteen_seconds() {
    let bench = at("ftn");
    let waiting = bench.walk(login(EVERYTHING), Click::Persona("onni")).await.unwrap();
    bench.clock.advance(Duration::from_secs(16));
    assert_eq!(bench.resume(waiting).await.unwrap_err().stage, Stage::Token);
}

#[tokio::test]
async fn a_return_of_another_login_costs_no_code() {
    let bench = at("ftn");
    let mut waiting = bench.walk(login(EVERYTHING), Click::Persona("onni")).await.unwrap();
    waiting.login.state = "of-another-login".into();
    let error = bench.resume(waiting).await.unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::State), Stage::Callback));
    assert_eq!((bench.host.sends(Stage::Token), bench.host.operations().decrypt), (0, 0));
}

#[tokio::test]
async fn a_sandbox_person_is_nobody_in_production() {
    let bench = Bench::of::<SignicatFtn>().unwrap().open_in("ftn", Environment::Production).unwrap();
    let error = bench.identify(login(EVERYTHING), "onni").await.unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::Environment), Stage::Normalise));
}

#[tokio::test]
async fn the_hub_refuses_plain_requests_on_a_page_of_its_own() {
    let bench = at("ftn");
    let query: Params = [
        ("client_id", "sandbox-calm-elk-ftn"),
        ("response_type", "code"),
        ("scope", "openid ftn-extra"),
        ("redirect_uri", "http://127.0.0.1:8080/t/sandbox/return/ftn/callback"),
        ("acr_values", "idp:ftn"),
        ("state", "s"),
    ]
    .into_iter()
    .collect();
    let request = SimulatedRequest {
        method: RequestMethod::Get,
        path: "/auth/open/connect/authorize".to_owned(),
        query,
        form: Params::default(),
        authorization: None,
        client_certificate: None,
    };
    let answer = bench.simulator.answer(request).await;
    assert!(answer.headers.iter().all(|(name, value)| *name != "Location" || !value.contains("/return/")));
    assert_ne!(answer.status, 200);
}

#[tokio::test]
async fn the_doctor_finds_nothing_to_do() {
    for id in ["ftn", "ftn-encrypted"] {
        let findings = at(id).provider.probe().await;
        assert!(!findings.is_empty());
        for finding in findings {
            assert_eq!(finding.remedy, None, "{}: {}", finding.subject, finding.text);
        }
    }
}
