//! A new operator with a browser: the program serves, and everything else is done in the console.

use std::sync::Mutex;

use serde_json::{Value, json};
use tunnus::{
    ambient::Ambient,
    providers::Providers,
    sandbox::{
        running::{Options, Sandbox},
        tenant::TENANT,
    },
};

use crate::{
    browser::{Line, play_on},
    support::program::Program,
};

/// The upstreams of a broker that is reached at `public_url`.
pub fn upstreams(public_url: String) -> Sandbox {
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: Some(public_url),
        fault: None,
        apps: Vec::new(),
        store: None,
        audit: None,
    };
    Sandbox::start(Providers::built_in(), Ambient::system(), options).expect("a sandbox")
}

/// What the upstream's dashboard shows of the client that is registered for a connection: its settings,
/// and the keys that were made there.
pub fn registration(sandbox: &Sandbox, connection: &str) -> Value {
    let tenant = sandbox.tenants.tenant(TENANT).unwrap();
    let connection = tenant.connection(connection).unwrap();
    let first = |keys: &[tunnus_sdk::Hidden<String>]| keys.first().map(|key| key.expose_str().to_owned());
    json!({
        "settings": connection.settings,
        "signing": first(&connection.credentials.signing),
        "decryption": first(&connection.credentials.decryption),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_operator_comes_from_the_first_token_to_a_login_without_editing_a_file() {
    let started = Mutex::new(None);
    let program = Program::start(|public| {
        let sandbox = upstreams(format!("http://{public}"));
        let issuer = registration(&sandbox, "ftn")["settings"]["issuer"].as_str().unwrap().to_owned();
        let origin = url::Url::parse(&issuer).unwrap().origin().ascii_serialization();
        *started.lock().unwrap() = Some(sandbox);
        vec![("TUNNUS_EGRESS__ALLOW", json!([origin]).to_string())]
    });
    let sandbox = started.lock().unwrap().take().unwrap();
    let stage = json!({
        "demo": "",
        "connections": [],
        "issuer": format!("http://{}/t/{TENANT}", program.public),
        "admin": format!("http://{}", program.admin),
        "token": program.first_token,
        "tenant": TENANT,
        "ftn": registration(&sandbox, "ftn"),
    });
    let faults = |line: &Line| {
        if let Line::Fault(fault) = line {
            let known = sandbox.simulators.values().filter(|simulator| simulator.set_fault(fault.as_deref()));
            assert_ne!(known.count(), 0, "no simulator knows {fault:?}");
        }
    };
    play_on("console", &stage, faults).await;
    sandbox.stop().await;
}
