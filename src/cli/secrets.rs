//! `tunnus secrets`: seals a value for one place of a tenant's file; moves everything to a new master
//! key.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use tunnus_sdk::Hidden;

use super::{
    Failure,
    apply::open,
    settings::{Settings, runtime},
};
use crate::{
    ambient::Ambient,
    audit::{
        Audit,
        event::{Actor, Event, Kind, OPERATOR},
    },
    config::{Config, TenantsUrl, given},
    providers::Providers,
    tenant::sealed,
    vault::Place,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Seals what it reads on standard input, for one place of one tenant's file
    Seal(Seal),
    /// Seals everything under the active master key, the first of the settings, while brokers run:
    /// every broker must have it already
    Rewrap(Rewrap),
}

#[derive(Debug, Args)]
struct Seal {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// The place, as keys/signing or apps/shop/secrets; a wrong one is told which there are
    #[arg(long)]
    place: String,
}

#[derive(Debug, Args)]
struct Rewrap {
    #[command(flatten)]
    settings: Settings,
    /// A folder of tenant files whose sealed values are moved too; that of tenants.url always is
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Seal(wanted) => {
            let mut value = Hidden::new(String::new());
            io::stdin().take(128 * 1024).read_to_string(value.expose_mut())?;
            writeln!(io::stdout(), "{}", seal(&wanted.settings.load()?, wanted, &value)?)?;
        }
        Command::Rewrap(wanted) => {
            let runtime = runtime()?;
            let config = wanted.settings.load()?;
            runtime.block_on(rewrap(&config, wanted, providers, &mut io::stdout()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The value as a file takes it.
fn seal(config: &Config, wanted: &Seal, value: &Hidden<String>) -> Result<String, Failure> {
    let place = Place::parse(&wanted.tenant, &wanted.place)?;
    let sealed = config.vault.seal(&place, &given(value)?)?;
    Ok(format!("{{ sealed = \"{sealed}\" }}"))
}

async fn rewrap(
    config: &Config,
    wanted: &Rewrap,
    providers: Providers,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut dirs: Vec<&Path> = wanted.dir.as_deref().into_iter().collect();
    let audit = match &config.tenants {
        TenantsUrl::Files(dir) => {
            dirs.push(dir);
            Audit::open(&config.audit, config.vault.clone(), Ambient::system()).await?
        }
        TenantsUrl::Sql(_) => {
            let store = open(config, providers).await?;
            let count = store.rewrap().await?;
            writeln!(out, "{count} data keys were sealed anew in the tenants store")?;
            store.audit().clone()
        }
    };
    let count = audit.rewrap().await?;
    writeln!(out, "{count} data keys were sealed anew in the audit trail")?;
    let by = Actor::operator("tunnus secrets rewrap");
    audit.record(Event::by(&by, OPERATOR, Kind::SecretsRewrapped, Vec::new())).await?;
    for dir in dirs {
        let count = sealed::rewrap(dir, &config.vault)?;
        writeln!(out, "{count} values were sealed anew in {}", dir.display())?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
