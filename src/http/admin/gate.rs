//! The way into every endpoint: first the token, then the body, then the operation.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, Route,
    web::{self, Data, Payload},
};

use super::{
    answer::{Answer, refuse},
    asked::{Asked, Head},
    routes::{Endpoint, Method, Operation},
};
use crate::{
    admin::{Admin, AdminError},
    app::Broker,
    http::{
        auth::{Authorization, authorization},
        sender::sender,
        trace::TraceId,
    },
};

/// The largest body.
pub const BODY_MAX: usize = 256 * 1024;

/// The route of an endpoint.
pub fn to_route(endpoint: &Endpoint) -> Route {
    let route = match endpoint.method {
        Method::Get => web::get(),
        Method::Put => web::put(),
        Method::Post => web::post(),
        Method::Delete => web::delete(),
    };
    let operation = endpoint.operation;
    route.to(move |admin: Data<Admin>, broker: Data<Broker>, request: HttpRequest, payload: Payload| {
        serve(operation, (admin.into_inner(), broker.into_inner()), request, payload)
    })
}

async fn serve(
    operation: Operation,
    shared: (Arc<Admin>, Arc<Broker>),
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let trace = TraceId::of(&request);
    match served(operation, shared, &request, payload).await {
        Ok(answer) => answer.respond(),
        Err(error) => refuse(&error, &trace.0),
    }
}

async fn served(
    operation: Operation,
    (admin, broker): (Arc<Admin>, Arc<Broker>),
    request: &HttpRequest,
    payload: Payload,
) -> Result<Answer, AdminError> {
    let Ok(Some(Authorization::Bearer(token))) = authorization(request.headers()) else {
        return Err(AdminError::Unauthenticated);
    };
    let authenticating = {
        let (admin, from) = (Arc::clone(&admin), sender(request));
        async move { admin.tokens_kept().authenticate(token.expose_str(), from).await }
    };
    // Everything that asks a store runs where its connections live, and ends although its caller may
    // hang up.
    let caller = broker.spawn(authenticating).await.map_err(AdminError::internal)?;
    let caller = caller.inspect_err(|error| guessed(&broker, error))?;
    let body = payload.to_bytes_limited(BODY_MAX).await;
    let body = body.map_err(|_| AdminError::fault("", "the body is longer than 256 KiB"))?;
    let body = body.map_err(|_| AdminError::fault("", "the body did not come whole"))?;
    let asked = Asked { admin, broker: Arc::clone(&broker), caller, head: Head::of(request), body };
    broker.spawn(operation(asked)).await.map_err(AdminError::internal)?
}

/// Counts a wrong token of who has shown too many.
pub fn guessed(broker: &Broker, error: &AdminError) {
    if matches!(error, AdminError::TooMany) {
        broker.metrics.limited("address", "wrong_tokens");
    }
}
