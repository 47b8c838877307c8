//! The provider: what each request asks of the eID Hub, and what the hub's admin must set.
//!
//! Owns scopes, `acr_values`, the service name and which hint may travel. The protocol is the
//! toolkit's, the meaning of claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{
    AuthorizationParams, Connection, Delivery, Dialect, LoginHint, Metadata, claims::scopes,
    settings::ClientAuthentication,
};
use tunnus_sdk::{
    CredentialNeeds, Definition, Descriptor, Environment, Evidence, Finding, Floor, Host, Identity, Leg,
    Level, LoginRequest, ProviderError, SettingsError, SetupStep, Severity, SubjectSource,
};

use crate::{
    claims::{ALWAYS, GIVEN, METHODS, Rules, SCOPES},
    service_name::{FTN_SP_NAME, ServiceNamePlacement},
    settings::Settings,
};

/// The Finnish Trust Network through Signicat's eID Hub.
#[derive(Clone, Copy, Debug)]
pub struct SignicatFtn;

impl Definition for SignicatFtn {
    type Settings = Settings;
    type Provider = Connection<Settings>;

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
        if login.method.is_some() {
            return Err(ProviderError::request_invalid());
        }
        let name = self.shown_name(login)?;
        let extra = match (self.service_name_placement, name) {
            (ServiceNamePlacement::Parameter, Some(name)) => vec![(FTN_SP_NAME.to_owned(), name.into())],
            (ServiceNamePlacement::Parameter, None)
            | (ServiceNamePlacement::None | ServiceNamePlacement::AcrValues, _) => Vec::new(),
        };
        // Pushed under TLS alone, or signed in the browser's address, a national id would stand in
        // logs on the way: it needs encryption of its own.
        let encrypted = self.protection().encryption().is_some();
        Ok(AuthorizationParams {
            scope: format!("{} {ALWAYS}", scopes(&login.claims, SCOPES)),
            acr_values: Some(self.acr_values(login.minimum_assurance, name)),
            // The hub keeps people signed in for an hour: without this, the person may not be asked.
            prompt: Some("login".to_owned()),
            login_hint: LoginHint::of(login, encrypted)?,
            extra,
            ..AuthorizationParams::of(login)
        })
    }

    fn identity(&self, evidence: &Evidence, environment: Environment) -> Result<Identity, ProviderError> {
        Rules { settings: self, environment }.identity(evidence)
    }

    /// Whether the hub knows the network's scope. Where it does not, the network is not activated.
    fn findings(&self, metadata: &Metadata) -> Vec<Finding> {
        if metadata.supports("scopes_supported", ALWAYS) != Some(false) {
            return Vec::new();
        }
        vec![Finding {
            severity: Severity::Warning,
            subject: "Finnish Trust Network".to_owned(),
            text: format!("the hub's metadata does not name the scope {ALWAYS}"),
            remedy: Some("have Signicat activate the Finnish Trust Network for the account".to_owned()),
        }]
    }
}

impl Settings {
    /// `idp:ftn`, and the level where it is above the least that the network knows.
    fn acr_values(&self, minimum: Level, name: Option<&str>) -> String {
        let level = match minimum {
            Level::Unspecified | Level::Low => "",
            Level::Substantial => " loa:substantial",
            Level::High => " loa:high",
        };
        match (self.service_name_placement, name) {
            (ServiceNamePlacement::AcrValues, Some(name)) => format!("idp:ftn{level} {FTN_SP_NAME}:{name}"),
            (ServiceNamePlacement::AcrValues, None)
            | (ServiceNamePlacement::None | ServiceNamePlacement::Parameter, _) => format!("idp:ftn{level}"),
        }
    }

    /// The app's name, else the connection's; none where the dashboard's is shown.
    fn shown_name<'a>(&'a self, login: &'a LoginRequest) -> Result<Option<&'a str>, ProviderError> {
        let own = self.service_name.in_locale(login.locale);
        let Some(name) = login.service_name.as_deref().or(own) else { return Ok(None) };
        if self.service_name_placement == ServiceNamePlacement::None {
            return Ok(None);
        }
        let checked = self.service_name_placement.check(name);
        checked.map_err(|error| ProviderError::request_invalid().because(error))?;
        Ok(Some(name))
    }
}

/// The dashboard's page of the client, and what to set there.
fn setup(settings: &Settings) -> Vec<SetupStep> {
    let client = format!("Products > eID Hub > OIDC clients > {}", settings.client_id);
    let step = |place: &str, value: &str| SetupStep::new(format!("{client} > {place}"), value);
    let encryptions: Vec<_> = settings.response_encryption.iter().map(|content| content.name()).collect();
    let mut steps = vec![
        step("Redirect URIs", "{issuer}/return/{connection}/callback"),
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
    let credential = match settings.client_authentication {
        ClientAuthentication::PrivateKeyJwt => "the signing key above",
        ClientAuthentication::ClientSecretBasic | ClientAuthentication::ClientSecretPost => {
            "the secret goes to the connection's credentials"
        }
        ClientAuthentication::TlsClientAuth => "the connection's client certificate",
    };
    let method = settings.client_authentication.name();
    steps.push(step("Client authentication", &format!("{method}; {credential}")));
    if settings.service_name_placement == ServiceNamePlacement::None {
        steps.push(step("FTN service name", "what the person reads at the bank"));
    }
    steps
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
