//! A broker whose connections lead to npm's `oidc-provider`.

use std::{
    net::TcpListener,
    sync::{Arc, OnceLock},
};

use actix_web::web::Data;
use serde_json::{Map, Value, json};
use tunnus::{
    ambient::Ambient,
    app::{Broker, Parts},
    audit::{Audit, store::MemoryEvents},
    config::{Lifetimes, Limits, Proxies},
    host::OutboundLimits,
    http::browser::params,
    limits::Limiter,
    providers::Providers,
    sandbox::{
        login::{LoginError, Relying},
        tenant::{self, APP, APP_SECRET, TENANT},
    },
    server,
    sockets::Intake,
    store::{MemoryLimits, MemoryStore},
    tenant::{
        limits,
        model::{App, Connection, Tenant},
        set::{HeldTenants, TenantSet},
    },
};
use tunnus_jose::{DecryptionKey, KeyUse, SigningKey, generate};
use tunnus_sdk::{Credentials, Environment, Hidden, LocalizedText};
use url::Url;

use crate::support::{
    certificates::{Authority, self_signed},
    peer::Peer,
    person::{Person, client},
    sandbox::{RETURN, param},
};

/// The client secret, on both sides.
pub const SECRET: &str = "interop-secret-of-more-than-32-characters";
/// The subject of the certificate that connections show.
pub const SUBJECT: &str = "CN=interop-client";

/// Which kind of upstream a connection leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any OpenID provider.
    General,
    /// A bank behind a selector.
    Bank,
}

/// Whose certificate a connection shows.
#[derive(Clone, Copy)]
pub enum Shown {
    /// One of the authority, for [`SUBJECT`].
    Vouched,
    /// One of the authority, for somebody else.
    Foreign,
    /// One that nobody vouches for, registered as a key.
    SelfSigned,
}

/// A connection, and how it is registered at its upstream.
pub struct Case {
    pub id: &'static str,
    pub kind: Kind,
    /// What its settings say beside issuer and client id.
    pub settings: Value,
    /// What its registration says beside client id, redirect URI and keys.
    pub registration: Value,
    pub shown: Shown,
    /// Whether the upstream has another encryption key of ours on file.
    pub outdated_key: bool,
    /// Whether the connection trusts the authority of the upstream's certificate.
    pub trusting: bool,
}

impl Case {
    /// At the upstream of no particular kind.
    pub fn new(id: &'static str, settings: Value, registration: Value) -> Self {
        let (kind, shown) = (Kind::General, Shown::Vouched);
        Self { id, kind, settings, registration, shown, outdated_key: false, trusting: true }
    }

    /// At the bank.
    pub fn bank(id: &'static str, settings: Value, registration: Value) -> Self {
        Self { kind: Kind::Bank, ..Self::new(id, settings, registration) }
    }
}

/// The keys of all connections.
struct Keys {
    signing: Vec<Hidden<String>>,
    decryption: Hidden<String>,
    /// A key that the broker does not have.
    outdated: Hidden<String>,
}

/// A broker and the upstreams, at work.
pub struct Strangers {
    pub broker: Data<Broker>,
    pub relying: Relying,
    _upstreams: Peer,
}

impl Strangers {
    /// Starts the upstreams and a broker with these connections.
    pub fn start(cases: &[Case]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        let returns = format!("{public_url}/t/{TENANT}/return");
        let (keys, authority, own) = (Keys::new(), Authority::new(), self_signed("interop-client"));
        let clients = |kind| -> Vec<Value> {
            let cases = cases.iter().filter(|case| case.kind == kind);
            cases.map(|case| registration(case, &returns, &keys, &own)).collect()
        };
        let question = json!({
            "tls": authority.server(),
            "general": clients(Kind::General),
            "bank": clients(Kind::Bank),
            "origin": returns,
        });
        let (upstreams, at) = Peer::start("upstream.mjs", &question);
        let connections = cases.iter().map(|case| {
            let certificate = match case.shown {
                Shown::Vouched => authority.client("interop-client"),
                Shown::Foreign => authority.client("somebody-else"),
                Shown::SelfSigned => own.clone(),
            };
            let trust = case.trusting.then(|| authority.certificate.clone());
            connection(case, &at, keys.credentials(certificate, trust))
        });
        let ambient = Ambient::system();
        let tenant = tenant(&ambient, connections.collect());
        let egress = ["/general/issuer", "/general/mtls", "/bank/issuer", "/bank/mtls"];
        let broker = Broker::assemble(Parts {
            public_url,
            tenants: Arc::new(HeldTenants::new(TenantSet::from_iter([tenant]))),
            providers: Providers::built_in(),
            store: Arc::new(MemoryStore::new(MemoryLimits::default(), ambient.clone())),
            master_keys: vec![("interop".to_owned(), ambient.bytes())],
            audit: Audit::sandboxed(Arc::new(MemoryEvents::default()), &ambient).unwrap(),
            egress: egress.map(|origin| text(&at, origin)).to_vec(),
            outbound: OutboundLimits::default(),
            limits: Limiter::none(),
            lifetimes: Lifetimes::default(),
            connections_kept: 100,
            metrics_tenants: 10,
            ambient: ambient.clone(),
            sandbox: true,
        });
        let broker = Data::new(broker.unwrap());
        broker.runtime.spawn(
            server::public(
                broker.clone(),
                listener,
                1,
                Intake { proxies: Proxies::default(), limits: Limits::none() },
            )
            .unwrap(),
        );
        let relying = Relying { issuer: broker.issuer(TENANT), http: client(), ambient };
        Self { broker, relying, _upstreams: upstreams }
    }

