//! One connection of the sandbox, driven as the server drives it, step by step.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tunnus_sdk::{
    BrowserRequest, Environment, Evidence, Identity, Inbound, Leg, Locale, LoginRequest, Member, Provider,
    ProviderError, ProviderState, Step, Timestamp, erase,
    sandbox::{Sandbox, SandboxConnection, SandboxSite},
};
use tunnus_signicat_ftn::{SignicatFtn, simulator::sandbox_of};
use tunnus_simulator::{Arrival, Browser, Click, Clock, TestHost, test_site};

/// A connection with its upstream.
pub struct Bench {
    pub clock: Clock,
    pub sandbox: Sandbox,
    pub host: Arc<TestHost>,
    pub provider: Arc<dyn Provider>,
    browser: Browser,
}

/// A browser that is back, and what the server kept for it.
pub struct Waiting {
    pub login: LoginRequest,
    pub state: ProviderState,
    pub inbound: Inbound,
}

impl Bench {
    /// The connection `id` of a new sandbox.
    pub fn new(id: &str) -> Self {
        Self::in_environment(id, Environment::Sandbox)
    }

    /// The same, of a connection in `environment`.
    pub fn in_environment(id: &str, environment: Environment) -> Self {
        let clock = Clock::at(Timestamp(1_795_256_803));
        let site = test_site(&clock);
        let sandbox = erase::<SignicatFtn>().sandbox(&site).unwrap().unwrap();
        Self::of(clock, &site, sandbox, id, environment)
    }

    /// A connection whose settings differ from the least by `changes`.
    pub fn with(changes: &Value) -> Self {
        let clock = Clock::at(Timestamp(1_795_256_803));
        let site = test_site(&clock);
        let sandbox = sandbox_of(&site, &[("variant", "A variant", changes.clone())]).unwrap();
        Self::of(clock, &site, sandbox, "variant", Environment::Sandbox)
    }

    /// A connection with `changes` at a hub that encrypts responses with `content`.
    pub fn upstream_encrypts(content: &str, changes: &Value) -> Self {
        let clock = Clock::at(Timestamp(1_795_256_803));
        let site = test_site(&clock);
        let upstream = json!({ "response_encryption": [content] });
        let mut sandbox = sandbox_of(&site, &[("variant", "A variant", upstream)]).unwrap();
        let settings = sandbox.connections[0].settings.as_object_mut().unwrap();
        settings.extend(changes.as_object().unwrap().clone());
        Self::of(clock, &site, sandbox, "variant", Environment::Sandbox)
    }

    fn of(clock: Clock, site: &SandboxSite, sandbox: Sandbox, id: &str, environment: Environment) -> Self {
        let definition = erase::<SignicatFtn>();
        let connection = connection(&sandbox, id);
        let simulator = Arc::clone(&sandbox.simulator);
        let host = TestHost::new(definition.as_ref(), site, Arc::clone(&simulator), connection).unwrap();
        let host = Arc::new(host.with_environment(environment));
        let provider = definition.build(&connection.settings, Arc::clone(&host) as Arc<_>).unwrap();
        Self { clock, host, provider, browser: Browser::new(site, simulator), sandbox }
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

    /// The same, and the browser's way until it is back.
    pub async fn walk(&self, login: LoginRequest, click: Click<'_>) -> Result<Waiting, ProviderError> {
        let (to, state) = self.start(&login).await?;
        match self.browser.walk(&to, &Leg::CALLBACK, click).await {
            Arrival::Returned(inbound) => Ok(Waiting { login, state, inbound }),
            other => panic!("not back: {other:?}"),
        }
    }

    /// What the return proves.
    pub async fn resume(&self, waiting: Waiting) -> Result<Evidence, ProviderError> {
        let Waiting { login, state, inbound } = waiting;
        match self.provider.resume(&login, state, inbound).await? {
            Step::Authenticated(evidence) => Ok(*evidence),
            Step::Navigate(_) => panic!("there is one leg only"),
        }
    }

    /// A whole login of `persona`.
    pub async fn identify(&self, login: LoginRequest, persona: &str) -> Result<Identity, ProviderError> {
        let waiting = self.walk(login, Click::Persona(persona)).await?;
        self.clock.advance(Duration::from_secs(2));
        let evidence = self.resume(waiting).await?;
        self.provider.normalise(&evidence)
    }
}

fn connection<'a>(sandbox: &'a Sandbox, id: &str) -> &'a SandboxConnection {
    sandbox.connections.iter().find(|connection| connection.id == id).unwrap()
}

/// A request for these members.
pub fn login(claims: &[Member]) -> LoginRequest {
    LoginRequest {
        claims: claims.iter().copied().collect::<BTreeSet<_>>(),
        locale: Locale::Fi,
        ..LoginRequest::new("4Ag9P2SnDIaWqzXNRc7tBQ".into())
    }
}
