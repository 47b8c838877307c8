//! A broker's side of one connection, a browser, and the simulated network between them.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock, Mutex},
};

use serde_json::Value;
use tunnus_idpartner::{IdPartner, SELECTED};
use tunnus_sdk::{
    BrowserRequest, Definition, Environment, Evidence, Host, Identity, Inbound, Leg, Level, LoginRequest,
    Navigate, Provider, ProviderError, ProviderState, RequestMethod, Step, Timestamp, async_trait, erase,
    sandbox::{Sandbox, SandboxConnection, SandboxSite, SimulatedRequest, SimulatedResponse, Simulator},
};
use tunnus_simulator::{Arrival, Browser, Click, Clock, TestHost, test_site};

/// With a client secret, no keys registered.
pub const SECRET: &str = "idpartner";
/// With a client certificate, keys registered.
pub const MUTUAL_TLS: &str = "idpartner-mtls";
/// The banks by the selector's names for them: the first tells all accounts, the second one.
pub const SPECIMEN: &str = "1001";
pub const PLACEHOLDER: &str = "1002";

/// What a test changes of the network's answers.
pub type Edit = fn(&SimulatedRequest, &mut SimulatedResponse);

/// The network with every request written down, and its answers changed.
pub struct Wiretap {
    network: Arc<dyn Simulator>,
    requests: Mutex<Vec<SimulatedRequest>>,
    edit: Edit,
}

impl Wiretap {
    /// The requests to paths that end in `suffix`.
    pub fn requests(&self, suffix: &str) -> Vec<SimulatedRequest> {
        let all = self.requests.lock().unwrap();
        all.iter().filter(|request| request.path.ends_with(suffix)).cloned().collect()
    }
}

#[async_trait]
impl Simulator for Wiretap {
    async fn answer(&self, request: SimulatedRequest) -> SimulatedResponse {
        self.requests.lock().unwrap().push(request.clone());
        let mut response = self.network.answer(request.clone()).await;
        (self.edit)(&request, &mut response);
        response
    }

    fn set_fault(&self, fault: Option<&str>) -> bool {
        self.network.set_fault(fault)
    }

    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        self.network.faults()
    }

    fn personas(&self) -> Vec<&'static str> {
        self.network.personas()
    }
}

/// The network that most tests share: making keys takes longer than a login.
static SHARED: LazyLock<Network> = LazyLock::new(Network::new);

struct Network {
    clock: Clock,
    site: SandboxSite,
    sandbox: Sandbox,
}

impl Network {
    fn new() -> Self {
        let clock = Clock::at(Timestamp(1_795_256_803));
        let site = test_site(&clock);
        let sandbox = IdPartner::sandbox(&site).unwrap().unwrap();
        Self { clock, site, sandbox }
    }
}

pub struct Desk {
    pub clock: Clock,
    pub wiretap: Arc<Wiretap>,
    pub host: Arc<TestHost>,
    pub provider: Arc<dyn Provider>,
    pub connection: SandboxConnection,
    site: SandboxSite,
    browser: Browser,
}

impl Desk {
    pub fn new(connection: &str) -> Self {
        Self::with(connection, |_, _| {})
    }

    /// A desk in a network of its own, with a clock that a test may move.
    pub fn apart(connection: &str) -> Self {
        Self::at(&Network::new(), connection, |_, _| {})
    }

    /// A desk that sees the network's answers changed by `edit`.
    pub fn with(connection: &str, edit: Edit) -> Self {
        Self::at(&SHARED, connection, edit)
    }

    fn at(network: &Network, connection: &str, edit: Edit) -> Self {
        let site = network.site.clone();
        let connections = &network.sandbox.connections;
        let connection = connections.iter().find(|one| one.id == connection).unwrap().clone();
        let network_of = Arc::clone(&network.sandbox.simulator);
        let wiretap = Arc::new(Wiretap { network: network_of, requests: Mutex::default(), edit });
        let definition = erase::<IdPartner>();
        let simulator: Arc<dyn Simulator> = wiretap.clone();
        let host = TestHost::new(definition.as_ref(), &site, Arc::clone(&simulator), &connection).unwrap();
        let host = Arc::new(host);
        let provider = definition.build(&connection.settings, host.clone() as Arc<dyn Host>).unwrap();
        let browser = Browser::new(&site, simulator);
        Self { clock: network.clock.clone(), wiretap, host, provider, connection, site, browser }
    }

