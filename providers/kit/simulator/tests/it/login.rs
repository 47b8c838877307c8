//! The bank's page, the hints, and faults of one login.

use std::time::Duration;

use serde_json::json;
use tunnus_sdk::sandbox::{SimulatedResponse, Simulator};
use tunnus_simulator::FAULT_HEADER;

use crate::desk::{Desk, Fields, body, header, text, with};

/// The bank's page, for a request without a hint.
fn page(desk: &Desk) -> String {
    let parameters = with(desk.parameters("acme-modest", "query"), "login_hint", None);
    let page = open(desk, &desk.get("/op/authorize", &parameters));
    assert_eq!(page.status, 200);
    text(&page)
}

/// The page that an authorization request leads to.
fn open(desk: &Desk, sent: &SimulatedResponse) -> SimulatedResponse {
    let (path, ticket) = location(sent)
        .split_once("?ticket=")
        .map(|(path, ticket)| (path.to_owned(), ticket.to_owned()))
        .expect("a page of its own");
    assert!(path.ends_with("/op/simulator/login"), "{path}");
    desk.get("/op/simulator/login", &vec![("ticket", ticket)])
}

fn ticket(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"ticket\" value=\"").expect("a ticket");
    rest.split_once('"').expect("an end").0.to_owned()
}

fn press(desk: &Desk, ticket: &str, button: (&'static str, &str)) -> SimulatedResponse {
    let form: Fields = vec![("ticket", ticket.to_owned()), (button.0, button.1.to_owned())];
    desk.post("/op/simulator/login", &form)
}

fn location(response: &SimulatedResponse) -> String {
    header(response, "Location").expect("a redirect")
}

#[test]
fn a_person_logs_in_or_cancels_with_a_click_that_counts_once() {
    let desk = Desk::new();
    let pressed = press(&desk, &ticket(&page(&desk)), ("persona", "ylva"));
    assert_eq!(pressed.status, 303);
    assert!(location(&pressed).contains("code=") && location(&pressed).contains("state=state-of-ours"));
    let ticket = ticket(&page(&desk));
    let cancelled = press(&desk, &ticket, ("cancel", "1"));
    assert!(location(&cancelled).contains("error=ACME-7") && !location(&cancelled).contains("code="));
    assert_eq!(press(&desk, &ticket, ("persona", "ylva")).status, 400, "a ticket counts once");
}

#[test]
fn a_reload_and_a_double_click_do_no_harm() {
    let desk = Desk::new();
    let ticket = ticket(&page(&desk));
    let reloaded = desk.get("/op/simulator/login", &vec![("ticket", ticket.clone())]);
    assert!(reloaded.status == 200 && text(&reloaded).contains(&ticket));
    let pressed = press(&desk, &ticket, ("persona", "ylva"));
    assert_eq!(location(&press(&desk, &ticket, ("persona", "ylva"))), location(&pressed), "one code");
    assert_eq!(press(&desk, &ticket, ("persona", "onni")).status, 400, "another button is too late");
    assert_eq!(desk.get("/op/simulator/login", &vec![("ticket", ticket.clone())]).status, 400);
    desk.clock.advance(Duration::from_secs(10));
    assert_eq!(press(&desk, &ticket, ("persona", "ylva")).status, 400);
}

#[test]
fn a_page_that_is_too_old_and_an_unknown_persona_lead_nowhere() {
    let desk = Desk::new();
    assert_eq!(press(&desk, &ticket(&page(&desk)), ("persona", "nobody")).status, 400);
    let old = ticket(&page(&desk));
    desk.clock.advance(Duration::from_secs(600));
    assert_eq!(press(&desk, &old, ("persona", "ylva")).status, 400);
}

#[test]
fn the_page_works_under_its_own_policy() {
    let desk = Desk::new();
    let parameters = with(desk.parameters("acme-modest", "query"), "login_hint", None);
    let page = open(&desk, &desk.get("/op/authorize", &parameters));
    let policy = header(&page, "Content-Security-Policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'sha256-"));
    // Chromium applies form-action to the redirect after the form as well.
    assert!(!policy.contains("form-action"));
    assert_eq!(header(&page, "Cache-Control").as_deref(), Some("no-store"));
}

#[test]
fn hints_are_read_in_every_spelling() {
    let desk = Desk::new();
    let hinted = |hint: &str| {
        let parameters = with(desk.parameters("acme-modest", "query"), "login_hint", Some(hint));
        desk.get("/op/authorize", &parameters)
    };
    for hint in ["sandbox:persona=aada", "[\"sandbox:persona=aada\"]", "sandbox:fault=token_slow"] {
        let back = hinted(hint);
        assert!(back.status == 303 && location(&back).contains("code="), "{hint}");
    }
    for hint in [
        "sandbox:fault=server_error,persona=aada",
        "sandbox:persona=aada sandbox:fault=server_error",
        "sandbox:fault=server_error",
    ] {
        let back = hinted(hint);
        assert!(location(&back).contains("error=server_error"), "{hint}");
        assert_eq!(header(&back, FAULT_HEADER).as_deref(), Some("server_error"));
    }
    for hint in ["sandbox:persona=nobody", "sandbox:fault=none", "sandbox:whim=x", "sandbox:"] {
        assert_eq!(hinted(hint).status, 400, "{hint}");
    }
    assert_eq!(
        open(&desk, &hinted("070770-905D")).status,
        200,
        "a hint of another kind is no business of the sandbox"
    );
}

#[test]
fn a_fault_of_one_login_goes_with_its_code_and_token() {
    let desk = Desk::new();
    let hint = Some("sandbox:persona=onni,fault=userinfo_sub_other");
    let back = desk.get("/op/authorize", &with(desk.parameters("acme-modest", "query"), "login_hint", hint));
    let code =
        location(&back).split_once("code=").expect("a code").1.split('&').next().expect("one").to_owned();
    let tokens = body(&desk.post("/op/token", &desk.modest_exchange(code)));
    let told = desk.userinfo(tokens["access_token"].as_str().expect("a token"));
    assert_eq!(body(&told)["sub"], json!("somebody-else"));
    assert_eq!(header(&told, FAULT_HEADER).as_deref(), Some("userinfo_sub_other"));
    let honest = body(&desk.post("/op/token", &desk.modest_exchange(desk.modest_code())));
    let told = desk.userinfo(honest["access_token"].as_str().expect("a token"));
    assert!(header(&told, FAULT_HEADER).is_none());
}

#[test]
fn a_fault_for_all_lasts_until_it_is_taken_back() {
    let desk = Desk::new();
    assert!(!desk.simulator.set_fault(Some("no_such_fault")));
    assert!(desk.simulator.set_fault(Some("discovery_server_error")));
    let discover = || desk.get("/op/.well-known/openid-configuration", &Fields::new()).status;
    assert_eq!(discover(), 500);
    assert!(!desk.simulator.set_fault(Some("no_such_fault")));
    assert_eq!(discover(), 500, "an unknown name changes nothing");
    assert!(desk.simulator.set_fault(None));
    assert_eq!(discover(), 200);
}

#[test]
fn faults_and_personas_are_listed() {
    let desk = Desk::new();
    let faults = desk.simulator.faults();
    assert!(faults.len() > 120 && faults.iter().any(|(name, _)| *name == "acme_email_broken"));
    assert_eq!(desk.simulator.personas().len(), tunnus_simulator::personas::PERSONAS.len());
}
