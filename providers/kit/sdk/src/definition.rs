//! What a provider is: its settings, its needs, and how one is built. Typed inside, erased outside.

use std::{marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Cause, Floor, Hidden, Host, Leg, Member, Provider, ProviderError,
    sandbox::{Bench, Sandbox, SandboxSite},
};

/// Where a connection's persons are real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real persons.
    Production,
    /// Test persons.
    Sandbox,
}

/// The languages of pages and of what the person is shown upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Finnish
    Fi,
    /// Swedish
    Sv,
    /// English
    #[default]
    En,
}

impl Locale {
    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Fi => "fi",
            Self::Sv => "sv",
            Self::En => "en",
        }
    }
}

/// A text in the languages that somebody wrote it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LocalizedText {
    /// In Finnish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fi: Option<String>,
    /// In Swedish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sv: Option<String>,
    /// In English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl LocalizedText {
    /// A text in English alone: it is then shown in every language.
    pub fn english(text: impl Into<String>) -> Self {
        Self { en: Some(text.into()), ..Self::default() }
    }

    /// The text in `locale`, else in English, Finnish, Swedish.
    #[must_use]
    pub fn in_locale(&self, locale: Locale) -> Option<&str> {
        let wanted = match locale {
            Locale::Fi => &self.fi,
            Locale::Sv => &self.sv,
            Locale::En => &self.en,
        };
        [wanted, &self.en, &self.fi, &self.sv].into_iter().find_map(Option::as_deref)
    }

    /// Every text that is set, with its language.
    pub fn all(&self) -> impl Iterator<Item = (Locale, &str)> {
        let texts = [(Locale::Fi, &self.fi), (Locale::Sv, &self.sv), (Locale::En, &self.en)];
        texts.into_iter().filter_map(|(locale, text)| Some((locale, text.as_deref()?)))
    }
}

/// What the subject that apps see is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectSource {
    /// The national id: the same person at every bank.
    NationalId,
    /// The upstream's issuer and `sub`.
    Upstream,
}

/// A bank or other method behind a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MethodInfo {
    /// A stable id.
    pub id: &'static str,
    /// A name for people.
    pub name: &'static str,
}

/// The fixed facts of a provider.
#[derive(Clone, Debug, Serialize)]
pub struct Descriptor {
    /// The id that settings name: lower case, hyphens.
    pub id: &'static str,
    /// A name for people.
    pub title: &'static str,
    /// ISO 3166-1 alpha-2 codes of the countries it identifies people of; empty for any.
    pub countries: &'static [&'static str],
    /// The legs it may use, each with a return URL of its own.
    pub legs: &'static [Leg],
    /// The methods known to stand behind it; the upstream may have more.
    pub methods: &'static [MethodInfo],
    /// Whether an app may preselect a method at the upstream.
    pub selects_method: bool,
    /// The members it can give. [`Member::AgeOver`] is listed where it comes as a claim; ages can
    /// also be derived from a birth date.
    pub claims: &'static [Member],
    /// What the subject is made from unless the connection says otherwise.
    pub subject: SubjectSource,
    /// Whether it wants a lasting id of the browser ([`crate::LoginRequest::visitor_id`]).
    pub remembers_visitor: bool,
}

/// A fault in a connection's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsError {
    /// JSON pointer into the settings (RFC 6901).
    pub pointer: String,
    /// What is wrong and how it should be, without the value.
    pub message: String,
}

impl SettingsError {
    /// A fault at `pointer`.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// One thing that the upstream's admin must set, for the setup sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetupStep {
    /// Where to set it, in the upstream's own words.
    pub place: String,
    /// What to set there. `{issuer}` stands for the tenant's issuer, `{connection}` for the connection's
    /// id: return URLs are `{issuer}/return/{connection}/LEG`, public keys are found at
    /// `{issuer}/connections/{connection}/jwks`.
    pub value: String,
}

impl SetupStep {
    /// Set `value` at `place`.
    pub fn new(place: impl Into<String>, value: impl Into<String>) -> Self {
        Self { place: place.into(), value: value.into() }
    }
}

/// Which credentials a connection with certain settings must have, and which it may not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CredentialNeeds {
    /// A client secret.
    pub client_secret: bool,
    /// A signing key for this algorithm.
    pub signing: Option<crate::SigningAlgorithm>,
    /// At least one decryption key.
    pub decryption: bool,
    /// A client certificate with its key.
    pub certificate: bool,
}

/// A connection's credentials. Held by the host alone; a provider never sees them.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The client secret.
    pub client_secret: Option<Hidden<String>>,
    /// Private signing keys, the active one first: JWK as JSON, or PEM.
    pub signing: Vec<Hidden<String>>,
    /// Private decryption keys, at most four: JWK as JSON, or PEM.
    pub decryption: Vec<Hidden<String>>,
    /// The client certificate chain and its private key, PEM.
    pub certificate: Option<Hidden<String>>,
    /// Certificate authorities trusted for this connection beside the public ones, PEM.
    pub trust_anchor: Option<String>,
}

