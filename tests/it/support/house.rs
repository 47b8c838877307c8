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

use super::{
    balancer::Balancer,
    person::{Person, Shown, client_of_single_connections},
    postgres::PostgresServer,
    program::{Program, Release, apply, init},
    redis::servers::Servers,
    sandbox::RETURN,
};

/// The connections that are used: one with a single leg, one with two.
pub const CONNECTIONS: [&str; 2] = ["ftn", "idpartner"];

/// An app of the tenant.
#[derive(Debug)]
pub struct HouseApp {
    pub id: &'static str,
    pub secret: &'static str,
    /// Where its browsers come back, over either face: nobody listens there.
    pub back: &'static str,
}

/// The apps. What is told to the one is none of the other's business.
pub const APPS: [HouseApp; 2] = [
    HouseApp { id: "shop", secret: "a-secret-of-more-than-sixteen-characters", back: RETURN },
    HouseApp { id: "library", secret: "another-secret-of-its-own", back: "http://127.0.0.1:9/library" },
];

/// What brokers limit by rate.
const RATES: [&str; 7] = [
    "TUNNUS_LIMITS__ADDRESS_STARTS",
    "TUNNUS_LIMITS__ADDRESS_RETURNS",
    "TUNNUS_LIMITS__ADDRESS_CALLS",
    "TUNNUS_LIMITS__APP_STARTS",
    "TUNNUS_LIMITS__APP_CALLS",
    "TUNNUS_LIMITS__TENANT_STARTS",
    "TUNNUS_LIMITS__TENANT_CALLS",
];

/// Brokers, what they stand on, and the upstreams.
pub struct House {
    pub brokers: Vec<Program>,
    pub balancer: Balancer,
    pub redis: Servers,
    pub http: Client,
    pub folder: TempDir,
    pub settings: Vec<(&'static str, String)>,
    /// The simulators; its own broker is not used.
    upstreams: Sandbox,
    pub postgres: PostgresServer,
}

impl House {
    /// So many brokers, whose tenant has these connections of the sandbox.
    pub async fn start(brokers: usize, connections: &[&str]) -> Self {
        Self::start_as(Release::This, brokers, connections).await
    }

    /// The same of the former or of this program.
    pub async fn start_as(release: Release, brokers: usize, connections: &[&str]) -> Self {
        Self::on(Servers::alone(), release, brokers, connections).await
    }

    /// The same on these servers.
    pub async fn on(redis: Servers, release: Release, brokers: usize, connections: &[&str]) -> Self {
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
        let postgres = PostgresServer::start();
        let mut settings = vec![
            ("TUNNUS_SERVER__PUBLIC_URL", url),
            ("TUNNUS_TENANTS__URL", postgres.database()),
            ("TUNNUS_FLOW_STORE__URL", redis.url()),
            ("TUNNUS_EGRESS__ALLOW", origins),
        ];
        // All persons come from one address.
        settings.extend(RATES.map(|rate| (rate, "1000000".to_owned())));
        settings.push(("TUNNUS_LIMITS__ADDRESS_CONNECTIONS", "0".to_owned()));
        apply(release, &dir, &settings);
        let brokers: Vec<_> =
            (0..brokers).map(|_| Program::serve(release, &dir, |_| settings.clone())).collect();
        let balancer = Balancer::over(listener, brokers.iter().map(|broker| broker.public).collect());
        let http = client_of_single_connections();
        Self { brokers, balancer, redis, http, folder, settings, upstreams, postgres }
    }

    /// The tenant's issuer.
    pub fn issuer(&self) -> String {
        format!("{}/t/{TENANT}", self.balancer.url)
    }

    /// A call of the REST interface by the first app.
    pub async fn rest(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/api/v1/{path}", self.issuer());
        let [app, _] = &APPS;
        let request = self.http.request(method.parse().unwrap(), url).basic_auth(app.id, Some(app.secret));
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Lets all upstreams fail so from now on, or no more.
    pub fn upstreams_fail(&self, fault: Option<&str>) {
        let known = self.upstreams.simulators.values().map(|simulator| simulator.set_fault(fault));
        assert!(known.fold(false, |known, knows| known | knows), "somebody knows {fault:?}");
    }

    /// Begins an identification; answers the browser's door.
    pub async fn door(&self, connection: &str) -> Url {
        let body = json!({ "return_url": RETURN, "connection": connection });
        let (status, created) = self.rest("POST", "identifications", body).await;
        assert_eq!(status, 201, "{created}");
        created["url"].as_str().unwrap().parse().unwrap()
    }

    /// A new browser, at the upstream's page behind `door`.
    pub async fn at_upstream(&self, door: &Url) -> (Person, Shown) {
        let mut person = Person::new(self.http.clone());
        let shown = person.try_walk(door, RETURN).await.expect_err("a page of the upstream");
        assert_eq!(shown.status, 200, "{}", shown.body);
        (person, *shown)
    }

    /// The record that the app gets for what the browser brought.
    pub async fn result(&self, returned: &Url) -> Value {
        let query: BTreeMap<_, _> = returned.query_pairs().into_owned().collect();
        let path = format!("identifications/{}/result", query["identification"]);
        let (status, body) = self.rest("POST", &path, json!({ "code": query.get("code") })).await;
        assert_eq!(status, 200, "{returned}: {body}");
        body
    }

    /// A whole login, the upstream's pages included.
    pub async fn login(&self, connection: &str) -> Value {
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
    for HouseApp { id, secret: app_secret, back } in APPS {
        secret(id, &Hidden::from(app_secret));
        write!(
            text,
            "\n[[apps]]\nid = \"{id}\"\nname = \"{id}\"\nauthentication = \"client_secret_basic\"\n\
             secrets = [{{ file = \"{id}\" }}]\nreturn_urls = [\"{back}\"]\nredirect_uris = [\"{back}\"]\n\
             claims = [\"name.full\"]\n"
        )
        .unwrap();
    }
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
