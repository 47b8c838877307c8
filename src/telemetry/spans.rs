//! The spans that are exported: a request, a login's leg, and what it waits for.
//!
//! Their attributes name routes, operations, hosts and outcomes: no address with its path or query, no
//! value of a person or app. Where nothing is exported no subscriber wants them, and they cost nothing.

use std::cell::Cell;

use opentelemetry::{
    Context, SpanId, TraceId,
    trace::{SpanContext, TraceContextExt},
};
use opentelemetry_sdk::trace::IdGenerator;
use tracing::{Level, Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tunnus_sdk::{Response, SendError, Stage};

use super::traceparent;
use crate::ambient::Ambient;

/// The target of these spans, and of nothing else.
pub(super) const TARGET: &str = "tunnus::spans";

thread_local! {
    /// The trace that the span which begins on this thread shall be the root of.
    static ROOT_OF: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Where ids come from: traces have the id that pages, results and the audit trail show.
#[derive(Debug)]
pub(super) struct Ids(pub(super) Ambient);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        ROOT_OF.take().unwrap_or_else(|| TraceId::from_bytes(self.0.bytes()))
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from_bytes(self.0.bytes())
    }
}

/// Whether anybody wants spans: else none is made.
#[must_use]
pub fn wanted() -> bool {
    tracing::span_enabled!(target: TARGET, Level::INFO, "request")
}

/// A request to us, whose trace has this id, with the span that its sender names.
#[must_use]
pub fn request(trace_id: &str, parent: Option<&SpanContext>, method: &str, route: &str) -> Span {
    let span = info_span!(
        target: TARGET,
        "request",
        otel.kind = "server",
        otel.name = format!("{} {route}", known(method)),
        otel.status_code = Empty,
        http.request.method = known(method),
        http.route = route,
        http.response.status_code = Empty,
    );
    match parent {
        Some(parent) => child(&span, Context::new().with_remote_span_context(parent.clone())),
        None => root(&span, trace_id),
    }
    span
}

/// A method as it may be counted: whatever else a sender invents is one.
fn known(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
        _ => "_OTHER",
    }
}

/// Notes the answer to a request.
pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        failed(span);
    }
}

/// A provider's part in a login whose trace has this id: linked to the browser's request that it is
/// done for, where that has another.
#[must_use]
pub fn leg(trace_id: &str, provider: &str, leg: &str) -> Span {
    let span = info_span!(
        target: TARGET,
        "leg",
        otel.name = format!("leg {provider} {leg}"),
        otel.status_code = Empty,
        error.type = Empty,
        tunnus.provider = provider,
        tunnus.leg = leg,
    );
    if span.is_disabled() {
        return span;
    }
    let here = Context::current();
    let request = here.span().span_context().clone();
    if request.trace_id().to_string() != trace_id {
        span.add_link(request);
        child(&span, Context::new());
        root(&span, trace_id);
    }
    span
}

/// An operation of the flow store.
#[must_use]
pub fn store(operation: &'static str) -> Span {
    info_span!(
        target: TARGET,
        "store",
        otel.kind = "client",
        otel.name = format!("store {operation}"),
        otel.status_code = Empty,
        db.operation.name = operation,
    )
}

/// An operation with keys. One that waits for its turn waits within it.
#[must_use]
pub fn jose(operation: &'static str) -> Span {
    info_span!(target: TARGET, "jose", otel.name = format!("jose {operation}"), tunnus.operation = operation)
}

/// A call of an upstream.
#[must_use]
pub fn upstream(stage: Stage, host: &str) -> Span {
    info_span!(
        target: TARGET,
        "upstream",
        otel.kind = "client",
        otel.name = format!("upstream {stage}"),
        otel.status_code = Empty,
        tunnus.stage = %stage,
        server.address = host,
        http.response.status_code = Empty,
    )
}

/// Notes the end of a call.
pub fn ended(span: &Span, end: &Result<Response, SendError>) {
    match end {
        Ok(response) => {
            span.record("http.response.status_code", i64::from(response.status));
            if response.status >= 400 {
                failed(span);
            }
        }
        Err(_) => failed(span),
    }
}

/// Notes that what a span is about has failed. Why is the log's to say.
pub fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// What a call made now tells the other side of its trace; none where nothing is exported.
#[must_use]
pub fn outbound() -> Option<String> {
    let here = Context::current();
    let span = here.span().span_context().clone();
    span.is_valid().then(|| traceparent::format(&span))
}

/// Makes `parent` the parent of a span that has not begun.
fn child(span: &Span, parent: Context) {
    if let Err(error) = span.set_parent(parent) {
        // Where nothing is exported there is nothing to be a child of.
        tracing::trace!(%error, "a span has no parent");
    }
}

/// Begins a span without a parent as the root of a trace with this id.
fn root(span: &Span, trace_id: &str) {
    if span.is_disabled() {
        return;
    }
    ROOT_OF.set(TraceId::from_hex(trace_id).ok().filter(|id| *id != TraceId::INVALID));
    // Its ids are made now, on this thread.
    let _begun = span.context();
    ROOT_OF.set(None);
}

#[cfg(test)]
#[path = "spans_tests.rs"]
mod tests;
