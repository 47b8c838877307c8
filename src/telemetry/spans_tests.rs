use super::*;
use crate::telemetry::{
    for_tests::{recorded, subscribed},
    within,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

fn context(span: &Span) -> SpanContext {
    span.context().span().span_context().clone()
}

#[test]
fn a_request_is_the_root_of_its_trace_or_its_senders_child() {
    let _recorded = recorded(1.0);
    assert_eq!(context(&request(TRACE, None, "GET", "/")).trace_id().to_string(), TRACE);
    let parent = traceparent::parse(PARENT).unwrap();
    let span = context(&request(TRACE, Some(&parent), "GET", "/"));
    assert_eq!(span.trace_id(), parent.trace_id());
    assert!(span.span_id() != parent.span_id() && span.is_sampled());
}

#[test]
fn a_senders_flag_makes_nothing_recorded() {
    let _recorded = recorded(0.0);
    let span = request(TRACE, traceparent::parse(PARENT).as_ref(), "GET", "/");
    assert!(!context(&span).is_sampled());
}

#[test]
fn a_leg_belongs_to_the_trace_of_its_login_and_calls_go_out_below_it() {
    let _recorded = recorded(1.0);
    let browser = request("0af7651916cd43dd8448eb211c80319c", None, "GET", "/");
    let _browser = browser.enter();
    let leg = leg(TRACE, "generic-oidc", "callback");
    assert_eq!(context(&leg).trace_id().to_string(), TRACE);
    let _leg = leg.enter();
    let call = upstream(Stage::Token, "bank.example");
    assert_eq!(context(&call).trace_id().to_string(), TRACE);
    let called = call.in_scope(outbound).unwrap();
    assert_eq!(called, traceparent::format(&context(&call)));
    assert!(called.starts_with(&format!("00-{TRACE}-")) && called.ends_with("-01"));
}

#[test]
fn a_leg_of_the_same_trace_is_within_its_request_and_one_without_an_id_has_a_trace_of_its_own() {
    let _recorded = recorded(1.0);
    let request = request(TRACE, None, "GET", "/");
    let _request = request.enter();
    assert_eq!(context(&leg(TRACE, "p", "start")).trace_id().to_string(), TRACE);
    let other = context(&leg("no trace id", "p", "start"));
    assert!(other.is_valid() && other.trace_id().to_string() != TRACE);
}

#[tokio::test]
async fn what_is_spawned_stays_in_the_trace_of_what_spawns_it() {
    let _recorded = recorded(1.0);
    let request = request(TRACE, None, "GET", "/");
    let spawned = request.in_scope(|| tokio::spawn(within(async { context(&store("take")) })));
    assert_eq!(spawned.await.unwrap().trace_id().to_string(), TRACE);
}

#[test]
fn without_an_exporter_there_are_no_spans() {
    let subscriber =
        crate::telemetry::subscriber(crate::telemetry::LogFormat::Json, "trace", std::io::sink, None);
    let _subscribed = subscribed(subscriber.unwrap());
    assert!(!wanted());
    assert!(request(TRACE, None, "GET", "/").is_disabled());
    assert!(store("take").is_disabled() && outbound().is_none());
}
