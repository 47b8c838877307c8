//! `tunnus init`: settings, keys and a first tenant, ready to be served.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Args;
use serde_json::json;

use super::{Failure, apply::open, keys, settings::runtime};
use crate::{
    ambient::Ambient,
    audit::event::Actor,
    config::{Config, Environment},
    providers::Providers,
    tenant::store::{
        Store,
        change::{Change, Edit, Part},
    },
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to put everything
    #[arg(long, value_name = "DIR", default_value = "tunnus")]
    dir: PathBuf,
    /// The id of the first tenant
    #[arg(long, value_name = "ID", default_value = "main")]
    tenant: String,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
enum InitError {
    #[error("{} is there already and is left alone", .0.display())]
    Exists(PathBuf),
    #[error("a tenant's id has lower case letters, digits and hyphens, at most 63")]
    TenantId,
    #[error("the folder's name cannot be written in a settings file")]
    Name,
}

/// What is made, all in one folder.
struct Layout {
    settings: PathBuf,
    database: PathBuf,
    secrets: PathBuf,
    tenants: PathBuf,
    tenant: PathBuf,
}

const MASTER_KEY: &str = "master-1";

pub(super) fn run(arguments: &Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    runtime.block_on(init(arguments, providers, &mut io::stdout()))?;
    Ok(ExitCode::SUCCESS)
}

async fn init(arguments: &Arguments, providers: Providers, out: &mut dyn Write) -> Result<(), Failure> {
    if !crate::tenant::is_id(&arguments.tenant) {
        return Err(InitError::TenantId.into());
    }
    let ambient = Ambient::system();
    let layout = Layout::of(&std::path::absolute(&arguments.dir)?, &arguments.tenant);
    layout.check()?;
    fs::create_dir_all(&layout.tenants)?;
    let master = keys::random(&ambient);
    keys::write(&layout.secrets.join(MASTER_KEY), master.expose_str())?;
    fs::write(&layout.settings, layout.settings_text()?)?;
    fs::write(&layout.tenant, tenant_text(&arguments.tenant))?;
    // What was written is what is read: the environment has no say in it.
    let config = Config::load(Some(&layout.settings), Arc::new(Environment::default()))?;
    first_tenant(&open(&config, providers).await?, &arguments.tenant).await?;
    Ok(tell(&layout, &config.server.public_url.issuer(&arguments.tenant), out)?)
}

impl Layout {
    fn of(dir: &Path, tenant: &str) -> Self {
        let tenants = dir.join("tenants");
        Self {
            settings: dir.join("tunnus.toml"),
            database: dir.join("tunnus.db"),
            secrets: dir.join("secrets"),
            tenant: tenants.join(format!("{tenant}.toml")),
            tenants,
        }
    }

    /// Nothing that is there is written over.
    fn check(&self) -> Result<(), InitError> {
        let master = self.secrets.join(MASTER_KEY);
        let all = [&self.settings, &self.database, &master, &self.tenant];
        let there = all.into_iter().find(|path| path.exists());
        there.map_or(Ok(()), |path| Err(InitError::Exists(path.clone())))
    }

    fn settings_text(&self) -> Result<String, InitError> {
        let quoted = |prefix: &str, path: &Path| {
            let text = path.to_str().ok_or(InitError::Name)?;
            Ok::<_, InitError>(toml_edit::Value::from(format!("{prefix}{text}")).to_string())
        };
        let (database, secrets) = (quoted("sqlite:", &self.database)?, quoted("", &self.secrets)?);
        Ok(format!(
            "# Settings of the broker. What is not here has its default.\n\n\
             [server]\n\
             # The base of every issuer; https, and for good, before an app or an upstream knows it.\n\
             public_url = \"http://127.0.0.1:8080\"\n\
             listen = \"127.0.0.1:8080\"\n\
             # Where admins are served: the API, and the console at /console/.\n\
             admin_listen = \"127.0.0.1:8081\"\n\n\
             [tenants]\n\
             url = {database}\n\n\
             [secrets]\n\
             dir = {secrets}\n\
             master_keys = [{{ id = \"1\", key = {{ file = \"{MASTER_KEY}\" }} }}]\n"
        ))
    }
}

/// A tenant's file to go on with. Its keys are in the store.
fn tenant_text(id: &str) -> String {
    format!(
        "# The tenant as `tunnus apply` brings it to the store. Its keys are there: none need stand here.\n\
         # Apps and connections: config/examples of the distribution.\n\n\
         [tenant]\nid = \"{id}\"\nname = \"{id}\"\n"
    )
}

/// Makes the tenant. Its keys are made by the store.
async fn first_tenant(store: &Store, id: &str) -> Result<(), Failure> {
    let document = json!({ "tenant": { "id": id, "name": id } });
    let edits = vec![Edit { part: Part::Tenant, expected: None, document: Some(document) }];
    let change = Change { tenant: id.to_owned(), by: Actor::operator("tunnus init"), edits, order: None };
    store.change(&change).await?;
    Ok(())
}

fn tell(layout: &Layout, issuer: &str, out: &mut dyn Write) -> io::Result<()> {
    let (settings, tenant) = (layout.settings.display(), layout.tenant.display());
    writeln!(out, "Made {settings}, keys, and a tenant with the issuer {issuer}\n")?;
    writeln!(out, "Keep {} apart from the database, and both in the backup:", layout.secrets.display())?;
    writeln!(out, "without the master key nothing in the database opens.\n")?;
    writeln!(out, "Next:")?;
    writeln!(out, "  1. tunnus serve --config {settings}")?;
    writeln!(out, "     It prints the first admin token: sign in with it at http://127.0.0.1:8081/console/")?;
    writeln!(out, "     and add apps and connections there; or add them to {tenant}, then")?;
    writeln!(out, "     tunnus apply --config {settings} {}", layout.tenants.display())?;
    writeln!(out, "  2. tunnus check --config {settings} --live")
}

#[cfg(test)]
#[path = "init_tests.rs"]
mod tests;
