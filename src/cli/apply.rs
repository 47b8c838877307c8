//! `tunnus apply`: brings the tenants store to a folder of tenant files.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    Failure,
    settings::{Settings, runtime},
};
use crate::{
    ambient::Ambient,
    audit::{Audit, event::Actor},
    config::{Config, TenantsUrl},
    providers::Providers,
    tenant::{
        apply::{self, Planned, PlannedPlatform, Wanted},
        files::Folder,
        store::Store,
    },
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder: every *.toml is one tenant, every platforms/*.toml one platform
    dir: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// Only shows what would be changed
    #[arg(long)]
    plan: bool,
    /// Also removes what the folder lacks: apps, connections, whole tenants with their keys, platforms
    #[arg(long)]
    prune: bool,
    /// Only this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
}

pub(super) fn run(arguments: &Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    let config = arguments.settings.load()?;
    let runtime = runtime()?;
    runtime.block_on(applied(arguments, &config, providers, &mut io::stdout()))?;
    Ok(ExitCode::SUCCESS)
}

async fn applied(
    arguments: &Arguments,
    config: &Config,
    providers: Providers,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let store = open(config, providers.clone()).await?;
    let folder = Folder::new(arguments.dir.clone(), providers, config.references.clone());
    let by = Actor::operator("tunnus apply");
    let wanted = Wanted { tenant: arguments.tenant.clone(), prune: arguments.prune, by };
    let planned = apply::plan(&folder, &store, &wanted).await?;
    for PlannedPlatform { plan, .. } in &planned.platforms {
        writeln!(out, "{plan}")?;
    }
    for Planned { plan, .. } in &planned.tenants {
        writeln!(out, "{plan}")?;
    }
    if planned.is_idle() {
        writeln!(out, "Nothing to change.")?;
    } else if arguments.plan {
        writeln!(out, "Nothing was changed: this is the plan.")?;
    } else {
        apply::apply(&store, &planned).await?;
        writeln!(out, "Applied.")?;
    }
    Ok(())
}

/// The tenants store of the settings.
pub(super) async fn open(config: &Config, providers: Providers) -> Result<Store, Failure> {
    match &config.tenants {
        TenantsUrl::Sql(url) => {
            let (vault, ambient) = (config.vault.clone(), Ambient::system());
            let store = Store::open(url, vault.clone(), providers, ambient.clone()).await?;
            if config.audit == *url {
                return Ok(store);
            }
            Ok(store.with_audit(Audit::open(&config.audit, vault, ambient).await?))
        }
        TenantsUrl::Files(dir) => Err(no_store(dir).into()),
    }
}

fn no_store(dir: &Path) -> String {
    format!(
        "the settings' tenants are the files in {}: set tenants.url to a database, as sqlite:FILE",
        dir.display()
    )
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
