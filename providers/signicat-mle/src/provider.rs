//! The provider: what each request asks of the older service, and what Signicat must set up.
//!
//! Owns scopes, `acr_values` and the hint's form. The protocol is the toolkit's, the meaning of
//! claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{AuthorizationParams, Connection, Dialect, LoginHint, claims::scopes, hetu::Hetu};
use tunnus_sdk::{
    CredentialNeeds, Definition, Descriptor, Environment, Evidence, Floor, Hidden, Host, Identity, Leg,
    LoginRequest, ProviderError, SettingsError, SetupStep, SubjectSource,
};

use crate::{
    claims::{FTN, GIVEN, Rules, SCOPES, check_acr},
    methods::{METHODS, MethodRule},
    settings::Settings,
};

/// Signicat's older service, with full message-level encryption.
#[derive(Clone, Copy, Debug)]
pub struct SignicatMle;

impl Definition for SignicatMle {
    type Settings = Settings;
    type Provider = Connection<Settings>;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "signicat-mle",
        title: "Signicat, message-level encryption (legacy)",
        countries: &["FI", "NO", "SE"],
        legs: &[Leg::CALLBACK],
        methods: METHODS,
        selects_method: true,
        claims: GIVEN,
        subject: SubjectSource::NationalId,
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
        setup(settings)
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

    #[cfg(feature = "simulator")]
    fn bench(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Bench>, tunnus_sdk::Cause> {
        Ok(Some(crate::simulator::bench(site)?))
    }
}

impl Dialect for Settings {
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError> {
        let acr = self.asked(login)?;
        let mut scope = scopes(&login.claims, SCOPES);
        if self.methods.get(acr).is_some_and(MethodRule::is_finnish) {
            scope = format!("{scope} {FTN}");
        }
        Ok(AuthorizationParams {
            scope,
            acr_values: Some(acr.to_owned()),
            prompt: Some("login".to_owned()),
            login_hint: self.login_hint(login)?,
            ..AuthorizationParams::of(login)
        })
    }

    fn check(&self, login: &LoginRequest, evidence: &Evidence) -> Result<(), ProviderError> {
        check_acr(self.asked(login)?, evidence)
    }

    fn identity(&self, evidence: &Evidence, environment: Environment) -> Result<Identity, ProviderError> {
        Rules { methods: &self.methods, environment }.identity(evidence)
    }
}

impl Settings {
    /// The URN of the method chosen, else the connection's own.
    fn asked(&self, login: &LoginRequest) -> Result<&str, ProviderError> {
        let Some(method) = login.method.as_deref() else { return Ok(&self.acr) };
        let chosen = self.methods.iter().find(|(_, rule)| rule.id.as_deref() == Some(method));
        chosen.map(|(urn, _)| urn.as_str()).ok_or(ProviderError::request_invalid())
    }

    /// The app's hint, as the array that the service wants; a personal identity code as
    /// `subject-CODE`.
    fn login_hint(&self, login: &LoginRequest) -> Result<Option<LoginHint>, ProviderError> {
        let hint = LoginHint::of(login, self.route().is_confidential())?;
        let Some(LoginHint::Text(hint)) = hint else { return Ok(hint) };
        // The form alone counts here: whose code it is, the service finds out.
        let hetu = Hetu::parse(hint.expose_str(), Environment::Sandbox);
        let hint = hetu.map_or(hint, |hetu| Hidden::new(format!("subject-{}", hetu.value().expose_str())));
        Ok(Some(LoginHint::List(vec![hint])))
    }
}

/// What Signicat's support sets: the service has no dashboard.
fn setup(settings: &Settings) -> Vec<SetupStep> {
    let step = |place: &str, value: &str| SetupStep::new(format!("{}: {place}", settings.client_id), value);
    vec![
        step("redirect URI", "{issuer}/return/{connection}/callback"),
        step("scopes", "openid profile signicat.national_id ftn phone"),
        step(
            "public encryption key",
            "the decryption key's public half, a JWK; Signicat answers with a new kid",
        ),
        step("kid of the decryption key", "the one that Signicat answers with, written into our private JWK"),
        step("ID token", "signed and encrypted"),
        step("userinfo response", "signed and encrypted"),
        step("client authentication", "client_secret_basic; the secret goes to the connection's credentials"),
        step("method or portal", &settings.acr),
    ]
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
