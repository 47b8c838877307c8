//! The admin API of the program itself, asked by schemathesis: requests of every form that its
//! description allows and forbids, each answered as the description says.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{person::client, program::Program};

/// Puts a document, which must be taken.
async fn put(program: &Program, path: &str, document: Value) {
    let url = format!("http://{}/admin/v1{path}", program.admin);
    let request = client().put(url).bearer_auth(&program.first_token);
    let request = request.header("Content-Type", "application/json").body(document.to_string());
    let response = request.send().await.unwrap();
    let (status, body) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, 201, "{path}: {body}");
}

/// Has schemathesis ask everything.
async fn examine(program: &Program, settings: &str) {
    let schemathesis = interop(".venv/bin/schemathesis");
    assert!(schemathesis.exists(), "it comes with tests/run: {}", schemathesis.display());
    let folder = TempDir::new().unwrap();
    let mut examination = Command::new(schemathesis);
    examination
        .arg(format!("--config-file={}", interop(settings).display()))
        .args(["run", &format!("http://{}/openapi.json", program.admin), "-n", "30", "--seed", "1"])
        .args(["--phases", "examples,coverage,fuzzing", "--generation-database", "none"])
        .args(["-H", &format!("Authorization: Bearer {}", program.first_token)])
        // It leaves notes where it runs.
        .current_dir(folder.path())
        .env("NO_COLOR", "1");
    let done = tokio::task::spawn_blocking(move || examination.output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
}

fn interop(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_the_description_says() {
    let program = Program::start(|_| vec![("TUNNUS_LIMITS__ADDRESS_ADMIN", "0".to_owned())]);
    put(&program, "/platforms/group", json!({ "platform": { "id": "group", "name": "Group" } })).await;
    put(&program, "/tenants/acme", json!({ "tenant": { "name": "Acme", "platform": "group" } })).await;
    let app = json!({
        "name": "Shop", "authentication": "client_secret_basic", "redirect_uris": ["https://shop.example/"],
    });
    put(&program, "/tenants/acme/apps/shop", app).await;
    // Nothing is reached at this address: what it is asked for is refused before it leaves.
    let settings = json!({ "issuer": "https://127.0.0.1:9", "client_id": "tunnus", "claims": [] });
    let connection = json!({
        "provider": "generic-oidc", "environment": "production", "display_name": "Bank", "settings": settings,
    });
    put(&program, "/tenants/acme/connections/bank", connection).await;
    // Of what is there, and of what is not.
    examine(&program, "schemathesis-known.toml").await;
    examine(&program, "schemathesis.toml").await;
}

/// Asks, and gives the answer's body.
async fn post(program: &Program, token: &str, path: &str, body: &Value) -> Value {
    let request = client().post(format!("http://{}/admin/v1{path}", program.admin)).bearer_auth(token);
    let request = request.header("Content-Type", "application/json").body(body.to_string());
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_inside_the_operators_network_is_not_reached_and_nothing_of_it_is_told() {
    let program = Program::start(|_| Vec::new());
    put(&program, "/tenants/acme", json!({ "tenant": { "name": "Acme" } })).await;
    let wanted = json!({ "name": "Ada", "role": "tenant_admin", "tenant": "acme" });
    let made = post(&program, &program.first_token, "/tokens", &wanted).await;
    let issuers = ["https://169.254.169.254", "https://10.0.0.1", "https://localhost:9", "https://[::1]:9"];
    let mut told = Vec::new();
    for (number, issuer) in issuers.into_iter().enumerate() {
        let path = format!("/tenants/acme/connections/bank-{number}");
        let connection = json!({
            "provider": "generic-oidc", "environment": "production", "display_name": "Bank",
            "settings": { "issuer": issuer, "client_id": "tunnus", "claims": [] },
        });
        put(&program, &path, connection).await;
        let check = format!("{path}/check");
        let findings = post(&program, made["token"].as_str().unwrap(), &check, &json!({})).await;
        let faults = findings["findings"].as_array().unwrap().iter();
        told.push(faults.filter(|one| one["severity"] == "fault").cloned().collect::<Vec<_>>());
    }
    let text = "the upstream cannot be reached, or does not answer as it should";
    assert_eq!(told[0], [json!({ "severity": "fault", "subject": "upstream", "text": text })], "{told:?}");
    assert!(told.iter().all(|one| *one == told[0]), "whatever stands there, the same is told: {told:?}");
}
