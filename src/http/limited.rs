//! The first thing that a request meets: whether its sender has asked too much.
//!
//! Nothing is looked up or read before. Apps and tenants are limited where they are known: at the
//! authorization endpoint, and where an app has proved who it is.

use std::{
    cell::Cell,
    io::ErrorKind,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::ConnectionType,
    middleware::Next,
    web::{Bytes, Data},
};
use futures_core::Stream;
use tokio::time::{Sleep, sleep};

use super::{
    browser,
    error::{Asked, oauth, rest},
    sender::Senders,
    speaks_oauth,
    trace::TraceId,
};
use crate::{
    app::Broker,
    config::Limits,
    error::Error as Failure,
    limits::{Class, Subject},
    server::route,
    sockets::{Socket, Work},
};

/// How long a client may take over a body.
pub struct Patience(pub Duration);

impl Patience {
    /// As the settings say.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        Self(Duration::from_secs(limits.patience_seconds.into()))
    }
}

/// A body that must be whole in time.
struct Timed {
    payload: Payload,
    deadline: Pin<Box<Sleep>>,
    ended: Rc<Cell<bool>>,
}

impl Stream for Timed {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(PayloadError::Io(ErrorKind::TimedOut.into()))));
        }
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        self.ended.set(matches!(polled, Poll::Ready(None)));
        polled
    }
}

/// Lets a request through, or answers that its sender shall wait.
///
/// # Errors
/// What comes from within.
pub async fn limited(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut work = request.conn_data::<Arc<Socket>>().map(Socket::work);
    let body = hurry(&mut request);
    let mut response = match judge(&request) {
        Some(refusal) => request.into_response(refusal).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    // The HTTP library would read the rest of a chunked body, which may have no end.
    if body.is_some_and(|ended| !ended.get()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        work.iter_mut().for_each(Work::bid_farewell);
    }
    Ok(response)
}

/// Gives the body of a request, where it has one, a time to end; answers what will say whether it has.
fn hurry(request: &mut ServiceRequest) -> Option<Rc<Cell<bool>>> {
    let patience = request.app_data::<Data<Patience>>()?.0;
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return None;
    }
    let (deadline, ended) = (Box::pin(sleep(patience)), Rc::new(Cell::new(false)));
    let timed = Timed { payload, deadline, ended: Rc::clone(&ended) };
    request.set_payload(Payload::Stream { payload: Box::pin(timed) });
    Some(ended)
}

/// The refusal, where there is one.
fn judge(request: &ServiceRequest) -> Option<HttpResponse> {
    let broker = request.app_data::<Data<Broker>>()?;
    let senders = request.app_data::<Data<Senders>>()?;
    let route = route(request);
    let class = super::class(&route);
    let error = broker.admit(&Subject::Address(senders.of(request).into()), class).err()?;
    Some(refuse(request.request(), broker, &error, (&route, class)))
}

fn refuse(
    request: &HttpRequest,
    broker: &Broker,
    error: &Failure,
    (route, class): (&str, Class),
) -> HttpResponse {
    match class {
        Class::Start | Class::Return => browser::failure(request, error.code),
        Class::Call => {
            let trace = TraceId::of(request);
            let asked = Asked { public_url: &broker.public_url, trace_id: &trace.0 };
            if speaks_oauth(route) {
                oauth(error.code.oauth_error(), error, &asked)
            } else {
                rest(error, &trace.0)
            }
        }
    }
}
