//! The sandbox's one tenant, made of what the providers bring.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use tunnus_jose::{KeyUse, SigningKey, generate};
use tunnus_sdk::{
    Cause, Environment, ErasedDefinition, Hidden, Level, LocalizedText, Member, SigningAlgorithm,
    sandbox::{Sandbox, SandboxSite},
};
use url::Url;

use super::simulators::Simulators;
use crate::{
    ambient::Ambient,
    digest::sha256,
    providers::Providers,
    tenant::{
        limits::Limits,
        model::{App, AppAuthentication, Branding, Connection, RedirectUri, Release, Tenant},
    },
};

/// The tenant's id.
pub const TENANT: &str = "demo";
/// The built-in app.
pub const APP: &str = "shop";
/// Its secret: known to everybody, good for loopback redirect URIs only.
pub const APP_SECRET: &str = "shop-secret";
/// The built-in app whose results are polled.
pub const POLLING_APP: &str = "call-centre";

/// What the providers bring, put together.
pub struct Assembled {
    /// The tenant.
    pub tenant: Tenant,
    /// The simulators, by provider.
    pub simulators: Simulators,
}

/// Why the sandbox's tenant could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The tenant's keys.
    #[error("the sandbox's keys cannot be made")]
    Keys(#[from] tunnus_jose::KeyError),
    /// A provider's simulator.
    #[error("the simulator of {0} cannot be made")]
    Simulator(&'static str, #[source] Cause),
    /// The addresses that follow from the public URL.
    #[error("the public URL is not a URL")]
    Url(#[from] url::ParseError),
}

/// Builds the tenant. `site` tells where a provider's simulator lives, `home` where the demo app is.
///
/// # Errors
/// Where keys or a simulator cannot be made.
pub fn assemble(
    providers: &Providers,
    ambient: &Ambient,
    site: impl Fn(&str) -> Result<SandboxSite, url::ParseError>,
    home: &str,
    more: Vec<App>,
) -> Result<Assembled, AssembleError> {
    let (simulators, connections) = simulated(providers, site)?;
    let ids: BTreeSet<String> = connections.iter().map(|connection| connection.id.clone()).collect();
    let mut apps = vec![shop(&ids, Some(Url::parse(home)?)), call_centre(&ids)];
    apps.extend(more.into_iter().map(|app| App { connections: ids.clone(), ..app }));
    let tenant = Tenant {
        id: TENANT.to_owned(),
        platform: None,
        branding: branding(),
        signing_keys: signing_keys()?,
        subject_key: Hidden::new(ambient.bytes::<32>().to_vec()),
        apps: apps.into_iter().map(Arc::new).collect(),
        connections,
        ring: Vec::new(),
        aliases: std::collections::BTreeMap::new(),
        lapsed: Vec::new(),
        key_set: OnceLock::new(),
    };
    Ok(Assembled { tenant, simulators })
}

/// The simulators of all providers, and connections to them.
///
/// # Errors
/// Where a simulator cannot be made.
pub fn simulated(
    providers: &Providers,
    site: impl Fn(&str) -> Result<SandboxSite, url::ParseError>,
) -> Result<(Simulators, Vec<Arc<Connection>>), AssembleError> {
    let (mut simulators, mut connections) = (Simulators::new(), Vec::new());
    for definition in providers.iter() {
        let id = definition.descriptor().id;
        let sandbox = definition.sandbox(&site(id)?);
        let sandbox = sandbox.map_err(|source| AssembleError::Simulator(id, source))?;
        let Some(Sandbox { connections: brought, simulator }) = sandbox else { continue };
        simulators.insert(id.to_owned(), simulator);
        connections
            .extend(brought.into_iter().map(|brought| Arc::new(connection(definition.as_ref(), brought))));
    }
    Ok((simulators, connections))
}

fn branding() -> Branding {
    Branding {
        name: text("Demo Oy", "Demo Ab", "Demo Ltd"),
        support: Some("help@demo.example".to_owned()),
        ..Branding::default()
    }
}

fn text(fi: &str, sv: &str, en: &str) -> LocalizedText {
    LocalizedText { fi: Some(fi.to_owned()), sv: Some(sv.to_owned()), en: Some(en.to_owned()) }
}

fn signing_keys() -> Result<Vec<Arc<SigningKey>>, tunnus_jose::KeyError> {
    let keys = [generate::rsa(2048, KeyUse::Signature)?, generate::p256(KeyUse::Signature)?];
    keys.iter().map(|key| SigningKey::parse(key).map(Arc::new)).collect()
}

fn connection(
    definition: &dyn ErasedDefinition,
    brought: tunnus_sdk::sandbox::SandboxConnection,
) -> Connection {
    let descriptor = definition.descriptor();
    Connection {
        id: brought.id,
        provider: descriptor.id.to_owned(),
        environment: Environment::Sandbox,
        enabled: true,
        display_name: brought.display_name,
        paused: None,
        limits: Limits::default(),
        subject: brought.subject.unwrap_or(descriptor.subject),
        settings: brought.settings,
        credentials: brought.credentials,
        revision: 1,
        ring: Vec::new(),
        key_set: OnceLock::new(),
    }
}

/// Every member an app can ask for.
fn everything() -> BTreeSet<Member> {
    Member::fixed().chain([15, 18, 21, 25, 65].map(Member::AgeOver)).collect()
}

fn shop(connections: &BTreeSet<String>, home: Option<Url>) -> App {
    App {
        id: APP.to_owned(),
        name: text("Esimerkkikauppa", "Exempelbutiken", "Example shop"),
        authentication: AppAuthentication::SecretBasic(vec![sha256(APP_SECRET)]),
        redirect_uris: vec![RedirectUri::AnyLoopback],
        return_urls: vec![RedirectUri::AnyLoopback],
        home_url: home,
        origins: Vec::new(),
        pkce_optional: false,
        id_token_algorithm: SigningAlgorithm::RS256,
        claims: everything(),
        connections: connections.clone(),
        minimum_assurance: Level::Unspecified,
        service_name: text("Esimerkkikauppa", "Exempelbutiken", "Example shop"),
        release: Release::Code,
    }
}

fn call_centre(connections: &BTreeSet<String>) -> App {
    App {
        id: POLLING_APP.to_owned(),
        name: text("Puhelinpalvelu", "Telefontjänsten", "Call centre"),
        redirect_uris: Vec::new(),
        return_urls: Vec::new(),
        release: Release::Poll,
        ..shop(connections, None)
    }
}
