//! A provider that does nothing, and a folder of secrets, for the tests of tenants' files.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use schemars::JsonSchema;
use serde::Deserialize;
use tempfile::TempDir;
use tunnus_jose::{KeyUse, generate};
use tunnus_sdk::{
    CredentialNeeds, Definition, Descriptor, Environment, Evidence, Finding, Floor, Hidden, Host, Identity,
    Inbound, Leg, LoginRequest, Member, Provider, ProviderError, ProviderState, SettingsError, SetupStep,
    SigningAlgorithm, Step, SubjectSource, async_trait,
};

use crate::{config::References, providers::Providers};

/// The settings of [`Stub`]: each says what credentials it needs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubSettings {
    issuer: String,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    signing: Option<SigningAlgorithm>,
    #[serde(default)]
    encrypted: bool,
    #[serde(default)]
    certificate: bool,
}

/// A provider that no one can be.
pub enum Stub {}

/// A definition with the id `stub`.
pub struct StubDefinition;

#[async_trait]
impl Definition for StubDefinition {
    type Settings = StubSettings;
    type Provider = Stub;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "stub",
        title: "Stub",
        countries: &["FI"],
        legs: &[Leg::CALLBACK],
        methods: &[],
        selects_method: false,
        claims: &[Member::FullName],
        subject: SubjectSource::Upstream,
        remembers_visitor: false,
    };

    fn check(settings: &StubSettings, environment: Environment) -> Vec<SettingsError> {
        let plain = environment == Environment::Production && settings.issuer.starts_with("http:");
        plain.then(|| SettingsError::new("/issuer", "must be https")).into_iter().collect()
    }

    fn needs(settings: &StubSettings) -> CredentialNeeds {
        CredentialNeeds {
            client_secret: settings.secret,
            signing: settings.signing,
            decryption: settings.encrypted,
            certificate: settings.certificate,
        }
    }

    fn floor(_: &StubSettings) -> Floor {
        Floor::default()
    }

    fn setup(_: &StubSettings) -> Vec<SetupStep> {
        Vec::new()
    }

    fn build(_: StubSettings, _: Arc<dyn Host>) -> Result<Stub, ProviderError> {
        Err(ProviderError::new(tunnus_sdk::Fault::Internal, tunnus_sdk::Stage::Discovery))
    }
}

#[async_trait]
impl Provider for Stub {
    async fn start(&self, _: &LoginRequest) -> Result<Step, ProviderError> {
        match *self {}
    }

    async fn resume(&self, _: &LoginRequest, _: ProviderState, _: Inbound) -> Result<Step, ProviderError> {
        match *self {}
    }

    fn normalise(&self, _: &Evidence) -> Result<Identity, ProviderError> {
        match *self {}
    }

    async fn probe(&self) -> Vec<Finding> {
        match *self {}
    }
}

/// A good tenant file with the id `acme`: one app, one connection.
pub const GOOD: &str = r#"[tenant]
id = "acme"
name = { fi = "Acme Oy", en = "Acme Ltd" }
support = "help@acme.example"

[keys]
signing = [{ file = "rsa" }, { file = "p256" }]
subject = { file = "subject" }

[[apps]]
id = "shop"
name = "Shop"
authentication = "client_secret_basic"
secrets = [{ env = "TUNNUS_SECRET_SHOP" }]
redirect_uris = ["https://shop.example/cb"]
return_urls = ["https://shop.example/done"]
claims = ["name.full", "age_over.18"]

[[connections]]
id = "bank"
provider = "stub"
environment = "production"
display_name = "Bank"
settings = { issuer = "https://bank.example", signing = "RS256", encrypted = true }
credentials = { signing = [{ file = "rsa" }], decryption = [{ file = "enc" }] }
"#;

/// A good platform's file: one app.
pub const PLATFORM: &str = r#"[platform]
id = "merchants"
name = "Merchants"

[[apps]]
id = "checkout"
name = "Checkout"
authentication = "client_secret_basic"
secrets = [{ env = "TUNNUS_SECRET_SHOP" }]
redirect_uris = ["https://pay.example/cb"]
claims = ["name.full", "birth_date"]
"#;

/// [`GOOD`] as a tenant of [`PLATFORM`] that enables its app, with these lines about it.
pub fn member(lines: &str) -> String {
    let of_it = GOOD.replace("id = \"acme\"\n", "id = \"acme\"\nplatform = \"merchants\"\n");
    format!("{of_it}\n[[platform_apps]]\nid = \"checkout\"\n{lines}\n")
}

/// A folder of tenants and one of secrets.
pub struct World {
    root: TempDir,
    /// What the environment says.
    variables: BTreeMap<String, String>,
}

impl World {
    /// No tenants, and the keys that [`GOOD`] names.
    pub fn new() -> Self {
        let root = TempDir::new().unwrap();
        fs::create_dir(root.path().join("tenants")).unwrap();
        fs::create_dir(root.path().join("secrets")).unwrap();
        let secret = ("TUNNUS_SECRET_SHOP".to_owned(), "shop-secret-shop-secret".to_owned());
        let world = Self { root, variables: BTreeMap::from([secret]) };
        let [rsa, enc, p256] = keys();
        world.secret("rsa", rsa.expose_str());
        world.secret("enc", enc.expose_str());
        world.secret("p256", p256.expose_str());
        world.secret("subject", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
        world
    }

    /// Writes a secret.
    pub fn secret(&self, name: &str, text: &str) {
        fs::write(self.root.path().join("secrets").join(name), text).unwrap();
    }

    /// Writes a tenant's file.
    pub fn tenant(&self, name: &str, text: &str) {
        fs::write(self.dir().join(name), text).unwrap();
    }

    /// Sets a variable.
    pub fn variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// The folder of tenants.
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("tenants")
    }

    /// Where the secrets are.
    pub fn references(&self) -> References {
        References::new(
            self.root.path().join("secrets"),
            Arc::new(self.variables.clone().into_iter().collect()),
        )
    }

    /// `text` without the folder's own path.
    pub fn relative(&self, text: &str) -> String {
        let root: &Path = self.root.path();
        text.replace(&format!("{}/", root.display()), "")
    }
}

/// The one provider.
pub fn providers() -> Providers {
    Providers::default().with::<StubDefinition>()
}

/// An RSA key that signs, one that decrypts, and a P-256 key; made once, for it takes long.
pub fn keys() -> &'static [Hidden<String>; 3] {
    static KEYS: OnceLock<[Hidden<String>; 3]> = OnceLock::new();
    KEYS.get_or_init(|| {
        [
            generate::rsa(2048, KeyUse::Signature).unwrap(),
            generate::rsa(2048, KeyUse::Encryption).unwrap(),
            generate::p256(KeyUse::Signature).unwrap(),
        ]
    })
}
