//! What hostile settings, metadata, name servers and upstreams try against the outbound side.

use std::{
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use tunnus_sdk::{Credentials, Host, SendError};

use super::{
    ConnectionHost, Outbound,
    client::Clients,
    egress::Lookup,
    for_tests::{Answer, Setup, Upstream, get, json},
};

/// A name server that gives one answer after the other, and the last for ever.
struct Answers(Mutex<Vec<&'static str>>);

#[async_trait]
impl Lookup for Answers {
    async fn addresses(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        Ok(vec![answer.parse().unwrap()])
    }
}

/// A host that resolves names so.
fn resolving(setup: Setup, answers: &[&'static str]) -> ConnectionHost {
    let outbound = setup.outbound();
    let lookup = Arc::new(Answers(Mutex::new(answers.to_vec())));
    let clients = Clients::new(4, Arc::clone(&outbound.egress), lookup);
    setup.build_over(Outbound { clients, ..outbound }).unwrap()
}

async fn refused(host: &ConnectionHost, url: &str) {
    let error = host.send(get(url.parse().unwrap())).await.unwrap_err();
    assert!(matches!(error, SendError::Forbidden), "{url}: {error:?}");
}

/// No server is called in these tests; a call that is made fails as unreachable, not as forbidden.
fn nowhere() -> Setup {
    Setup { allow: Vec::new(), ..Setup::calling(&Upstream::start(|_| json("{}"))) }
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_called() {
    let host = resolving(nowhere(), &["1.1.1.1"]);
    for authority in [
        "169.254.169.254",
        "169.254.169.254:443",
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "①⑥⑨.254.169.254",
        "10.0.0.1:8443",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:a9fe:a9fe::1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "user@idp.example",
        ":secret@idp.example",
        "idp.example@169.254.169.254",
    ] {
        refused(&host, &format!("https://{authority}/latest/meta-data/")).await;
    }
    for url in ["http://idp.example/", "ftp://idp.example/", "file:///etc/passwd", "data:,x", "unix:/run/x"] {
        refused(&host, url).await;
    }
}

#[tokio::test]
async fn no_name_of_a_private_address_is_called() {
    for address in [
        "169.254.169.254",
        "127.0.0.1",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "100.100.100.200",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "fe80::1",
        "fd00:ec2::254",
        "ff0e::1",
    ] {
        let host = resolving(nowhere(), &[address]);
        for name in ["idp.example", "localhost", "localhost.", "metadata.google.internal", "127.0.0.1.nip.io"]
        {
            refused(&host, &format!("https://{name}/token")).await;
        }
    }
}

/// A certificate for `name` that vouches for itself, and TLS with it.
fn tls(name: &str) -> (String, ServerConfig) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let chain = vec![PemObject::from_pem_slice(made.cert.pem().as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
    (made.cert.pem(), builder.with_single_cert(chain, key).unwrap())
}

/// Loopback counts as public here, so that there is something to call.
#[tokio::test]
async fn a_name_that_is_bound_to_a_private_address_between_two_calls_is_refused_the_second_time() {
    let (anchor, tls) = tls("idp.example");
    let upstream = Upstream::start_tls(tls, |_| json("{}"));
    let credentials = Credentials { trust_anchor: Some(anchor), ..Credentials::default() };
    let allow = vec!["127.0.0.1/32".to_owned()];
    let setup = Setup { allow, credentials, ..Setup::calling(&upstream) };
    let host = resolving(setup, &["127.0.0.1", "10.0.0.1"]);
    let url = format!("https://idp.example:{}/jwks", upstream.url("/").port().unwrap());
    assert_eq!(host.send(get(url.parse().unwrap())).await.unwrap().status, 200);
    refused(&host, &url).await;
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let inner = Upstream::start(|_| json(r#"{"secret":"role"}"#));
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let target = inner.url("/latest/meta-data/");
        let head = format!("HTTP/1.1 {status}\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        let upstream = Upstream::start(move |_| Answer::Bytes(head.clone().into_bytes()));
        let allow = vec![upstream.origin.clone(), inner.origin.clone()];
        let host = Setup { allow, ..Setup::calling(&upstream) }.build().unwrap();
        let answer = host.send(get(upstream.url("/.well-known/openid-configuration"))).await.unwrap();
        assert!((301..309).contains(&answer.status) && answer.body.is_empty(), "{status}");
    }
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_they_are_read() {
    let limit = super::OutboundLimits::default().response_bytes;
    for announced in [true, false] {
        let length = if announced { "Content-Length: 10485760\r\n" } else { "" };
        let head = format!("HTTP/1.1 200 OK\r\n{length}Content-Type: application/json\r\n\r\n");
        let bytes = [head.into_bytes(), vec![b' '; 10 * 1024 * 1024]].concat();
        assert!(bytes.len() > limit);
        let upstream = Upstream::start(move |_| Answer::Bytes(bytes.clone()));
        let error = Setup::calling(&upstream).build().unwrap().send(get(upstream.url("/jwks"))).await;
        assert!(matches!(error, Err(SendError::TooLarge)), "{announced}: {error:?}");
    }
}

/// A small body that unpacks to a large one stays small: nothing is asked for packed, nothing unpacked.
#[tokio::test]
async fn a_packed_body_is_not_unpacked() {
    let packed = [&[0x1f, 0x8b, 8, 0][..], &[0; 60]].concat();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let (head, body) = (format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n"), packed.clone());
        let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        let bytes = [head.into_bytes(), body].concat();
        let upstream = Upstream::start(move |_| Answer::Bytes(bytes.clone()));
        let answer = Setup::calling(&upstream).build().unwrap().send(get(upstream.url("/jwks"))).await;
        assert_eq!(answer.unwrap().body, packed, "{coding}");
        assert!(!upstream.requests()[0].to_lowercase().contains("accept-encoding"));
    }
}

#[tokio::test]
async fn headers_without_measure_are_no_response() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(4 * 1024 * 1024));
    let many = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X: x\r\n".repeat(10_000));
    for head in [long, many] {
        let upstream = Upstream::start(move |_| Answer::Bytes(head.clone().into_bytes()));
        let error = Setup::calling(&upstream).build().unwrap().send(get(upstream.url("/"))).await;
        assert!(matches!(error, Err(SendError::Unreachable(Some(_)))), "{error:?}");
    }
}
