//! `tunnus audit`: finds, checks, exports and counts what the audit trail holds; erases whom it leads to.

use std::{
    fs::File,
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;
use tunnus_jose::PublicKeys;
use tunnus_sdk::{Hidden, Timestamp};

use super::{
    Failure,
    settings::{Settings, runtime},
};
use crate::{
    ambient::Ambient,
    audit::{
        Audit,
        chain::Verified,
        checkpoint::Checkpoint,
        event::{Actor, OPERATOR},
        export,
        records::{Record, Records, Sought},
        retention::Month,
    },
    config::Config,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows all events of the identifications that it finds, and whom they lead to
    Find(Find),
    /// Checks that no event was changed, removed, inserted or moved
    Verify(Verify),
    /// Prints a tenant's trail up to its last checkpoint as lines of JSON, which `verify --file` checks
    Export(Export),
    /// Prints the public keys of checkpoints as a JWK set, for whoever checks an export
    Key(Key),
    /// Counts a month's identifications by tenant, connection and method
    Usage(Usage),
    /// Erases whom events lead to; the events stay
    Erase(Erase),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("sought").required(true))]
struct Find {
    #[command(flatten)]
    settings: Settings,
    /// The tenant; all without it, but a reference is one tenant's
    #[arg(long, value_name = "ID", required_unless_present_any = ["trace", "transaction"])]
    tenant: Option<String>,
    /// The app's own reference, its order id
    #[arg(long, group = "sought")]
    reference: Option<String>,
    /// A person's subject at the tenant
    #[arg(long, group = "sought")]
    subject: Option<String>,
    /// The trace id that a page, a log or an app has shown
    #[arg(long, group = "sought", value_name = "ID")]
    trace: Option<String>,
    /// The upstream's id of its transaction
    #[arg(long, group = "sought", value_name = "ID")]
    transaction: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    settings: Settings,
    /// Only this tenant's trail; the empty id is the operator's own
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// An export, in place of the trail itself: needs no settings and no database
    #[arg(long, value_name = "EXPORT", requires = "key", conflicts_with = "config")]
    file: Option<PathBuf>,
    /// The public keys that `tunnus audit key` has printed
    #[arg(long, value_name = "JWKS", requires = "file")]
    key: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere, as a broker logs it: what it signs must be there still
    #[arg(long, value_name = "JWS", conflicts_with = "file")]
    checkpoint: Option<String>,
    /// One JSON object a trail
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    settings: Settings,
    /// The tenant; the empty id is the operator's own trail
    #[arg(long, value_name = "ID")]
    tenant: String,
}

