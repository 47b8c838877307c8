use std::{io, net::IpAddr, net::TcpListener, time::Duration};

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tunnus_jose::{KeyUse, generate};
use tunnus_sdk::{Authentication, Credentials, Stage};

use crate::{telemetry::for_tests::recorded, tenant::limits::Limits};

use super::{
    super::{
        OutboundLimits,
        client::Clients,
        egress::Lookup,
        for_tests::{Answer, Setup, Upstream, get, json, response},
    },
    *,
};

fn host(upstream: &Upstream) -> ConnectionHost {
    Setup::calling(upstream).build().unwrap()
}

fn host_with(upstream: &Upstream, credentials: Credentials) -> ConnectionHost {
    Setup { credentials, ..Setup::calling(upstream) }.build().unwrap()
}

fn host_within(upstream: &Upstream, limits: OutboundLimits) -> ConnectionHost {
    Setup { limits, ..Setup::calling(upstream) }.build().unwrap()
}

const SHORT: OutboundLimits = OutboundLimits {
    connect_timeout: Duration::from_millis(50),
    timeout: Duration::from_millis(50),
    response_bytes: 1000,
    calls: 8,
    failures: 5,
    clients: 4,
    key_threads: 1,
    key_queue: 1,
    traceparent: false,
};

#[tokio::test]
async fn an_upstream_learns_of_the_trace_only_where_that_is_wanted() {
    let _recorded = recorded(1.0);
    for traceparent in [false, true] {
        let upstream =
            Upstream::start(|_| Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()));
        let limits = OutboundLimits { traceparent, ..OutboundLimits::default() };
        host_within(&upstream, limits).send(get(upstream.url("/userinfo"))).await.unwrap();
        let requests = upstream.requests();
        let told = requests[0].lines().filter_map(|line| line.strip_prefix("traceparent: "));
        let parents: Vec<_> = told.map(|value| traceparent::parse(value).is_some()).collect();
        assert_eq!(parents, vec![true; usize::from(traceparent)]);
    }
}

#[tokio::test]
async fn a_response_comes_with_status_media_type_challenge_and_body() {
    let upstream = Upstream::start(|_| {
        Answer::Bytes(
            b"HTTP/1.1 401 Unauthorized\r\nContent-Type: Application/JSON; charset=utf-8\r\n\
              WWW-Authenticate: Bearer error=\"invalid_token\"\r\nContent-Length: 2\r\n\r\n{}"
                .to_vec(),
        )
    });
    let answer = host(&upstream).send(get(upstream.url("/userinfo"))).await.unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    assert_eq!(answer.www_authenticate.as_deref(), Some("Bearer error=\"invalid_token\""));
    assert_eq!(answer.body, b"{}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let upstream = Upstream::start(|_| {
        Answer::Bytes(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_vec())
    });
    let answer = host(&upstream).send(get(upstream.url("/token"))).await.unwrap();
    assert_eq!((answer.status, upstream.requests().len()), (302, 1));
}

#[tokio::test]
async fn an_error_status_is_an_answer_and_asked_for_once() {
    let upstream = Upstream::start(|_| response("500 Oops", "text/html", b"<h1>stack trace</h1>"));
    let host = host(&upstream);
    assert_eq!(host.send(get(upstream.url("/token"))).await.unwrap().status, 500);
    assert_eq!(upstream.requests().len(), 1);
    let metrics = host.outbound.metrics.render();
    assert!(metrics.contains(
        r#"tunnus_upstream_request_duration_seconds_count{endpoint="token",outcome="5xx",provider="acme-id"} 1"#
    ));
}

#[tokio::test]
async fn a_response_that_is_cut_off_is_none() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id_token\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
    ] {
        let upstream = Upstream::start(move |_| Answer::Bytes(bytes.as_bytes().to_vec()));
        let error = host(&upstream).send(get(upstream.url("/token"))).await.unwrap_err();
        assert!(matches!(error, SendError::Unreachable(Some(_))), "{bytes}: {error:?}");
        assert_eq!(upstream.requests().len(), 1, "{bytes}: sent once");
    }
}

