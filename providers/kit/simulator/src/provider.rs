//! The simulated provider: what it holds, and which part of it answers which path.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize};

use serde_json::Value;
use tunnus_jose::{OperationCounts, Operations};
use tunnus_sdk::{
    RequestMethod, Timestamp, async_trait,
    sandbox::{Sandbox, SandboxConnection, SandboxSite, SimulatedRequest, SimulatedResponse, Simulator},
};

use crate::{
    Client, Profile, SimulatorError,
    authorize::LOGIN,
    chance::Chance,
    clients::Clients,
    faults::{self, FaultRow},
    jwks,
    keys::Keys,
    memory::Memory,
    metadata::METADATA,
    oauth_error::OAuthError,
};

/// A simulated OpenID provider.
pub struct OpenIdProvider {
    pub(crate) site: SandboxSite,
    pub(crate) profile: Profile,
    pub(crate) clients: Clients,
    pub(crate) keys: Keys,
    pub(crate) operations: Operations,
    pub(crate) chance: Chance,
    pub(crate) fillers: Vec<Value>,
    pub(crate) jwks_calls: AtomicUsize,
    memory: Mutex<Memory>,
    fault: Mutex<Option<&'static FaultRow>>,
}

impl OpenIdProvider {
    /// The provider of this profile, with new keys of its own.
    ///
    /// # Errors
    /// When no keys can be made, or a client's cannot be read.
    pub fn new(site: &SandboxSite, profile: Profile) -> Result<Self, SimulatorError> {
        let keys = Keys::generate()?;
        Ok(Self {
            site: site.clone(),
            clients: Clients::register(&profile.clients)?,
            profile,
            operations: Operations::new(),
            chance: Chance::new(keys.seed.clone()),
            fillers: jwks::fillers(keys.seed.expose_str()),
            keys,
            jwks_calls: AtomicUsize::new(0),
            memory: Mutex::default(),
            fault: Mutex::default(),
        })
    }

    /// A provider's whole part of the sandbox: the upstream of this profile, the connections to it, and
    /// each as the client that the upstream knows it as.
    ///
    /// # Errors
    /// As [`OpenIdProvider::new`].
    pub fn sandbox(
        site: &SandboxSite,
        profile: Profile,
        registered: Vec<(SandboxConnection, Client)>,
    ) -> Result<Sandbox, SimulatorError> {
        let (connections, clients) = registered.into_iter().unzip();
        let simulator = Self::new(site, Profile { clients, ..profile })?;
        Ok(Sandbox { connections, simulator: Arc::new(simulator) })
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.url("")
    }

    /// The URL of a path below the issuer.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.site.address(&format!("{}{path}", self.profile.issuer_path))
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.site.now)()
    }

    /// The cryptographic operations done so far.
    #[must_use]
    pub fn operations(&self) -> OperationCounts {
        self.operations.counts()
    }

    /// The fault of this name: the profile's own, else a generic one.
    pub(crate) fn fault_named(&self, name: &str) -> Option<&'static FaultRow> {
        self.profile.faults.iter().find(|row| row.name == name).or_else(|| faults::find(name))
    }

    /// The fault that a login is under: its own, else everybody's.
    pub(crate) fn fault_in_force(&self, own: Option<&'static FaultRow>) -> Option<&'static FaultRow> {
        own.or_else(|| *self.fault.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, request: &SimulatedRequest) -> SimulatedResponse {
        let own = self.profile.routes.iter().find(|route| route.path == request.path);
        if let Some(route) = own {
            return (route.answer)(self, request);
        }
        let endpoints = self.profile.endpoints;
        let path = request.path.strip_prefix(self.profile.issuer_path).unwrap_or_default();
        match request.method {
            RequestMethod::Get if path == METADATA => self.discover(),
            RequestMethod::Get if path == endpoints.jwks => self.publish_keys(),
            RequestMethod::Get | RequestMethod::Post if path == endpoints.authorization => {
                self.authorize(request)
            }
            RequestMethod::Get | RequestMethod::Post if path == endpoints.userinfo => self.userinfo(request),
            RequestMethod::Get if path == LOGIN => self.show_login(request),
            RequestMethod::Post if path == LOGIN => self.login(request),
            RequestMethod::Post if path == endpoints.token => self.exchange(request),
            RequestMethod::Post if Some(path) == endpoints.pushed => self.push(request),
            RequestMethod::Get | RequestMethod::Post => {
                self.error_page(OAuthError::new(404, "not_found", "there is nothing at this address"))
            }
        }
    }
}

#[async_trait]
impl Simulator for OpenIdProvider {
    async fn answer(&self, request: SimulatedRequest) -> SimulatedResponse {
        self.respond(&request)
    }

    fn set_fault(&self, fault: Option<&str>) -> bool {
        let row = fault.map(|name| self.fault_named(name));
        let is_known = !matches!(row, Some(None));
        if is_known {
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = row.flatten();
        }
        is_known
    }

    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let own = self.profile.faults;
        let generic = faults::generic().filter(|row| own.iter().all(|own| own.name != row.name));
        generic.chain(own).map(|row| (row.name, row.sentence)).collect()
    }

    fn personas(&self) -> Vec<&'static str> {
        self.profile.personas.iter().map(|persona| persona.id).collect()
    }
}
