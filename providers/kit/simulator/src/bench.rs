//! A provider's sandbox on a bench, within one process: for the conformance run, and for the tests
//! that a provider's crate has beside it.
//!
//! Owns what stands around a provider under test: clock, site, host, browser. What a test asks of it
//! is the test's.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tunnus_sdk::{
    Definition, Environment, ErasedDefinition, Evidence, Fault, Host, Identity, Inbound, LoginRequest,
    Member, Navigate, Provider, ProviderError, ProviderState, Stage, Step, Timestamp, erase,
    sandbox::{Sandbox, SandboxConnection, SandboxSite, Simulator},
};

use crate::{Arrival, Browser, Click, Clock, SimulatorError, TestHost, Variant, test_site};

/// When a bench's clock begins.
const START: Timestamp = Timestamp(1_795_256_803);

/// A provider's sandbox, with a clock of its own.
pub struct Bench {
    /// The clock that all of it goes by.
    pub clock: Clock,
    /// The upstream and the connections to it.
    pub sandbox: Sandbox,
    pub(crate) site: SandboxSite,
    pub(crate) definition: Arc<dyn ErasedDefinition>,
}

impl Bench {
    /// The sandbox that `D` brings.
    ///
    /// # Errors
    /// When it brings none, or it cannot be made.
    pub fn of<D: Definition>() -> Result<Self, SimulatorError> {
        Self::made::<D>(|site| D::sandbox(site).map_err(SimulatorError::Sandbox)?.ok_or(SimulatorError::None))
    }

    /// The sandbox that `make` makes of the site that it gets.
    ///
    /// # Errors
    /// As `make`.
    pub fn made<D: Definition>(
        make: impl FnOnce(&SandboxSite) -> Result<Sandbox, SimulatorError>,
    ) -> Result<Self, SimulatorError> {
        let clock = Clock::at(START);
        let site = test_site(&clock);
        Ok(Self { sandbox: make(&site)?, clock, site, definition: erase::<D>() })
    }

