//! A sandbox on free ports with a clock of the test's own.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use tunnus::{
    ambient::Ambient,
    audit::store::EventStore,
    config::Limits,
    providers::Providers,
    sandbox::{
        running::{Options, Sandbox},
        tenant::{APP, APP_SECRET, TENANT},
    },
    store::FlowStore,
    tenant::{model::Tenant, set::TenantSet},
};
use tunnus_sdk::Timestamp;
use url::Url;

use super::person::Person;

/// Where the app of the tests would be: nobody listens there.
pub const RETURN: &str = "http://127.0.0.1:9/return";
/// 2026-11-21T10:00:00Z.
const BEGIN: i64 = 1_795_255_200;

/// A sandbox whose time the test tells.
pub struct Bench {
    pub sandbox: Sandbox,
    clock: Arc<AtomicI64>,
}

impl Bench {
    /// In memory.
    pub fn start() -> Self {
        Self::with(Providers::built_in(), None, None)
    }

    /// Over a given store.
    pub fn over(store: Arc<dyn FlowStore>) -> Self {
        Self::with(Providers::built_in(), Some(store), None)
    }

    /// In memory, with these providers.
    pub fn of(providers: Providers) -> Self {
        Self::with(providers, None, None)
    }

    /// In memory, audited there.
    pub fn audited(audit: Arc<dyn EventStore>) -> Self {
        Self::with(Providers::built_in(), None, Some(audit))
    }

    /// In memory, with limits on what may be asked.
    pub fn limited(limits: Limits) -> Self {
        Self::within(Providers::built_in(), None, None, &limits)
    }

    fn with(
        providers: Providers,
        store: Option<Arc<dyn FlowStore>>,
        audit: Option<Arc<dyn EventStore>>,
    ) -> Self {
        Self::within(providers, store, audit, &Limits::none())
    }

    fn within(
        providers: Providers,
        store: Option<Arc<dyn FlowStore>>,
        audit: Option<Arc<dyn EventStore>>,
        limits: &Limits,
    ) -> Self {
        let clock = Arc::new(AtomicI64::new(BEGIN));
        let told = clock.clone();
        let random = SystemRandom::new();
        let ambient = Ambient::given(
            move || Timestamp(told.load(Ordering::SeqCst)),
            move |bytes| random.fill(bytes).expect("randomness"),
        );
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: None,
            fault: None,
            apps: Vec::new(),
            store,
            audit,
        };
        let sandbox = Sandbox::limited(providers, ambient, options, limits).expect("a sandbox");
        Self { sandbox, clock }
    }

    /// Lets `seconds` pass.
    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Changes the tenant's settings, as a reload of its file does.
    pub fn change(&self, change: impl FnOnce(&mut Tenant)) {
        let tenants = &self.sandbox.tenants;
        let mut changed = Tenant::clone(&tenants.tenant(TENANT).unwrap());
        change(&mut changed);
        tenants.replace(TenantSet::from_iter([changed]));
    }

    /// Adds a tenant with the same apps and connections; answers its issuer.
    pub fn add_twin(&self, id: &str) -> String {
        let broker = &self.sandbox.broker;
        let tenants = &self.sandbox.tenants;
        let tenant = Tenant::clone(&tenants.tenant(TENANT).unwrap());
        let twin = Tenant { id: id.to_owned(), ..tenant.clone() };
        tenants.replace(TenantSet::from_iter([tenant, twin]));
        broker.issuer(id)
    }

    /// The tenant's issuer.
    pub fn issuer(&self) -> &str {
        &self.sandbox.relying.issuer
    }

    /// The address at which the built-in app asks by OpenID Connect, with more parameters.
    pub fn authorize(&self, more: &[(&str, &str)]) -> Url {
        let mut url: Url = format!("{}/authorize", self.issuer()).parse().unwrap();
        url.query_pairs_mut()
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", APP),
                ("redirect_uri", RETURN),
                ("scope", "openid"),
                ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                ("code_challenge_method", "S256"),
            ])
            .extend_pairs(more);
        url
    }

    /// A new browser.
    pub fn person(&self) -> Person {
        Person::new(self.sandbox.relying.http.clone())
    }

    /// Begins an identification over REST; answers the whole body.
    pub async fn create(&self, more: Value) -> Value {
        let connection = more["connection"].as_str().unwrap_or("ftn");
        let offered = self.sandbox.connections.iter().find(|offered| offered.id == connection);
        let persona = offered.map_or("onni", |offered| offered.personas[0]);
        let mut body = json!({ "return_url": RETURN, "login_hint": format!("sandbox:persona={persona}") });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.rest("POST", "identifications", Some(body)).await.1
    }

    /// Begins one and answers the browser's door.
    pub async fn door(&self, connection: &str) -> Url {
        let body = self.create(json!({ "connection": connection })).await;
        body["url"].as_str().unwrap_or_else(|| panic!("a door in {body}")).parse().unwrap()
    }

    /// A call of the REST interface by the built-in app.
    pub async fn rest(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.rest_as((APP, APP_SECRET), method, path, body).await
    }

    /// A call of the REST interface by another app.
    pub async fn rest_as(
        &self,
        app: (&str, &str),
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.rest_at(self.issuer(), app, method, path, body).await
    }

    /// A call of the REST interface of another tenant.
    pub async fn rest_at(
        &self,
        issuer: &str,
        app: (&str, &str),
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let url = format!("{issuer}/api/v1/{path}");
        let request =
            self.sandbox.relying.http.request(method.parse().unwrap(), url).basic_auth(app.0, Some(app.1));
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Fetches the record with what the browser brought.
    pub async fn result(&self, returned: &Url) -> (u16, Value) {
        let query: std::collections::HashMap<_, _> = returned.query_pairs().into_owned().collect();
        let path = format!("identifications/{}/result", query["identification"]);
        self.rest("POST", &path, Some(json!({ "code": query.get("code") }))).await
    }
}

/// One parameter of an address.
pub fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
