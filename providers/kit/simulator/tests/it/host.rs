//! The host and the browser for tests keep what a server and a browser keep.

use std::sync::Arc;

use tunnus_sdk::{
    BrowserRequest, Channel, Environment, Expect, Floor, Host, KeySource, Leg, OpenError, Protection, Reason,
    Request, SendError, Signature, SigningAlgorithm, Stage, TokenKind, erase, sandbox::Simulator,
};
use tunnus_simulator::{Arrival, Browser, Click, TestHost};
use url::Url;

use crate::{
    acme::Acme,
    desk::{Desk, body, with},
};

fn host(desk: &Desk, id: &str) -> TestHost {
    let simulator: Arc<dyn Simulator> = Arc::clone(&desk.simulator) as Arc<_>;
    TestHost::new(erase::<Acme>().as_ref(), &desk.site, simulator, desk.connection(id)).expect("a host")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn get(url: &str) -> Request {
    Request::get(Stage::Discovery, Url::parse(url).expect("a URL"))
}

fn metadata(desk: &Desk) -> String {
    format!("{}/.well-known/openid-configuration", desk.issuer())
}

fn send(host: &TestHost, request: Request) -> Result<u16, SendError> {
    run(host.send(request)).map(|response| response.status)
}

/// What the modest client's ID token must be.
fn expect(desk: &Desk, channel: Channel, algorithm: SigningAlgorithm) -> Expect {
    let jwks_uri = Url::parse(&format!("{}/jwks", desk.issuer())).expect("a URL");
    let keys = KeySource { issuer: desk.issuer(), jwks_uri, channel };
    let protection = Protection::Signed(Signature { algorithms: vec![algorithm], keys });
    Expect { kind: TokenKind::IdToken, stage: Stage::IdToken, protection }
}

fn modest_id_token(desk: &Desk) -> String {
    let answer = body(&desk.post("/op/token", &desk.modest_exchange(desk.modest_code())));
    answer["id_token"].as_str().expect("an ID token").to_owned()
}

#[test]
fn calls_go_to_the_simulator_and_nowhere_else() {
    let desk = Desk::new();
    let host = host(&desk, "acme-modest");
    assert!(matches!(send(&host, get(&metadata(&desk))), Ok(200)));
    assert!(matches!(send(&host, get("https://elsewhere.example/")), Err(SendError::Forbidden)));
    assert_eq!((host.sends(Stage::Discovery), host.refused()), (2, 1));
}

#[test]
fn answers_that_are_late_cut_off_or_huge_do_not_arrive() {
    let desk = Desk::new();
    let host = host(&desk, "acme-modest");
    let under = |fault: &str| {
        assert!(desk.simulator.set_fault(Some(fault)));
        send(&host, get(&metadata(&desk)))
    };
    assert!(matches!(under("discovery_slow"), Err(SendError::TimedOut)));
    assert!(matches!(under("discovery_cut_off"), Err(SendError::Unreachable(_))));
    assert!(matches!(under("discovery_huge"), Err(SendError::TooLarge)));
    assert!(matches!(under("discovery_redirect"), Ok(302)), "redirects are not followed");
    assert_eq!(host.faults().len(), 4);
}

#[test]
fn the_listener_for_certificates_wants_one() {
    let desk = Desk::new();
    let url = format!("{}/op/jwks", desk.site.mtls_base);
    let with_certificate = |url: &str| Request { mutual_tls: true, ..get(url) };
    let sealed = host(&desk, "acme-sealed");
    assert!(matches!(send(&sealed, get(&url)), Err(SendError::Unreachable(_))));
    assert!(matches!(send(&sealed, with_certificate(&url)), Ok(200)));
    let modest = host(&desk, "acme-modest");
    assert!(matches!(send(&modest, with_certificate(&url)), Err(SendError::CredentialMissing)));
}

#[test]
fn nothing_below_the_floor_is_opened() {
    let desk = Desk::new();
    let host = host(&desk, "acme-modest");
    let token = modest_id_token(&desk);
    let open = |expect: &Expect| run(host.open(expect, &token));
    assert!(open(&expect(&desk, Channel::Direct, SigningAlgorithm::ES256)).is_ok());
    let other = expect(&desk, Channel::Direct, SigningAlgorithm::RS256);
    assert!(matches!(open(&other), Err(OpenError::BelowFloor)));
    let plain = Expect { protection: Protection::Plain, ..other };
    assert!(matches!(open(&plain), Err(OpenError::BelowFloor)));
    let shut = crate::host::host(&desk, "acme-modest").with_floor(Floor::default());
    let good = expect(&desk, Channel::Direct, SigningAlgorithm::ES256);
    assert!(matches!(run(shut.open(&good, &token)), Err(OpenError::BelowFloor)));
}

#[test]
fn an_unknown_key_is_looked_for_again_and_not_for_ever() {
    let desk = Desk::new();
    let token = modest_id_token(&desk);
    let fetches = |channel: Channel| {
        let host = host(&desk, "acme-modest");
        let opened = run(host.open(&expect(&desk, channel, SigningAlgorithm::ES256), &token));
        (opened.is_ok(), host.sends(Stage::Jwks))
    };
    assert_eq!(fetches(Channel::Direct), (true, 2), "the first document lacks the key");
    assert!(desk.simulator.set_fault(Some("jwks_without_signing_key")));
    assert_eq!(fetches(Channel::Direct), (false, 4));
    assert_eq!(fetches(Channel::Browser), (false, 2));
    let host = host(&desk, "acme-modest");
    let opened = run(host.open(&expect(&desk, Channel::Browser, SigningAlgorithm::ES256), &token));
    assert!(matches!(opened, Err(OpenError::Rejected(Reason::KeyUnknown))));
}

#[test]
fn what_a_host_draws_no_other_draws() {
    let desk = Desk::new();
    let (one, other) = (host(&desk, "acme-modest"), host(&desk, "acme-modest"));
    let drawn = [one.random(), one.random(), other.random()];
    assert!(drawn[0] != drawn[1] && drawn[0] != drawn[2]);
    assert_eq!(one.environment(), Environment::Sandbox);
    assert_eq!(one.with_environment(Environment::Production).environment(), Environment::Production);
}

#[test]
fn a_browser_comes_back_by_redirect_or_form_or_is_stranded() {
    let desk = Desk::new();
    let browser = Browser::new(&desk.site, Arc::clone(&desk.simulator) as Arc<_>);
    let walk = |fields: crate::desk::Fields, click: Click<'_>| {
        let mut url = Url::parse(&format!("{}/authorize", desk.issuer())).expect("a URL");
        url.query_pairs_mut().extend_pairs(fields);
        run(browser.walk(&BrowserRequest::Get(url), &Leg::CALLBACK, click))
    };
    for mode in ["query", "form_post"] {
        let asked = with(desk.parameters("acme-modest", mode), "login_hint", None);
        let Arrival::Returned(inbound) = walk(asked, Click::Persona("eliel")) else {
            unreachable!("the browser comes back by {mode}")
        };
        assert!(inbound.params.one("code").is_some() && inbound.params.one("state") == Some("state-of-ours"));
    }
    let faulty = with(desk.parameters("acme-modest", "query"), "nonce", None);
    assert!(
        matches!(walk(faulty, Click::Cancel), Arrival::Stranded { status: 400, text } if text.contains("nonce"))
    );
    let away = BrowserRequest::Get(Url::parse("https://elsewhere.example/").expect("a URL"));
    assert!(matches!(run(browser.walk(&away, &Leg::CALLBACK, Click::Cancel)), Arrival::Elsewhere));
}