#[tokio::test]
async fn a_response_above_the_bound_is_refused_announced_or_not() {
    let limits = OutboundLimits { response_bytes: 1000, ..OutboundLimits::default() };
    for (head, length, fits) in [
        ("Content-Length: 1000\r\n", 1000, true),
        ("Content-Length: 1001\r\n", 1001, false),
        ("Content-Length: 99999999999999\r\n", 10, false),
        ("", 1000, true),
        ("", 1001, false),
        ("", 1_000_000, false),
    ] {
        let bytes = [format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes(), vec![b'x'; length]].concat();
        let upstream = Upstream::start(move |_| Answer::Bytes(bytes.clone()));
        let answer = host_within(&upstream, limits).send(get(upstream.url("/jwks"))).await;
        match answer {
            Ok(answer) => assert!(fits && answer.body.len() == length, "{head}{length}"),
            Err(error) => assert!(!fits && matches!(error, SendError::TooLarge), "{head}{length}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn a_slow_upstream_is_given_up_before_and_after_it_begins_to_answer() {
    for bytes in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let upstream = Upstream::start(move |_| Answer::Silence(bytes.as_bytes().to_vec()));
        let error = host_within(&upstream, SHORT).send(get(upstream.url("/token"))).await.unwrap_err();
        assert!(matches!(error, SendError::TimedOut), "{bytes}: {error:?}");
    }
}

#[tokio::test]
async fn a_response_that_drips_is_given_up_however_steadily_it_comes() {
    for head in ["Content-Length: 900\r\n", ""] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes();
        let upstream = Upstream::start(move |_| Answer::Drip(bytes.clone()));
        let error = host_within(&upstream, SHORT).send(get(upstream.url("/jwks"))).await.unwrap_err();
        assert!(matches!(error, SendError::TimedOut), "{head}: {error:?}");
    }
}

#[tokio::test]
async fn a_connections_own_bounds_hold_within_the_operators() {
    let large = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(20_000)).into_bytes();
    let upstream = Upstream::start(move |_| Answer::Bytes(large.clone()));
    let outbound = Setup::calling(&upstream).outbound();
    let limits = Limits { response_kib: Some(16), ..Limits::default() };
    let host = Setup::calling(&upstream).build_limited(outbound, limits).unwrap();
    let error = host.send(get(upstream.url("/jwks"))).await.unwrap_err();
    assert!(matches!(error, SendError::TooLarge), "{error:?}");
}

#[tokio::test]
async fn an_upstream_that_is_away_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = Upstream::start(|_| json("{}"));
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let host = Setup { allow: vec![gone.clone()], ..Setup::calling(&upstream) }.build().unwrap();
    let error = host.send(get(gone.parse().unwrap())).await.unwrap_err();
    assert!(matches!(error, SendError::Unreachable(Some(_))), "{error:?}");
}

