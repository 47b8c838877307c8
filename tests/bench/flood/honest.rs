//! Honest persons: whole logins over REST, from addresses of their own.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use tunnus::sandbox::{
    tenant::{APP, APP_SECRET},
    walker::Walker,
};

use super::Failure;

/// How many logins begin in a second.
const RATE: u32 = 5;
/// From how many addresses.
const ADDRESSES: u8 = 50;
/// Where the app would be.
const RETURN: &str = "http://127.0.0.1:9/return";

/// Logs persons in for so many seconds and prints how long it took them.
#[expect(clippy::print_stdout, reason = "whoever started it reads the figures")]
pub async fn log_in(issuer: &str, seconds: u32) -> Result<(), Failure> {
    let clients: Vec<Client> = (1..=ADDRESSES).map(client).collect::<Result<_, _>>()?;
    let issuer: Arc<str> = issuer.into();
    let mut begin = interval(Duration::from_secs(1) / RATE);
    begin.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut logins = Vec::new();
    for client in clients.iter().cycle().take(usize::try_from(RATE * seconds)?) {
        let due = begin.tick().await;
        let (client, issuer) = (client.clone(), Arc::clone(&issuer));
        logins.push(tokio::spawn(async move {
            login(client, &issuer).await.map(|()| Instant::now().duration_since(due.into_std()))
        }));
    }
    let mut took = Vec::new();
    let mut failed = 0;
    for login in logins {
        match login.await? {
            Ok(time) => took.push(time),
            Err(error) => {
                failed += 1;
                eprintln!("{error}");
            }
        }
    }
    took.sort_unstable();
    let at = |part: usize| took.get((took.len() * part / 100).min(took.len().saturating_sub(1)));
    let millis = |part: usize| at(part).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
    println!("{:>7} {failed:>7} {:>9.1} {:>9.1} {:>9.1}", took.len(), millis(50), millis(99), millis(100));
    Ok(())
}

fn client(host: u8) -> Result<Client, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let address = IpAddr::V4(Ipv4Addr::new(127, 1, 0, host));
    Ok(builder
        .tls_backend_preconfigured(tls)
        .local_address(address)
        .timeout(Duration::from_secs(30))
        .build()?)
}

/// One login from the app's request to the record.
async fn login(client: Client, issuer: &str) -> Result<(), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let hint = "sandbox:persona=onni";
    let body = json!({ "return_url": RETURN, "connection": "ftn", "login_hint": hint });
    let created = post(&client, &format!("{issuer}/api/v1/identifications"), &body).await?;
    let door =
        created.get("url").and_then(Value::as_str).ok_or("no door")?.parse().map_err(|error| said(&error))?;
    let returned = Walker::new(client.clone()).walk(&door, RETURN).await.map_err(|error| said(&error))?;
    let one =
        |name: &str| returned.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let id = one("identification").ok_or("no identification")?;
    let result = format!("{issuer}/api/v1/identifications/{id}/result");
    let record = post(&client, &result, &json!({ "code": one("code") })).await?;
    if record.get("success") == Some(&Value::Bool(true)) { Ok(()) } else { Err("no success".to_owned()) }
}

async fn post(client: &Client, url: &str, body: &Value) -> Result<Value, String> {
    let request = client.post(url).basic_auth(APP, Some(APP_SECRET));
    let request = request.header("Content-Type", "application/json").body(body.to_string());
    let response = request.send().await.map_err(|error| error.to_string())?;
    let text = response.text().await.map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}
