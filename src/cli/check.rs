//! `tunnus check`: the doctor. Each finding with its remedy.

use std::{process::ExitCode, sync::Arc};

use actix_web::web::Data;
use clap::Args;
use serde::Serialize;
use tokio::sync::Semaphore;
use tunnus_sdk::{Finding, SettingsError, Severity};

use super::{
    Failure,
    serve::{Recording, assemble},
    settings::{Settings, runtime},
};
use crate::{
    admin::login::Login,
    app::Broker,
    config::Config,
    doctor,
    providers::Providers,
    tenant::model::{Connection, Tenant},
};

/// How many connections are looked at at once.
const AT_ONCE: usize = 8;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Only this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Only this connection
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// Also connections that are switched off
    #[arg(long)]
    all: bool,
    /// Also asks the store and the upstreams
    #[arg(long)]
    live: bool,
    /// One JSON line a finding
    #[arg(long)]
    json: bool,
}

/// A finding and what it is about.
#[derive(Serialize)]
struct Found {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(flatten)]
    finding: Finding,
}

/// Exit status: 0 all fine, 1 a warning, 2 a fault.
pub(super) fn run(arguments: &Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    let found = runtime.block_on(look(arguments, providers));
    for found in &found {
        show(found, arguments.json)?;
    }
    let worst = found.iter().map(|found| found.finding.severity).max().unwrap_or(Severity::Fine);
    Ok(match worst {
        Severity::Fine => ExitCode::SUCCESS,
        Severity::Warning => ExitCode::from(1),
        Severity::Fault => ExitCode::from(2),
    })
}

async fn look(arguments: &Arguments, providers: Providers) -> Vec<Found> {
    let config = match arguments.settings.load() {
        Ok(config) => config,
        Err(faults) => return vec![broken("settings", &faults)],
    };
    let broker = match assemble(&config, providers, Recording::Nothing).await {
        Ok((broker, _)) => broker,
        Err(error) => return vec![broken("tenants", error.as_ref())],
    };
    let mut found = vec![general("settings", Severity::Fine, "every setting is understood", None)];
    if arguments.live {
        found.extend(store(&broker).await);
    }
    found.extend(login(&config, &broker, arguments.live).await);
    let console = config.server.admin_url().filter(|_| arguments.live).map(|url| url.to_string());
    found.extend(tenants(&broker, arguments, console).await);
    if found.iter().all(|found| found.connection.is_none()) {
        let remedy = Some("look at the ids, at `enabled`, or use --all");
        found.push(general("connections", Severity::Warning, "no connection was looked at", remedy));
    }
    found
}

/// The findings about the tenants that are asked for.
async fn tenants(broker: &Data<Broker>, arguments: &Arguments, console: Option<String>) -> Vec<Found> {
    let (mut found, mut connections) = (Vec::new(), Vec::new());
    let wanted = |asked: &Option<String>, id: &str| asked.as_ref().is_none_or(|asked| asked == id);
    let ids = match broker.tenants.ids().await {
        Ok(ids) => ids,
        Err(error) => return vec![broken("tenants", &error)],
    };
    for id in ids.into_iter().filter(|id| wanted(&arguments.tenant, id)) {
        match broker.tenants.tenant(&id).await {
            Ok(Some(tenant)) => {
                let of_it = tenant.connections.iter().filter(|connection| {
                    (connection.enabled || arguments.all) && wanted(&arguments.connection, &connection.id)
                });
                connections.extend(of_it.map(|connection| (Arc::clone(&tenant), Arc::clone(connection))));
                found.extend(tenant.lapsed.iter().map(|lapsed| of_platform(&tenant, lapsed)));
            }
            // Removed since.
            Ok(None) => {}
            Err(error) => found.push(Found { tenant: Some(id), ..broken("tenant", &error) }),
        }
    }
    let trials = console.iter().flat_map(|console| connections.iter().map(move |of| trial(console, of)));
    let trials: Vec<_> = trials.collect();
    found.extend(examined(broker, connections, arguments.live).await);
    found.extend(trials);
    found
}

