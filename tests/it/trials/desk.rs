//! An admin's desk beside a sandbox: the admin listener over the sandbox's own broker.

use std::{fs, net::TcpListener, sync::Arc};

use actix_web::web::Data;
use serde_json::{Value, json};
use tempfile::TempDir;
use tunnus::{
    admin::{Admin, Caller, NewToken, Role},
    ambient::Ambient,
    config::{Environment, Limits, References},
    providers::Providers,
    sandbox::tenant::TENANT,
    server,
    sockets::Intake,
    tenant::files::Folder,
};
use url::Url;

use crate::support::{
    person::{Person, Shown},
    sandbox::Bench,
};

/// Nothing is here: a walk that shall lead to a page.
const NOWHERE: &str = "nowhere:";

pub struct Desk {
    pub bench: Bench,
    base: String,
    operator: String,
    admin: Data<Admin>,
    _folder: TempDir,
}

impl Desk {
    pub async fn open() -> Self {
        Self::over(Bench::start()).await
    }

    /// The admin listener over this sandbox's broker.
    pub async fn over(bench: Bench) -> Self {
        Self::of(bench, Limits::none()).await
    }

    /// With limits on what may be asked.
    pub async fn limited(limits: Limits) -> Self {
        Self::of(Bench::limited(limits), limits).await
    }

    async fn of(bench: Bench, limits: Limits) -> Self {
        let intake = Intake { limits, ..Intake::default() };
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url: Url = format!("http://{}", socket.local_addr().unwrap()).parse().unwrap();
        // The sandbox's tenants are in memory; that they are there is known from their files.
        let folder = TempDir::new().unwrap();
        for tenant in [TENANT, "twin"] {
            let text = format!("[tenant]\nid = \"{tenant}\"\nname = \"Demo\"\n");
            fs::write(folder.path().join(format!("{tenant}.toml")), text).unwrap();
        }
        let references = References::new(folder.path().to_owned(), Arc::new(Environment::default()));
        let tenants = Folder::new(folder.path().to_owned(), Providers::built_in(), references);
        let broker = bench.sandbox.broker.clone();
        let admin = Admin::of_folder(tenants, Providers::built_in(), broker.audit.clone(), Ambient::system());
        let admin = Data::new(admin.reached_at(url.clone()));
        let server = server::admin(admin.clone(), broker.clone(), socket, &url, intake).unwrap();
        broker.runtime.spawn(server);
        let base = format!("{url}admin/v1");
        let mut desk = Self { bench, base, operator: String::new(), admin, _folder: folder };
        desk.operator = desk.token(Role::Operator, None).await;
        desk
    }

    /// Where its listener is: host and port.
    pub fn at(&self) -> &str {
        self.base.trim_start_matches("http://").split('/').next().unwrap()
    }

    /// A token of a role.
    pub async fn token(&self, role: Role, tenant: Option<&str>) -> String {
        let tenant = tenant.map(str::to_owned);
        let wanted = NewToken { name: "cli".to_owned(), role, platform: None, tenant, days: None };
        let made = self.admin.create_token(&Caller::shell(), &wanted).await.unwrap();
        made.token.expose_str().to_owned()
    }

    /// The operator's request.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.ask_as(&self.operator, method, path, body).await
    }

    /// The request of somebody else.
    pub async fn ask_as(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        let request =
            self.bench.sandbox.relying.http.request(method.parse().unwrap(), url).bearer_auth(token);
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Begins a trial over a connection, as its first persona where nothing else is said.
    pub async fn begin(&self, connection: &str, more: Value) -> Value {
        let offered = self.bench.sandbox.connections.iter().find(|offered| offered.id == connection).unwrap();
        let mut body = json!({ "login_hint": format!("sandbox:persona={}", offered.personas[0]) });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, begun) = self.ask("POST", &path(connection, ""), Some(body)).await;
        assert_eq!((status, &begun["status"]), (201, &json!("pending")), "{begun}");
        begun
    }

    /// What is told of a trial by now.
    pub async fn told(&self, trial: &Value) -> Value {
        let path = path(trial["connection"].as_str().unwrap(), trial["id"].as_str().unwrap());
        let (status, told) = self.ask("GET", &path, None).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["url"], Value::Null, "it is shown once");
        told
    }

    /// The way on from the page before a trial.
    pub async fn proceed(&self, person: &mut Person, trial: &Value) -> Url {
        let page = person.get(&door(trial)).await;
        assert!(page.status == 200 && page.title().starts_with("Try a connection"), "{}", page.body);
        page.link("Continue").expect("a way on")
    }

    /// Makes a trial to its end, or to the page where it ends.
    pub async fn go(&self, person: &mut Person, trial: &Value) -> Shown {
        let proceed = self.proceed(person, trial).await;
        *person.try_walk(&proceed, NOWHERE).await.expect_err("a page")
    }

    /// Makes a trial until the browser comes back.
    pub async fn until_return(&self, person: &mut Person, trial: &Value) -> Url {
        let proceed = self.proceed(person, trial).await;
        person.walk(&proceed, &format!("{}/return/", self.bench.issuer())).await
    }
}

/// The path of a connection's trials, or of one.
pub fn path(connection: &str, id: &str) -> String {
    let below = if id.is_empty() { String::new() } else { format!("/{id}") };
    format!("/tenants/{TENANT}/connections/{connection}/trials{below}")
}

/// The address of a trial.
pub fn door(trial: &Value) -> Url {
    trial["url"].as_str().unwrap_or_else(|| panic!("{trial}")).parse().unwrap()
}
