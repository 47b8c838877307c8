//! `tunnus keys` where the tenants are in a store: reads what is asked, has the key ring do it, prints
//! what it answers. Never a private part.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use tunnus_sdk::{Hidden, Timestamp};

use super::{Command, Format, KeysError, Kind, LARGEST, Usage};
use crate::{
    audit::event::Actor,
    cli::{
        Failure,
        apply::open,
        serve::{Recording, assemble, keyring},
        settings::{Settings, runtime},
    },
    keyring::{self, Given, KeyKind, KeyView, Keyring, Purpose, Registered, Request, Sweep, Wanted},
    providers::Providers,
};

/// A key of a tenant that shall be made.
#[derive(Debug, Args)]
pub(super) struct OfTenant {
    #[command(flatten)]
    settings: Settings,
    /// The tenant whose key it shall be
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The connection whose key it shall be; without it the tenant's own
    #[arg(long, value_name = "ID", requires = "tenant")]
    connection: Option<String>,
    /// The upstream fetches it by itself: nobody has to register it
    #[arg(long, requires = "connection")]
    fetched: bool,
}

/// A public key of a tenant that shall be shown.
#[derive(Debug, Args)]
pub(super) struct KeyOfTenant {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID", requires = "key")]
    tenant: Option<String>,
    /// A key of the tenant, by its id or its kid
    #[arg(long, value_name = "KEY", requires = "tenant", allow_hyphen_values = true)]
    key: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    settings: Settings,
    /// The private key: JWK, PEM or PKCS#12
    file: PathBuf,
    /// The tenant whose key it shall be
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// The connection whose key it shall be; without it the tenant's own
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// What it is for
    #[arg(long = "use", value_name = "USE", default_value = "sig")]
    usage: Usage,
    /// What the vendor calls it
    #[arg(long, allow_hyphen_values = true)]
    kid: Option<String>,
    /// A file with the passphrase that protects it
    #[arg(long, value_name = "FILE")]
    passphrase: Option<PathBuf>,
    /// The upstream has it already
    #[arg(long)]
    registered: bool,
    /// When what the upstream has on file ends: 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// One JSON line a key
    #[arg(long)]
    json: bool,
}

/// One key of a tenant.
#[derive(Debug, Args)]
pub(super) struct One {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// The key, by its id or its kid
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    key: String,
}

