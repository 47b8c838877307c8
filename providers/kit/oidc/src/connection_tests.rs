use serde_json::json;
use tunnus_sdk::{Fault, Leg, Reason, Severity, Stage};

use super::*;
use crate::{
    ResponseMode, TokenDemand,
    for_tests::{CLIENT, ISSUER, NOW, ScriptedHost, json_response, login, metadata_document, profile},
};

/// An upstream whose persons must have the subject that was hinted at.
struct Hinted;

impl Dialect for Hinted {
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError> {
        if login.method.is_some() {
            return Err(ProviderError::request_invalid());
        }
        Ok(AuthorizationParams { scope: "openid".to_owned(), ..AuthorizationParams::of(login) })
    }

    fn check(&self, login: &LoginRequest, evidence: &Evidence) -> Result<(), ProviderError> {
        let hint = login.login_hint.as_ref().map(tunnus_sdk::Hidden::expose_str);
        let fits = hint.is_none() || hint == evidence.id_token["sub"].as_str();
        fits.then_some(()).ok_or(ProviderError::rejected(Reason::Subject, Stage::IdToken))
    }

    fn identity(&self, _: &Evidence, environment: Environment) -> Result<Identity, ProviderError> {
        assert_eq!(environment, Environment::Sandbox);
        Err(ProviderError::rejected(Reason::Environment, Stage::Normalise))
    }

    fn findings(&self, metadata: &Metadata) -> Vec<Finding> {
        assert_eq!(metadata.supports("scopes_supported", "email"), Some(true));
        vec![Finding {
            severity: Severity::Warning,
            subject: "own".to_owned(),
            text: "own".to_owned(),
            remedy: None,
        }]
    }
}

fn connection(profile: Profile) -> (Connection<Hinted>, Arc<ScriptedHost>) {
    let host = ScriptedHost::new();
    host.answer(Ok(json_response(200, &metadata_document())));
    (Connection::new(profile, Hinted, Arc::<ScriptedHost>::clone(&host)), host)
}

fn inbound(params: &[(&str, &str)]) -> Inbound {
    Inbound { leg: Leg::CALLBACK, params: params.iter().copied().collect() }
}

async fn ends(login: LoginRequest) -> Result<Step, ProviderError> {
    let (connection, host) = connection(profile());
    host.answer(Ok(json_response(201, &json!({ "request_uri": "urn:x:1", "expires_in": 60 }))));
    let Step::Navigate(navigate) = connection.start(&login).await? else { panic!("a trip is due") };
    let id_token = json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "person", "exp": NOW + 60, "iat": NOW, "nonce": "random-0",
    });
    let id_token = format!("signed:{id_token}");
    let tokens = json!({ "access_token": "access", "token_type": "Bearer", "id_token": id_token });
    host.answer(Ok(json_response(200, &tokens)));
    host.answer(Ok(json_response(200, &json!({ "sub": "person" }))));
    let back = inbound(&[("code", "code-1"), ("state", "state-1"), ("iss", ISSUER)]);
    connection.resume(&login, navigate.state, back).await
}

#[tokio::test]
async fn a_login_ends_with_proved_claims_that_pass_the_dialects_check() {
    assert!(matches!(ends(login()).await.unwrap(), Step::Authenticated(_)));
    let right = LoginRequest { login_hint: Some("person".into()), ..login() };
    assert!(matches!(ends(right).await.unwrap(), Step::Authenticated(_)));
    let wrong = LoginRequest { login_hint: Some("another".into()), ..login() };
    assert_eq!(ends(wrong).await.err().and_then(|error| error.reason()), Some(Reason::Subject));
}

#[tokio::test]
async fn what_the_dialect_refuses_to_ask_reaches_nobody() {
    let (connection, host) = connection(profile());
    let login = LoginRequest { method: Some("bank".to_owned()), ..login() };
    assert_eq!(connection.start(&login).await.err().map(|error| error.fault), Some(Fault::RequestInvalid));
    assert!(host.requests().is_empty());
}

#[test]
fn a_return_is_found_by_its_state_or_where_jarm_is_due_by_the_browser() {
    let (plain, _) = connection(profile());
    assert_eq!(plain.correlate(&inbound(&[("state", "s")])), Correlation::State("s".into()));
    for none in [&[][..], &[("state", "")], &[("state", "s"), ("state", "t")]] {
        assert_eq!(plain.correlate(&inbound(none)), Correlation::State("".into()));
    }
    let token = TokenDemand::Signed(vec![tunnus_sdk::SigningAlgorithm::PS256]);
    let (sealed, _) = connection(Profile { response: ResponseMode::Jarm(token), ..profile() });
    assert_eq!(sealed.correlate(&inbound(&[("state", "s")])), Correlation::FromBrowser);
}

#[tokio::test]
async fn a_sealed_return_chooses_its_own_among_the_logins_and_where_none_is_its_own_none() {
    let token = TokenDemand::Signed(vec![tunnus_sdk::SigningAlgorithm::PS256]);
    let (connection, _) = connection(Profile { response: ResponseMode::Jarm(token), ..profile() });
    let kept = ProviderState::keep(&()).unwrap();
    let logins =
        ["state-1", "state-2", "state-3"].map(|state| LoginRequest { state: state.into(), ..login() });
    let candidates = logins.each_ref().map(|login| Candidate { login, state: &kept });
    for (state, chosen) in [("state-3", Some(2)), ("state-4", None)] {
        let response = format!("signed:{}", json!({ "state": state }));
        let back = inbound(&[("response", response.as_str())]);
        assert_eq!(connection.choose(&candidates, &back).await, chosen);
    }
}

#[tokio::test]
async fn the_metadata_of_a_connection_in_use_is_fetched_ahead_of_its_end() {
    let (connection, host) = connection(profile());
    connection.party.metadata().await.unwrap();
    host.advance(3_000);
    connection.refresh().await;
    assert_eq!(host.requests().len(), 2);
}

#[tokio::test]
async fn the_doctor_hears_the_dialect_where_there_is_metadata_to_judge() {
    let (connection, host) = connection(profile());
    host.answer(Ok(json_response(200, &json!({ "keys": [] }))));
    host.answer(Ok(json_response(200, &metadata_document())));
    assert!(connection.probe().await.iter().any(|finding| finding.subject == "own"));
    let away = Connection::new(profile(), Hinted, ScriptedHost::new());
    assert!(away.probe().await.iter().all(|finding| finding.subject != "own"));
}

#[test]
fn debug_names_the_issuer_alone() {
    let (connection, _) = connection(profile());
    assert_eq!(
        format!("{connection:?}"),
        format!("Connection {{ party: RelyingParty {{ issuer: {ISSUER:?}, .. }}, .. }}")
    );
}
