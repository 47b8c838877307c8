//! The trace id of a request: what its log lines, page, error or body show, and its spans belong to.
//!
//! Where traces are exported a sender may say to which trace its request belongs: the id is its own
//! matter then, and says nothing of who it is. Everywhere else, and always without an exporter, it is
//! ours.

use std::future::{Ready, ready};

use actix_web::{
    Error as ActixError, FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
};
use opentelemetry::trace::SpanContext;
use tracing::{Instrument, Span};

use crate::{
    app::Broker,
    server::route,
    telemetry::{self, spans, traceparent},
};

/// A trace id: 32 lower case hex digits (W3C Trace Context), one a request.
#[derive(Clone, Debug)]
pub struct TraceId(pub String);

impl TraceId {
    /// The trace id of `request`, made when it is first asked for.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(known) = request.extensions().get::<Self>() {
            return known.clone();
        }
        let fresh = Self(fresh(request));
        request.extensions_mut().insert(fresh.clone());
        fresh
    }
}

/// Has the log and the spans of a request tell its trace.
///
/// # Errors
/// What comes from within.
pub async fn traced(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let span = if spans::wanted() { exported(&request) } else { Span::none() };
    let trace = TraceId::of(request.request());
    // The log's within the other: what is spawned takes it along.
    let answering = next.call(request).instrument(telemetry::span(&trace.0)).instrument(span.clone());
    let answer = answering.await;
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    spans::answered(&span, status.as_u16());
    answer
}

/// The span of a request, in its sender's trace where it names one.
fn exported(request: &ServiceRequest) -> Span {
    let parent = parent(request.request());
    if let Some(parent) = &parent {
        request.extensions_mut().insert(TraceId(parent.trace_id().to_string()));
    }
    let trace = TraceId::of(request.request());
    spans::request(&trace.0, parent.as_ref(), request.method().as_str(), &route(request))
}

/// The span that the sender names. Who names two names none.
fn parent(request: &HttpRequest) -> Option<SpanContext> {
    let mut named = request.headers().get_all(traceparent::NAME);
    let (first, second) = (named.next()?, named.next());
    traceparent::parse(first.to_str().ok()?).filter(|_| second.is_none())
}

fn fresh(request: &HttpRequest) -> String {
    let broker = request.app_data::<actix_web::web::Data<Broker>>();
    let bytes: [u8; 16] = broker.map(|broker| broker.flows.ambient.bytes()).unwrap_or_default();
    format!("{:032x}", u128::from_be_bytes(bytes))
}

impl FromRequest for TraceId {
    type Error = ActixError;
    type Future = Ready<Result<Self, ActixError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
