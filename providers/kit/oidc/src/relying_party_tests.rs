use serde_json::json;
use tunnus_sdk::{BrowserRequest, Fault, Leg, Reason, SigningAlgorithm, Stage};

use super::*;
use crate::{
    RequestProtection, RequestRoute, TokenDemand, UserinfoDemand,
    for_tests::{CLIENT, ISSUER, NOW, ScriptedHost, json_response, login, profile, relying_party},
};

const DOCUMENT: &str = "payment_details_info_endpoint";

fn params() -> AuthorizationParams {
    AuthorizationParams { scope: "openid".to_owned(), ..AuthorizationParams::default() }
}

/// Begins a login and answers what was kept.
async fn begun(rp: &RelyingParty, host: &ScriptedHost) -> (BrowserRequest, ProviderState) {
    host.answer(Ok(json_response(201, &json!({ "request_uri": "urn:x:1", "expires_in": 60 }))));
    let Step::Navigate(navigate) = rp.begin(&login(), params()).await.unwrap() else {
        panic!("a trip is due")
    };
    assert_eq!((&navigate.expect, navigate.expires_in), (&Leg::CALLBACK, None));
    (navigate.to, navigate.state)
}

fn inbound(params: &[(&str, &str)]) -> Inbound {
    Inbound { leg: Leg::CALLBACK, params: params.iter().copied().collect() }
}

fn good() -> Inbound {
    inbound(&[("code", "code-1"), ("state", "state-1"), ("iss", ISSUER)])
}

fn answer_tokens(host: &ScriptedHost) {
    let id_token = json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "person", "exp": NOW + 60, "iat": NOW, "nonce": "random-0",
    });
    let id_token = format!("signed:{id_token}").replace(' ', "");
    let tokens = json!({ "access_token": "access", "token_type": "Bearer", "id_token": id_token });
    host.answer(Ok(json_response(200, &tokens)));
    host.answer(Ok(json_response(200, &json!({ "sub": "person", "email": "onni@example.org" }))));
}

#[tokio::test]
async fn a_login_goes_from_the_first_redirect_to_proved_claims() {
    let (rp, host) = relying_party(profile());
    let (to, state) = begun(&rp, &host).await;
    assert_eq!(format!("{to:?}"), "Get(https://op.example/oidc/auth)");
    answer_tokens(&host);
    let evidence = rp.finish(&login(), &state, &good()).await.unwrap();
    assert_eq!((evidence.issuer.as_str(), evidence.received_at.0), (ISSUER, NOW));
    assert_eq!(evidence.id_token["sub"], "person");
    assert_eq!(evidence.userinfo.unwrap()["email"], "onni@example.org");
    let stages: Vec<Stage> = host.requests().iter().map(|request| request.stage).collect();
    assert_eq!(stages, [Stage::Discovery, Stage::Par, Stage::Token, Stage::Userinfo]);
}

#[tokio::test]
async fn a_return_that_fails_redeems_no_code() {
    let (rp, host) = relying_party(profile());
    let (_, state) = begun(&rp, &host).await;
    let asked = host.requests().len();
    let forged = inbound(&[("code", "code-1"), ("state", "state-2"), ("iss", ISSUER)]);
    let error = rp.finish(&login(), &state, &forged).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::State));
    assert_eq!(host.requests().len(), asked);
}

#[tokio::test]
async fn settings_that_changed_in_mid_flow_end_the_login_before_the_code_is_redeemed() {
    let (rp, host) = relying_party(profile());
    let (_, state) = begun(&rp, &host).await;
    let changed = Profile { client_id: "client-2".to_owned(), ..profile() };
    let (rp, host) = relying_party(changed);
    let error = rp.finish(&login(), &state, &good()).await.unwrap_err();
    assert_eq!(error.fault, Fault::ConnectionMisconfigured);
    assert!(host.requests().is_empty());
}

#[tokio::test]
async fn another_process_finishes_without_asking_for_the_metadata() {
    let (rp, host) = relying_party(profile());
    let (_, state) = begun(&rp, &host).await;
    let host = ScriptedHost::new();
    answer_tokens(&host);
    let rp = RelyingParty::new(profile(), Arc::<ScriptedHost>::clone(&host));
    rp.finish(&login(), &state, &good()).await.unwrap();
    assert_eq!(host.requests()[0].stage, Stage::Token);
}

