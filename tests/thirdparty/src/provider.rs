//! The provider: what it is, what each login asks of Acme ID, and what Acme's admin must set.
//!
//! The protocol is the toolkit's, the meaning of claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{AuthorizationParams, Connection, Dialect, LoginHint, claims::scopes};
use tunnus_sdk::{
    CredentialNeeds, Definition, Descriptor, Environment, Evidence, Floor, Host, Identity, Leg, LoginRequest,
    ProviderError, SettingsError, SetupStep, SubjectSource,
};

use crate::{
    Settings,
    claims::{self, GIVEN, SCOPES},
};

/// Acme ID.
#[derive(Clone, Copy, Debug)]
pub struct Acme;

impl Definition for Acme {
    type Settings = Settings;
    type Provider = Connection<Settings>;

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
            SetupStep::new("Return address", "{issuer}/return/{connection}/callback"),
            SetupStep::new("Client keys", "{issuer}/connections/{connection}/jwks"),
        ]
    }

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<Self::Provider, ProviderError> {
        Ok(Connection::new(settings.profile(), settings, host))
    }

    #[cfg(feature = "simulator")]
    fn sandbox(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Sandbox>, tunnus_sdk::Cause> {
        Ok(Some(crate::simulator::sandbox(site)?))
    }
}

impl Dialect for Settings {
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError> {
        Ok(AuthorizationParams {
            scope: scopes(&login.claims, SCOPES),
            acr_values: Some(claims::acr_values(&self.tiers, login.minimum_assurance)?),
            login_hint: LoginHint::of(login, self.profile().request.is_confidential())?,
            ..AuthorizationParams::of(login)
        })
    }

    fn identity(&self, evidence: &Evidence, _: Environment) -> Result<Identity, ProviderError> {
        claims::identity(&self.tiers, evidence)
    }
}
