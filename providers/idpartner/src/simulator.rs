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
    SigningAlgorithm, async_trait,
    sandbox::{
        Bench, KeyWork, MeasuredLogin, Sandbox, SandboxSite, SimulatedRequest, SimulatedResponse, Simulator,
    },
};
use tunnus_simulator::{OpenIdProvider, SimulatorError, register};

pub use self::faults::FAULTS;
use self::{
    bank::{BANKS, Registration},
    selector::{SELECTOR, Selector},
};
use crate::{IdPartner, SELECTED};

/// A connection with a client secret, and no keys registered.
const SECRET: &str = "idpartner";
/// A connection with a client certificate, and its keys registered.
const MUTUAL_TLS: &str = "idpartner-mtls";

/// The selector and the banks.
pub struct Network {
    selector: Selector,
    banks: Vec<OpenIdProvider>,
}

/// The network and connections to it.
///
/// # Errors
/// When no keys can be made.
pub fn sandbox(site: &SandboxSite) -> Result<Sandbox, SimulatorError> {
    let mut connections = Vec::new();
    let mut clients = Vec::new();
    let mut origins = Vec::new();
    for (id, registration) in [(SECRET, Registration::Secret), (MUTUAL_TLS, Registration::MutualTls)] {
        let settings = settings(site, id, registration);
        let registered = register::<IdPartner>(site, id, registration.title(), settings)?;
        // As IDPartner's console has it: known to every bank under one id.
        clients.push(registration.apply(registered.client));
        origins.push((client_id(id), site.return_url(id, &SELECTED)));
        connections.push(registered.connection);
    }
    let bank = |bank: &bank::Bank| OpenIdProvider::new(site, bank.profile(clients.clone()));
    let banks = BANKS.iter().map(bank).collect::<Result<Vec<_>, _>>()?;
    let issuers = banks.iter().map(OpenIdProvider::issuer).collect();
    let selector = Selector::new(site, origins, issuers);
    Ok(Sandbox { connections, simulator: Arc::new(Network { selector, banks }) })
}

/// The network and what is measured there: the request signed, response and ID token opened.
pub(crate) fn bench(site: &SandboxSite) -> Result<Bench, SimulatorError> {
    let keys = KeyWork {
        decrypt: 2,
        sign: 1,
        signing: SigningAlgorithm::PS256,
        verify: 2,
        verifying: SigningAlgorithm::PS256,
        encrypt: 0,
    };
    let logins = vec![MeasuredLogin { connection: MUTUAL_TLS, variant: None, keys }];
    Ok(Bench { sandbox: sandbox(site)?, logins })
}

fn settings(site: &SandboxSite, id: &str, registration: Registration) -> Value {
    let issuers: Vec<Value> = BANKS
        .iter()
        .map(|bank| {
            json!({
                "issuer": site.address(bank.issuer_path),
                "idp_id": bank.idp_id,
                "name": bank.title,
                "endpoint_hosts": [site.mtls_host()],
            })
        })
        .collect();
    json!({
        "selector": site.address(SELECTOR),
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

fn client_id(connection: &str) -> String {
    format!("sandbox-{connection}")
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
