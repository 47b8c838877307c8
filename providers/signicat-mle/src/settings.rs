//! What an admin sets for a connection to Signicat's older OpenID Connect service (`…/oidc`).
//!
//! Owns the settings, their faults, and the profile that follows from them. What this service
//! permits, an unsigned request and a secret in the token call, is a profile of this crate alone;
//! that ID token and userinfo come signed and encrypted is no setting here either.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_oidc::{
    AuthTime, ClientAuth, Presence, Profile, RequestEncryption, RequestProtection, RequestRoute, TokenDemand,
    UserinfoDemand,
    settings::{check_algorithms, check_client_id, check_clock_skew, check_issuer},
};
use tunnus_sdk::{
    ContentEncryption, Encryption, Environment, KeyEncryption, SettingsError, SigningAlgorithm,
};

use crate::methods::{MethodRule, known_methods, method_faults};

/// The settings of one connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The issuer, as its metadata spells it: `https://ENVIRONMENT.signicat.com/oidc`, without a
    /// slash at the end.
    pub issuer: String,
    /// The client id that Signicat gives.
    pub client_id: String,
    /// The method or portal that is asked for where none is chosen, one of those in `methods`:
    /// `urn:signicat:oidc:portal:ftn`.
    pub acr: String,
    /// What each method and portal is worth, by its URN. An ID token of another one fails. What is
    /// set here replaces the built-in table whole.
    #[serde(default = "known_methods")]
    pub methods: BTreeMap<String, MethodRule>,
    /// How the request travels: in the browser's address, or in a form that it posts.
    #[serde(default)]
    pub request_delivery: RequestDelivery,
    /// What protects the request. A login hint that looks like a national id is sent only where it
    /// is encrypted.
    #[serde(default)]
    pub request_protection: RequestObject,
    /// How an encrypted request is encrypted.
    #[serde(default)]
    pub request_encryption: CbcHmac,
    /// How Signicat may encrypt ID token and userinfo.
    #[serde(default = "a128cbc")]
    pub response_encryption: Vec<CbcHmac>,
    /// Whether PKCE is used. Turn it off only for an environment that refuses its parameters.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// How far Signicat's clock may be from ours, in seconds: at most 120.
    #[serde(default = "half_a_minute")]
    #[schemars(range(max = 120))]
    pub clock_skew_seconds: u8,
}

/// How the request travels. The service has no PAR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestDelivery {
    /// In the browser's address.
    #[default]
    Get,
    /// In a form that the browser posts.
    Post,
}

/// What protects the request. The service does not know signed ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestObject {
    /// Its parameters are encrypted to a key that Signicat publishes.
    #[default]
    Encrypted,
    /// Nothing: the parameters stand in the open.
    Plain,
}

/// The content encryptions that the service uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum CbcHmac {
    /// AES-128-CBC with HMAC-SHA-256.
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-256-CBC with HMAC-SHA-512.
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
}

impl Settings {
    /// All faults, for [`tunnus_sdk::Definition::check`].
    pub(crate) fn faults(&self, environment: Environment) -> Vec<SettingsError> {
        let issuer = check_issuer("/issuer", &self.issuer, environment);
        let issuer =
            issuer.or_else(|| self.service_fault()).or_else(|| self.preproduction_fault(environment));
        let client_id = check_client_id("/client_id", &self.client_id);
        let algorithms = check_algorithms("/response_encryption", &self.response_encryption);
        let skew = check_clock_skew("/clock_skew_seconds", self.clock_skew_seconds);
        let singles = [issuer, client_id, self.acr_fault(), algorithms, skew];
        singles.into_iter().flatten().chain(method_faults(&self.methods)).collect()
    }

    /// The service's issuers end in `/oidc`; the eID Hub has another provider, with stricter rules.
    fn service_fault(&self) -> Option<SettingsError> {
        let ours = self.issuer.ends_with("/oidc");
        (!ours).then(|| SettingsError::new("/issuer", "must end in /oidc, without a slash after it"))
    }

    /// Tokens of this service do not say that a person is invented; the host's name does.
    fn preproduction_fault(&self, environment: Environment) -> Option<SettingsError> {
        let test = self.issuer.starts_with("https://preprod.") && environment == Environment::Production;
        test.then(|| {
            SettingsError::new("/issuer", "is Signicat's test environment: no production connection")
        })
    }

    fn acr_fault(&self) -> Option<SettingsError> {
        let known = self.methods.contains_key(&self.acr);
        (!known).then(|| SettingsError::new("/acr", "must be one of the URNs in `methods`"))
    }

    /// How the service is spoken to.
    pub(crate) fn profile(&self) -> Profile {
        let token = TokenDemand::Nested(
            Encryption {
                algorithm: KeyEncryption::RsaOaep,
                contents: self.response_encryption.iter().copied().map(Into::into).collect(),
            },
            vec![SigningAlgorithm::RS256],
        );
        Profile {
            request: self.route(),
            client_auth: ClientAuth::SecretBasic { client_id_in_body: true },
            pkce: self.pkce,
            // Older than RFC 9207. Mix-up is stopped by the return URL, which is this connection's own.
            callback_iss: Presence::IfPresent,
            id_token: token.clone(),
            auth_time: AuthTime::Always,
            userinfo: UserinfoDemand::Protected {
                token,
                issuer_and_audience: Presence::IfPresent,
                any_media_type: true,
            },
            clock_skew: Duration::from_secs(self.clock_skew_seconds.into()),
            ..Profile::new(&self.issuer, &self.client_id)
        }
    }

    pub(crate) fn route(&self) -> RequestRoute {
        let protection = match self.request_protection {
            RequestObject::Plain => RequestProtection::Plain,
            RequestObject::Encrypted => RequestProtection::Encrypted(RequestEncryption {
                algorithm: KeyEncryption::RsaOaep,
                content: self.request_encryption.into(),
                typ: Some("JWE"),
            }),
        };
        match self.request_delivery {
            RequestDelivery::Get => RequestRoute::get(protection),
            RequestDelivery::Post => RequestRoute::post(protection),
        }
    }
}

impl From<CbcHmac> for ContentEncryption {
    fn from(content: CbcHmac) -> Self {
        match content {
            CbcHmac::A128CbcHs256 => Self::A128CbcHs256,
            CbcHmac::A256CbcHs512 => Self::A256CbcHs512,
        }
    }
}

fn a128cbc() -> Vec<CbcHmac> {
    vec![CbcHmac::A128CbcHs256]
}

const fn yes() -> bool {
    true
}

const fn half_a_minute() -> u8 {
    30
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