#[tokio::test]
async fn a_state_that_is_not_ours_is_a_fault_of_ours() {
    let (rp, _) = relying_party(profile());
    let state = ProviderState::keep(&json!({ "other": 1 })).unwrap();
    assert_eq!(rp.finish(&login(), &state, &good()).await.unwrap_err().fault, Fault::Internal);
}

#[tokio::test]
async fn a_document_is_fetched_with_the_logins_own_token() {
    let profile = || Profile {
        document_endpoints: &[DOCUMENT],
        userinfo: UserinfoDemand::NotFetched,
        request: RequestRoute::pushed(RequestProtection::Plain),
        ..profile()
    };
    let (rp, host) = relying_party(profile());
    let (_, state) = begun(&rp, &host).await;
    answer_tokens(&host);
    let redeemed = rp.redeem(&login(), &state, &good()).await.unwrap();
    let details = rp.fetch_document(&redeemed, DOCUMENT).await.unwrap();
    assert!(details.is_some());
    assert_eq!(host.requests().pop().unwrap().url.path(), "/oidc/payment_details");
    assert_eq!(rp.fetch_document(&redeemed, "unknown_endpoint").await.unwrap(), None);
}

fn jarm() -> Profile {
    let demand = TokenDemand::Signed(vec![SigningAlgorithm::PS256]);
    Profile { response: ResponseMode::Jarm(demand), ..profile() }
}

fn jarm_response(state: &str) -> Inbound {
    let claims = json!({ "iss": ISSUER, "aud": CLIENT, "exp": NOW + 60, "state": state, "code": "c" });
    inbound(&[("response", &format!("signed:{claims}"))])
}

#[tokio::test]
async fn a_jarm_response_chooses_its_candidate_by_the_state_inside() {
    let (rp, host) = relying_party(jarm());
    let kept = ProviderState::keep(&()).unwrap();
    let logins = ["state-1", "state-2"].map(|state| LoginRequest { state: state.into(), ..login() });
    let candidates = logins.each_ref().map(|login| Candidate { login, state: &kept });
    assert_eq!(rp.choose_by_state(&candidates, &jarm_response("state-2")).await, Some(1));
    assert_eq!(host.opened().len(), 1);
    assert_eq!(rp.choose_by_state(&candidates, &jarm_response("state-3")).await, None);
    assert_eq!(rp.choose_by_state(&candidates, &inbound(&[("state", "state-1")])).await, None);
    assert_eq!(host.opened().len(), 2, "what is no JARM is not opened");
    assert_eq!(rp.choose_by_state(&[], &jarm_response("state-1")).await, None);
    assert_eq!(host.opened().len(), 2, "without candidates nothing is opened");
}

#[test]
fn only_a_plain_return_is_found_by_the_state_that_it_shows() {
    let shown = inbound(&[("state", "state-1"), ("code", "c")]);
    assert_eq!(relying_party(profile()).0.correlate(&shown), Correlation::State("state-1".into()));
    assert_eq!(relying_party(profile()).0.correlate(&inbound(&[])), Correlation::State("".into()));
    assert_eq!(relying_party(jarm()).0.correlate(&shown), Correlation::FromBrowser);
}

#[tokio::test]
async fn a_jarm_login_ends_like_a_plain_one() {
    let (rp, host) = relying_party(jarm());
    let (_, state) = begun(&rp, &host).await;
    answer_tokens(&host);
    assert!(rp.finish(&login(), &state, &jarm_response("state-1")).await.is_ok());
    let other = rp.finish(&login(), &state, &jarm_response("state-2")).await.unwrap_err();
    assert_eq!(other.reason(), Some(Reason::State));
}

#[tokio::test]
async fn debug_shows_no_claims_and_no_token() {
    let (rp, host) = relying_party(profile());
    let (_, state) = begun(&rp, &host).await;
    answer_tokens(&host);
    let redeemed = rp.redeem(&login(), &state, &good()).await.unwrap();
    let shown = format!("{rp:?} {redeemed:?}");
    assert!(!shown.contains("access") && !shown.contains("person") && !shown.contains("onni"));
}
