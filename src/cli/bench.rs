//! `tunnus bench`: what a login costs, beside what its cryptography costs.

use std::{io::Write, path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;

use super::{Failure, settings::runtime};
use crate::{
    bench::{
        BenchError,
        broker::Addresses,
        cores::Cores,
        measure::{Bench, Extent, Figures},
        scenario::Scenario,
        upstream::{self, Upstreams},
    },
    providers::Providers,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// One JSON line a scenario
    #[arg(long)]
    json: bool,
    /// How long each of a scenario's two loads lasts, in seconds
    #[arg(long, value_name = "N", default_value_t = 5)]
    seconds: u32,
    /// How many flows are in flight when memory is looked at
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    flows: u32,
    /// Only the scenarios of this name, or whose names begin with it: signicat-ftn/redis
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Serves the upstreams of a run, with their files in this folder
    #[arg(long, value_name = "DIR", hide = true, requires = "public_url")]
    upstreams: Option<PathBuf>,
    /// Where their broker is
    #[arg(long, value_name = "URL", hide = true)]
    public_url: Option<String>,
}

pub(super) fn run(arguments: &Arguments, providers: &Providers) -> Result<ExitCode, Failure> {
    if let (Some(dir), Some(public_url)) = (&arguments.upstreams, &arguments.public_url) {
        runtime()?.block_on(upstream::serve(providers, dir, public_url))?;
        return Ok(ExitCode::SUCCESS);
    }
    let cores = Cores::share_out();
    // Before there are other threads: they and the upstreams follow this one.
    cores.keep_clear();
    runtime()?.block_on(bench(arguments, cores))
}

async fn bench(arguments: &Arguments, cores: Cores) -> Result<ExitCode, Failure> {
    let dir = tempfile::tempdir()?;
    let at = Addresses::free()?;
    let upstreams = Upstreams::start(dir.path(), &format!("http://{}", at.public))?;
    let scenarios = wanted(&arguments.scenario, Scenario::all(&upstreams.ready.logins))?;
    let extent = Extent { time: Duration::from_secs(arguments.seconds.into()), flows: arguments.flows };
    let bench = Bench { dir: dir.path(), upstreams: &upstreams, at, cores, extent };
    let mut out = std::io::stdout();
    if !arguments.json {
        writeln!(out, "{}", head(cores))?;
    }
    let mut without_redis = false;
    for scenario in &scenarios {
        match bench.measure(scenario).await {
            Ok(figures) if arguments.json => writeln!(out, "{}", serde_json::to_string(&figures)?)?,
            Ok(figures) => writeln!(out, "{}", row(&figures))?,
            Err(BenchError::NoRedis) => without_redis = true,
            Err(error) => return Err(Box::new(error)),
        }
        out.flush()?;
    }
    if without_redis { Err(Box::new(BenchError::NoRedis)) } else { Ok(ExitCode::SUCCESS) }
}

/// The scenarios that are meant by `names`; all of them without names.
fn wanted(names: &[String], all: Vec<Scenario>) -> Result<Vec<Scenario>, BenchError> {
    for name in names {
        if !all.iter().any(|scenario| scenario.is(name)) {
            let known: Vec<_> = all.iter().map(Scenario::name).collect();
            return Err(BenchError::NoScenario(name.clone(), known.join(", ")));
        }
    }
    let meant = |scenario: &Scenario| names.is_empty() || names.iter().any(|name| scenario.is(name));
    Ok(all.into_iter().filter(meant).collect())
}

fn head(cores: Cores) -> String {
    let place =
        if cores.are_shared_out() { "on a core of its own" } else { "on a core shared with the load" };
    format!(
        "Broker {place}. CPU and cryptography in ms a login; p50 and p99 are the broker's own part of a\n\
         return at half load, in ms; trips to Redis a login; memory in MiB at rest and for each thousand\n\
         flows in flight.\n\n\
         {:<28} {:>8} {:>6} {:>6} {:>6} {:>11} {:>6} {:>6} {:>5} {:>6} {:>6} {:>6}",
        "scenario",
        "logins/s",
        "CPU",
        "crypto",
        "ratio",
        "dec/sig/ver",
        "p50",
        "p99",
        "trips",
        "rest",
        "+1000",
        "ready"
    )
}

fn row(figures: &Figures) -> String {
    let counts = format!("{}/{}/{}", figures.decrypt, figures.sign, figures.verify);
    let trips = figures.redis_round_trips.map_or_else(|| "-".to_owned(), |trips| format!("{trips:.1}"));
    format!(
        "{:<28} {:>8.1} {:>6.2} {:>6.2} {:>6.2} {counts:>11} {:>6.2} {:>6.2} {trips:>5} {:>6.1} {:>6.2} {:>6.0}",
        figures.scenario,
        figures.logins_per_second,
        figures.cpu_ms_per_login,
        figures.crypto_ms_per_login,
        figures.ratio,
        figures.p50_ms,
        figures.p99_ms,
        figures.rss_mib,
        figures.rss_mib_per_thousand_flows,
        figures.ready_ms,
    )
}
