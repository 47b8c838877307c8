//! Several brokers, each a process of its own, on one PostgreSQL and one Redis behind a balancer.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tunnus::{
    ambient::Ambient,
    providers::Providers,
    sandbox::{
        running::{Options, Sandbox},
        tenant::TENANT,
    },
};
use tunnus_sdk::Hidden;
use url::Url;

use crate::support::{
    balancer::Balancer,
    person::{Person, Shown, client_of_single_connections},
    postgres::PostgresServer,
    program::{Program, Release, apply, init},
    redis::RedisServer,
    sandbox::RETURN,
};

/// The app and its secret.
const APP: (&str, &str) = ("shop", "a secret of more than sixteen characters");

/// Brokers, what they stand on, and the upstreams.
struct House {
    brokers: Vec<Program>,
    balancer: Balancer,
    redis: RedisServer,
    http: Client,
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
    /// The simulators; its own broker is not used.
    _upstreams: Sandbox,
    postgres: PostgresServer,
}

impl House {
    /// So many brokers, whose tenant has these connections of the sandbox.
    async fn start(brokers: usize, connections: &[&str]) -> Self {
        Self::start_as(Release::This, brokers, connections).await
    }

    /// The same of the former or of this program.
    async fn start_as(release: Release, brokers: usize, connections: &[&str]) -> Self {
        let (listener, url) = Balancer::listen().await;
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: Some(url.clone()),
            fault: None,
            apps: Vec::new(),
            store: None,
            audit: None,
        };
        let upstreams = Sandbox::start(Providers::built_in(), Ambient::system(), options).unwrap();
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("tunnus");
        init(release, &dir, TENANT);
        let origins = write_tenant(&dir, &upstreams, connections);
        let (postgres, redis) = (PostgresServer::start(), RedisServer::start(&[]));
        let settings = vec![
            ("TUNNUS_SERVER__PUBLIC_URL", url),
            ("TUNNUS_TENANTS__URL", postgres.database()),
            ("TUNNUS_FLOW_STORE__URL", redis.url().to_string()),
            ("TUNNUS_EGRESS__ALLOW", origins),
        ];
        apply(release, &dir, &settings);
        let brokers: Vec<_> =
            (0..brokers).map(|_| Program::serve(release, &dir, |_| settings.clone())).collect();
        let balancer = Balancer::over(listener, brokers.iter().map(|broker| broker.public).collect());
        let http = client_of_single_connections();
        Self { brokers, balancer, redis, http, folder, settings, _upstreams: upstreams, postgres }
    }
}

