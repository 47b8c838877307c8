//! Traces, as a collector sees them: from the app's request to the calls of the upstream.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value as Any, trace::v1::Span,
};
use prost::Message;
use serde_json::{Value, json};
use tokio::time::timeout;
use tunnus::sandbox::tenant::TENANT;
use url::Url;

use crate::{
    proofs::{House, PATIENCE},
    support::{person::Person, sandbox::RETURN},
};

/// The trace of the app, and the span in it that asks us.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// All that spans tell.
const TOLD: [&str; 10] = [
    "db.operation.name",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "server.address",
    "tunnus.leg",
    "tunnus.operation",
    "tunnus.provider",
    "tunnus.stage",
];

/// A collector: all that it was sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

impl Collector {
    /// Begins one; answers its address too.
    fn start() -> (Self, String) {
        let collector = Self::default();
        let received = web::Data::new(collector.clone());
        let take = |received: web::Data<Self>, body: web::Bytes| async move {
            let batch = ExportTraceServiceRequest::decode(body).unwrap();
            received.0.lock().unwrap().push(batch);
            HttpResponse::Ok().content_type("application/x-protobuf").finish()
        };
        let app = move || App::new().app_data(received.clone()).route("/v1/traces", web::post().to(take));
        let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/traces", server.addrs()[0]);
        tokio::spawn(server.run());
        (collector, url)
    }

    fn all(&self) -> Vec<Span> {
        let batches = self.0.lock().unwrap();
        let scopes = batches.iter().flat_map(|batch| &batch.resource_spans).flat_map(|of| &of.scope_spans);
        scopes.flat_map(|scope| &scope.spans).cloned().collect()
    }

    /// The spans of a trace.
    fn spans(&self, trace: &str) -> Vec<Span> {
        self.all().into_iter().filter(|span| hex(&span.trace_id) == trace).collect()
    }