#[derive(Debug, Args)]
struct Key {
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Args)]
struct Usage {
    #[command(flatten)]
    settings: Settings,
    /// The month, as 2026-11, in UTC
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Month,
    /// Only this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true))]
struct Erase {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// Who has this subject at the tenant
    #[arg(long, group = "whom")]
    subject: Option<String>,
    /// Whoever the app's own reference leads to
    #[arg(long, group = "whom")]
    reference: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let out = &mut io::stdout();
    if let Command::Verify(Verify { file: Some(file), key: Some(key), json, .. }) = &arguments.command {
        return Ok(tell(&[offline(file, key)?], *json, out)?);
    }
    runtime()?.block_on(done(&arguments.command, out))
}

async fn done(command: &Command, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    match command {
        Command::Find(wanted) => find(wanted, out).await,
        Command::Verify(wanted) => verify(wanted, out).await,
        Command::Export(wanted) => export(wanted, out).await,
        Command::Key(wanted) => {
            let keys = open(&wanted.settings.load()?).await?.public_keys().await?;
            writeln!(out, "{keys:#}")?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Usage(wanted) => usage(wanted, out).await,
        Command::Erase(wanted) => erase(wanted, out).await,
    }
}

/// The trail of the settings.
async fn open(config: &Config) -> Result<Records, Failure> {
    let audit = Audit::open(&config.audit, config.vault.clone(), Ambient::system()).await?;
    Ok(audit.records().ok_or("the trail is in no database")?)
}

async fn find(wanted: &Find, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let hidden = |text: &String| Hidden::from(text.as_str());
    let sought = match (&wanted.reference, &wanted.subject, &wanted.trace, &wanted.transaction) {
        (Some(reference), ..) => Sought::Reference(hidden(reference)),
        (_, Some(subject), ..) => Sought::Subject(hidden(subject)),
        (_, _, Some(trace), _) => Sought::Trace(trace.clone()),
        (_, _, _, Some(id)) => Sought::Transaction(id.clone()),
        (None, None, None, None) => return Err("nothing is looked for".into()),
    };
    let found = open(&wanted.settings.load()?).await?.find(wanted.tenant.as_deref(), &sought).await?;
    for record in &found {
        if wanted.json {
            writeln!(out, "{}", serde_json::to_string(record)?)?;
        } else {
            show(record, out)?;
        }
    }
    Ok(if found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// An event for people: a line, and one for each thing that it says.
fn show(record: &Record, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}  {}  {}", record.at, record.tenant, record.body.kind)?;
    let mut said = serde_json::to_value(&record.body)?;
    let personal = serde_json::to_value(&record.personal)?;
    if let Some(said) = said.as_object_mut() {
        said.remove("kind");
        said.remove("sealed");
        said.extend(personal.as_object().cloned().unwrap_or_default());
        for (name, value) in said {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(out, "    {name}: {value}")?;
        }
    }
    Ok(())
}

async fn verify(wanted: &Verify, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let records = open(&wanted.settings.load()?).await?;
    let tenants = match &wanted.tenant {
        Some(tenant) => vec![tenant.clone()],
        None => records.tenants().await?,
    };
    let mut all = Vec::with_capacity(tenants.len());
    for tenant in &tenants {
        all.push(records.verify(tenant).await?);
    }
    if let Some(jws) = &wanted.checkpoint {
        let Checkpoint { tenant, seq, .. } = records.check(jws).await?;
        if !wanted.json {
            writeln!(out, "what the checkpoint signs is there: event {seq} of {}", name(&tenant))?;
        }
    }
    Ok(tell(&all, wanted.json, out)?)
}

/// Checks an export with nothing else.
fn offline(file: &Path, key: &Path) -> Result<Verified, Failure> {
    let keys = PublicKeys::parse(&std::fs::read(key)?)
        .map_err(|_| format!("{} is no JWK set: `tunnus audit key` prints it", key.display()))?;
    Ok(export::verify(BufReader::new(File::open(file)?), &keys)?)
}

/// Says what was found; fails where something is wrong.
fn tell(all: &[Verified], json: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    for verified in all {
        if json {
            writeln!(out, "{}", json!(verified))?;
        } else {
            tell_one(verified, out)?;
        }
    }
    let sound = all.iter().all(Verified::is_sound);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell_one(verified: &Verified, out: &mut dyn Write) -> io::Result<()> {
    let Verified { tenant, events, signed, unsigned_since, unchained, faults } = verified;
    let verdict = if faults.is_empty() { "sound" } else { "NOT SOUND" };
    writeln!(out, "{}: {verdict}; {events} events, signed up to {signed}", name(tenant))?;
    for fault in faults {
        writeln!(out, "  {fault}")?;
    }
    if let Some(since) = unsigned_since.and_then(|at| Timestamp(at).to_rfc3339()) {
        writeln!(out, "  not signed yet: what follows from {since} on")?;
    }
    if *unchained > 0 {
        writeln!(out, "  not chained yet: {unchained} events")?;
    }
    Ok(())
}

fn name(tenant: &str) -> &str {
    if tenant == OPERATOR { "the operator" } else { tenant }
}

async fn export(wanted: &Export, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let records = open(&wanted.settings.load()?).await?;
    let mut after = 0;
    while let Some((lines, last)) = records.export(&wanted.tenant, after).await? {
        out.write_all(lines.as_bytes())?;
        after = last;
    }
    out.flush()?;
    let behind = records.behind(&wanted.tenant, after).await?;
    if behind > 0 {
        not_exported(behind);
    }
    Ok(if after > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stderr, reason = "standard output is the export itself")]
fn not_exported(events: i64) {
    eprintln!("not signed yet, and not exported: the last {events} events");
}

async fn usage(wanted: &Usage, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let records = open(&wanted.settings.load()?).await?;
    for usage in records.usage(wanted.month, wanted.tenant.as_deref()).await? {
        if wanted.json {
            writeln!(out, "{}", serde_json::to_string(&usage)?)?;
            continue;
        }
        let method = if usage.method.is_empty() { "-" } else { &usage.method };
        writeln!(
            out,
            "{}  {}  {method}  {} completed  {} failed",
            usage.tenant, usage.connection, usage.completed, usage.failed
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn erase(wanted: &Erase, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let config = wanted.settings.load()?;
    let records = open(&config).await?;
    let sought = match (&wanted.subject, &wanted.reference) {
        (Some(subject), _) => Sought::Subject(Hidden::from(subject.as_str())),
        (None, Some(reference)) => Sought::Reference(Hidden::from(reference.as_str())),
        (None, None) => return Err("nobody is to be erased".into()),
    };
    let by = Actor::operator("tunnus audit erase");
    let count = records.erase_all(&wanted.tenant, &sought, &by, config.retention).await?;
    writeln!(out, "{count} events lead to nobody any more")?;
    Ok(ExitCode::SUCCESS)
}

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "expected a month, as 2026-11".to_owned())
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
