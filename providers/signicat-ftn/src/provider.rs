//! The provider: what each request asks of the eID Hub, and what the hub's admin must set.
//!
//! Owns scopes, `acr_values`, the service name and which hint may travel. The protocol is the
//! toolkit's, the meaning of claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{
    AuthorizationParams, Delivery, LoginHint, RelyingParty, claims::scopes, hetu::resembles_national_id,
};
use tunnus_sdk::{
    Correlation, CredentialNeeds, Definition, Descriptor, Environment, Evidence, Fault, Finding, Floor, Host,
    Identity, Inbound, Leg, Level, LoginRequest, Provider, ProviderError, ProviderState, SettingsError,
    SetupStep, Severity, Stage, Step, SubjectSource, async_trait,
};

use crate::{
    claims::{ALWAYS, GIVEN, METHODS, Rules, SCOPES},
    service_name::{FTN_SP_NAME, ServiceNamePlacement},
    settings::Settings,
};

/// The Finnish Trust Network through Signicat's eID Hub.
#[derive(Clone, Copy, Debug)]
pub struct SignicatFtn;

/// One connection at work.
#[derive(Debug)]
pub struct FtnConnection {
    party: RelyingParty,
    settings: Settings,
    rules: Rules,
}

impl Definition for SignicatFtn {
    type Settings = Settings;
    type Provider = FtnConnection;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "signicat-ftn",
        title: "Finnish Trust Network (Signicat)",
        countries: &["FI"],
        legs: &[Leg::CALLBACK],
        methods: METHODS,
        // The hub documents no key that chooses a bank of the network.
        selects_method: false,
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

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<FtnConnection, ProviderError> {
        let rules = Rules {
            environment: host.environment(),
            sandbox_flag: settings.sandbox_flag,
            assurance: settings.assurance.clone(),
            default_level: settings.default_level,
            method_names: settings.method_names.clone(),
        };
        Ok(FtnConnection { party: RelyingParty::new(settings.profile(), host), settings, rules })
    }

    #[cfg(feature = "simulator")]
    fn sandbox(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Sandbox>, tunnus_sdk::Cause> {
        Ok(Some(crate::simulator::sandbox(site)?))
    }
}

#[async_trait]
impl Provider for FtnConnection {
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
        Ok(Step::Authenticated(Box::new(evidence)))
    }

    fn normalise(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        self.rules.identity(evidence)
    }

    fn correlate(&self, inbound: &Inbound) -> Correlation {
        Correlation::State(inbound.params.one("state").unwrap_or_default().into())
    }

    async fn probe(&self) -> Vec<Finding> {
        let mut findings = self.party.probe().await;
        findings.extend(self.network_finding().await);
        findings
    }
}

impl FtnConnection {
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError> {
        if login.method.is_some() {
            return Err(request_invalid());
        }
        let name = self.service_name(login)?;
        let extra = match (self.settings.service_name_placement, name) {
            (ServiceNamePlacement::Parameter, Some(name)) => vec![(FTN_SP_NAME.to_owned(), name.into())],
            (ServiceNamePlacement::Parameter, None)
            | (ServiceNamePlacement::None | ServiceNamePlacement::AcrValues, _) => Vec::new(),
        };
        Ok(AuthorizationParams {
            scope: format!("{} {ALWAYS}", scopes(&login.claims, SCOPES)),
            acr_values: Some(self.acr_values(login.minimum_assurance, name)),
            // The hub keeps people signed in for an hour: without this, the person may not be asked.
            prompt: Some("login".to_owned()),
            max_age: login.max_age,
            login_hint: self.login_hint(login)?,
            ui_locales: Some(login.locale.tag().to_owned()),
            extra,
            ..AuthorizationParams::default()
        })
    }

