//! The broker's settings: built-in defaults, then a TOML file, then the environment.
//!
//! Owns reading and judging them: all faults at once, each with its place, and nothing starts half
//! configured. One section a file. What the tenants set is `tenant`'s.

mod admin;
mod audit;
mod connections;
mod document;
mod egress;
mod environment;
mod fault;
mod flow_store;
mod format;
mod keys;
mod layers;
mod lifetimes;
mod limits;
mod log;
mod metrics;
mod misfit;
mod proxies;
mod reference;
mod secrets;
mod server;
mod shape;
mod suggest;
mod telemetry;
mod tenants;
mod upstream;

use std::{path::Path, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tunnus_sdk::SettingsError;

use crate::{ambient::Ambient, audit::retention::Retention, sql::SqlUrl, vault::Vault};

pub use admin::{Admin, AdminLogin, AdminOidc, RoleRule};
pub use audit::{Audit, AuditUrl};
pub use connections::Connections;
pub use document::{Document, SyntaxError, ancestors, below};
pub use egress::{Egress, Network};
pub use environment::Environment;
pub use fault::{Fault, Faults, Place};
pub use flow_store::{FlowStore, FlowStoreUrl};
pub use keys::Keys;
pub use lifetimes::Lifetimes;
pub use limits::Limits;
pub use log::Log;
pub use metrics::Metrics;
pub use misfit::{Misfit, MisfitKind, Misfits};
pub use proxies::{Proxies, ProxyHeader};
pub use reference::{Reference, ReferenceError, References, TextOrReference, given};
pub use secrets::{MasterKey, MasterKeyEntry, Secrets};
pub use server::{PublicUrl, Server, is_https_or_loopback, is_loopback};
pub use shape::{BadSchema, EXPECTED, Shape};
pub use suggest::did_you_mean;
pub use telemetry::Telemetry;
pub use tenants::{Tenants, TenantsUrl};
pub use upstream::Upstream;

use layers::Layers;

/// The file that is read when none is named; it may be missing.
pub const DEFAULT_FILE: &str = "config/tunnus.toml";

/// Everything that can be set, as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the broker listens and how the world addresses it.
    pub server: Server,
    /// How admins sign in to the console beside their tokens.
    pub admin: Admin,
    /// Where the state of logins under way is kept.
    pub flow_store: FlowStore,
    /// Where the tenants come from.
    pub tenants: Tenants,
    /// Where the audit trail is kept, and for how long whom it leads to.
    pub audit: Audit,
    /// How many connections are kept ready.
    pub connections: Connections,
    /// Where secrets lie, and the master keys.
    pub secrets: Secrets,
    /// What the broker may call beside public addresses.
    pub egress: Egress,
    /// How long and how much a connection waits for its upstream.
    pub upstream: Upstream,
    /// How long things stay good, in seconds.
    pub lifetimes: Lifetimes,
    /// How much one sender, one app and one tenant may ask.
    pub limits: Limits,
    /// How long keys in a tenants store are warmed up, used and kept.
    pub keys: Keys,
    /// How much is told apart in metrics.
    pub metrics: Metrics,
    /// What is logged, and how.
    pub log: Log,
    /// Where traces go.
    pub telemetry: Telemetry,
}

/// The settings, judged, with their secrets at hand.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the broker listens and how the world addresses it.
    pub server: Server,
    /// How admins sign in to the console by OpenID Connect, where they may.
    pub admin_login: Option<AdminLogin>,
    /// Where the state of logins under way is kept.
    pub flow_store: FlowStoreUrl,
    /// Where the tenants come from.
    pub tenants: TenantsUrl,
    /// How many tenants of a database are held in memory.
    pub tenants_cache: usize,
    /// Where the audit trail is kept.
    pub audit: SqlUrl,
    /// For how long whom it leads to.
    pub retention: Retention,
    /// How many connections are kept ready.
    pub connections: Connections,
    /// The master keys, the active one first. Never empty.
    pub master_keys: Vec<MasterKey>,
    /// What the master keys seal and open.
    pub vault: Vault,
    /// Where the references of tenants lead to.
    pub references: References,
    /// What the broker may call beside public addresses.
    pub egress: Egress,
    /// How long and how much a connection waits for its upstream.
    pub upstream: Upstream,
    /// How long things stay good.
    pub lifetimes: Lifetimes,
    /// How much one sender, one app and one tenant may ask.
    pub limits: Limits,
    /// How long keys in a tenants store are warmed up, used and kept.
    pub keys: Keys,
    /// How much is told apart in metrics.
    pub metrics: Metrics,
    /// What is logged, and how.
    pub log: Log,
    /// Where traces go.
    pub telemetry: Telemetry,
}

impl Config {
    /// Reads the settings from `file`, else from [`DEFAULT_FILE`] where that exists, and from
    /// `environment`.
    ///
    /// # Errors
    /// All faults, each with its place.
    pub fn load(file: Option<&Path>, environment: Arc<Environment>) -> Result<Self, Faults> {
        let file = file.or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()));
        let mut layers = Layers::read(file, environment)?;
        let config = judge(&mut layers);
        Faults::or(layers.into_faults(), config)
    }
}

/// One section of the settings.
trait Section: DeserializeOwned {
    /// Its name.
    const NAME: &'static str;

    /// The faults that the types do not show; pointers are relative to the section.
    fn check(&self) -> Vec<SettingsError>;
}

/// Judges every section, also where one before it is faulty.
fn judge(layers: &mut Layers) -> Option<Config> {
    let server = layers.section::<Server>();
    let admin = layers.section::<Admin>();
    let flow_store = layers.section::<FlowStore>();
    let tenants = layers.section::<Tenants>();
    let audit = layers.section::<Audit>();
    let connections = layers.section::<Connections>();
    let secrets = layers.section::<Secrets>();
    let egress = layers.section::<Egress>();
    let upstream = layers.section::<Upstream>();
    let lifetimes = layers.section::<Lifetimes>();
    let limits = layers.section::<Limits>();
    let keys = layers.section::<Keys>();
    let metrics = layers.section::<Metrics>();
    let log = layers.section::<Log>();
    let telemetry = layers.section::<Telemetry>();
    let secrets = secrets?;
    let references = layers.references(secrets.dir.clone());
    let admin_login = admin::login(layers, admin, server.as_ref(), &references);
    let master_keys = layers.master_keys(&secrets, &references);
    let flow_store =
        flow_store.and_then(|section| layers.address("/flow_store/url", &section.url, &references));
    let tenants_url =
        tenants.as_ref().and_then(|section| layers.address("/tenants/url", &section.url, &references));
    let audit_url =
        audit.as_ref().and_then(|section| layers.address("/audit/url", &section.url, &references));
    let master_keys = master_keys?;
    let vault_keys = master_keys.iter().map(|key| (key.id.clone(), key.key.clone()));
    let vault = Vault::new(vault_keys, Ambient::system()).ok()?;
    Some(Config {
        server: server?,
        admin_login,
        flow_store: flow_store?,
        audit: audit::database(audit_url?, tenants_url.as_ref()?),
        retention: audit?.retention(),
        tenants: tenants_url?,
        tenants_cache: usize::try_from(tenants?.cache).unwrap_or(usize::MAX),
        references: references.with_vault(vault.clone()),
        master_keys,
        vault,
        connections: connections?,
        egress: egress?,
        upstream: upstream?,
        lifetimes: lifetimes?,
        limits: limits?,
        keys: keys?,
        metrics: metrics?,
        log: log?,
        telemetry: telemetry?,
    })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
