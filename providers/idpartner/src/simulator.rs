//! IDPartner's network, simulated: the account selector and two banks behind it.
//!
//! Owns which part answers which path, and the sandbox's connections. The banks are OpenID providers
//! of the simulator kit.

mod bank;
mod faults;
mod selector;

use std::sync::Arc;

use serde_json::{Value, json};
use tunnus_sdk::{
    CredentialNeeds, Credentials, Definition, LocalizedText, async_trait,
    sandbox::{Sandbox, SandboxConnection, SandboxSite, SimulatedRequest, SimulatedResponse, Simulator},
};
use tunnus_simulator::{Client, OpenIdProvider, SimulatorError, credentials};
use url::Url;

pub use self::faults::FAULTS;
use self::{
    bank::{BANKS, Registration},
    selector::{SELECTOR, Selector},
};
use crate::{IdPartner, SELECTED, Settings};

/// A connection with a client secret, and no keys registered.
const SECRET: &str = "idpartner";
/// A connection with a client certificate, and its keys registered.
const MUTUAL_TLS: &str = "idpartner-mtls";

/// The selector and the banks.
pub struct Network {
    selector: Selector,
    banks: Vec<OpenIdProvider>,
}

/// The network and connections to it. None where no keys can be made.
#[must_use]
pub fn sandbox(site: &SandboxSite) -> Option<Sandbox> {
    build(site).ok()
}

fn build(site: &SandboxSite) -> Result<Sandbox, SimulatorError> {
    let mut connections = Vec::new();
    let mut clients = Vec::new();
    let mut origins = Vec::new();
    for (id, registration) in [(SECRET, Registration::Secret), (MUTUAL_TLS, Registration::MutualTls)] {
        let settings = settings(site, id, registration);
        let credentials = credentials(&needs(&settings), site)?;
        clients.push(client(site, id, registration, &credentials)?);
        origins.push((client_id(id), return_url(site, id, SELECTED.name())));
        connections.push(connection(id, registration, settings, credentials));
    }
    let bank = |bank: &bank::Bank| OpenIdProvider::new(site, bank.profile(clients.clone()));
    let banks = BANKS.iter().map(bank).collect::<Result<Vec<_>, _>>()?;
    let issuers = banks.iter().map(OpenIdProvider::issuer).collect();
    let selector = Selector::new(site, origins, issuers);
    Ok(Sandbox { connections, simulator: Arc::new(Network { selector, banks }) })
}

fn connection(
    id: &str,
    registration: Registration,
    settings: Value,
    credentials: Credentials,
) -> SandboxConnection {
    let name = match registration {
        Registration::Secret => "IDPartner",
        Registration::MutualTls => "IDPartner (mutual TLS, encrypted)",
    };
    let display_name = LocalizedText { en: Some(name.to_owned()), ..LocalizedText::default() };
    SandboxConnection { id: id.to_owned(), display_name, settings, credentials, subject: None }
}

fn settings(site: &SandboxSite, id: &str, registration: Registration) -> Value {
    let base = site.base.as_str().trim_end_matches('/');
    let issuers: Vec<Value> = BANKS
        .iter()
        .map(|bank| {
            json!({
                "issuer": format!("{base}{}", bank.issuer_path),
                "idp_id": bank.idp_id,
                "name": bank.title,
                "endpoint_hosts": [authority(&site.mtls_base)],
            })
        })
        .collect();
    json!({
        "selector": format!("{base}{SELECTOR}"),
        "client_id": client_id(id),
        "client_authentication": match registration {
            Registration::Secret => "client_secret",
            Registration::MutualTls => "mutual_tls",
        },
        "registered_keys": registration == Registration::MutualTls,
        "issuers": issuers,
        "assurance": { "by_acr": { bank::ACR: "substantial" } },
    })
}

fn needs(settings: &Value) -> CredentialNeeds {
    serde_json::from_value::<Settings>(settings.clone())
        .map(|settings| IdPartner::needs(&settings))
        .unwrap_or_default()
}

/// The client as IDPartner's console has it: known to every bank under one id.
fn client(
    site: &SandboxSite,
    id: &str,
    registration: Registration,
    credentials: &Credentials,
) -> Result<Client, SimulatorError> {
    let client = Client::new(&client_id(id), credentials, return_url(site, id, "callback"))?;
    Ok(registration.apply(client))
}

fn client_id(connection: &str) -> String {
    format!("sandbox-{connection}")
}

fn return_url(site: &SandboxSite, connection: &str, leg: &str) -> String {
    format!("{}/{connection}/{leg}", site.return_prefix.as_str().trim_end_matches('/'))
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[async_trait]
impl Simulator for Network {
    async fn answer(&self, request: SimulatedRequest) -> SimulatedResponse {
        let own = BANKS.iter().zip(&self.banks).find(|(bank, _)| {
            request.path.strip_prefix(bank.issuer_path).is_some_and(|rest| rest.starts_with('/'))
        });
        match own {
            Some((_, bank)) => bank.answer(request).await,
            None => self.selector.answer(&request),
        }
    }

    fn set_fault(&self, fault: Option<&str>) -> bool {
        self.selector.set_fault(fault);
        self.banks.iter().filter(|bank| bank.set_fault(fault)).count() == self.banks.len()
    }

    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        self.banks.first().map(Simulator::faults).unwrap_or_default()
    }

    fn personas(&self) -> Vec<&'static str> {
        self.banks.first().map(Simulator::personas).unwrap_or_default()
    }
}
