//! `tunnus sandbox`: the whole product on one machine, with no account, network or settings.

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Args;
use serde_json::json;
use tokio::runtime::Handle;

use super::{Failure, keys, settings::runtime};
use crate::{
    ambient::Ambient,
    config::{Environment, References},
    providers::Providers,
    sandbox::{
        list, once,
        running::{Offered, Options, Sandbox},
        upstreams::{Upstreams, Wanted},
    },
    telemetry::{self, LogFormat},
    tenant::{files::load_apps, model::App},
};

/// Where the sandbox's broker listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:8080";
/// Where the simulators listen where they are alone: beside the ports of `serve`.
const UPSTREAMS: &str = "127.0.0.1:8090";
/// Free ports: nobody need know them.
const ANYWHERE: &str = "127.0.0.1:0";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Logs in through every connection over both faces, prints each identity record, and ends;
    /// fails where one login does
    #[arg(long)]
    once: bool,
    /// Prints who can log in at each connection and what can go wrong there, and ends
    #[arg(long, conflicts_with = "once")]
    list: bool,
    /// One JSON line a login, or a connection of the list, or one that says the sandbox is ready
    #[arg(long)]
    json: bool,
    /// Only this connection
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// Every simulator that knows this fault misbehaves so
    #[arg(long, value_name = "NAME")]
    fault: Option<String>,
    /// Where the broker listens: simulators take the next port, the demo app the one after
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// How browsers and apps reach the broker, where not at that address
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Only the simulators, for a broker of your own at --public-url: writes what is registered there to
    /// this folder, keys and secrets among it
    #[arg(long, value_name = "DIR", requires = "public_url", conflicts_with_all = ["once", "list", "connection", "apps"])]
    upstreams: Option<PathBuf>,
    /// The tenant of that broker
    #[arg(long, value_name = "ID", requires = "upstreams", default_value = "main")]
    tenant: String,
    /// A tenant file whose apps are offered beside the built-in ones
    #[arg(long, value_name = "FILE")]
    apps: Option<PathBuf>,
}

impl Arguments {
    /// Whether the sandbox ends by itself.
    const fn ends(&self) -> bool {
        self.once || self.list
    }
}

pub(super) fn run(arguments: Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    // In one run the log would stand between what is printed; the web server's own lines would bury
    // the address to open.
    let filter = if arguments.ends() { "off" } else { "info,actix_server=warn" };
    telemetry::init(LogFormat::Text, filter, None)?;
    let runtime = runtime()?;
    runtime.block_on(serve(arguments, providers))
}

async fn serve(arguments: Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    if let (Some(dir), Some(public_url)) = (&arguments.upstreams, &arguments.public_url) {
        let listen = arguments.listen.map_or_else(|| UPSTREAMS.parse(), Ok)?;
        let (public_url, tenant) = (public_url.clone(), arguments.tenant.clone());
        let wanted = Wanted { listen, public_url, tenant, fault: arguments.fault.clone() };
        return upstreams(dir, &wanted, &providers).await;
    }
    let default = if arguments.ends() { ANYWHERE } else { LISTEN };
    let listen = arguments.listen.map_or_else(|| default.parse(), Ok)?;
    let apps = match &arguments.apps {
        Some(file) => apps(file, &providers)?,
        None => Vec::new(),
    };
    let options = Options {
        listen,
        public_url: arguments.public_url.clone(),
        fault: arguments.fault.clone(),
        apps,
        store: None,
        audit: None,
    };
    let mut sandbox = Sandbox::start(providers, Ambient::system(), options)?;
    if let Some(id) = &arguments.connection {
        sandbox.connections.retain(|offered| offered.id == *id);
        if sandbox.connections.is_empty() {
            return Err(format!("the sandbox has no connection {id}").into());
        }
    }
    let mut out = std::io::stdout();
    if arguments.list {
        list::print(&sandbox, arguments.json, &mut out)?;
        sandbox.stop().await;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.once {
        let all = once::run(&sandbox.relying, &sandbox.connections, arguments.json, &mut out).await?;
        sandbox.stop().await;
        return Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    tell(&sandbox, &mut out)?;
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Runs the simulators alone, for another broker.
async fn upstreams(dir: &Path, wanted: &Wanted, providers: &Providers) -> Result<ExitCode, Failure> {
    let upstreams = Upstreams::start(providers, &Ambient::system(), wanted, &Handle::current())?;
    std::fs::create_dir_all(dir)?;
    upstreams.export(dir, overwrite)?;
    let mut out = std::io::stdout();
    let ids: Vec<&str> = upstreams.connections.iter().map(|one| one.id.as_str()).collect();
    let allow = json!(upstreams.origins);
    writeln!(out, "The upstreams of the tenant {} at {}.", wanted.tenant, wanted.public_url)?;
    writeln!(out, "Its broker may call them with TUNNUS_EGRESS__ALLOW='{allow}'.")?;
    writeln!(out, "What is registered there: {}/ID.json, of {}.", dir.display(), ids.join(", "))?;
    writeln!(out, "{}", json!({ "ready": true, "egress_allow": allow, "connections": ids }))?;
    out.flush()?;
    tokio::signal::ctrl_c().await?;
    upstreams.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that nobody else reads, in the place of one from an earlier run.
fn overwrite(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    Ok(keys::write(path, text)?)
}

/// The apps of a tenant file; the files that they refer to lie beside it.
fn apps(file: &Path, providers: &Providers) -> Result<Vec<App>, Failure> {
    let beside = file.parent().unwrap_or(Path::new(".")).to_owned();
    let references = References::new(beside, Arc::new(Environment::of_the_process()));
    Ok(load_apps(file, providers, &references)?)
}

/// Says where everything is: a sentence for people, a line of JSON for programs.
fn tell(sandbox: &Sandbox, out: &mut dyn Write) -> std::io::Result<()> {
    let issuer = &sandbox.relying.issuer;
    let demo = &sandbox.demo_url;
    let connections: Vec<&str> = sandbox.connections.iter().map(|Offered { id, .. }| id.as_str()).collect();
    writeln!(out, "Open {demo} in a browser: a demo app, its banks simulated on this machine.")?;
    let ready = json!({
        "ready": true,
        "demo": demo,
        "issuer": issuer,
        "client_id": crate::sandbox::tenant::APP,
        "client_secret": crate::sandbox::tenant::APP_SECRET,
        "connections": connections,
    });
    writeln!(out, "{ready}")?;
    out.flush()
}
