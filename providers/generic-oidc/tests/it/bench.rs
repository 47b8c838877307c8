//! One connection of the sandbox, driven as the server drives it, step by step.

use std::sync::Arc;

use serde_json::{Value, json};
use tunnus_generic_oidc::{GenericOidc, simulator::sandbox_of};
use tunnus_sdk::{
    BrowserRequest, Evidence, Host, Identity, Inbound, Leg, LoginRequest, Member, Provider, ProviderError,
    ProviderState, Step, Timestamp, erase,
    sandbox::{Sandbox, SandboxSite},
};
use tunnus_simulator::{Arrival, Browser, Click, Clock, TestHost, test_site};

/// A connection with its upstream.
pub struct Bench {
    pub clock: Clock,
    pub host: Arc<TestHost>,
    pub provider: Arc<dyn Provider>,
    pub sandbox: Sandbox,
    site: SandboxSite,
    browser: Browser,
}

/// A browser that is back, and what the server kept for it.
#[derive(Clone)]
pub struct Waiting {
    pub login: LoginRequest,
    pub state: ProviderState,
    pub inbound: Inbound,
}

impl Bench {
    /// A connection whose settings differ from the least by `changes`.
    pub fn new(changes: &Value) -> Self {
        let clock = Clock::at(Timestamp(1_795_256_803));
        let site = test_site(&clock);
        let mut changes = changes.clone();
        if changes["client_authentication"] == "tls_client_auth" {
            changes["endpoint_hosts"] = json!(["localhost:4011"]);
        }
        let sandbox = sandbox_of(&site, &[("variant", "A variant", changes)]).unwrap();
        let definition = erase::<GenericOidc>();
        let connection = &sandbox.connections[0];
        let simulator = Arc::clone(&sandbox.simulator);
        let host = TestHost::new(definition.as_ref(), &site, Arc::clone(&simulator), connection).unwrap();
        let host = Arc::new(host);
        let provider = definition.build(&connection.settings, Arc::clone(&host) as Arc<_>).unwrap();
        let browser = Browser::new(&site, simulator);
        Self { clock, host, provider, sandbox, site, browser }
    }

    /// The provider built anew over settings changed in one member, with a host of the old ones.
    pub fn rebuilt(&self, name: &str, value: Value) -> Arc<dyn Provider> {
        let mut settings = self.sandbox.connections[0].settings.clone();
        settings[name] = value;
        erase::<GenericOidc>().build(&settings, Arc::clone(&self.host) as Arc<_>).unwrap()
    }

    /// A host and provider of the same connection that have seen nothing yet, as in another process.
    pub fn elsewhere(&self) -> (Arc<TestHost>, Arc<dyn Provider>) {
        let definition = erase::<GenericOidc>();
        let connection = &self.sandbox.connections[0];
        let simulator = Arc::clone(&self.sandbox.simulator);
        let host = Arc::new(TestHost::new(definition.as_ref(), &self.site, simulator, connection).unwrap());
        let provider = definition.build(&connection.settings, Arc::clone(&host) as Arc<_>).unwrap();
        (host, provider)
    }

    /// A request for every standard member, with a state of its own.
    pub fn login(&self) -> LoginRequest {
        LoginRequest { claims: Member::fixed().collect(), ..LoginRequest::new(self.host.random()) }
    }

    /// What the provider sends the browser away with.
    pub async fn start(
        &self,
        login: &LoginRequest,
    ) -> Result<(BrowserRequest, ProviderState), ProviderError> {
        match self.provider.start(login).await? {
            Step::Navigate(navigate) => Ok((navigate.to, navigate.state)),
            Step::Authenticated(_) => panic!("nobody has logged in yet"),
        }
    }

    /// The same, and the browser's way until it is back or stranded.
    pub async fn walk(&self, login: LoginRequest, click: Click<'_>) -> Result<Waiting, String> {
        let (to, state) = self.start(&login).await.map_err(|error| error.to_string())?;
        match self.browser.walk(&to, &Leg::CALLBACK, click).await {
            Arrival::Returned(inbound) => Ok(Waiting { login, state, inbound }),
            other => Err(format!("{other:?}")),
        }
    }

    /// What the return proves.
    pub async fn resume(&self, waiting: &Waiting) -> Result<Evidence, ProviderError> {
        resume_at(self.provider.as_ref(), waiting).await
    }

    /// A whole login of Onni.
    pub async fn identify(&self) -> Result<Identity, String> {
        let waiting = self.walk(self.login(), Click::Persona("onni")).await?;
        let evidence = self.resume(&waiting).await.map_err(|error| error.to_string())?;
        self.provider.normalise(&evidence).map_err(|error| error.to_string())
    }
}

/// What the return proves to `provider`.
pub async fn resume_at(provider: &dyn Provider, waiting: &Waiting) -> Result<Evidence, ProviderError> {
    let Waiting { login, state, inbound } = waiting.clone();
    match provider.resume(&login, state, inbound).await? {
        Step::Authenticated(evidence) => Ok(*evidence),
        Step::Navigate(_) => panic!("there is one leg only"),
    }
}