    /// The same connection with its settings changed by `change`, and the same host.
    pub fn rebuilt(&self, change: impl FnOnce(&mut Value)) -> Arc<dyn Provider> {
        let mut settings = self.connection.settings.clone();
        change(&mut settings);
        erase::<IdPartner>().build(&settings, self.host.clone() as Arc<dyn Host>).unwrap()
    }

    /// The same connection where persons are real.
    pub fn in_production(&self, change: impl FnOnce(&mut Value)) -> Result<Arc<dyn Provider>, ProviderError> {
        let definition = erase::<IdPartner>();
        let simulator: Arc<dyn Simulator> = self.wiretap.clone();
        let host = TestHost::new(definition.as_ref(), &self.site, simulator, &self.connection).unwrap();
        let host = host.with_environment(Environment::Production);
        let mut settings = self.connection.settings.clone();
        change(&mut settings);
        definition.build(&settings, Arc::new(host))
    }

    /// To the selector, and back with `bank` chosen.
    pub async fn choose(&self, login: &LoginRequest, bank: &str) -> (ProviderState, Inbound) {
        let Navigate { to, expect, state, .. } = navigate(self.provider.start(login).await.unwrap());
        assert_eq!(expect, SELECTED);
        let BrowserRequest::Get(mut url) = to else { panic!("the selector is reached by GET") };
        url.query_pairs_mut().append_pair("bank", bank);
        (state, self.walk(&BrowserRequest::Get(url), &SELECTED).await)
    }

    /// Follows the browser until it is back on `leg`; whoever is shown a page cancels.
    pub async fn walk(&self, to: &BrowserRequest, leg: &Leg) -> Inbound {
        self.walk_and(Click::Cancel, to, leg).await
    }

    async fn walk_and(&self, click: Click<'_>, to: &BrowserRequest, leg: &Leg) -> Inbound {
        match self.browser.walk(to, leg, click).await {
            Arrival::Returned(inbound) => inbound,
            other => panic!("{other:?}"),
        }
    }

    /// To the bank, and back with what came of `click`.
    pub async fn visit(
        &self,
        login: &LoginRequest,
        chosen: (ProviderState, Inbound),
        click: Click<'_>,
    ) -> Result<(ProviderState, Inbound), ProviderError> {
        let (state, inbound) = chosen;
        let Navigate { to, expect, state, .. } = navigate(self.provider.resume(login, state, inbound).await?);
        assert_eq!(expect, Leg::CALLBACK);
        Ok((state, self.walk_and(click, &to, &Leg::CALLBACK).await))
    }

    /// Both trips of the browser, by clicks.
    pub async fn returned(
        &self,
        login: &LoginRequest,
        bank: &str,
        persona: &str,
    ) -> Result<(ProviderState, Inbound), ProviderError> {
        let chosen = self.choose(login, bank).await;
        self.visit(login, chosen, Click::Persona(persona)).await
    }

    /// The end of a login whose browser is back.
    pub async fn finish(
        &self,
        login: &LoginRequest,
        returned: (ProviderState, Inbound),
    ) -> Result<Evidence, ProviderError> {
        match self.provider.resume(login, returned.0, returned.1).await? {
            Step::Authenticated(evidence) => Ok(*evidence),
            Step::Navigate(_) => panic!("a third trip"),
        }
    }

    /// A whole login, by clicks.
    pub async fn identify(
        &self,
        login: &LoginRequest,
        bank: &str,
        persona: &str,
    ) -> Result<Identity, ProviderError> {
        let returned = self.returned(login, bank, persona).await?;
        self.provider.normalise(&self.finish(login, returned).await?)
    }

    pub fn issuer(&self, path: &str) -> String {
        format!("{}{path}", self.site.base)
    }
}

pub fn navigate(step: Step) -> Navigate {
    match step {
        Step::Navigate(navigate) => navigate,
        Step::Authenticated(_) => panic!("nobody was asked who they are"),
    }
}

/// A login that requires everything that the provider can give.
pub fn login(state: &str) -> LoginRequest {
    LoginRequest {
        claims: IdPartner::DESCRIPTOR.claims.iter().copied().collect::<BTreeSet<_>>(),
        required: IdPartner::DESCRIPTOR.claims.iter().copied().collect(),
        minimum_assurance: Level::Substantial,
        visitor_id: Some("visitor-1".into()),
        ..LoginRequest::new(state.into())
    }
}

pub fn inbound(leg: Leg, pairs: &[(&str, &str)]) -> Inbound {
    Inbound { leg, params: pairs.iter().copied().collect() }
}

pub fn is_post(request: &SimulatedRequest) -> bool {
    request.method == RequestMethod::Post
}