#[derive(Debug, Args)]
pub(super) struct Register {
    #[command(flatten)]
    one: One,
    /// What the upstream calls it
    #[arg(long, allow_hyphen_values = true)]
    kid: Option<String>,
    /// When what the upstream has on file ends: 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<Timestamp>,
    /// Only if the upstream takes a request that the key has signed
    #[arg(long)]
    prove: bool,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID", requires = "key", required_unless_present = "all")]
    tenant: Option<String>,
    /// The key in use, by its id or its kid
    #[arg(long, value_name = "KEY", requires = "tenant", allow_hyphen_values = true)]
    key: Option<String>,
    /// In its place at once, without any warm-up: for a key that somebody else may have
    #[arg(long, requires = "key")]
    now: bool,
    /// The keys of the connections of all tenants; broken off, it is called again
    #[arg(long, conflicts_with = "tenant")]
    all: bool,
    /// Only of this provider's connections
    #[arg(long, value_name = "ID", requires = "all")]
    provider: Option<String>,
    /// Only keys that end within so many days: 30d
    #[arg(long, value_name = "DAYS", value_parser = days, requires = "all")]
    expiring: Option<Duration>,
    /// One JSON line a key
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Csr {
    #[command(flatten)]
    settings: Settings,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// The connection
    #[arg(long, value_name = "ID")]
    connection: String,
    /// The common name: mostly the client's id at the upstream
    #[arg(long, value_name = "NAME")]
    common_name: String,
    /// The organisation
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// What kind of key
    #[arg(long, default_value = "p256")]
    kind: Kind,
}

#[derive(Debug, Args)]
pub(super) struct Certificate {
    #[command(flatten)]
    one: One,
    /// The certificate with its chain, PEM
    file: PathBuf,
}

/// Who the history says did it.
fn by() -> Actor {
    Actor::operator("tunnus keys")
}

pub(super) fn run(command: Command, providers: Providers) -> Result<ExitCode, Failure> {
    runtime()?.block_on(done(command, providers, &mut io::stdout()))?;
    Ok(ExitCode::SUCCESS)
}

async fn done(command: Command, providers: Providers, out: &mut dyn Write) -> Result<(), Failure> {
    let said = match command {
        Command::Generate(wanted) => line(&generate(wanted, providers).await?),
        Command::Import(wanted) => line(&import(wanted, providers).await?),
        Command::List(wanted) => list(wanted, providers).await?,
        Command::Public(wanted) => public(wanted, providers).await?,
        Command::Registered(wanted) => line(&registered(wanted, providers).await?),
        Command::Rotate(wanted) => return rotate(wanted, providers, out).await,
        Command::Retire(wanted) => line(&retire(wanted, providers).await?),
        Command::Csr(wanted) => csr(wanted, providers).await?,
        Command::Certificate(wanted) => line(&certificate(wanted, providers).await?),
    };
    Ok(writeln!(out, "{said}")?)
}

async fn list(List { settings, tenant, json }: List, providers: Providers) -> Result<String, Failure> {
    let keys = ring(&settings, providers).await?.list(&tenant).await?;
    let to_text = |key: &KeyView| if json { serde_json::to_string(key) } else { Ok(line(key)) };
    Ok(keys.iter().map(to_text).collect::<Result<Vec<_>, _>>()?.join("\n"))
}

async fn retire(One { settings, tenant, key }: One, providers: Providers) -> Result<KeyView, Failure> {
    let keys = ring(&settings, providers).await?;
    let id = keys.id_of(&tenant, &key).await?;
    Ok(keys.retire(&by(), &tenant, &id).await?)
}

async fn csr(wanted: Csr, providers: Providers) -> Result<String, Failure> {
    let Csr { settings, tenant, connection, common_name, organisation, kind } = wanted;
    let request = Request { connection, common_name, organisation, kind: to_kind(kind)? };
    let (_, pem) = ring(&settings, providers).await?.csr(&by(), &tenant, request).await?;
    Ok(pem.trim_end().to_owned())
}

async fn certificate(wanted: Certificate, providers: Providers) -> Result<KeyView, Failure> {
    let Certificate { one: One { settings, tenant, key }, file } = wanted;
    let keys = ring(&settings, providers).await?;
    let id = keys.id_of(&tenant, &key).await?;
    let pem = String::from_utf8_lossy(read(&file)?.expose()).into_owned();
    Ok(keys.certificate(&by(), &tenant, (&id, &pem)).await?)
}

/// The keys of the settings' store.
async fn ring(settings: &Settings, providers: Providers) -> Result<Keyring, Failure> {
    let config = settings.load()?;
    Ok(keyring(&config, open(&config, providers).await?))
}

async fn generate(wanted: super::Generate, providers: Providers) -> Result<KeyView, Failure> {
    let super::Generate { kind, usage, stored, .. } = wanted;
    let OfTenant { settings, tenant, connection, fetched } = stored;
    let wanted = Wanted { connection, purpose: usage.into(), kind: to_kind(kind)?, fetched };
    let keys = ring(&settings, providers).await?;
    Ok(keys.generate(&by(), &tenant.unwrap_or_default(), wanted).await?)
}

async fn import(wanted: Import, providers: Providers) -> Result<KeyView, Failure> {
    let keys = ring(&wanted.settings, providers).await?;
    let passphrase = match &wanted.passphrase {
        Some(file) => {
            let bytes = read(file)?;
            let text = String::from_utf8_lossy(bytes.expose());
            Some(Hidden::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        None => None,
    };
    let given = Given {
        connection: wanted.connection,
        purpose: wanted.usage.into(),
        bytes: read(&wanted.file)?,
        passphrase,
        kid: wanted.kid,
        known: wanted.registered,
        until: wanted.until,
    };
    Ok(keys.import(&by(), &wanted.tenant, given).await?)
}

async fn public(wanted: super::Public, providers: Providers) -> Result<String, Failure> {
    let super::Public { format, stored: KeyOfTenant { settings, tenant, key }, .. } = wanted;
    let format = match format {
        Format::Jwk => keyring::Format::Jwk,
        Format::Jwks => keyring::Format::Jwks,
        Format::Pem => keyring::Format::Pem,
        Format::X509 => keyring::Format::X509,
    };
    let (keys, tenant) = (ring(&settings, providers).await?, tenant.unwrap_or_default());
    let id = keys.id_of(&tenant, &key.unwrap_or_default()).await?;
    Ok(keys.public(&tenant, &id, format).await?.trim_end().to_owned())
}

async fn registered(wanted: Register, providers: Providers) -> Result<KeyView, Failure> {
    let Register { one: One { settings, tenant, key }, kid, until, prove } = wanted;
    let config = settings.load()?;
    let keys = keyring(&config, open(&config, providers.clone()).await?);
    let id = keys.id_of(&tenant, &key).await?;
    if prove {
        let (broker, _) = assemble(&config, providers, Recording::Nothing).await?;
        keys.prove(&broker.connections, &tenant, (&id, kid.as_deref())).await?;
    }
    Ok(keys.registered(&by(), &tenant, (&id, Registered { kid, until })).await?)
}

async fn rotate(wanted: Rotate, providers: Providers, out: &mut dyn Write) -> Result<(), Failure> {
    let keys = ring(&wanted.settings, providers).await?;
    if let (Some(tenant), Some(key)) = (&wanted.tenant, &wanted.key) {
        let id = keys.id_of(tenant, key).await?;
        let new = keys.rotate(&by(), tenant, (&id, wanted.now)).await?;
        return Ok(writeln!(out, "{}", line(&new))?);
    }
    let before = wanted.expiring.map(|within| keys.ambient().now().plus(within));
    let sweep = Sweep { provider: wanted.provider, before };
    let mut lines = Vec::new();
    let done = keys.rotate_all(&by(), &sweep, |swept| lines.push(swept.clone())).await;
    // What was done before it was broken off is told, too.
    for swept in &lines {
        let text = if wanted.json {
            serde_json::to_string(swept)?
        } else {
            let follows = swept.successor.as_deref().or(swept.reason.as_deref()).unwrap_or_default();
            let keyring::Swept { tenant, connection, purpose, key, outcome, .. } = swept;
            format!("{tenant} {connection} {purpose} {key}: {outcome} {follows}")
        };
        writeln!(out, "{text}")?;
    }
    Ok(done?)
}

/// A key for people: its states and dates in one line.
fn line(key: &KeyView) -> String {
    let whose = key.connection.as_deref().unwrap_or("(the tenant)");
    let day = |text: &str| text.get(..10).unwrap_or_default().to_owned();
    let mut parts = vec![
        format!("{} {whose} {} {} {}", key.id, key.purpose, key.kind, key.state),
        format!("since {}", day(&key.since)),
    ];
    parts.extend(key.next.as_ref().map(|next| format!("{} from {}", next.state, day(&next.at))));
    parts.extend(key.not_after.as_deref().map(|end| format!("ends {}", day(end))));
    parts.push(format!("kid {}", key.kid));
    parts.join(", ")
}

/// A file's bytes; a little more than is taken, so that a larger one is told so.
fn read(path: &Path) -> Result<Hidden<Vec<u8>>, KeysError> {
    let mut bytes = Hidden::new(Vec::new());
    let opened = fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(bytes.expose_mut()));
    opened.map_err(|error| KeysError::Read(path.to_owned(), error))?;
    Ok(bytes)
}

fn to_kind(kind: Kind) -> Result<KeyKind, Failure> {
    match kind {
        Kind::Rsa2048 => Ok(KeyKind::Rsa(2048)),
        Kind::Rsa4096 => Ok(KeyKind::Rsa(4096)),
        Kind::P256 => Ok(KeyKind::P256),
        Kind::Subject | Kind::Master | Kind::Secret => {
            Err("a tenant's ring has RSA and P-256 keys: rsa2048, rsa4096, p256".into())
        }
    }
}

impl From<Usage> for Purpose {
    fn from(usage: Usage) -> Self {
        match usage {
            Usage::Sig => Self::Signing,
            Usage::Enc => Self::Decryption,
            Usage::Tls => Self::Certificate,
        }
    }
}

/// The beginning of a day: `2027-01-31`.
fn date(text: &str) -> Result<Timestamp, String> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let day = time::Date::parse(text, format).map_err(|_| "expected a date, as 2027-01-31".to_owned())?;
    Ok(Timestamp(day.midnight().assume_utc().unix_timestamp()))
}

/// So many days: `30d`.
fn days(text: &str) -> Result<Duration, String> {
    let count = text.strip_suffix('d').and_then(|count| count.parse::<u32>().ok());
    let count = count.ok_or_else(|| "expected a number of days, as 30d".to_owned())?;
    Ok(Duration::from_secs(u64::from(count) * 24 * 60 * 60))
}

#[cfg(test)]
#[path = "keys_stored_tests.rs"]
mod tests;
