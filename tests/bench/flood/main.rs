//! What a flood costs honest logins: `cargo bench --bench flood`.
//!
//! Honest persons log in all the while, five a second, each whole login timed: quietly at first, and then
//! beside a flood of one kind after the other. Three processes: the broker with the sandbox's simulators
//! on the first core, alone; on the second the honest persons, and with a lower priority the flood, which
//! is as fast as the rest of that core lets it be. Senders are told apart by loopback addresses, as the
//! limits do. The limits are the defaults.

mod attack;
mod honest;

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use tunnus::{
    ambient::Ambient,
    config::Limits,
    providers::Providers,
    sandbox::running::{Options, Sandbox},
};

use self::attack::Attack;

type Failure = Box<dyn std::error::Error>;

/// Says to a child what it is.
const ROLE: &str = "ROLE";
/// The core of the broker, and the core of everybody else.
const CORES: [&str; 2] = ["0", "1"];

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let role = std::env::vars().find(|(name, _)| name == ROLE).map(|(_, role)| role);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match role.as_deref() {
        Some("broker") => runtime.block_on(broker()),
        Some("honest") => {
            let (issuer, seconds) = (next(&mut arguments)?, next(&mut arguments)?.parse()?);
            runtime.block_on(honest::log_in(&issuer, seconds))
        }
        Some("flood") => {
            let (kind, at) = (next(&mut arguments)?, next(&mut arguments)?);
            let kind = Attack::ALL.into_iter().find(|attack| attack.name() == kind).ok_or("no such flood")?;
            runtime.block_on(attack::flood(kind, at.parse()?))
        }
        Some(_) => Err("no such role".into()),
        None => conduct(),
    }
}

fn next(arguments: &mut impl Iterator<Item = String>) -> Result<String, Failure> {
    arguments.next().ok_or_else(|| "an argument is missing".into())
}

/// Starts everybody and prints what the honest ones say.
#[expect(clippy::print_stdout, reason = "the figures are the program's output")]
fn conduct() -> Result<(), Failure> {
    let seconds =
        std::env::vars().find(|(name, _)| name == "SECONDS_EACH").map_or("20".to_owned(), |(_, s)| s);
    let mut broker = start("broker", CORES[0], 0, &[])?;
    let mut told = BufReader::new(broker.stdout.take().ok_or("no output")?);
    let mut issuer = String::new();
    told.read_line(&mut issuer)?;
    let issuer = issuer.trim();
    let at = issuer.trim_start_matches("http://").split('/').next().unwrap_or_default();
    // What is parsed and fetched once is not measured.
    measured(issuer, "3")?;
    println!(
        "{:<12} {:>7} {:>7} {:>9} {:>9} {:>9}   the flood",
        "beside", "logins", "failed", "p50 ms", "p99 ms", "max ms"
    );
    println!("{:<12} {}", "nothing", measured(issuer, &seconds)?);
    for attack in Attack::ALL {
        let mut flood = start("flood", CORES[1], 10, &[attack.name(), at])?;
        let figures = measured(issuer, &seconds)?;
        drop(flood.stdin.take());
        let mut said = String::new();
        flood.stdout.take().ok_or("no output")?.read_to_string(&mut said)?;
        flood.wait()?;
        println!("{:<12} {figures}   {}", attack.name(), said.trim());
        println!("{:<12} {}", "nothing", measured(issuer, &seconds)?);
    }
    drop(broker.stdin.take());
    broker.wait()?;
    Ok(())
}

fn measured(issuer: &str, seconds: &str) -> Result<String, Failure> {
    let mut honest = start("honest", CORES[1], 0, &[issuer, seconds])?;
    let mut said = String::new();
    honest.stdout.take().ok_or("no output")?.read_to_string(&mut said)?;
    if !honest.wait()?.success() {
        return Err("the honest persons failed".into());
    }
    Ok(said.trim_end().to_owned())
}

/// This program once more, in a role, on a core.
fn start(role: &str, core: &str, nice: i32, arguments: &[&str]) -> Result<Child, Failure> {
    let program = std::env::current_exe()?;
    let mut command = Command::new("taskset");
    command.args(["-c", core, "nice", "-n", &nice.to_string()]).arg(program).args(arguments);
    let piped = command.env(ROLE, role).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(piped.spawn()?)
}

/// The sandbox with the limits that are the default, until standard input ends.
#[expect(clippy::print_stdout, reason = "whoever started it reads where it is")]
async fn broker() -> Result<(), Failure> {
    let options = Options {
        listen: "127.0.0.1:0".parse()?,
        public_url: None,
        fault: None,
        apps: Vec::new(),
        store: None,
        audit: None,
    };
    let sandbox = Sandbox::limited(Providers::built_in(), Ambient::system(), options, &Limits::default())?;
    println!("{}", sandbox.relying.issuer);
    ended().await;
    sandbox.stop().await;
    Ok(())
}

/// Returns when whoever started this process says that it is enough.
async fn ended() {
    let read = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    drop(read.await);
}
