//! `tunnus connections`: what a connection's upstream must be told.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use tunnus_sdk::Locale;

use super::{
    Failure,
    serve::{Recording, assemble},
    settings::{Settings, runtime},
};
use crate::{providers::Providers, sheet::Sheet};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints what the upstream's admin must set: return URLs, public keys, settings
    Sheet(SheetOf),
}

#[derive(Debug, Args)]
struct SheetOf {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// Its connection
    #[arg(long, value_name = "ID")]
    connection: String,
    /// The language of the headings; the upstream's own words stay as they are
    #[arg(long, default_value = "en")]
    lang: Language,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    Fi,
    Sv,
    En,
}

/// Why there is no sheet.
#[derive(Debug, thiserror::Error)]
enum SheetError {
    #[error("there is no tenant `{0}`")]
    Tenant(String),
    #[error("the tenant has no connection `{0}`")]
    Connection(String),
    #[error("the connection's keys cannot be used: `tunnus check` names the fault")]
    Keys,
}

pub(super) fn run(arguments: &Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    let Command::Sheet(wanted) = &arguments.command;
    let runtime = runtime()?;
    let sheet = runtime.block_on(sheet(wanted, providers))?;
    let text = if wanted.json { sheet.to_json() } else { sheet.to_text(wanted.lang.into()) };
    writeln!(io::stdout(), "{}", text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

async fn sheet(wanted: &SheetOf, providers: Providers) -> Result<Sheet, Failure> {
    let config = wanted.settings.load()?;
    let (broker, _) = assemble(&config, providers, Recording::Nothing).await?;
    let tenant = broker.tenants.tenant(&wanted.tenant).await?;
    let tenant = tenant.ok_or_else(|| SheetError::Tenant(wanted.tenant.clone()))?;
    let connection = tenant.connection(&wanted.connection);
    let connection = connection.ok_or_else(|| SheetError::Connection(wanted.connection.clone()))?;
    // A tenant is taken only where it has none but known providers.
    let definition = broker.providers.find(&connection.provider);
    let definition = definition.ok_or_else(|| SheetError::Connection(wanted.connection.clone()))?;
    let sheet = Sheet::of(definition.as_ref(), connection, &broker.issuer(&tenant.id));
    Ok(sheet.ok_or(SheetError::Keys)?)
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::Fi => Self::Fi,
            Language::Sv => Self::Sv,
            Language::En => Self::En,
        }
    }
}
