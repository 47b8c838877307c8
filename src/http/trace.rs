//! The trace id of a request: what its log lines, page, error or body show.

use std::future::{Ready, ready};

use actix_web::{Error as ActixError, FromRequest, HttpMessage, HttpRequest, dev::Payload};

use crate::app::Broker;

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
