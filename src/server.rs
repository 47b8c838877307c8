//! The listeners: routes of `http` on sockets, each request counted.

use std::{any::Any, io, net::TcpListener, rc::Rc, sync::atomic::Ordering, time::Instant};

use actix_web::{
    App, Error, HttpMessage, HttpServer,
    body::MessageBody,
    dev::{Extensions, Server, ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::{DefaultHeaders, Next, from_fn},
    web::Data,
};

use url::Url;

use crate::{
    admin::Admin,
    app::Broker,
    http::{
        self,
        admin::console::Console,
        limited::{Holding, Patience, limited, limited_admin},
        refusal::Refusals,
        sender::Senders,
        trace::traced,
    },
    limits::Ticks,
    sockets::{Intake, Sockets},
};

/// How many connections admins may have in all.
const ADMINS_CONNECTIONS: usize = 1_000;
/// How long requests in flight may take to end when the process is asked to.
const SHUTDOWN_SECONDS: u64 = 20;

/// Serves apps and browsers.
///
/// # Errors
/// Where the listener cannot be used.
pub fn public(
    broker: Data<Broker>,
    listener: TcpListener,
    workers: usize,
    intake: Intake,
) -> io::Result<Server> {
    let limits = intake.limits;
    let senders = Data::new(Senders::new(intake.proxies.clone()));
    let refusals = Data::new(Refusals::new(&broker.public_url));
    let holding = Data::new(Holding::of(&limits));
    let watch = watched(intake);
    let connections = usize::try_from(limits.connections).unwrap_or(usize::MAX).div_ceil(workers);
    let app = move || {
        App::new()
            .app_data(broker.clone())
            .app_data(senders.clone())
            .app_data(refusals.clone())
            .app_data(holding.clone())
            .app_data(Data::new(Patience::of(&limits)))
            .wrap(from_fn(limited))
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")))
            .wrap(from_fn(counted))
            .wrap(from_fn(traced))
            .configure(http::public)
    };
    Ok(HttpServer::new(app)
        .workers(workers)
        .max_connections(connections)
        .client_request_timeout(Patience::of(&limits).0)
        .on_connect(watch)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run())
}

/// Has the connections of a listener watched.
fn watched(intake: Intake) -> impl Fn(&dyn Any, &mut Extensions) + Clone + Send + Sync {
    let sockets = Sockets::new(intake, Ticks::system());
    sockets.attend();
    move |connection, extensions| {
        if let Some(socket) = connection.downcast_ref().and_then(|stream| sockets.opened(stream)) {
            extensions.insert(socket);
        }
    }
}

/// Serves admins, at `url`.
///
/// # Errors
/// Where the listener cannot be used.
pub fn admin(
    admin: Data<Admin>,
    broker: Data<Broker>,
    listener: TcpListener,
    url: &Url,
    intake: Intake,
) -> io::Result<Server> {
    let console = Data::new(Console::at(url));
    let (limits, senders) = (intake.limits, Data::new(Senders::new(intake.proxies.clone())));
    let (holding, watch) = (Data::new(Holding::of(&limits)), watched(intake));
    let app = move || {
        let headers = DefaultHeaders::new()
            .add(("Cache-Control", "no-store"))
            .add(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
            .add(("Cross-Origin-Resource-Policy", "same-origin"))
            .add(("Referrer-Policy", "no-referrer"))
            .add(("X-Content-Type-Options", "nosniff"))
            .add(("X-Frame-Options", "DENY"));
        let transport = ("Strict-Transport-Security", "max-age=63072000");
        let headers = if console.is_https() { headers.add(transport) } else { headers };
        App::new()
            .app_data(admin.clone())
            .app_data(broker.clone())
            .app_data(console.clone())
            .app_data(senders.clone())
            .app_data(holding.clone())
            .app_data(Data::new(Patience::of(&limits)))
            .wrap(from_fn(limited_admin))
            .wrap(headers)
            .wrap(from_fn(counted))
            .wrap(from_fn(traced))
            .configure(http::admin::configure)
    };
    Ok(HttpServer::new(app)
        .workers(1)
        .max_connections(ADMINS_CONNECTIONS)
        .client_request_timeout(Patience::of(&limits).0)
        .on_connect(watch)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run())
}

/// Counts a request.
async fn counted(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (broker, begun) = (request.app_data::<Data<Broker>>().cloned(), Instant::now());
    let (route, method) = (route(&request), request.method().to_string());
    request.extensions_mut().insert(Route(Rc::clone(&route)));
    let mut response = next.call(request).await?;
    if let Some(broker) = broker {
        broker.metrics.http_request(&route, &method, response.status().as_u16(), begun.elapsed());
        // A balancer that keeps connections open must not find one closed as it sends a request.
        if broker.stopping.load(Ordering::Relaxed) {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
    }
    Ok(response)
}

/// The route's pattern: never an address, which may hold a code and has no bound.
pub(crate) fn route(request: &ServiceRequest) -> Rc<str> {
    let known = request.extensions().get::<Route>().map(|Route(route)| Rc::clone(route));
    known.unwrap_or_else(|| request.match_pattern().map_or_else(|| "other".into(), Into::into))
}

/// The route that was found for a request: it is looked for once.
struct Route(Rc<str>);

/// Serves metrics, health and readiness.
///
/// # Errors
/// Where the listener cannot be used.
pub fn management(broker: Data<Broker>, listener: TcpListener) -> io::Result<Server> {
    let app = move || App::new().app_data(broker.clone()).configure(http::management);
    Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
}