    /// A login over REST as `hint` says: the identity record.
    pub async fn over_rest(&self, connection: &str, hint: &str) -> Result<Value, LoginError> {
        let returned = self.walk(connection, hint).await;
        self.relying.result(&params(returned.query().unwrap().as_bytes())).await
    }

    /// The same over OpenID Connect.
    pub async fn over_openid(&self, connection: &str, hint: &str) -> Result<Value, LoginError> {
        let more = [("connection", connection), ("login_hint", hint)];
        let pending = self.relying.begin(RETURN, &more).await.unwrap();
        let returned = self.person().walk(&pending.url.clone(), RETURN).await;
        self.relying.end(pending, &params(returned.query().unwrap().as_bytes())).await
    }

    /// How a login over REST failed: `error` of its status.
    pub async fn failure(&self, connection: &str, hint: &str) -> Value {
        let returned = self.walk(connection, hint).await;
        let id = param(&returned, "identification").unwrap();
        let url = format!("{}/api/v1/identifications/{id}", self.relying.issuer);
        let answer = self.relying.http.get(url).basic_auth(APP, Some(APP_SECRET)).send().await.unwrap();
        let mut status: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        status["error"].take()
    }

    async fn walk(&self, connection: &str, hint: &str) -> Url {
        let more = json!({ "connection": connection, "login_hint": hint });
        let door = self.relying.create(RETURN, more).await.unwrap();
        self.person().walk(&door.url, RETURN).await
    }

    fn person(&self) -> Person {
        Person::new(self.relying.http.clone())
    }
}

impl Keys {
    fn new() -> Self {
        let decryption = || generate::rsa(2048, KeyUse::Encryption).unwrap();
        let rsa = generate::rsa(2048, KeyUse::Signature).unwrap();
        let p256 = generate::p256(KeyUse::Signature).unwrap();
        Self { signing: vec![rsa, p256], decryption: decryption(), outdated: decryption() }
    }

    fn credentials(&self, certificate: String, trust_anchor: Option<String>) -> Credentials {
        Credentials {
            client_secret: Some(SECRET.into()),
            signing: self.signing.clone(),
            decryption: vec![self.decryption.clone()],
            certificate: Some(certificate.into()),
            trust_anchor,
        }
    }

    /// The public halves, as the upstream has them on file.
    fn public(&self, outdated: bool) -> Value {
        let signing = self.signing.iter().map(|key| SigningKey::parse(key).unwrap().public_jwk());
        let decryption = if outdated { &self.outdated } else { &self.decryption };
        let decryption = DecryptionKey::parse(decryption).unwrap().public_jwk();
        json!({ "keys": signing.chain([decryption]).collect::<Vec<_>>() })
    }
}

fn registration(case: &Case, returns: &str, keys: &Keys, own: &str) -> Value {
    let mut registration = json!({
        "client_id": case.id,
        "redirect_uris": [format!("{returns}/{}/callback", case.id)],
        "jwks": keys.public(case.outdated_key),
    });
    extend(&mut registration, &case.registration);
    if matches!(case.shown, Shown::SelfSigned) {
        extend(&mut registration, &json!({ "certificate": own }));
    }
    registration
}

fn connection(case: &Case, at: &Value, credentials: Credentials) -> Connection {
    let mut settings = json!({ "client_id": case.id });
    let (provider, where_it_is) = match case.kind {
        Kind::General => {
            let hosts = [authority(at, "/general/mtls")];
            let issuer = text(at, "/general/issuer");
            ("generic-oidc", json!({ "issuer": issuer, "endpoint_hosts": hosts }))
        }
        Kind::Bank => {
            let issuer = text(at, "/bank/issuer");
            let bank = json!({
                "issuer": issuer,
                "idp_id": "17",
                "name": "Specimen Bank",
                "endpoint_hosts": [authority(at, "/bank/mtls")],
            });
            let selector = format!("{issuer}/select-accounts");
            ("idpartner", json!({ "selector": selector, "issuers": [bank] }))
        }
    };
    extend(&mut settings, &where_it_is);
    extend(&mut settings, &case.settings);
    let descriptor = Providers::built_in().find(provider).unwrap().descriptor();
    Connection {
        id: case.id.to_owned(),
        provider: provider.to_owned(),
        environment: Environment::Sandbox,
        enabled: true,
        display_name: LocalizedText::default(),
        paused: None,
        limits: limits::Limits::default(),
        subject: descriptor.subject,
        settings,
        credentials,
        revision: 1,
        ring: Vec::new(),
        key_set: OnceLock::new(),
    }
}

/// The sandbox's tenant with these connections in place of the simulators'.
fn tenant(ambient: &Ambient, connections: Vec<Connection>) -> Tenant {
    // No providers, no simulators: nobody asks where one lives.
    let nowhere = |_: &str| Err(url::ParseError::EmptyHost);
    let assembled = tenant::assemble(&Providers::default(), ambient, nowhere, RETURN, Vec::new());
    let bare = assembled.map_err(drop).unwrap().tenant;
    let ids: std::collections::BTreeSet<_> = connections.iter().map(|one| one.id.clone()).collect();
    let app = |app: &Arc<App>| Arc::new(App { connections: ids.clone(), ..App::clone(app) });
    Tenant {
        apps: bare.apps.iter().map(app).collect(),
        connections: connections.into_iter().map(Arc::new).collect(),
        ..bare
    }
}

/// Host and port of an address.
fn authority(at: &Value, pointer: &str) -> String {
    let url: Url = text(at, pointer).parse().unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
}

/// Puts the members of `more` into `value`.
pub fn extend(value: &mut Value, more: &Value) {
    let more: Map<String, Value> = more.as_object().unwrap().clone();
    value.as_object_mut().unwrap().extend(more);
}
