//! Hosts the simulated upstreams: one plain listener, one that demands a client certificate.
//!
//! A simulator answers one request with one response and knows no sockets; delays and cut
//! connections, where a fault wants them, are carried out here.

use std::{any::Any, collections::BTreeMap, io, sync::Arc, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::{Extensions, Server},
    http::{Method, StatusCode, header},
    web::{self, Bytes, Data},
};
use rustls::ServerConfig;
use std::net::TcpListener;
use tunnus_sdk::{
    Hidden, RequestMethod,
    sandbox::{SimulatedRequest, SimulatedResponse, Simulator},
};

use crate::{digest::sha256_base64url, http::browser::params};

/// The simulators by the first segment of their paths.
pub type Simulators = BTreeMap<String, Arc<dyn Simulator>>;

/// The thumbprint of the certificate that a connection was opened with.
#[derive(Clone)]
struct Peer(String);

/// The most that a simulator takes: 1 MiB.
const BODY_MAX: usize = 1024 * 1024;

/// Serves `simulators` on the plain listeners, and with a client certificate on `mtls`.
///
/// # Errors
/// Where a listener cannot be used.
pub fn serve(
    simulators: Simulators,
    plain: Vec<TcpListener>,
    mtls: TcpListener,
    tls: ServerConfig,
) -> io::Result<Server> {
    let simulators = Data::new(simulators);
    let app = move || {
        App::new()
            .app_data(simulators.clone())
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .default_service(web::to(answer))
    };
    let mut server = HttpServer::new(app).workers(1).disable_signals().on_connect(remember_peer);
    for listener in plain {
        server = server.listen(listener)?;
    }
    Ok(server.listen_rustls_0_23(mtls, tls)?.run())
}

fn remember_peer(connection: &dyn Any, extensions: &mut Extensions) {
    type Tls = actix_tls::accept::rustls_0_23::TlsStream<actix_web::rt::net::TcpStream>;
    let Some(stream) = connection.downcast_ref::<Tls>() else { return };
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    if let Some(certificate) = certificate {
        extensions.insert(Peer(sha256_base64url(certificate)));
    }
}

async fn answer(request: HttpRequest, simulators: Data<Simulators>, body: Bytes) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let Some(simulator) = simulators.get(name) else {
        return HttpResponse::NotFound().body("no simulator here\n");
    };
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let simulated = SimulatedRequest {
        method: if *request.method() == Method::POST { RequestMethod::Post } else { RequestMethod::Get },
        path: format!("/{rest}"),
        query: params(request.query_string().as_bytes()),
        form: params(&body),
        authorization: authorization.map(Hidden::from),
        client_certificate: request.conn_data::<Peer>().map(|peer| peer.0.clone()),
    };
    respond(simulator.answer(simulated).await).await
}

async fn respond(simulated: SimulatedResponse) -> HttpResponse {
    if simulated.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(simulated.delay_ms)).await;
    }
    let status = StatusCode::from_u16(simulated.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in &simulated.headers {
        response.append_header((header.0, header.1.as_str()));
    }
    if !simulated.cut {
        return response.body(simulated.body);
    }
    // Promises the whole body, sends half of it, and breaks the connection.
    let half = Bytes::copy_from_slice(simulated.body.get(..simulated.body.len() / 2).unwrap_or_default());
    let broken = Err(io::Error::from(io::ErrorKind::ConnectionAborted));
    response.streaming(futures_stream(vec![Ok(half), broken]))
}

/// A body of these parts.
fn futures_stream(parts: Vec<io::Result<Bytes>>) -> impl futures_core::Stream<Item = io::Result<Bytes>> {
    Parts(parts.into_iter())
}

struct Parts(std::vec::IntoIter<io::Result<Bytes>>);

impl futures_core::Stream for Parts {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}
