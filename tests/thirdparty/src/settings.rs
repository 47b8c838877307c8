//! What an admin sets for a connection to Acme ID.
//!
//! Owns the settings, their faults, and the profile that follows from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_oidc::{
    AssertionAudience, ClientAuth, Profile, RequestProtection, RequestRoute, TokenDemand,
    settings::{check_client_id, check_issuer},
};
use tunnus_sdk::{Environment, Level, SettingsError, SigningAlgorithm};

/// The settings of one connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The issuer, as its metadata spells it.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// The level of assurance that each of Acme's tiers counts as, by its `acr`. A tier that is not
    /// listed counts as none.
    #[serde(default = "tiers")]
    pub tiers: BTreeMap<String, Level>,
}

impl Settings {
    /// All faults, for [`tunnus_sdk::Definition::check`].
    pub(crate) fn faults(&self, environment: Environment) -> Vec<SettingsError> {
        let issuer = check_issuer("/issuer", &self.issuer, environment);
        let client_id = check_client_id("/client_id", &self.client_id);
        let empty = self.tiers.is_empty();
        let tiers = empty.then(|| SettingsError::new("/tiers", "must list at least one tier"));
        [issuer, client_id, tiers].into_iter().flatten().collect()
    }

    /// How Acme ID is spoken to: a pushed request, an assertion, an ID token, all with ES256.
    pub(crate) fn profile(&self) -> Profile {
        let algorithm = SigningAlgorithm::ES256;
        Profile {
            request: RequestRoute::pushed(RequestProtection::Plain),
            client_auth: ClientAuth::PrivateKeyJwt { algorithm, audience: AssertionAudience::Issuer },
            id_token: TokenDemand::Signed(vec![algorithm]),
            cancel_codes: vec!["acme_customer_left".to_owned()],
            ..Profile::new(&self.issuer, &self.client_id)
        }
    }
}

fn tiers() -> BTreeMap<String, Level> {
    [("acme:gold".to_owned(), Level::Substantial), ("acme:silver".to_owned(), Level::Low)].into()
}
