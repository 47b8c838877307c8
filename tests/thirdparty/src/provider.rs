//! The provider: what it is, what each login asks of Acme ID, and what Acme's admin must set.
//!
//! The protocol is the toolkit's, the meaning of claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{AuthorizationParams, LoginHint, RelyingParty, claims::scopes};
use tunnus_sdk::{
    Correlation, CredentialNeeds, Definition, Descriptor, Environment, Evidence, Finding, Floor, Host,
    Identity, Inbound, Leg, LoginRequest, Provider, ProviderError, ProviderState, SettingsError, SetupStep,
    Step, SubjectSource, async_trait,
};

use crate::{
    Settings,
    claims::{self, GIVEN, SCOPES},
};

/// Acme ID.
#[derive(Clone, Copy, Debug)]
pub struct Acme;

/// One connection at work.
#[derive(Debug)]
pub struct AcmeConnection {
    party: RelyingParty,
    settings: Settings,
}

impl Definition for Acme {
    type Settings = Settings;
    type Provider = AcmeConnection;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "acme-id",
        title: "Acme ID",
        countries: &["FI"],
        legs: &[Leg::CALLBACK],
        methods: &[],
        selects_method: false,
        claims: GIVEN,
        subject: SubjectSource::Upstream,
        remembers_visitor: false,
    };

    fn check(settings: &Settings, environment: Environment) -> Vec<SettingsError> {
        settings.faults(environment)
    }

    fn needs(settings: &Settings) -> CredentialNeeds {
        settings.profile().needs()
    }

    fn floor(settings: &Settings) -> Floor {
        settings.profile().floor()
    }

    fn setup(settings: &Settings) -> Vec<SetupStep> {
        vec![
            SetupStep::new("Client id", settings.client_id.as_str()),
            SetupStep::new("Return address", "the connection's return URL of the leg `callback`"),
            SetupStep::new("Client keys", "the address of the connection's public keys"),
        ]
    }

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<AcmeConnection, ProviderError> {
        Ok(AcmeConnection { party: RelyingParty::new(settings.profile(), host), settings })
    }

    #[cfg(feature = "simulator")]
    fn sandbox(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Sandbox>, tunnus_sdk::Cause> {
        Ok(Some(crate::simulator::sandbox(site)?))
    }
}

#[async_trait]
impl Provider for AcmeConnection {
    async fn start(&self, login: &LoginRequest) -> Result<Step, ProviderError> {
        let params = AuthorizationParams {
            scope: scopes(&login.claims, SCOPES),
            acr_values: Some(claims::acr_values(&self.settings.tiers, login.minimum_assurance)?),
            max_age: login.max_age,
            login_hint: login.login_hint.clone().map(LoginHint::Text),
            ui_locales: Some(login.locale.tag().to_owned()),
            ..AuthorizationParams::default()
        };
        self.party.begin(login, params).await
    }

    async fn resume(
        &self,
        login: &LoginRequest,
        state: ProviderState,
        inbound: Inbound,
    ) -> Result<Step, ProviderError> {
        let evidence = self.party.finish(login, &state, &inbound).await?;
        Ok(Step::Authenticated(Box::new(evidence)))
    }

    fn normalise(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        claims::identity(&self.settings.tiers, evidence)
    }

    fn correlate(&self, inbound: &Inbound) -> Correlation {
        self.party.correlate(inbound)
    }

    async fn probe(&self) -> Vec<Finding> {
        self.party.probe().await
    }
}