impl House {
    /// A call of the REST interface.
    async fn rest(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/t/{TENANT}/api/v1/{path}", self.balancer.url);
        let request = self.http.request(method.parse().unwrap(), url).basic_auth(APP.0, Some(APP.1));
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Begins an identification; answers the browser's door.
    async fn door(&self, connection: &str) -> Url {
        let body = json!({ "return_url": RETURN, "connection": connection });
        let (status, created) = self.rest("POST", "identifications", body).await;
        assert_eq!(status, 201, "{created}");
        created["url"].as_str().unwrap().parse().unwrap()
    }

    /// A new browser, at the upstream's page behind `door`.
    async fn at_upstream(&self, door: &Url) -> (Person, Shown) {
        let mut person = Person::new(self.http.clone());
        let shown = person.try_walk(door, RETURN).await.expect_err("a page of the upstream");
        assert_eq!(shown.status, 200, "{}", shown.body);
        (person, *shown)
    }

    /// The record that the app gets for what the browser brought.
    async fn result(&self, returned: &Url) -> Value {
        let query: BTreeMap<_, _> = returned.query_pairs().into_owned().collect();
        let path = format!("identifications/{}/result", query["identification"]);
        let (status, body) = self.rest("POST", &path, json!({ "code": query.get("code") })).await;
        assert_eq!(status, 200, "{returned}: {body}");
        body
    }

    /// A whole login, the upstream's pages included.
    async fn login(&self, connection: &str) -> Value {
        let door = self.door(connection).await;
        let (mut person, shown) = self.at_upstream(&door).await;
        let returned = person.answer(shown, RETURN).await;
        self.result(&returned).await
    }
}

/// Adds an app and connections to the tenant's file; answers the origins of their upstreams.
fn write_tenant(dir: &Path, upstreams: &Sandbox, connections: &[&str]) -> String {
    let tenant = upstreams.tenants.tenant(TENANT).unwrap();
    let file = dir.join("tenants").join(format!("{TENANT}.toml"));
    let mut text = std::fs::read_to_string(&file).unwrap();
    let secret = |name: &str, value: &Hidden<String>| {
        std::fs::write(dir.join("secrets").join(name), value.expose_str()).unwrap();
        json!({ "file": name })
    };
    secret("shop", &Hidden::from(APP.1));
    write!(
        text,
        "\n[[apps]]\nid = \"{}\"\nname = \"Shop\"\nauthentication = \"client_secret_basic\"\n\
         secrets = [{{ file = \"shop\" }}]\nreturn_urls = [\"{RETURN}\"]\nclaims = [\"name.full\"]\n",
        APP.0
    )
    .unwrap();
    for id in connections {
        let connection = tenant.connection(id).unwrap();
        let held = &connection.credentials;
        let mut credentials = BTreeMap::new();
        let lists = [("signing", &held.signing), ("decryption", &held.decryption)];
        for (kind, keys) in lists.into_iter().filter(|(_, keys)| !keys.is_empty()) {
            let named = keys.iter().enumerate().map(|(n, key)| secret(&format!("{id}-{kind}-{n}"), key));
            credentials.insert(kind, Value::Array(named.collect()));
        }
        if let Some(client_secret) = &held.client_secret {
            credentials.insert("client_secret", secret(&format!("{id}-secret"), client_secret));
        }
        let anchor = held.trust_anchor.as_deref().map(Hidden::from);
        for (kind, pem) in [("certificate", &held.certificate), ("trust_anchor", &anchor)] {
            if let Some(pem) = pem {
                credentials.insert(kind, secret(&format!("{id}-{kind}"), pem));
            }
        }
        let whole = json!({ "connections": [{
            "id": id, "provider": connection.provider, "environment": "sandbox",
            "display_name": id, "settings": connection.settings, "credentials": credentials,
        }] });
        write!(text, "\n{}", toml_edit::ser::to_string_pretty(&whole).unwrap()).unwrap();
    }
    std::fs::write(file, text).unwrap();
    let mut origins = BTreeSet::new();
    for id in connections {
        origins_in(&tenant.connection(id).unwrap().settings, &mut origins);
    }
    serde_json::to_string(&origins).unwrap()
}

/// Every origin that settings name.
fn origins_in(settings: &Value, found: &mut BTreeSet<String>) {
    match settings {
        Value::String(text) => {
            let url = Url::parse(text).ok().filter(|url| url.scheme().starts_with("http"));
            found.extend(url.map(|url| url.origin().ascii_serialization()));
        }
        Value::Array(values) => values.iter().for_each(|value| origins_in(value, found)),
        Value::Object(members) => members.values().for_each(|value| origins_in(value, found)),
        _ => {}
    }
}

/// The connections of these tests: one with a single leg, one with two.
const CONNECTIONS: [&str; 2] = ["ftn", "idpartner"];

#[tokio::test(flavor = "multi_thread")]
async fn a_login_goes_on_at_whichever_broker_the_balancer_chooses() {
    let house = House::start(3, &CONNECTIONS).await;
    for connection in CONNECTIONS {
        for first in 0..3 {
            house.balancer.next(first);
            let body = house.login(connection).await;
            assert_eq!(body["identity"]["connection"], connection, "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_takes_no_login_with_it() {
    let mut house = House::start(2, &CONNECTIONS).await;
    for connection in CONNECTIONS {
        house.balancer.next(0);
        let door = house.door(connection).await;
        house.balancer.next(0);
        let (mut person, shown) = house.at_upstream(&door).await;
        house.brokers[0].kill();
        let returned = person.answer(shown, RETURN).await;
        assert!(house.result(&returned).await["identity"].is_object());
        house.brokers[0].restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_nothing() {
    let mut house = House::start(2, &CONNECTIONS).await;
    let mut waiting = Vec::new();
    for connection in CONNECTIONS {
        let door = house.door(connection).await;
        waiting.push(house.at_upstream(&door).await);
    }
    for broker in 0..2 {
        house.brokers[broker].terminate();
        assert!(house.login("idpartner").await["identity"].is_object(), "the other one goes on");
        house.brokers[broker].restart();
    }
    for (mut person, shown) in waiting {
        let returned = person.answer(shown, RETURN).await;
        assert!(house.result(&returned).await["identity"].is_object());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_of_one_broker_after_another_loses_nothing() {
    let mut house = House::start_as(Release::Former, 2, &CONNECTIONS).await;
    for upgraded in 0..2 {
        let mut waiting = Vec::new();
        for connection in CONNECTIONS {
            let door = house.door(connection).await;
            waiting.push(house.at_upstream(&door).await);
        }
        house.brokers[upgraded].release = Release::This;
        house.brokers[upgraded].terminate();
        house.brokers[upgraded].restart();
        // Each step of a login is at the other broker, so at the other release where they differ.
        for (connection, first) in
            CONNECTIONS.into_iter().flat_map(|connection| [(connection, 0), (connection, 1)])
        {
            house.balancer.next(first);
            assert!(house.login(connection).await["identity"].is_object(), "{connection} from {first} on");
        }
        for (mut person, shown) in waiting {
            let returned = person.answer(shown, RETURN).await;
            assert!(house.result(&returned).await["identity"].is_object());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_beside_one_broker_is_used_by_all_within_a_moment() {
    let house = House::start(2, &CONNECTIONS).await;
    house.login("idpartner").await;
    let file = house.folder.path().join(format!("tunnus/tenants/{TENANT}.toml"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("id = \"idpartner\"", "id = \"idpartner\"\nenabled = false")).unwrap();
    apply(Release::This, &house.folder.path().join("tunnus"), &house.settings);
    let asked = json!({ "return_url": RETURN, "connection": "idpartner" });
    let begun = std::time::Instant::now();
    for broker in 0..2 {
        loop {
            house.balancer.next(broker);
            let (status, body) = house.rest("POST", "identifications", asked.clone()).await;
            if status == 404 {
                assert_eq!(body["error"]["code"], "connection_unknown", "{body}");
                break;
            }
            assert!(begun.elapsed().as_secs() < 10, "{body}");
        }
    }
    assert!(house.login("ftn").await["identity"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nobody_is_ready_and_afterwards_everybody_is() {
    let mut house = House::start(2, &CONNECTIONS).await;
    house.redis.kill();
    let asked = json!({ "return_url": RETURN, "connection": "idpartner" });
    let (status, body) = house.rest("POST", "identifications", asked).await;
    assert_eq!((status, &body["error"]["code"]), (503, &json!("store_unavailable")), "{body}");
    for broker in &house.brokers {
        assert_eq!(broker.readiness().await.0, 503);
    }
    house.redis.restart();
    for broker in &house.brokers {
        assert_eq!(broker.readiness().await.0, 200);
    }
    assert!(house.login("idpartner").await["identity"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_audit_trail_is_away_nobody_leaves_for_an_upstream() {
    let mut house = House::start(2, &CONNECTIONS).await;
    house.login("ftn").await;
    house.login("ftn").await;
    let door = house.door("ftn").await;
    house.postgres.stop();
    let mut person = Person::new(house.http.clone());
    let page = person.try_walk(&door, RETURN).await;
    let stayed = match &page {
        Ok(returned) => returned.query().is_some_and(|query| query.contains("store_unavailable")),
        Err(page) => page.url.as_str().starts_with(&house.balancer.url) && page.status == 503,
    };
    assert!(stayed, "{page:?}");
    house.postgres.restart();
    assert!(house.login("ftn").await["identity"].is_object());
}