    /// Every text that it was sent.
    fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Any::StringValue(text) => Some(text.clone()),
        Any::IntValue(number) => Some(number.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_apps_request_to_the_calls_of_the_upstream_and_tells_of_nobody() {
    let (collector, endpoint) = Collector::start();
    let house = House::with(&[
        ("TUNNUS_TELEMETRY__OTLP_ENDPOINT", endpoint),
        ("TUNNUS_TELEMETRY__ATTRIBUTES", r#"{environment="tests"}"#.to_owned()),
    ])
    .await;
    house.import("decryption").await;
    let signing = house.import("signing").await;
    assert_eq!(house.prove(&signing).await.0, 200);
    // The broker that serves sees the keys within a moment: till then logins fail.
    timeout(PATIENCE, async { while !house.login().await {} }).await.expect("a login succeeds");

    let parent = format!("00-{TRACE}-{PARENT}-01");
    let body = json!({ "return_url": RETURN, "connection": "ftn", "reference": "order-4711" });
    let created = house.rest("identifications", body, Some(&parent)).await.1;
    assert_eq!(created["trace_id"], TRACE, "{created}");
    let door: Url = created["url"].as_str().unwrap().parse().unwrap();
    let mut person = Person::new(house.http.clone());
    let returned = match person.try_walk(&door, RETURN).await {
        Ok(returned) => returned,
        Err(page) => person.answer(*page, RETURN).await,
    };
    let of = |name: &str| {
        let pair = returned.query_pairs().find(|(known, _)| known == name);
        pair.unwrap_or_else(|| panic!("{returned} has no {name}")).1.into_owned()
    };
    let (id, code) = (of("identification"), of("code"));
    let (status, result) =
        house.rest(&format!("identifications/{id}/result"), json!({ "code": code }), None).await;
    assert_eq!((status, &result["trace_id"]), (200, &json!(TRACE)), "{result}");
    ended(house).await;

    let spans = collector.spans(TRACE);
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let request = spans.iter().find(|span| hex(&span.parent_span_id) == PARENT).expect("the app's request");
    assert_eq!(request.name, "POST /t/{tenant}/api/v1/identifications");
    assert_eq!(attribute(request, "http.response.status_code").as_deref(), Some("201"));
    let below = |span: &&Span| span.parent_span_id == request.span_id && span.name.starts_with("store ");
    assert!(spans.iter().any(|span| below(&span)), "{names:?}");
    let leg = spans.iter().find(|span| span.name == "leg signicat-ftn callback");
    let leg = leg.unwrap_or_else(|| panic!("{names:?}"));
    assert_eq!(leg.links.len(), 1, "to the browser's own request");
    for name in ["upstream token", "jose decrypt", "jose verify"] {
        let span = spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
        assert_eq!(span.parent_span_id, leg.span_id, "{name}");
    }
    assert!(names.contains(&"leg signicat-ftn start") && names.contains(&"jose sign"), "{names:?}");

    let text = collector.text();
    assert!(text.contains("environment") && text.contains("service.version"));
    let ticket = door.path().rsplit('/').next().unwrap();
    let mut hidden = vec![id, code, ticket.to_owned(), "order-4711".to_owned()];
    let identity = &result["identity"];
    for member in ["subject", "authenticated_at", "name", "transaction_id"] {
        assert!(identity[member] != Value::Null, "{result}");
        leaves(&identity[member], &mut hidden);
    }
    for value in hidden {
        assert!(!text.contains(&value), "a span holds {value}");
    }
    let attributes = collector.all().into_iter().flat_map(|span| span.attributes);
    let unknown: Vec<_> = attributes.filter(|one| !TOLD.contains(&one.key.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(!text.contains("://") && !text.contains('?'), "an address with its path or query: {text}");
}

/// What is long enough not to stand anywhere by chance.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 6 => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Value::Object(members) => members.values().for_each(|value| leaves(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_openid_request_is_in_the_trace_of_its_app_and_what_names_no_trace_is_in_its_own() {
    let (collector, endpoint) = Collector::start();
    let house = House::with(&[("TUNNUS_TELEMETRY__OTLP_ENDPOINT", endpoint)]).await;
    let parent = format!("00-{TRACE}-{PARENT}-00");
    let issuer = format!("http://{}/t/{TENANT}", house.program.public);
    let told = async |parents: &[&str]| {
        let query =
            [("client_id", "shop"), ("redirect_uri", "https://other.example"), ("state", "order-4711")];
        let url = Url::parse_with_params(&format!("{issuer}/authorize"), query).unwrap();
        let token = house.http.post(format!("{issuer}/token")).body("grant_type=authorization_code");
        let token = token.header("Content-Type", "application/x-www-form-urlencoded");
        let mut answers = Vec::new();
        for mut request in [house.http.get(url), token] {
            for parent in parents {
                request = request.header("traceparent", *parent);
            }
            answers.push(request.send().await.unwrap().text().await.unwrap());
        }
        answers
    };
    for answer in told(&[&parent]).await {
        assert!(answer.contains(TRACE), "{answer}");
    }
    let doubled = [parent.as_str(), parent.as_str()];
    for none in [doubled.as_slice(), &[&parent.to_uppercase()], &[&format!("{parent}-more")]] {
        for answer in told(none).await {
            let is_refusal = answer.contains("error_description") || answer.contains("Reference for support");
            assert!(is_refusal && !answer.contains(TRACE), "{answer}");
        }
    }
    ended(house).await;
    let names: Vec<String> = collector.spans(TRACE).into_iter().map(|span| span.name).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in ["GET /t/{tenant}/authorize", "POST /t/{tenant}/token"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    assert!(!collector.text().contains("order-4711"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_nobody_says_which_trace_a_login_is_in() {
    let house = House::with(&[]).await;
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let body = json!({ "return_url": RETURN, "connection": "ftn" });
    let created = house.rest("identifications", body, Some(&parent)).await.1;
    assert!(created["trace_id"].as_str().is_some_and(|id| id.len() == 32 && id != TRACE), "{created}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_or_silent_holds_nothing_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for at in ["127.0.0.1:9".to_owned(), silent.local_addr().unwrap().to_string()] {
        let endpoint = format!("http://{at}/v1/traces");
        let house = House::with(&[("TUNNUS_TELEMETRY__OTLP_ENDPOINT", endpoint)]).await;
        let body = json!({ "return_url": RETURN, "connection": "ftn" });
        for _ in 0..50 {
            let (status, created) = house.rest("identifications", body.clone(), None).await;
            assert_eq!(status, 201, "{created}");
        }
        ended(house).await;
    }
}

/// Asks the program to end: what waits is sent before it does.
async fn ended(house: House) {
    house.program.terminate();
    let mut program = house.program;
    let ended = tokio::task::spawn_blocking(move || program.process.wait());
    assert!(timeout(PATIENCE, ended).await.expect("in time").unwrap().unwrap().success());
}
