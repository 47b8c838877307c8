//! A new operator without an account anywhere: the simulators run alone, beside a broker of their own, as
//! the README has it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Stdio},
    sync::Mutex,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    person::{Person, client},
    program::{Program, Release},
    sandbox::{RETURN, param},
};

/// The tenant that the operator makes.
const TENANT: &str = "acme";

/// The upstreams of a broker that is reached at `public`, as the program runs them alone.
struct Upstreams {
    process: Child,
    dir: TempDir,
    egress_allow: Value,
}

impl Upstreams {
    fn start(public: SocketAddr) -> Self {
        let dir = TempDir::new().unwrap();
        let mut command = Release::This.program();
        command
            .args(["sandbox", "--listen", "127.0.0.1:0", "--tenant", TENANT, "--upstreams"])
            .arg(dir.path());
        command.args(["--public-url", &format!("http://{public}")]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut told =
            lines.map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let ready = told.next().expect("it says that it is ready");
        Self { process, dir, egress_allow: ready["egress_allow"].clone() }
    }

    /// What is registered for a connection.
    fn registered(&self, connection: &str) -> Value {
        serde_json::from_str(&self.file(&format!("{connection}.json"))).unwrap()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).unwrap().trim().to_owned()
    }
}

impl Drop for Upstreams {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A broker that may call upstreams of its own, and these.
fn world() -> (Program, Upstreams) {
    let started = Mutex::new(None);
    let program = Program::start(|public| {
        let upstreams = Upstreams::start(public);
        let allow = upstreams.egress_allow.to_string();
        *started.lock().unwrap() = Some(upstreams);
        vec![("TUNNUS_EGRESS__ALLOW", allow)]
    });
    (program, started.into_inner().unwrap().unwrap())
}

/// Sends a body to the admin API, or to the app's own; what it answers.
async fn sent(request: reqwest::RequestBuilder, body: &Value) -> Value {
    let request = request.header("Content-Type", "application/json").body(body.to_string());
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status} {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_that_the_simulators_know_logs_in_at_a_broker_that_was_told_of_it_by_the_admin_api()
{
    let (program, upstreams) = world();
    let http = client();
    let put = async |path: &str, document: Value| {
        let url = format!("http://{}/admin/v1/tenants/{TENANT}{path}", program.admin);
        sent(http.put(url).bearer_auth(&program.first_token), &document).await
    };
    put("", json!({ "tenant": { "name": "Acme" } })).await;
    let connections = ["ftn", "ftn-encrypted", "mle", "idpartner"];
    for id in connections {
        put(&format!("/connections/{id}"), upstreams.registered(id)).await;
    }
    let secret = json!([{ "generate": true }]);
    let app = json!({ "name": "Shop", "authentication": "client_secret_basic", "return_urls": [RETURN],
        "claims": ["name.full"], "connections": connections, "secrets": secret });
    let made = put("/apps/shop", app).await;
    let secret = made.pointer("/generated/0/value").or_else(|| made.pointer("/secrets/0/value"));
    let secret = secret.and_then(Value::as_str).unwrap_or_else(|| panic!("a secret in {made}")).to_owned();
    for id in connections {
        let api = format!("http://{}/t/{TENANT}/api/v1/identifications", program.public);
        let asked = json!({ "return_url": RETURN, "connection": id });
        let begun = sent(http.post(&api).basic_auth("shop", Some(&secret)), &asked).await;
        let mut person = Person::new(http.clone());
        let door = begun["url"].as_str().unwrap().parse().unwrap();
        let page = person.try_walk(&door, RETURN).await.expect_err("the upstream asks who it is");
        let returned = person.answer(*page, RETURN).await;
        let code = json!({ "code": param(&returned, "code").unwrap_or_else(|| panic!("{id}: {returned}")) });
        let result = format!("{api}/{}/result", begun["id"].as_str().unwrap());
        let told = sent(http.post(result).basic_auth("shop", Some(&secret)), &code).await;
        assert_eq!(told["identity"]["connection"], *id, "{told}");
        assert!(told["identity"]["name"]["full"].is_string(), "{told}");
    }
}
