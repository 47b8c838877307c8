//! What the audit trail says of logins, and what happens where it cannot.

use std::sync::Arc;

use serde_json::json;
use tunnus::audit::{
    event::{Body, Kind},
    store::EventRow,
};
use tunnus_sdk::Level;
use url::Url;

use crate::support::{
    faulty::Fault,
    flaky::Flaky,
    sandbox::{Bench, RETURN, param},
};

fn bench() -> (Bench, Arc<Flaky>) {
    let events = Flaky::new();
    (Bench::audited(Arc::<Flaky>::clone(&events)), events)
}

fn door(created: &serde_json::Value) -> Url {
    created["url"].as_str().unwrap_or_else(|| panic!("{created}")).parse().unwrap()
}

fn kinds(events: &[(EventRow, Body)]) -> Vec<Kind> {
    events.iter().map(|(_, body)| body.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_told_from_its_start_to_its_end_over_every_connection() {
    let (bench, store) = bench();
    for offered in bench.sandbox.connections.clone() {
        let asked = json!({ "connection": offered.id, "reference": "order 4711" });
        let created = bench.create(asked).await;
        let before = store.events().len();
        let returned = bench.person().walk(&door(&created), RETURN).await;
        let identity = bench.result(&returned).await.1["identity"].clone();
        let events = store.events().split_off(before);
        assert_eq!(kinds(&events), [Kind::IdentificationStarted, Kind::IdentificationFinished]);
        let (start, end) = (&events[0].1, &events[1].1);
        for body in [start, end] {
            assert_eq!(body.connection.as_deref(), Some(offered.id.as_str()));
            assert_eq!(body.app.as_deref(), Some("shop"));
            assert_eq!(body.identification.as_deref(), created["id"].as_str());
            assert_eq!(body.trace_id.as_deref(), created["trace_id"].as_str());
            assert!(body.requested_assurance.is_some());
        }
        assert_eq!(start.last_step.as_deref(), Some("started"));
        assert_eq!(end.last_step.as_deref(), Some("finished"));
        assert_eq!((start.outcome.as_deref(), end.outcome.as_deref()), (None, Some("completed")));
        assert_eq!(end.method.as_deref(), identity["method"]["id"].as_str());
        assert_eq!(end.transaction_id.as_deref(), identity["transaction_id"].as_str());
        let level = end.achieved_assurance.map(|level| serde_json::to_value(level).unwrap());
        assert_eq!(level, Some(identity["assurance"]["level"].clone()));
        assert!(!end.tokens.is_empty() && !end.keys.verified.is_empty(), "{}: {end:?}", offered.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_an_event_leads_to_is_nowhere_in_the_clear() {
    let (bench, store) = bench();
    let created = bench.create(json!({ "connection": "ftn", "reference": "order 4711" })).await;
    let returned = bench.person().walk(&door(&created), RETURN).await;
    let identity = bench.result(&returned).await.1["identity"].clone();
    let subject = identity["subject"].as_str().unwrap();
    let family = identity["name"]["family"].as_str().unwrap();
    let national = identity["national_id"]["value"].as_str().unwrap();
    let code = param(&returned, "code").unwrap();
    for (row, body) in store.events() {
        let text = format!("{row:?}");
        for secret in [subject, family, national, code.as_str(), "4711"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(body.sealed.is_some() && !row.sealed_key.is_empty() && !row.reference.is_empty());
    }
    let [(start, _), (end, _)] = store.events().try_into().unwrap();
    assert_eq!((start.reference == end.reference, start.subject.is_empty()), (true, true));
    assert!(!end.subject.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_whose_start_cannot_be_recorded() {
    let (bench, store) = bench();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let mut person = bench.person();
    let once_more = person.get(&door(&created)).await.location().expect("the same door with a key");
    store.fail(Fault::Refused, 1);
    let shown = person.get(&once_more).await;
    assert_eq!((shown.status, shown.location(), shown.form()), (503, None, None), "{}", shown.body);
    assert!(store.events().is_empty());
    let returned = person.walk(&shown.link("Try again").expect("a way to try again"), RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
    assert_eq!(kinds(&store.events()), [Kind::IdentificationStarted, Kind::IdentificationFinished]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_not_recorded_at_once_is_recorded_later_and_once() {
    let (bench, store) = bench();
    for fault in [Fault::Refused, Fault::Lost] {
        let created = bench.create(json!({ "connection": "ftn" })).await;
        let mut person = bench.person();
        let back = person.walk(&door(&created), &format!("{}/return/", bench.issuer())).await;
        let before = store.events().len();
        store.fail(fault, 2);
        let returned = person.walk(&back, RETURN).await;
        assert_eq!(bench.result(&returned).await.0, 200, "{fault:?}");
        assert_eq!(kinds(&store.events()[before..]), [Kind::IdentificationFinished], "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_with_all_that_is_known_of_it() {
    let (bench, store) = bench();
    let hint = "sandbox:fault=id_token_nonce_other";
    let created = bench.create(json!({ "connection": "ftn", "login_hint": hint })).await;
    let returned = bench.person().walk(&door(&created), RETURN).await;
    assert_eq!(param(&returned, "error").as_deref(), Some("provider_response_rejected"));
    let (_, end) = store.events().pop().unwrap();
    assert_eq!(end.kind, Kind::IdentificationFinished);
    assert_eq!(end.outcome.as_deref(), Some("provider_response_rejected"));
    assert_eq!((end.reason.as_deref(), end.stage.as_deref()), (Some("nonce"), Some("id_token")));
    assert_eq!(end.last_step.as_deref(), Some("returned"));
    assert!(end.transaction_id.is_some(), "the token was proved, and names it: {end:?}");
    assert!(!end.tokens.is_empty() && !end.keys.opened.is_empty() && !end.keys.verified.is_empty());
    assert_eq!(end.achieved_assurance, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_our_own_demand_names_the_assurance_reached() {
    let (bench, store) = bench();
    let mut lower = Vec::new();
    for offered in bench.sandbox.connections.clone() {
        let asked = json!({ "connection": offered.id, "minimum_assurance": "high" });
        let returned = bench.person().walk(&door(&bench.create(asked).await), RETURN).await;
        let (_, last) = store.events().pop().unwrap();
        assert_eq!(last.requested_assurance, Some(Level::High));
        if param(&returned, "error").as_deref() == Some("assurance_too_low") {
            assert_eq!(last.outcome.as_deref(), Some("assurance_too_low"));
            // Some providers see to it themselves, before anything is proved to us.
            lower.extend(last.achieved_assurance);
        }
    }
    assert!(!lower.is_empty() && lower.iter().all(|level| *level < Level::High), "{lower:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_takes_back_is_told_as_its_own() {
    let (bench, store) = bench();
    let created = bench.create(json!({ "connection": "ftn" })).await;
    let path = format!("identifications/{}", created["id"].as_str().unwrap());
    store.fail(Fault::Refused, 1);
    assert_eq!(bench.rest("DELETE", &path, None).await.0, 503, "what cannot be told is not done");
    assert_eq!(bench.rest("GET", &path, None).await.1["status"], "pending");
    assert_eq!(bench.rest("DELETE", &path, None).await.0, 204);
    assert_eq!(kinds(&store.events()), [Kind::IdentificationCancelled]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_second_attempt_brings_is_told_as_discarded() {
    let (bench, store) = bench();
    let door = door(&bench.create(json!({ "connection": "ftn" })).await);
    let (mut person, returns) = (bench.person(), format!("{}/return/", bench.issuer()));
    let (first, second) = (person.walk(&door, &returns).await, person.walk(&door, &returns).await);
    let returned = person.walk(&first, RETURN).await;
    assert_eq!(bench.result(&returned).await.0, 200);
    let shown = person.try_walk(&second, RETURN).await.expect_err("the first has won");
    assert!(shown.location().is_none());
    let [.., (end, ended), (back, last)] = &store.events()[..] else { panic!("there are two") };
    assert_eq!((ended.kind, last.kind), (Kind::IdentificationFinished, Kind::IdentificationDiscarded));
    assert_eq!(back.entry.id, format!("{}~", end.entry.id), "it takes back what was told before it");
    assert_eq!(last.outcome.as_deref(), Some("already_answered"));
    assert_eq!(bench.result(&returned).await.0, 200, "the first result stands");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_fails_and_leaves_a_choice_is_told_and_ends_nothing() {
    let (bench, store) = bench();
    let hint = "sandbox:fault=temporarily_unavailable";
    let created = bench.create(json!({ "login_hint": hint })).await;
    let mut person = bench.person();
    let chooser = person.open(&door(&created)).await;
    let is_ftn = |link: &Url| param(link, "connection").as_deref() == Some("ftn");
    let ftn = chooser.links().into_iter().find(is_ftn).expect("it is offered");
    let shown = person.try_walk(&ftn, RETURN).await.expect_err("the choice is left");
    let (_, last) = store.events().pop().unwrap();
    assert_eq!(last.kind, Kind::AttemptFailed, "{}", shown.body);
    assert_eq!(last.outcome.as_deref(), Some("provider_unavailable"));
    let path = format!("identifications/{}", created["id"].as_str().unwrap());
    assert_eq!(bench.rest("GET", &path, None).await.1["status"], "pending");
}