    /// Whether the hub knows the network's scope. Where it does not, the network is not activated.
    async fn network_finding(&self) -> Option<Finding> {
        let metadata = self.party.metadata().await.ok()?;
        (metadata.supports("scopes_supported", ALWAYS) == Some(false)).then(|| Finding {
            severity: Severity::Warning,
            subject: "Finnish Trust Network".to_owned(),
            text: format!("the hub's metadata does not name the scope {ALWAYS}"),
            remedy: Some("have Signicat activate the Finnish Trust Network for the account".to_owned()),
        })
    }

    /// `idp:ftn`, and the level where it is above the least that the network knows.
    fn acr_values(&self, minimum: Level, name: Option<&str>) -> String {
        let level = match minimum {
            Level::Unspecified | Level::Low => "",
            Level::Substantial => " loa:substantial",
            Level::High => " loa:high",
        };
        match (self.settings.service_name_placement, name) {
            (ServiceNamePlacement::AcrValues, Some(name)) => format!("idp:ftn{level} {FTN_SP_NAME}:{name}"),
            (ServiceNamePlacement::AcrValues, None)
            | (ServiceNamePlacement::None | ServiceNamePlacement::Parameter, _) => format!("idp:ftn{level}"),
        }
    }

    /// The app's name, else the connection's; none where the dashboard's is shown.
    fn service_name<'a>(&'a self, login: &'a LoginRequest) -> Result<Option<&'a str>, ProviderError> {
        let placement = self.settings.service_name_placement;
        let own = self.settings.service_name.in_locale(login.locale);
        let Some(name) = login.service_name.as_deref().or(own) else { return Ok(None) };
        if placement == ServiceNamePlacement::None {
            return Ok(None);
        }
        placement.check(name).map_err(|error| request_invalid().because(error))?;
        Ok(Some(name))
    }

    /// The app's hint. One that looks like a national id needs encryption of its own: pushed under
    /// TLS alone, or signed in the browser's address, it would stand in logs on the way.
    fn login_hint(&self, login: &LoginRequest) -> Result<Option<LoginHint>, ProviderError> {
        let Some(hint) = &login.login_hint else { return Ok(None) };
        let encrypted = self.party.profile().request.protection.encryption().is_some();
        if !encrypted && resembles_national_id(hint.expose_str()) {
            return Err(request_invalid());
        }
        Ok(Some(LoginHint::Text(hint.clone())))
    }
}

const fn request_invalid() -> ProviderError {
    ProviderError::new(Fault::RequestInvalid, Stage::Par)
}

/// The dashboard's page of the client, and what to set there.
fn setup(settings: &Settings) -> Vec<SetupStep> {
    let client = format!("Products > eID Hub > OIDC clients > {}", settings.client_id);
    let step = |place: &str, value: &str| SetupStep::new(format!("{client} > {place}"), value);
    let encryptions: Vec<_> = settings.response_encryption.iter().map(|content| content.name()).collect();
    let mut steps = vec![
        step("Redirect URIs", "the connection's return URL of the leg `callback`"),
        step("Allowed scopes", "openid profile nin ftn-extra"),
        step(
            "Advanced > Public keys > Import public key",
            "the decryption key's public half, usage Encryption",
        ),
        step("Advanced > Public keys > Import public key", "the signing key's public half, usage Signing"),
        step("Advanced > Security > User Info Response Type", "SignedAndEncrypted"),
        step("Advanced > Security > Encrypt ID Tokens", "on"),
        step("Advanced > Security > Content encryption", &encryptions.join(" or ")),
        step("Advanced > Security > Requires Request Object", "on"),
        step("Advanced > Security > Requires PKCE", "on"),
        step("Identity providers", "the Finnish Trust Network alone"),
    ];
    if settings.request_delivery == Delivery::Pushed {
        steps.push(step("Advanced > Security > Requires PAR", "on"));
    }
    steps.push(step("Client authentication", settings.client_authentication.to_set()));
    if settings.service_name_placement == ServiceNamePlacement::None {
        steps.push(step("FTN service name", "what the person reads at the bank"));
    }
    steps
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
