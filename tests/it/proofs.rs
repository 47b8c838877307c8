//! Proof that an upstream has a key of ours, against the Signicat FTN simulator: it takes a request that
//! the key has signed, or encrypts to the key.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::{Value, json};
use tunnus::sandbox::{running::Sandbox, tenant::TENANT};
use url::Url;

use crate::{
    console::{registration, upstreams},
    support::{
        person::{Person, client},
        program::Program,
        sandbox::RETURN,
    },
};

/// How long a broker may take to see a change.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program with a connection to the simulator, whose own keys nobody has registered there.
pub struct House {
    pub program: Program,
    sandbox: Option<Sandbox>,
    pub http: Client,
    /// The keys that the simulator knows.
    known: Value,
}

impl House {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with more settings.
    pub async fn with(variables: &[(&'static str, String)]) -> Self {
        let started = Mutex::new(None);
        let program = Program::start(|public| {
            let sandbox = upstreams(format!("http://{public}"));
            let issuer = registration(&sandbox, "ftn")["settings"]["issuer"].as_str().unwrap().to_owned();
            let origin = Url::parse(&issuer).unwrap().origin().ascii_serialization();
            *started.lock().unwrap() = Some(sandbox);
            let egress = ("TUNNUS_EGRESS__ALLOW", json!([origin]).to_string());
            variables.iter().cloned().chain([egress]).collect()
        });
        let sandbox = started.lock().unwrap().take().unwrap();
        let known = registration(&sandbox, "ftn");
        let house = Self { program, sandbox: Some(sandbox), http: client(), known };
        house.done("PUT", "", json!({ "tenant": { "name": "Example" } })).await;
        let connection = json!({
            "provider": "signicat-ftn", "environment": "sandbox", "display_name": "Banks",
            "settings": house.known["settings"],
        });
        house.done("PUT", "/connections/ftn", connection).await;
        let app = json!({
            "name": "Shop", "authentication": "client_secret_basic", "return_urls": [RETURN],
            "claims": ["name.full"], "secrets": [{ "value": "a secret of more than sixteen characters" }],
        });
        house.done("PUT", "/apps/shop", app).await;
        house
    }

    /// A call of the tenant's admin API.
    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("http://{}/admin/v1/tenants/{TENANT}{path}", self.program.admin);
        let request = self.http.request(method.parse().unwrap(), url).bearer_auth(&self.program.first_token);
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, told) = self.ask(method, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {told}");
        told
    }

    /// Takes the upstream away.
    async fn stop(&mut self) {
        self.sandbox.take().unwrap().stop().await;
    }

    /// Takes in the key for a purpose that the simulator knows; nobody says that it does.
    pub async fn import(&self, purpose: &str) -> String {
        let body = json!({ "connection": "ftn", "purpose": purpose, "text": self.known[purpose] });
        let key = self.done("POST", "/key-imports", body).await;
        assert_eq!(key["state"], "created", "{key}");
        key["id"].as_str().unwrap().to_owned()
    }

    /// The one key in use for a purpose.
    async fn active(&self, purpose: &str) -> String {
        let keys = self.done("GET", "/keys", Value::Null).await;
        let is_it = |key: &&Value| {
            key["connection"] == "ftn" && key["purpose"] == purpose && key["state"] == "active"
        };
        let active: Vec<&Value> = keys["keys"].as_array().unwrap().iter().filter(is_it).collect();
        assert_eq!(active.len(), 1, "{keys}");
        active[0]["id"].as_str().unwrap().to_owned()
    }

    async fn state(&self, key: &str) -> String {
        self.done("GET", &format!("/keys/{key}"), Value::Null).await["state"].as_str().unwrap().to_owned()
    }

    /// Has the upstream asked whether it knows a signing key.
    pub async fn prove(&self, key: &str) -> (u16, String) {
        let asked = self.ask("POST", &format!("/keys/{key}/registered"), json!({ "prove": true })).await;
        (asked.0, asked.1.to_string())
    }

    /// A login over REST, the bank's pages included; whether it gave a record.
    pub async fn login(&self) -> bool {
        let body = json!({ "return_url": RETURN, "connection": "ftn" });
        let created = self.rest("identifications", body, None).await.1;
        let Some(door) = created["url"].as_str() else { return false };
        let mut person = Person::new(self.http.clone());
        let returned = match person.try_walk(&door.parse().unwrap(), RETURN).await {
            Ok(returned) => returned,
            Err(page) => person.answer(*page, RETURN).await,
        };
        let query: BTreeMap<_, _> = returned.query_pairs().into_owned().collect();
        let path = format!("identifications/{}/result", query["identification"]);
        self.rest(&path, json!({ "code": query.get("code") }), None).await.0 == 200
    }

    /// A call of the app, within a trace of its own where it has one.
    pub async fn rest(&self, path: &str, body: Value, traceparent: Option<&str>) -> (u16, Value) {
        let url = format!("http://{}/t/{TENANT}/api/v1/{path}", self.program.public);
        let request = self.http.post(url).header("Content-Type", "application/json").body(body.to_string());
        let request = request.basic_auth("shop", Some("a secret of more than sixteen characters"));
        let request = match traceparent {
            Some(parent) => request.header("traceparent", parent),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_key_comes_into_use_when_the_upstream_takes_what_it_has_signed_and_not_before() {
    let mut house = House::start().await;
    let unknown = house.active("signing").await;
    let (status, said) = house.prove(&unknown).await;
    assert_eq!(status, 400, "{said}");
    assert!(said.contains("does not take"), "{said}");
    let known = house.import("signing").await;
    let (status, said) = house.prove(&known).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(
        (house.state(&known).await, house.state(&unknown).await),
        ("active".into(), "cooldown".into())
    );
    let next = house.done("POST", &format!("/keys/{known}/rotate"), json!({})).await["id"].clone();
    let next = next.as_str().unwrap();
    let before = house.state(next).await;
    house.stop().await;
    let (status, said) = house.prove(next).await;
    assert_eq!((status, said.contains("does not take")), (400, true), "the upstream is away: {said}");
    assert_eq!((house.state(next).await, house.state(&known).await), (before, "active".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decryption_key_comes_into_use_when_a_token_of_the_upstream_names_it() {
    let mut house = House::start().await;
    let unknown = house.active("decryption").await;
    let waiting = house.import("decryption").await;
    assert_eq!(house.prove(&waiting).await.0, 400, "only a signing key is proved by a request");
    let signing = house.import("signing").await;
    assert_eq!(house.prove(&signing).await.0, 200);
    let begun = Instant::now();
    // The broker that serves sees the keys within a moment: till then logins fail.
    while !house.login().await {
        assert!(begun.elapsed() < PATIENCE, "no login succeeds");
    }
    while house.state(&waiting).await != "active" {
        assert!(begun.elapsed() < PATIENCE, "{}", house.state(&waiting).await);
    }
    assert_eq!(house.state(&unknown).await, "cooldown");
    assert!(house.login().await);
    let events = house.done("GET", "/audit?limit=200", Value::Null).await;
    let by_token = |event: &&Value| event["actor"]["name"] == "keys: a token names it";
    let noted: Vec<_> = events["events"].as_array().unwrap().iter().filter(by_token).collect();
    assert_eq!(noted.len(), 1, "{events}");
    house.stop().await;
}