    /// One connection that differs from the least settings by `changes`, its id `variant`.
    ///
    /// # Errors
    /// As `make`.
    pub fn variant<D: Definition>(
        make: fn(&SandboxSite, &[Variant<'_>]) -> Result<Sandbox, SimulatorError>,
        changes: &Value,
    ) -> Result<Self, SimulatorError> {
        Self::made::<D>(|site| make(site, &[("variant", "A variant", changes.clone())]))
    }

    /// The connection `id` at work: a host and a provider that have seen nothing yet.
    ///
    /// # Errors
    /// When there is no such connection, or it cannot be built.
    pub fn open(&self, id: &str) -> Result<Setup, SimulatorError> {
        self.open_in(id, Environment::Sandbox)
    }

    /// The same, as a connection of `environment`.
    ///
    /// # Errors
    /// As [`Bench::open`].
    pub fn open_in(&self, id: &str, environment: Environment) -> Result<Setup, SimulatorError> {
        let connection = self.sandbox.connections.iter().find(|connection| connection.id == id);
        let connection = connection.ok_or(SimulatorError::Connection)?;
        self.setup_on(connection, self.host(connection)?.with_environment(environment))
    }

    /// A host for `connection` that has seen nothing yet.
    pub(crate) fn host(&self, connection: &SandboxConnection) -> Result<TestHost, SimulatorError> {
        let simulator = Arc::clone(&self.sandbox.simulator);
        TestHost::new(self.definition.as_ref(), &self.site, simulator, connection)
    }

    /// A new provider on this host.
    pub(crate) fn setup_on(
        &self,
        connection: &SandboxConnection,
        host: TestHost,
    ) -> Result<Setup, SimulatorError> {
        let host = Arc::new(host);
        let provider = self.definition.build(&connection.settings, Arc::clone(&host) as Arc<_>);
        let simulator = Arc::clone(&self.sandbox.simulator);
        Ok(Setup {
            clock: self.clock.clone(),
            connection: connection.clone(),
            provider: provider.map_err(SimulatorError::Provider)?,
            host,
            browser: Browser::new(&self.site, Arc::clone(&simulator)),
            simulator,
            definition: Arc::clone(&self.definition),
        })
    }
}

/// One connection in use: provider, host, browser.
pub struct Setup {
    /// The bench's clock.
    pub clock: Clock,
    /// The upstream.
    pub simulator: Arc<dyn Simulator>,
    /// The connection.
    pub connection: SandboxConnection,
    /// What the provider was built on.
    pub host: Arc<TestHost>,
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// The person's browser.
    pub browser: Browser,
    definition: Arc<dyn ErasedDefinition>,
}

/// A browser that is back, and what the server kept for it.
#[derive(Clone)]
pub struct Waiting {
    /// What was asked for.
    pub login: LoginRequest,
    /// What the provider kept.
    pub state: ProviderState,
    /// What the browser brought.
    pub inbound: Inbound,
}

impl Setup {
    /// A login request that these members are required for, with a state of its own.
    #[must_use]
    pub fn login(&self, claims: &[Member]) -> LoginRequest {
        let remembers_visitor = self.definition.descriptor().remembers_visitor;
        LoginRequest {
            claims: claims.iter().copied().collect(),
            required: claims.iter().copied().collect(),
            visitor_id: remembers_visitor.then(|| self.host.random()),
            ..LoginRequest::new(self.host.random())
        }
    }

    /// The same for everything that the provider can give.
    #[must_use]
    pub fn login_for_all(&self) -> LoginRequest {
        self.login(self.definition.descriptor().claims)
    }

    /// The provider built anew, of `settings`, on the same host.
    ///
    /// # Errors
    /// As [`Definition::build`].
    pub fn rebuilt(&self, settings: &Value) -> Result<Arc<dyn Provider>, ProviderError> {
        self.definition.build(settings, Arc::clone(&self.host) as Arc<_>)
    }

    /// Where the provider sends the browser first.
    ///
    /// # Errors
    /// As [`Provider::start`].
    pub async fn start(&self, login: &LoginRequest) -> Result<Navigate, ProviderError> {
        match self.provider.start(login).await? {
            Step::Navigate(navigate) => Ok(navigate),
            Step::Authenticated(_) => Err(astray("identified before anybody was asked")),
        }
    }

    /// The same, and the browser's way until it is back.
    ///
    /// # Errors
    /// As [`Provider::start`]; [`Fault::Internal`] when the browser does not come back.
    pub async fn walk(&self, login: LoginRequest, click: Click<'_>) -> Result<Waiting, ProviderError> {
        let Navigate { to, expect, state, .. } = self.start(&login).await?;
        match self.browser.walk(&to, &expect, click).await {
            Arrival::Returned(inbound) => Ok(Waiting { login, state, inbound }),
            Arrival::Stranded { status, text } => Err(astray(&format!("stranded: {status}, {text}"))),
            Arrival::Elsewhere => Err(astray("sent to a foreign address")),
        }
    }

    /// What a return proves, where it is the last.
    ///
    /// # Errors
    /// As [`Provider::resume`]; [`Fault::Internal`] when another leg follows.
    pub async fn resume(&self, waiting: Waiting) -> Result<Evidence, ProviderError> {
        resume_at(self.provider.as_ref(), waiting).await
    }

    /// A whole login of `persona` on one leg, two seconds long.
    ///
    /// # Errors
    /// Whatever ends it.
    pub async fn identify(&self, login: LoginRequest, persona: &str) -> Result<Identity, ProviderError> {
        let waiting = self.walk(login, Click::Persona(persona)).await?;
        self.clock.advance(Duration::from_secs(2));
        self.provider.normalise(&self.resume(waiting).await?)
    }
}

/// What a return proves to `provider`, where it is the last.
///
/// # Errors
/// As [`Provider::resume`]; [`Fault::Internal`] when another leg follows.
pub async fn resume_at(provider: &dyn Provider, waiting: Waiting) -> Result<Evidence, ProviderError> {
    let Waiting { login, state, inbound } = waiting;
    match provider.resume(&login, state, inbound).await? {
        Step::Authenticated(evidence) => Ok(*evidence),
        Step::Navigate(_) => Err(astray("sent on another leg")),
    }
}

/// Something that no honest step leads to.
fn astray(where_to: &str) -> ProviderError {
    ProviderError::new(Fault::Internal, Stage::Callback).because(where_to)
}