/// The code for one kind of upstream.
#[async_trait]
pub trait Definition: Send + Sync + 'static {
    /// What a connection's admin sets. Doc comments become help texts. Never a secret.
    type Settings: DeserializeOwned + JsonSchema + Send + Sync;
    /// What is built from them.
    type Provider: Provider + 'static;

    /// The fixed facts.
    const DESCRIPTOR: Descriptor;

    /// All faults in the settings that their type does not show.
    fn check(settings: &Self::Settings, environment: Environment) -> Vec<SettingsError>;

    /// Which credentials these settings need.
    fn needs(settings: &Self::Settings) -> CredentialNeeds;

    /// The least that the host may be asked to demand.
    fn floor(settings: &Self::Settings) -> Floor;

    /// What the upstream's admin must set.
    fn setup(settings: &Self::Settings) -> Vec<SetupStep>;

    /// Builds the provider. No network: the upstream may be away.
    ///
    /// # Errors
    /// [`crate::Fault::ConnectionMisconfigured`] where the settings cannot work.
    fn build(settings: Self::Settings, host: Arc<dyn Host>) -> Result<Self::Provider, ProviderError>;

    /// The simulated upstream and connections to it; none where the crate brings none.
    ///
    /// # Errors
    /// Whatever kept the simulator from being made: the sandbox then does not start.
    fn sandbox(site: &SandboxSite) -> Result<Option<Sandbox>, Cause> {
        let _ = site;
        Ok(None)
    }

    /// The simulated upstream with the logins that `tunnus bench` measures; none where the crate brings
    /// none.
    ///
    /// # Errors
    /// As [`Definition::sandbox`].
    fn bench(site: &SandboxSite) -> Result<Option<Bench>, Cause> {
        let _ = site;
        Ok(None)
    }
}

/// A [`Definition`] without its types, as the server keeps it.
pub trait ErasedDefinition: Send + Sync {
    /// The fixed facts.
    fn descriptor(&self) -> Descriptor;
    /// The JSON Schema of the settings.
    fn schema(&self) -> Schema;
    /// All faults in the settings.
    fn check(&self, settings: &Value, environment: Environment) -> Vec<SettingsError>;
    /// Which credentials the settings need. `None` where they do not parse.
    fn needs(&self, settings: &Value) -> Option<CredentialNeeds>;
    /// The floor. `None` where the settings do not parse.
    fn floor(&self, settings: &Value) -> Option<Floor>;
    /// What the upstream's admin must set. Empty where the settings do not parse.
    fn setup(&self, settings: &Value) -> Vec<SetupStep>;
    /// Builds the provider.
    ///
    /// # Errors
    /// [`crate::Fault::ConnectionMisconfigured`] where the settings do not parse or cannot work.
    fn build(&self, settings: &Value, host: Arc<dyn Host>) -> Result<Arc<dyn Provider>, ProviderError>;
    /// The simulated upstream, where there is one.
    ///
    /// # Errors
    /// Whatever kept it from being made.
    fn sandbox(&self, site: &SandboxSite) -> Result<Option<Sandbox>, Cause>;
    /// The same with the logins that are measured.
    ///
    /// # Errors
    /// Whatever kept it from being made.
    fn bench(&self, site: &SandboxSite) -> Result<Option<Bench>, Cause>;
}

/// Erases the types of `D`.
#[must_use]
pub fn erase<D: Definition>() -> Arc<dyn ErasedDefinition> {
    Arc::new(Erased::<D>(PhantomData))
}

struct Erased<D>(PhantomData<fn() -> D>);

impl<D: Definition> Erased<D> {
    fn parse(settings: &Value) -> Result<D::Settings, serde_json::Error> {
        D::Settings::deserialize(settings)
    }
}

impl<D: Definition> ErasedDefinition for Erased<D> {
    fn descriptor(&self) -> Descriptor {
        D::DESCRIPTOR
    }

    fn schema(&self) -> Schema {
        schemars::schema_for!(D::Settings)
    }

    fn check(&self, settings: &Value, environment: Environment) -> Vec<SettingsError> {
        match Self::parse(settings) {
            Ok(settings) => D::check(&settings, environment),
            Err(error) => vec![SettingsError::new("", error.to_string())],
        }
    }

    fn needs(&self, settings: &Value) -> Option<CredentialNeeds> {
        Self::parse(settings).ok().map(|settings| D::needs(&settings))
    }

    fn floor(&self, settings: &Value) -> Option<Floor> {
        Self::parse(settings).ok().map(|settings| D::floor(&settings))
    }

    fn setup(&self, settings: &Value) -> Vec<SetupStep> {
        Self::parse(settings).map(|settings| D::setup(&settings)).unwrap_or_default()
    }

    fn build(&self, settings: &Value, host: Arc<dyn Host>) -> Result<Arc<dyn Provider>, ProviderError> {
        let settings = Self::parse(settings).map_err(|source| {
            ProviderError::new(crate::Fault::ConnectionMisconfigured, crate::Stage::Discovery).because(source)
        })?;
        Ok(Arc::new(D::build(settings, host)?))
    }

    fn sandbox(&self, site: &SandboxSite) -> Result<Option<Sandbox>, Cause> {
        D::sandbox(site)
    }

    fn bench(&self, site: &SandboxSite) -> Result<Option<Bench>, Cause> {
        D::bench(site)
    }
}
