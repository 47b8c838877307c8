//! The simulated upstreams, in a process of their own: behind TLS, with a certificate of the run's own
//! authority.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tunnus_sdk::sandbox::{Bench, SandboxSite};
use url::Url;

use super::{
    BenchError,
    folder::{TENANT, write_tenant},
    scenario::Login,
};
use crate::{
    ambient::Ambient,
    providers::Providers,
    sandbox::{
        authority::Authority,
        simulators::{self, Simulators},
    },
};

/// What the upstreams say once they are there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// Their origin.
    pub origin: String,
    /// The logins that can be measured.
    pub logins: Vec<Login>,
}

/// Serves the upstreams of `providers` until standard input ends. A tenant with connections to them is
/// written to `dir`; its broker is at `public_url`.
///
/// # Errors
/// Where keys, files or the listener cannot be made.
pub async fn serve(providers: &Providers, dir: &Path, public_url: &str) -> Result<(), BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0");
    let listener = listener.map_err(|error| BenchError::Machine("the upstreams cannot listen", error))?;
    let port = listener.local_addr().map(|address| address.port()).map_err(unserved)?;
    let origin = format!("https://localhost:{port}");
    let (ambient, authority) = (Ambient::system(), Authority::new()?);
    let mut simulators = Simulators::new();
    let (mut connections, mut logins) = (Vec::new(), Vec::new());
    for definition in providers.iter() {
        let id = definition.descriptor().id;
        let site = site(&origin, id, public_url, &authority, &ambient)?;
        let bench = definition.bench(&site).map_err(|source| BenchError::Simulator(id, source))?;
        let Some(Bench { sandbox, logins: measured }) = bench else { continue };
        simulators.insert(id.to_owned(), sandbox.simulator);
        connections.extend(sandbox.connections.into_iter().map(|brought| (id, brought)));
        logins.extend(measured.into_iter().map(|login| Login {
            provider: id.to_owned(),
            connection: login.connection.to_owned(),
            variant: login.variant.map(str::to_owned),
            keys: login.keys,
        }));
    }
    write_tenant(dir, &connections, &authority.certificate, &ambient)?;
    let server = simulators::serve(simulators, Vec::new(), listener, authority.lenient).map_err(unserved)?;
    let (handle, serving) = (server.handle(), tokio::spawn(server));
    tell(&Ready { origin, logins }).map_err(unserved)?;
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
    drop(ended);
    handle.stop(false).await;
    serving.await.map_err(|error| BenchError::Process(error.to_string()))?.map_err(unserved)
}

fn site(
    origin: &str,
    id: &str,
    public_url: &str,
    authority: &Authority,
    ambient: &Ambient,
) -> Result<SandboxSite, BenchError> {
    let (base, ambient) = (Url::parse(&format!("{origin}/{id}"))?, ambient.clone());
    Ok(SandboxSite {
        mtls_base: base.clone(),
        base,
        now: Arc::new(move || ambient.now()),
        client_certificate: authority.client.clone(),
        trust_anchor: authority.certificate.clone(),
        return_prefix: Url::parse(&format!("{public_url}/t/{TENANT}/return"))?,
    })
}

fn tell(ready: &Ready) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(ready)?)?;
    out.flush()
}

fn unserved(error: std::io::Error) -> BenchError {
    BenchError::Machine("the upstreams cannot be served", error)
}

/// The process of the upstreams; ends with its value.
pub struct Upstreams {
    process: Child,
    /// They end when this does.
    _input: Option<ChildStdin>,
    /// What they have said.
    pub ready: Ready,
}

impl Upstreams {
    /// Starts them, for a broker at `public_url`, with their files in `dir`.
    ///
    /// # Errors
    /// Where they do not come.
    pub fn start(dir: &Path, public_url: &str) -> Result<Self, BenchError> {
        let program = std::env::current_exe().map_err(unserved)?;
        let mut command = Command::new(program);
        command.args(["bench", "--public-url", public_url, "--upstreams"]).arg(dir);
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(unserved)?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(unserved)?;
        }
        let input = process.stdin.take();
        let Ok(ready) = serde_json::from_str(&line) else {
            drop(process.kill());
            drop(process.wait());
            return Err(BenchError::Process("the upstreams do not come".to_owned()));
        };
        Ok(Self { process, _input: input, ready })
    }
}

impl Drop for Upstreams {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
