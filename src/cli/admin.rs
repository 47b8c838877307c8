//! `tunnus admin`: the tokens of admins, for who has a shell here; and the admin listener of `serve`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use actix_web::{dev::Server, web::Data};
use clap::{Args, Subcommand, ValueEnum};

use super::{
    Failure,
    apply::open,
    serve::{Keeping, bind, intake},
    settings::{Settings, runtime},
};
use crate::{
    admin::{Admin, Caller, CreatedToken, NewToken, Role, TokenInfo, login::Login},
    ambient::Ambient,
    app::Broker,
    config::{Config, TenantsUrl},
    providers::Providers,
    server,
    tenant::files::Folder,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The tokens of admins
    #[command(subcommand)]
    Token(Token),
}

#[derive(Debug, Subcommand)]
enum Token {
    /// Makes a token and prints it: it is shown this once
    Create(Create),
    /// Lists the tokens, the newest first; never the tokens themselves
    List(List),
    /// Revokes a token: from then on it opens nothing
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    settings: Settings,
    /// What it is for
    #[arg(long)]
    name: String,
    /// What its holder may do
    #[arg(long)]
    role: RoleName,
    /// The tenant that it reaches: for a tenant's admin, or an auditor of one
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The platform that it reaches: for a platform's admin, or an auditor of one
    #[arg(long, value_name = "ID")]
    platform: Option<String>,
    /// How many days it is good, 1 to 366
    #[arg(long)]
    days: Option<u32>,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    settings: Settings,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Revoke {
    #[command(flatten)]
    settings: Settings,
    /// Its id
    id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleName {
    /// Everything
    Operator,
    /// The tenants of one platform
    PlatformAdmin,
    /// One tenant
    TenantAdmin,
    /// Reads, and changes nothing
    Auditor,
}

pub(super) fn run(arguments: &Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    let Command::Token(command) = &arguments.command;
    runtime.block_on(ran(command, providers, &mut io::stdout()))?;
    Ok(ExitCode::SUCCESS)
}

async fn ran(command: &Token, providers: Providers, out: &mut dyn Write) -> Result<(), Failure> {
    let settings = match command {
        Token::Create(Create { settings, .. })
        | Token::List(List { settings, .. })
        | Token::Revoke(Revoke { settings, .. }) => settings,
    };
    let store = open(&settings.load()?, providers.clone()).await?;
    let (admin, shell) = (Admin::of_store(store, providers, Ambient::system()), Caller::shell());
    match command {
        Token::Create(wanted) => {
            let CreatedToken { token, info } =
                admin.create_token(&shell, &wanted.to_new()).await.map_err(told)?;
            writeln!(out, "{}", token.expose_str())?;
            writeln!(out, "It is shown this once. Its id is {}.", info.id)?;
        }
        Token::List(wanted) => {
            let mut after = None;
            loop {
                let page = admin.tokens(&shell, after.as_deref()).await.map_err(told)?;
                for token in &page.tokens {
                    let line = if wanted.json { serde_json::to_string(token)? } else { line(token) };
                    writeln!(out, "{line}")?;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Token::Revoke(wanted) => {
            admin.revoke_token(&shell, &wanted.id).await.map_err(told)?;
            writeln!(out, "Revoked.")?;
        }
    }
    Ok(())
}

impl Create {
    fn to_new(&self) -> NewToken {
        NewToken {
            name: self.name.clone(),
            role: match self.role {
                RoleName::Operator => Role::Operator,
                RoleName::PlatformAdmin => Role::PlatformAdmin,
                RoleName::TenantAdmin => Role::TenantAdmin,
                RoleName::Auditor => Role::Auditor,
            },
            platform: self.platform.clone(),
            tenant: self.tenant.clone(),
            days: self.days,
        }
    }
}

fn line(token: &TokenInfo) -> String {
    let reach = token.tenant.as_deref().or(token.platform.as_deref()).unwrap_or("-");
    let state = if token.revoked_at.is_some() { "revoked".to_owned() } else { until(token) };
    format!("{:22} {:14} {reach:20} {state:18} {}", token.id, token.role, token.name)
}

fn until(token: &TokenInfo) -> String {
    format!("until {}", token.expires_at.to_date().unwrap_or_default())
}

/// An error with all of its faults.
fn told(error: crate::admin::AdminError) -> Failure {
    match error {
        crate::admin::AdminError::Faulty(faults) => {
            let faults = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message));
            faults.collect::<Vec<_>>().join("; ").into()
        }
        other => other.into(),
    }
}

/// The admin listener, where the settings have one. On a start without any token the first one is
/// printed.
pub(super) async fn listener(
    config: &Config,
    providers: Providers,
    broker: &Data<Broker>,
    keeping: &Keeping,
) -> Result<Option<Server>, Failure> {
    let (Some(listen), Some(url)) = (config.server.admin_listen, config.server.admin_url()) else {
        return Ok(None);
    };
    let ambient = Ambient::system();
    let admin = match (keeping.store(), &config.tenants) {
        (None, TenantsUrl::Files(dir)) => {
            let folder = Folder::new(dir.clone(), providers.clone(), config.references.clone());
            Admin::of_folder(folder, providers, broker.audit.clone(), ambient)
        }
        (Some(store), _) => Admin::of_store(store.clone(), providers, ambient),
        (None, TenantsUrl::Sql(_)) => return Ok(None),
    };
    let login = config.admin_login.as_ref();
    let login = login.map(|settings| Login::new(settings, &url, &broker.outbound)).transpose()?;
    let admin =
        admin.with_key_policy(config.keys.policy()).with_login(login).reached_at(url.as_str().parse()?);
    if let Some(first) = admin.tokens_kept().first().await? {
        let mut out = io::stdout();
        writeln!(out, "The first admin token, shown this once and good for a week: {}", first.expose_str())?;
        writeln!(out, "Make others with it at {url}, or with `tunnus admin token create`.")?;
    }
    let socket = bind("server.admin_listen", listen)?;
    tracing::info!(%listen, %url, "serving admins");
    let intake = intake(config);
    Ok(Some(server::admin(Data::new(admin), broker.clone(), socket, &url.as_str().parse()?, intake)?))
}