/// A name server that knows one address.
struct Always(&'static str);

#[async_trait]
impl Lookup for Always {
    async fn addresses(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![self.0.parse().unwrap()])
    }
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_spelled_or_resolved() {
    let upstream = Upstream::start(|_| json("{}"));
    let port = upstream.url("/").port().unwrap();
    for name in ["localhost", "127.0.0.1", "[::1]", "127.1", "[::ffff:127.0.0.1]", "idp.example"] {
        let setup = Setup { allow: Vec::new(), ..Setup::calling(&upstream) };
        let outbound = setup.outbound();
        let (egress, lookup) = (Arc::clone(&outbound.egress), Arc::new(Always("127.0.0.1")));
        let clients = Clients::new(1, egress, lookup);
        let outbound = Arc::new(Outbound { clients, ..outbound });
        let host = ConnectionHost { outbound, ..setup.build().unwrap() };
        for scheme in ["https", "http"] {
            let url = format!("{scheme}://{name}:{port}/token").parse().unwrap();
            let error = host.send(get(url)).await.unwrap_err();
            assert!(matches!(error, SendError::Forbidden), "{scheme} {name}: {error:?}");
        }
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn an_exception_opens_no_other_port_and_no_other_scheme() {
    let (allowed, other) = (Upstream::start(|_| json("{}")), Upstream::start(|_| json("{}")));
    let host = host(&allowed);
    host.send(get(allowed.url("/"))).await.unwrap();
    for url in
        [other.origin.clone(), other.origin.replace("http", "https"), allowed.origin.replace("http", "https")]
    {
        let error = host.send(get(url.parse().unwrap())).await.unwrap_err();
        assert!(matches!(error, SendError::Forbidden), "{url}: {error:?}");
    }
    assert!(other.requests().is_empty());
}

fn secret() -> Credentials {
    Credentials { client_secret: Some("s: ü+%/&=".into()), ..Credentials::default() }
}

fn form(url: Url, authentication: Authentication) -> Request {
    let fields =
        vec![("code".to_owned(), "a b&c".into()), ("grant_type".to_owned(), "authorization_code".into())];
    Request { authentication, ..Request::post(Stage::Token, url, fields) }
}

#[tokio::test]
async fn basic_authentication_encodes_both_parts_first() {
    let upstream = Upstream::start(|_| json("{}"));
    let basic = Authentication::SecretBasic { client_id: "https://a b".to_owned() };
    host_with(&upstream, secret()).send(form(upstream.url("/token"), basic)).await.unwrap();
    let request = upstream.requests().remove(0);
    // https%3A%2F%2Fa+b:s%3A+%C3%BC%2B%25%2F%26%3D
    let expected = "authorization: Basic aHR0cHMlM0ElMkYlMkZhK2I6cyUzQSslQzMlQkMlMkIlMjUlMkYlMjYlM0Q=\r\n";
    assert!(request.contains(expected), "{request}");
    assert!(request.ends_with("\r\n\r\ncode=a+b%26c&grant_type=authorization_code"), "{request}");
}

#[tokio::test]
async fn post_authentication_adds_the_secret_to_the_form() {
    let upstream = Upstream::start(|_| json("{}"));
    let request = form(upstream.url("/token"), Authentication::SecretPost);
    host_with(&upstream, secret()).send(request).await.unwrap();
    let request = upstream.requests().remove(0);
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(request.ends_with("&client_secret=s%3A+%C3%BC%2B%25%2F%26%3D"), "{request}");
    assert!(!request.contains("authorization:"), "{request}");
}

#[tokio::test]
async fn an_access_token_goes_into_the_header() {
    let upstream = Upstream::start(|_| json("{}"));
    let bearer = |token: &str| Authentication::Bearer(token.into());
    let host = host(&upstream);
    host.send(Request { authentication: bearer("abc"), ..get(upstream.url("/")) }).await.unwrap();
    assert!(upstream.requests()[0].contains("authorization: Bearer abc\r\n"));
    let split = Request { authentication: bearer("abc\r\nX-Evil: 1"), ..get(upstream.url("/")) };
    assert!(matches!(host.send(split).await, Err(SendError::Unreachable(None))));
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn without_the_credential_nothing_is_sent() {
    let upstream = Upstream::start(|_| json("{}"));
    let host = host(&upstream);
    let basic = Authentication::SecretBasic { client_id: "a".to_owned() };
    for request in [
        form(upstream.url("/token"), basic),
        form(upstream.url("/token"), Authentication::SecretPost),
        Request { mutual_tls: true, ..get(upstream.url("/token")) },
    ] {
        assert!(matches!(host.send(request).await, Err(SendError::CredentialMissing)));
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_request_says_what_it_must_and_carries_nothing_over() {
    let upstream = Upstream::start(|_| {
        Answer::Bytes(
            b"HTTP/1.1 200 OK\r\nSet-Cookie: id=1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec(),
        )
    });
    let host = host(&upstream);
    for _ in 0..2 {
        host.send(get(upstream.url("/token?x=1"))).await.unwrap();
    }
    let authority = upstream.origin.trim_start_matches("http://").to_owned();
    let second = upstream.requests().remove(1);
    assert_eq!(
        second,
        format!(
            "GET /token?x=1 HTTP/1.1\r\naccept: application/json\r\nuser-agent: tunnus\r\nhost: {authority}\r\n\r\n"
        )
    );
}

/// A certificate that vouches for itself, and its key, PEM.
fn self_signed(name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// TLS of an upstream named `localhost`; `client`: the certificate that it demands.
fn server((certificate, key): &(String, String), client: Option<&str>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.unwrap();
    let builder = match client {
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            roots.add(PemObject::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    let chain = vec![PemObject::from_pem_slice(certificate.as_bytes()).unwrap()];
    builder.with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_trust_anchor_is_trusted_by_its_own_connection_only() {
    let identity = self_signed("localhost");
    let upstream = Upstream::start_tls(server(&identity, None), |_| json("{}"));
    let anchored = Credentials { trust_anchor: Some(identity.0.clone()), ..Credentials::default() };
    let answer = host_with(&upstream, anchored).send(get(upstream.url("/"))).await;
    assert_eq!(answer.unwrap().status, 200);
    let other = Credentials { trust_anchor: Some(self_signed("localhost").0), ..Credentials::default() };
    for credentials in [Credentials::default(), other] {
        let error = host_with(&upstream, credentials).send(get(upstream.url("/"))).await.unwrap_err();
        assert!(matches!(error, SendError::Unreachable(Some(_))), "{error:?}");
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn the_certificate_is_shown_where_the_request_says_so() {
    let (identity, client) = (self_signed("localhost"), self_signed("our-client"));
    let upstream = Upstream::start_tls(server(&identity, Some(&client.0)), |_| json("{}"));
    let host = host_with(
        &upstream,
        Credentials {
            trust_anchor: Some(identity.0.clone()),
            certificate: Some(format!("{}{}", client.0, client.1).into()),
            ..Credentials::default()
        },
    );
    let shown = host.send(Request { mutual_tls: true, ..get(upstream.url("/")) }).await;
    assert_eq!(shown.unwrap().status, 200);
    let hidden = host.send(get(upstream.url("/"))).await;
    assert!(matches!(hidden, Err(SendError::Unreachable(Some(_)))));
    assert_eq!(upstream.requests().len(), 1);
}

fn fault(credentials: Credentials) -> String {
    let upstream = Upstream::start(|_| json("{}"));
    Setup { credentials, ..Setup::calling(&upstream) }.build().unwrap_err().to_string()
}

#[test]
fn a_credential_that_cannot_be_used_is_named_and_not_shown() {
    let none = Credentials::default;
    let good = || generate::p256(KeyUse::Signature).unwrap();
    let (certificate, key) = self_signed("our-client");
    let faults = [
        fault(Credentials { signing: vec![good(), "hunter2".into()], ..none() }),
        fault(Credentials { decryption: vec!["hunter2".into()], ..none() }),
        fault(Credentials { decryption: vec![good()], ..none() }),
        fault(Credentials { certificate: Some("hunter2".into()), ..none() }),
        fault(Credentials { certificate: Some(certificate.clone().into()), ..none() }),
        fault(Credentials { certificate: Some(key.into()), ..none() }),
        fault(Credentials {
            certificate: Some(format!("{certificate}{}", self_signed("x").1).into()),
            ..none()
        }),
        fault(Credentials { trust_anchor: Some("hunter2".to_owned()), ..none() }),
        fault(Credentials { trust_anchor: Some(String::new()), ..none() }),
    ];
    assert_eq!(
        faults,
        [
            "signing key 1 cannot be used",
            "decryption key 0 cannot be used",
            "decryption key 0 cannot be used",
            "the client certificate or its private key cannot be used",
            "the client certificate or its private key cannot be used",
            "the client certificate or its private key cannot be used",
            "the client certificate or its private key cannot be used",
            "the trust anchor is not a list of certificates in PEM form",
            "the trust anchor is not a list of certificates in PEM form",
        ]
    );
}

#[test]
fn the_redirect_uri_is_the_base_and_the_legs_name() {
    let upstream = Upstream::start(|_| json("{}"));
    let url = host(&upstream).return_url(&Leg::CALLBACK);
    assert_eq!(url.as_str(), "https://broker.example/t/acme/return/ftn/callback");
}

#[test]
fn debug_shows_no_private_part() {
    let upstream = Upstream::start(|_| json("{}"));
    let signing = generate::p256(KeyUse::Signature).unwrap();
    let host = host_with(&upstream, Credentials { signing: vec![signing], ..secret() });
    let debug = format!("{host:?} {:?} {:?} {:?}", host.keys, host.tls, host.outbound);
    assert!(!debug.contains("s: ü") && debug.contains("ftn"), "{debug}");
}