/// Where a login can be tried to its end: that takes a person with a browser.
fn trial(console: &str, (tenant, connection): &(Arc<Tenant>, Arc<Connection>)) -> Found {
    let console = console.trim_end_matches('/');
    let place = format!("{console}/console/tenants/{}/connections/{}/trials", tenant.id, connection.id);
    let text = format!("a login can be tried to its end at {place}");
    let found = general("trial", Severity::Fine, &text, None);
    Found { tenant: Some(tenant.id.clone()), connection: Some(connection.id.clone()), ..found }
}

/// What a tenant names, and its platform has taken back since.
fn of_platform(tenant: &Tenant, lapsed: &SettingsError) -> Found {
    let text = format!("{}: {}", lapsed.pointer, lapsed.message);
    let remedy = "take it out of the tenant's settings, or have the platform allow it again";
    let found = general("platform", Severity::Warning, &text, Some(remedy));
    Found { tenant: Some(tenant.id.clone()), ..found }
}

fn general(subject: &str, severity: Severity, text: &str, remedy: Option<&str>) -> Found {
    let finding = Finding {
        severity,
        subject: subject.to_owned(),
        text: text.to_owned(),
        remedy: remedy.map(str::to_owned),
    };
    Found { tenant: None, connection: None, finding }
}

fn broken(subject: &str, error: &(dyn std::error::Error + 'static)) -> Found {
    general(
        subject,
        Severity::Fault,
        &error.to_string(),
        Some("mend each fault at its line; nothing starts before"),
    )
}

async fn store(broker: &Broker) -> Vec<Found> {
    let Ok(findings) = broker.flows.store.examine().await else {
        let remedy = Some("start it, or set flow_store.url to where it is");
        return vec![general("flow store", Severity::Fault, "does not answer", remedy)];
    };
    let mut found = vec![general("flow store", Severity::Fine, "answers", None)];
    found.extend(findings.into_iter().map(|finding| Found { tenant: None, connection: None, finding }));
    found
}

/// Sign-in to the console by OpenID Connect, where the settings have it.
async fn login(config: &Config, broker: &Broker, live: bool) -> Vec<Found> {
    let (Some(settings), Some(url)) = (&config.admin_login, config.server.admin_url()) else {
        return Vec::new();
    };
    let login = match Login::new(settings, &url, &broker.outbound) {
        Ok(login) => login,
        Err(error) => return vec![broken("admin.oidc", &error)],
    };
    match login.findings(broker.tenants.as_ref(), live).await {
        Ok(findings) => {
            findings.into_iter().map(|finding| Found { tenant: None, connection: None, finding }).collect()
        }
        Err(error) => vec![broken("tenants", &error)],
    }
}

/// Looks at several at once, and tells of them in their order.
async fn examined(
    broker: &Data<Broker>,
    connections: Vec<(Arc<Tenant>, Arc<Connection>)>,
    live: bool,
) -> Vec<Found> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let looks: Vec<_> = connections
        .into_iter()
        .map(|(tenant, connection)| {
            let (broker, turns) = (broker.clone(), Arc::clone(&turns));
            tokio::spawn(async move {
                let _turn = turns.acquire().await;
                let found = doctor::examine(&broker, &tenant, &connection, live).await;
                let about = |finding| Found {
                    tenant: Some(tenant.id.clone()),
                    connection: Some(connection.id.clone()),
                    finding,
                };
                found.into_iter().map(about).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut found = Vec::new();
    for look in looks {
        let failed = |error| vec![broken("check", &error)];
        found.extend(look.await.unwrap_or_else(failed));
    }
    found
}

#[expect(clippy::print_stdout, reason = "the findings are the command's output")]
fn show(found: &Found, as_json: bool) -> Result<(), Failure> {
    if as_json {
        println!("{}", serde_json::to_string(found)?);
        return Ok(());
    }
    let Finding { severity, subject, text, remedy } = &found.finding;
    let word = match severity {
        Severity::Fine => "fine",
        Severity::Warning => "warning",
        Severity::Fault => "fault",
    };
    let about = [found.tenant.as_deref(), found.connection.as_deref(), Some(subject)];
    let about: Vec<&str> = about.into_iter().flatten().collect();
    println!("{word:8} {}: {text}", about.join(" "));
    if let Some(remedy) = remedy {
        println!("         → {remedy}");
    }
    Ok(())
}
