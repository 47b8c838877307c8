//! The files that a broker is started with: settings, a tenant, secrets.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use tunnus_jose::{KeyUse, generate};
use tunnus_sdk::{Hidden, SigningAlgorithm, sandbox::SandboxConnection};

use super::{BenchError, broker::Addresses};
use crate::ambient::Ambient;

/// The tenant's id.
pub const TENANT: &str = "bench";
/// The secret of its apps.
pub const APP_SECRET: &str = "a secret of the bench alone";
/// Where its apps take the browser back.
pub const REDIRECT_URI: &str = "http://127.0.0.1:1/return";
/// The file of the settings.
pub const SETTINGS: &str = "tunnus.toml";
/// The authority that has signed the upstreams' certificate.
pub const AUTHORITY: &str = "authority.pem";

const SECRETS: &str = "secrets";
const TENANTS: &str = "tenants";

/// The app whose ID tokens are signed so.
#[must_use]
pub fn app(algorithm: SigningAlgorithm) -> String {
    format!("shop-{}", algorithm.name().to_ascii_lowercase())
}

/// Writes the tenant with these connections, by provider, to `dir`.
///
/// # Errors
/// Where keys or files cannot be made.
pub fn write_tenant(
    dir: &Path,
    connections: &[(&'static str, SandboxConnection)],
    authority: &str,
    ambient: &Ambient,
) -> Result<(), BenchError> {
    for folder in [SECRETS, TENANTS] {
        fs::create_dir_all(dir.join(folder)).map_err(unwritten)?;
    }
    let bytes = || Hidden::new(STANDARD.encode(ambient.bytes::<32>()));
    secret(dir, "master", &bytes())?;
    let signing = [
        secret(dir, "signing-rsa", &generate::rsa(2048, KeyUse::Signature)?)?,
        secret(dir, "signing-p256", &generate::p256(KeyUse::Signature)?)?,
    ];
    let subject = secret(dir, "subject", &bytes())?;
    let app_secret = secret(dir, "app", &Hidden::from(APP_SECRET))?;
    fs::write(dir.join(AUTHORITY), authority).map_err(unwritten)?;
    let anchor = secret(dir, "authority", &Hidden::from(authority))?;
    let apps = [SigningAlgorithm::ES256, SigningAlgorithm::RS256].map(|algorithm| {
        json!({
            "id": app(algorithm), "name": "Shop", "authentication": "client_secret_basic",
            "secrets": [app_secret], "redirect_uris": [REDIRECT_URI],
            "id_token_signed_response_alg": algorithm.name(),
            "claims": ["name.full", "name.given", "name.family", "birth_date"],
        })
    });
    let connections =
        connections.iter().map(|(provider, brought)| connection(dir, provider, brought, &anchor));
    let tenant = json!({
        "tenant": { "id": TENANT, "name": "Bench" },
        "keys": { "signing": signing, "subject": subject },
        "apps": apps,
        "connections": connections.collect::<Result<Vec<_>, _>>()?,
    });
    let file = dir.join(TENANTS).join(format!("{TENANT}.toml"));
    fs::write(file, toml_edit::ser::to_string_pretty(&tenant)?).map_err(unwritten)
}

fn connection(
    dir: &Path,
    provider: &str,
    brought: &SandboxConnection,
    anchor: &Value,
) -> Result<Value, BenchError> {
    let SandboxConnection { id, settings, credentials: held, .. } = brought;
    let mut credentials = Map::from_iter([("trust_anchor".to_owned(), anchor.clone())]);
    for (kind, keys) in [("signing", &held.signing), ("decryption", &held.decryption)] {
        if let Some(key) = keys.first() {
            credentials.insert(kind.to_owned(), json!([secret(dir, &format!("{id}-{kind}"), key)?]));
        }
    }
    for (kind, value) in [("client_secret", &held.client_secret), ("certificate", &held.certificate)] {
        if let Some(value) = value {
            credentials.insert(kind.to_owned(), secret(dir, &format!("{id}-{kind}"), value)?);
        }
    }
    Ok(json!({
        "id": id, "provider": provider, "environment": "sandbox", "display_name": id,
        "settings": settings, "credentials": credentials,
    }))
}

/// Writes a secret; the reference to it.
fn secret(dir: &Path, name: &str, value: &Hidden<String>) -> Result<Value, BenchError> {
    fs::write(dir.join(SECRETS).join(name), value.expose_str()).map_err(unwritten)?;
    Ok(json!({ "file": name }))
}

/// Writes the settings of one broker to `own`, whose tenant is in `dir`.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_settings(
    own: &Path,
    dir: &Path,
    at: Addresses,
    store: &str,
    upstream: &str,
) -> Result<(), BenchError> {
    let settings = json!({
        "server": {
            "public_url": format!("http://{}", at.public),
            "listen": at.public,
            "management_listen": at.management,
        },
        "flow_store": { "url": store },
        "tenants": { "url": format!("files:{}", dir.join(TENANTS).display()) },
        "audit": { "url": format!("sqlite:{}", own.join("audit.db").display()) },
        "secrets": {
            "dir": dir.join(SECRETS),
            "master_keys": [{ "id": "1", "key": { "file": "master" } }],
        },
        "egress": { "allow": [upstream] },
        "limits": limits(),
    });
    fs::create_dir_all(own).map_err(unwritten)?;
    fs::write(own.join(SETTINGS), toml_edit::ser::to_string_pretty(&settings)?).map_err(unwritten)
}

/// All customers come from one address: each request is counted, and none is beyond a limit.
fn limits() -> Value {
    let rates = [
        "address_starts",
        "address_returns",
        "address_calls",
        "app_starts",
        "app_calls",
        "tenant_starts",
        "tenant_calls",
    ];
    let rates = rates.map(|rate| (rate.to_owned(), json!(1_000_000)));
    rates.into_iter().chain([("address_connections".to_owned(), json!(0))]).collect()
}

fn unwritten(error: std::io::Error) -> BenchError {
    BenchError::Machine("a file of the run cannot be written", error)
}
