//! The trip to the account selector and back.

use tunnus_idpartner::SELECTED;
use tunnus_sdk::{BrowserRequest, Correlation, Fault, Leg, Level, LoginRequest, Member, Reason, Stage};

use crate::desk::{Desk, MUTUAL_TLS, PLACEHOLDER, SECRET, SPECIMEN, inbound, login, navigate};

fn address(to: BrowserRequest) -> String {
    match to {
        BrowserRequest::Get(url) => url.into(),
        BrowserRequest::Post { .. } => panic!("the selector is reached by GET"),
    }
}

async fn started(desk: &Desk, login: &LoginRequest) -> String {
    address(navigate(desk.provider.start(login).await.unwrap()).to)
}

#[tokio::test]
async fn the_browser_brings_the_visitor_id_the_scopes_and_the_claims() {
    let desk = Desk::new(SECRET);
    let mut login = login("s1");
    login.claims = [Member::Email].into();
    let expected = "/select-accounts?client_id=sandbox-idpartner&visitor_id=visitor-1&scope=openid+email\
                    &claims=email+email_verified";
    assert!(started(&desk, &login).await.ends_with(expected));
    login.visitor_id = None;
    assert!(!started(&desk, &login).await.contains("visitor_id"));
}

#[tokio::test]
async fn an_apps_hint_does_not_reach_the_selector() {
    let desk = Desk::new(SECRET);
    let mut login = login("s1");
    login.login_hint = Some("john.smithfield@example.com".into());
    assert!(!started(&desk, &login).await.contains("john"));
    assert!(!started(&desk, &login).await.contains("login_hint"));
    login.login_hint = Some("sandbox:persona=maria".into());
    assert!(started(&desk, &login).await.contains("login_hint=sandbox"));
}

#[tokio::test]
async fn a_visitor_who_chose_before_is_forwarded_at_once() {
    let desk = Desk::new(SECRET);
    let known = |state| LoginRequest { visitor_id: Some("visitor-who-returns".into()), ..login(state) };
    desk.choose(&known("s1"), PLACEHOLDER).await;
    let walked = async |login: LoginRequest| {
        let to = navigate(desk.provider.start(&login).await.unwrap()).to;
        desk.walk(&to, &SELECTED).await
    };
    let again = walked(known("s2")).await;
    assert_eq!(again.params.one("idp_id"), Some(PLACEHOLDER));
    let stranger = LoginRequest { visitor_id: Some("visitor-of-another-browser".into()), ..login("s3") };
    assert_eq!(walked(stranger).await.params.one("error"), Some("access_denied"), "was shown the page");
}

#[tokio::test]
async fn cancelling_at_the_selector_is_a_cancel() {
    let desk = Desk::new(SECRET);
    let login = LoginRequest { visitor_id: None, ..login("s1") };
    let start = navigate(desk.provider.start(&login).await.unwrap());
    let back = desk.walk(&start.to, &SELECTED).await;
    let error = desk.provider.resume(&login, start.state, back).await.unwrap_err();
    assert_eq!((error.fault, error.stage), (Fault::UserCancelled, Stage::Selection));
}

#[tokio::test]
async fn a_bank_that_is_not_listed_is_never_called() {
    let desk = Desk::new(MUTUAL_TLS);
    let listed = desk.issuer("/specimen/oidc");
    let hostile = [
        String::new(),
        format!("{listed}/"),
        listed.to_uppercase(),
        listed.replace("http://", "https://"),
        listed.replace("localhost", "attacker@localhost"),
        listed.replace("localhost", "127.0.0.1"),
        format!("{listed}?x=1"),
        format!("{listed}#x"),
        desk.issuer("/evil/oidc"),
        "https://bank.evil.example/oidc".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        listed.repeat(10_000),
    ];
    for issuer in &hostile {
        let login = login("s1");
        let state = navigate(desk.provider.start(&login).await.unwrap()).state;
        let back = inbound(SELECTED, &[("iss", issuer), ("idp_id", SPECIMEN)]);
        let error = desk.provider.resume(&login, state, back).await.unwrap_err();
        assert_eq!((error.reason(), error.stage), (Some(Reason::Issuer), Stage::Selection), "{issuer}");
    }
    let twice = inbound(SELECTED, &[("iss", &listed), ("iss", &listed), ("idp_id", SPECIMEN)]);
    let login = login("s1");
    let state = navigate(desk.provider.start(&login).await.unwrap()).state;
    let error = desk.provider.resume(&login, state, twice).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::Issuer));
    assert_eq!((desk.host.sends(Stage::Discovery), desk.host.refused()), (0, 0));
    assert_eq!(desk.wiretap.requests("").len(), 0);
}

#[tokio::test]
async fn the_selectors_return_is_worth_nothing_on_the_other_leg() {
    let desk = Desk::new(SECRET);
    let login = login("s1");
    let (state, mut back) = desk.choose(&login, SPECIMEN).await;
    back.leg = Leg::CALLBACK;
    let error = desk.provider.resume(&login, state, back).await.unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::State), Stage::Selection));
}

#[tokio::test]
async fn settings_that_change_at_the_selector_end_the_attempt() {
    let desk = Desk::new(SECRET);
    let login = login("s1");
    let (state, back) = desk.choose(&login, SPECIMEN).await;
    let changed = desk.rebuilt(|settings| settings["client_id"] = "another".into());
    let error = changed.resume(&login, state, back).await.unwrap_err();
    assert_eq!((error.fault, error.stage), (Fault::ConnectionMisconfigured, Stage::Selection));
    assert_eq!(desk.host.sends(Stage::Discovery), 0);
}

#[tokio::test]
async fn a_level_that_no_bank_reaches_is_refused_before_the_browser_leaves() {
    let desk = Desk::new(SECRET);
    let mut login = login("s1");
    login.minimum_assurance = Level::High;
    let error = desk.provider.start(&login).await.unwrap_err();
    assert_eq!((error.fault, error.stage), (Fault::AssuranceTooLow, Stage::Selection));
}

#[tokio::test]
async fn both_returns_are_found_by_the_browser_alone() {
    let desk = Desk::new(SECRET);
    let legs = [(SELECTED, Correlation::Anonymous), (Leg::CALLBACK, Correlation::FromBrowser)];
    for (leg, correlation) in legs {
        let back = inbound(leg, &[("state", "s1"), ("iss", "x")]);
        assert_eq!(desk.provider.correlate(&back), correlation);
    }
}

/// The sandbox's settings with addresses that production allows.
fn with_public_addresses(settings: &mut serde_json::Value) {
    settings["selector"] = "https://selector.example/select-accounts".into();
    settings["issuers"] = serde_json::json!([{ "issuer": "https://bank.example/oidc" }]);
}

#[tokio::test]
async fn a_connection_with_a_secret_is_not_even_built_in_production() {
    let misconfigured = |desk: &Desk, change: fn(&mut serde_json::Value)| {
        desk.in_production(change).err().map(|error| error.fault) == Some(Fault::ConnectionMisconfigured)
    };
    let secret = Desk::new(SECRET);
    assert!(misconfigured(&secret, with_public_addresses));
    let certificate = Desk::new(MUTUAL_TLS);
    assert!(certificate.in_production(with_public_addresses).is_ok());
    assert!(misconfigured(&certificate, |_| {}), "the simulator's addresses are plain http");
}
