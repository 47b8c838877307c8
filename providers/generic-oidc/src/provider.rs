//! The provider: what each request asks of the upstream, and what its admin must set.
//!
//! Owns scopes, `acr_values`, hints and the upstream's own parameters. The protocol is the toolkit's,
//! the meaning of claims [`crate::claims`]'.

use std::sync::Arc;

use tunnus_oidc::{AuthorizationParams, Connection, Dialect, LoginHint};
use tunnus_sdk::{
    CredentialNeeds, Definition, Descriptor, Environment, Evidence, Floor, Hidden, Host, Identity, Leg,
    LoginRequest, Member, ProviderError, SettingsError, SetupStep, SubjectSource,
};

use crate::{LoginHintForm, RequestObject, claims, settings::Settings};

/// Any standards-following OpenID provider.
#[derive(Clone, Copy, Debug)]
pub struct GenericOidc;

impl Definition for GenericOidc {
    type Settings = Settings;
    type Provider = Connection<Settings>;

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
        let params = AuthorizationParams::of(login);
        Ok(AuthorizationParams {
            scope: claims::scope(self, &login.claims),
            acr_values: self.acr_values.at_least(login.minimum_assurance).map(str::to_owned),
            prompt: self.prompt.clone(),
            login_hint: match self.login_hint {
                LoginHintForm::Off => None,
                LoginHintForm::Text => LoginHint::of(login, self.profile().request.is_confidential())?,
            },
            ui_locales: params.ui_locales.filter(|_| self.ui_locales),
            claims: claims::parameter(self, &login.claims),
            extra: self.extra(login)?,
            ..params
        })
    }

    fn identity(&self, evidence: &Evidence, _: Environment) -> Result<Identity, ProviderError> {
        claims::identity(self, evidence)
    }
}

impl Settings {
    /// The upstream's own parameters. A method that cannot be asked for is refused: the person would
    /// come back from another one.
    fn extra(&self, login: &LoginRequest) -> Result<Vec<(String, Hidden<String>)>, ProviderError> {
        let method = match (&login.method, &self.method_parameter) {
            (Some(method), Some(name)) => Some((name.clone(), method.as_str().into())),
            (Some(_), None) => return Err(ProviderError::request_invalid()),
            (None, _) => None,
        };
        let service = login.service_name.as_deref().zip(self.service_name_parameter.clone());
        let service = service.map(|(text, name)| (name, text.into()));
        let always = self.parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        Ok(always.chain(method).chain(service).collect())
    }
}

/// What the client must be at the upstream, in the words of OpenID Connect Dynamic Registration.
fn setup(settings: &Settings) -> Vec<SetupStep> {
    let needs = settings.profile().needs();
    let mut steps = vec![
        SetupStep::new("redirect_uris", "{issuer}/return/{connection}/callback"),
        SetupStep::new("response_types", "code"),
        SetupStep::new("token_endpoint_auth_method", settings.client_authentication.name()),
        SetupStep::new("id_token_signed_response_alg", algorithms(settings)),
    ];
    if needs.signing.is_some() || needs.decryption {
        steps.push(SetupStep::new("jwks_uri", "{issuer}/connections/{connection}/jwks"));
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

fn algorithms(settings: &Settings) -> String {
    let names: Vec<_> = settings.id_token.signing.iter().map(|algorithm| algorithm.name()).collect();
    names.join(" or ")
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
