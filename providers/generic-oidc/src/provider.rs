//! The provider: what each request asks of the upstream, and what its admin must set.
//!
//! Owns scopes, `acr_values`, hints and the upstream's own parameters. The protocol is the toolkit's,
//! the meaning of claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{AuthorizationParams, LoginHint, RelyingParty, hetu::resembles_national_id};
use tunnus_sdk::{
    Candidate, Correlation, CredentialNeeds, Definition, Descriptor, Environment, Evidence, Fault, Finding,
    Floor, Hidden, Host, Identity, Inbound, Leg, LoginRequest, Member, Provider, ProviderError,
    ProviderState, SettingsError, SetupStep, Stage, Step, SubjectSource, async_trait,
};

use crate::{ClientAuthentication, LoginHintForm, RequestObject, claims, settings::Settings};

/// Any standards-following OpenID provider.
#[derive(Clone, Copy, Debug)]
pub struct GenericOidc;

/// One connection at work.
#[derive(Debug)]
pub struct OidcConnection {
    party: RelyingParty,
    settings: Settings,
}

impl Definition for GenericOidc {
    type Settings = Settings;
    type Provider = OidcConnection;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "generic-oidc",
        title: "OpenID Connect",
        countries: &[],
        legs: &[Leg::CALLBACK],
        methods: &[],
        // Where the settings name the upstream's parameter for it; otherwise the request is refused.
        selects_method: true,
        claims: &[
            Member::FullName,
            Member::GivenName,
            Member::FamilyName,
            Member::BirthDate,
            Member::NationalId,
            Member::OtherIds,
            Member::Email,
            Member::Phone,
            Member::Gender,
            Member::Nationality,
            Member::Address,
        ],
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
        setup(settings)
    }

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<OidcConnection, ProviderError> {
        Ok(OidcConnection { party: RelyingParty::new(settings.profile(), host), settings })
    }

    #[cfg(feature = "simulator")]
    fn sandbox(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Sandbox>, tunnus_sdk::Cause> {
        Ok(Some(crate::simulator::sandbox(site)?))
    }
}

#[async_trait]
impl Provider for OidcConnection {
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
        claims::identity(&self.settings, evidence)
    }

    fn correlate(&self, inbound: &Inbound) -> Correlation {
        self.party.correlate(inbound)
    }

    async fn choose(&self, candidates: &[Candidate<'_>], inbound: &Inbound) -> Option<usize> {
        self.party.choose_by_state(candidates, inbound).await
    }

    async fn probe(&self) -> Vec<Finding> {
        self.party.probe().await
    }
}

impl OidcConnection {
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError> {
        let settings = &self.settings;
        Ok(AuthorizationParams {
            scope: claims::scope(settings, &login.claims),
            acr_values: settings.acr_values.at_least(login.minimum_assurance).map(str::to_owned),
            prompt: settings.prompt.clone(),
            max_age: login.max_age,
            login_hint: self.login_hint(login)?,
            ui_locales: settings.ui_locales.then(|| login.locale.tag().to_owned()),
            claims: claims::parameter(settings, &login.claims),
            extra: self.extra(login)?,
        })
    }

    /// The app's hint. One that looks like a national id may not stand in the browser's address.
    fn login_hint(&self, login: &LoginRequest) -> Result<Option<LoginHint>, ProviderError> {
        let hint = match self.settings.login_hint {
            LoginHintForm::Off => None,
            LoginHintForm::Text => login.login_hint.as_ref(),
        };
        let Some(hint) = hint else { return Ok(None) };
        if !self.party.profile().request.is_confidential() && resembles_national_id(hint.expose_str()) {
            return Err(request_invalid());
        }
        Ok(Some(LoginHint::Text(hint.clone())))
    }

    /// The upstream's own parameters. A method that cannot be asked for is refused: the person would
    /// come back from another one.
    fn extra(&self, login: &LoginRequest) -> Result<Vec<(String, Hidden<String>)>, ProviderError> {
        let settings = &self.settings;
        let method = match (&login.method, &settings.method_parameter) {
            (Some(method), Some(name)) => Some((name.clone(), method.as_str().into())),
            (Some(_), None) => return Err(request_invalid()),
            (None, _) => None,
        };
        let service = login.service_name.as_deref().zip(settings.service_name_parameter.clone());
        let service = service.map(|(text, name)| (name, text.into()));
        let always = settings.parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        Ok(always.chain(method).chain(service).collect())
    }
}

const fn request_invalid() -> ProviderError {
    ProviderError::new(Fault::RequestInvalid, Stage::Par)
}

/// What the client must be at the upstream, in the words of OpenID Connect Dynamic Registration.
fn setup(settings: &Settings) -> Vec<SetupStep> {
    let needs = settings.profile().needs();
    let mut steps = vec![
        SetupStep::new("redirect_uris", "the connection's return URL of the leg `callback`"),
        SetupStep::new("response_types", "code"),
        SetupStep::new("token_endpoint_auth_method", auth_method(settings.client_authentication)),
        SetupStep::new("id_token_signed_response_alg", algorithms(settings)),
    ];
    if needs.signing.is_some() || needs.decryption {
        steps.push(SetupStep::new("jwks_uri", "the connection's public keys"));
    }
    if settings.request_protection != RequestObject::Plain {
        steps.push(SetupStep::new("request_object_signing_alg", settings.signing_algorithm.name()));
    }
    if settings.request_delivery == tunnus_oidc::Delivery::Pushed {
        steps.push(SetupStep::new("require_pushed_authorization_requests", "true"));
    }
    if needs.certificate {
        steps.push(SetupStep::new("tls_client_auth_subject_dn", "the subject of the client certificate"));
    }
    steps
}

const fn auth_method(authentication: ClientAuthentication) -> &'static str {
    match authentication {
        ClientAuthentication::PrivateKeyJwt => "private_key_jwt",
        ClientAuthentication::ClientSecretBasic => "client_secret_basic",
        ClientAuthentication::ClientSecretPost => "client_secret_post",
        ClientAuthentication::TlsClientAuth => "tls_client_auth",
    }
}

fn algorithms(settings: &Settings) -> String {
    let names: Vec<_> = settings.id_token.signing.iter().map(|algorithm| algorithm.name()).collect();
    names.join(" or ")
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
