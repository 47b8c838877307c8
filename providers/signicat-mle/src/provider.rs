//! The provider: what each request asks of the older service, and what Signicat must set up.
//!
//! Owns scopes, `acr_values` and the hint's form. The protocol is the toolkit's, the meaning of
//! claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{
    AuthorizationParams, LoginHint, RelyingParty,
    claims::scopes,
    hetu::{Hetu, resembles_national_id},
};
use tunnus_sdk::{
    Correlation, CredentialNeeds, Definition, Descriptor, Environment, Evidence, Fault, Finding, Floor,
    Hidden, Host, Identity, Inbound, Leg, LoginRequest, Provider, ProviderError, ProviderState,
    SettingsError, SetupStep, Stage, Step, SubjectSource, async_trait,
};

use crate::{
    claims::{FTN, GIVEN, Rules, SCOPES, check_acr},
    methods::{METHODS, MethodRule},
    settings::Settings,
};

/// Signicat's older service, with full message-level encryption.
#[derive(Clone, Copy, Debug)]
pub struct SignicatMle;

/// One connection at work.
#[derive(Debug)]
pub struct MleConnection {
    party: RelyingParty,
    settings: Settings,
    rules: Rules,
}

impl Definition for SignicatMle {
    type Settings = Settings;
    type Provider = MleConnection;

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

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<MleConnection, ProviderError> {
        let rules = Rules { environment: host.environment(), methods: settings.methods.clone() };
        Ok(MleConnection { party: RelyingParty::new(settings.profile(), host), settings, rules })
    }

    #[cfg(feature = "simulator")]
    fn sandbox(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Sandbox>, tunnus_sdk::Cause> {
        Ok(Some(crate::simulator::sandbox(site)?))
    }
}

#[async_trait]
impl Provider for MleConnection {
    async fn start(&self, login: &LoginRequest) -> Result<Step, ProviderError> {
        let params = self.params(login)?;
        self.party.begin(login, params).await
    }

    async fn resume(
        &self,
        login: &LoginRequest,
        state: ProviderState,
        inbound: Inbound,
    ) -> Result<Step, ProviderError> {
        let evidence = self.party.finish(login, &state, &inbound).await?;
        check_acr(self.asked(login)?, &evidence)?;
        Ok(Step::Authenticated(Box::new(evidence)))
    }

    fn normalise(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        self.rules.identity(evidence)
    }

    fn correlate(&self, inbound: &Inbound) -> Correlation {
        Correlation::State(inbound.params.one("state").unwrap_or_default().into())
    }

    async fn probe(&self) -> Vec<Finding> {
        self.party.probe().await
    }
}

impl MleConnection {
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError> {
        let acr = self.asked(login)?;
        let mut scope = scopes(&login.claims, SCOPES);
        if self.rules.methods.get(acr).is_some_and(MethodRule::is_finnish) {
            scope = format!("{scope} {FTN}");
        }
        Ok(AuthorizationParams {
            scope,
            acr_values: Some(acr.to_owned()),
            prompt: Some("login".to_owned()),
            max_age: login.max_age,
            login_hint: self.login_hint(login)?,
            ui_locales: Some(login.locale.tag().to_owned()),
            ..AuthorizationParams::default()
        })
    }

    /// The URN of the method chosen, else the connection's own.
    fn asked(&self, login: &LoginRequest) -> Result<&str, ProviderError> {
        let Some(method) = login.method.as_deref() else { return Ok(&self.settings.acr) };
        let chosen = self.rules.methods.iter().find(|(_, rule)| rule.id.as_deref() == Some(method));
        chosen.map(|(urn, _)| urn.as_str()).ok_or(request_invalid())
    }

    /// The app's hint, as the array that the service wants; a personal identity code as
    /// `subject-CODE`. What looks like a national id is sent encrypted or not at all.
    fn login_hint(&self, login: &LoginRequest) -> Result<Option<LoginHint>, ProviderError> {
        let Some(hint) = &login.login_hint else { return Ok(None) };
        let text = hint.expose_str();
        let encrypted = self.party.profile().request.protection.encryption().is_some();
        if !encrypted && resembles_national_id(text) {
            return Err(request_invalid());
        }
        // The form alone counts here: whose code it is, the service finds out.
        let hint = match Hetu::parse(text, Environment::Sandbox) {
            Ok(hetu) => Hidden::new(format!("subject-{}", hetu.value().expose_str())),
            Err(_) => hint.clone(),
        };
        Ok(Some(LoginHint::List(vec![hint])))
    }
}

const fn request_invalid() -> ProviderError {
    ProviderError::new(Fault::RequestInvalid, Stage::Par)
}

/// What Signicat's support sets: the service has no dashboard.
fn setup(settings: &Settings) -> Vec<SetupStep> {
    let step = |place: &str, value: &str| SetupStep::new(format!("{}: {place}", settings.client_id), value);
    vec![
        step("redirect URI", "the connection's return URL of the leg `callback`"),
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
