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
    Error, HttpMessage, HttpResponse,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::ConnectionType,
    middleware::Next,
    web::{Bytes, Data},
};
use futures_core::Stream;
use tokio::{
    sync::Semaphore,
    time::{Sleep, sleep},
};

use super::{admin, browser, refusal::Refusals, sender::sender};
use crate::{
    app::Broker,
    config::Limits,
    error::Code,
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

/// How long a refusal is held.
const HELD: Duration = Duration::from_secs(1);

/// The places of refusals that are held.
pub struct Holding(Semaphore);

impl Holding {
    /// As many as a sixteenth of the connections.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        Self(Semaphore::new(usize::try_from(limits.connections / 16).unwrap_or_default()))
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
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    answered(request, next, refusal).await
}

/// The same for admins.
///
/// # Errors
/// What comes from within.
pub async fn limited_admin(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    answered(request, next, admins_refusal).await
}

async fn answered(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    judge: fn(&ServiceRequest) -> Option<HttpResponse>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut work = request.conn_data::<Arc<Socket>>().map(Socket::work);
    let body = hurry(&mut request);
    let mut response = match judge(&request) {
        Some(refusal) => {
            if body.is_none() {
                hold(&request).await;
            }
            request.into_response(refusal).map_into_right_body()
        }
        None => next.call(request).await?.map_into_left_body(),
    };
    if response.response().body().size() == BodySize::Stream {
        work.iter_mut().for_each(Work::stream);
    }
    // The HTTP library would read the rest of a chunked body, which may have no end.
    if body.is_some_and(|ended| !ended.get()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        work.iter_mut().for_each(Work::bid_farewell);
    }
    Ok(response)
}

/// Has a refusal wait for a moment: who asks on and on over one connection asks no more than once a second.
/// Of many at a time the rest is answered at once, so that no flood fills the connections of a proxy.
async fn hold(request: &ServiceRequest) {
    let holding = request.app_data::<Data<Holding>>();
    if let Some(_place) = holding.and_then(|holding| holding.0.try_acquire().ok()) {
        sleep(HELD).await;
    }
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

/// The refusal of an app or a browser, where there is one.
fn refusal(request: &ServiceRequest) -> Option<HttpResponse> {
    let route = route(request);
    let class = super::class(&route);
    is_refused(request, class).then(|| {
        let refusals = request.app_data::<Data<Refusals>>();
        refusals.map_or_else(
            || browser::failure(request.request(), Code::RateLimited),
            |refusals| refusals.answer(request.request(), &route, class),
        )
    })
}

/// The refusal of an admin, where there is one.
fn admins_refusal(request: &ServiceRequest) -> Option<HttpResponse> {
    is_refused(request, Class::Admin).then(|| admin::too_many(request.request()))
}

fn is_refused(request: &ServiceRequest, class: Class) -> bool {
    let subject = Subject::Address(sender(request.request()));
    let broker = request.app_data::<Data<Broker>>();
    broker.is_some_and(|broker| broker.admit(&subject, class).is_err())
}
