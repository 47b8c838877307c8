//! What an admin sets for a connection to the Finnish Trust Network through Signicat's eID Hub.
//!
//! Owns the settings, their faults, and the profile that follows from them. That ID token and
//! userinfo are signed and encrypted, and the request at least signed, is no setting: the types
//! leave no room for less.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_oidc::{
    AssertionAudience, AuthTime, Delivery, Presence, Profile, RequestEncryption, RequestProtection,
    RequestRoute, SignedRequest, TokenDemand, UserinfoDemand,
    settings::{
        ClientAuthentication, check_algorithms, check_client_id, check_clock_skew, check_host, check_issuer,
    },
};
use tunnus_sdk::{
    ContentEncryption, Encryption, Environment, KeyEncryption, Level, LocalizedText, SettingsError,
    SigningAlgorithm,
};

use crate::service_name::ServiceNamePlacement;

/// The settings of one connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The issuer, as the dashboard shows it: `https://TENANT-DOMAIN/auth/open`, without a slash at
    /// the end.
    pub issuer: String,
    /// The client id that the dashboard gives.
    pub client_id: String,
    /// How the request travels: pushed from server to server (PAR), in a form that the browser
    /// posts, or in its address.
    #[serde(default = "pushed")]
    pub request_delivery: Delivery,
    /// What protects the request. A login hint that looks like a national id is sent only where the
    /// request is encrypted too.
    #[serde(default)]
    pub request_protection: RequestObject,
    /// How an encrypted request is encrypted.
    #[serde(default)]
    pub request_encryption: CbcHmac,
    /// How requests and client assertions are signed. The signing key must fit: RSA for RS256 and
    /// PS256, P-256 for ES256.
    #[serde(default = "rs256")]
    pub signing_algorithm: SigningAlgorithm,
    /// How the client authenticates.
    #[serde(default)]
    pub client_authentication: ClientAuthentication,
    /// Whom a client assertion is for.
    #[serde(default)]
    pub assertion_audience: AssertionAudience,
    /// How Signicat may encrypt ID token and userinfo: the client's content-encryption algorithm in
    /// the dashboard.
    #[serde(default = "a128cbc")]
    pub response_encryption: Vec<CbcHmac>,
    /// The level that each `acr` of an ID token counts as. An `acr` that is not listed fails.
    #[serde(default = "known_levels")]
    pub assurance: BTreeMap<String, Level>,
    /// The level of an ID token without `acr`. It counts only where the token names the bank
    /// (`ftn_idp`).
    #[serde(default = "substantial")]
    pub default_level: Level,
    /// The service's name that the person reads at the bank, where the app sets none.
    #[serde(default)]
    pub service_name: LocalizedText,
    /// How the service's name travels.
    #[serde(default)]
    pub service_name_placement: ServiceNamePlacement,
    /// Names of banks by their `ftn_idp`, for those that are not built in.
    #[serde(default)]
    pub method_names: BTreeMap<String, String>,
    /// What a sandbox connection makes of an ID token that does not say `sandbox`. A production
    /// connection refuses a token that says it, always.
    #[serde(default = "required")]
    pub sandbox_flag: Presence,
    /// Hosts (`host` or `host:port`) that endpoints may be on beside the issuer's own: for mutual
    /// TLS, where it has a host to itself.
    #[serde(default)]
    pub endpoint_hosts: Vec<String>,
    /// How far Signicat's clock may be from ours, in seconds: at most 120.
    #[serde(default = "half_a_minute")]
    #[schemars(range(max = 120))]
    pub clock_skew_seconds: u8,
}

/// What protects the request: never less than a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestObject {
    /// Signed.
    #[default]
    Signed,
    /// Signed, then encrypted to a key that Signicat publishes.
    SignedThenEncrypted,
}

/// The content encryptions that the eID Hub knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum CbcHmac {
    /// AES-128-CBC with HMAC-SHA-256.
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-192-CBC with HMAC-SHA-384.
    #[serde(rename = "A192CBC-HS384")]
    A192CbcHs384,
    /// AES-256-CBC with HMAC-SHA-512.
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
}

impl Settings {
    /// All faults, for [`tunnus_sdk::Definition::check`].
    pub(crate) fn faults(&self, environment: Environment) -> Vec<SettingsError> {
        let issuer = check_issuer("/issuer", &self.issuer, environment).or_else(|| self.hub_fault());
        let client_id = check_client_id("/client_id", &self.client_id);
        let hosts = self.endpoint_hosts.iter().enumerate();
        let hosts = hosts.filter_map(|(index, host)| check_host(&format!("/endpoint_hosts/{index}"), host));
        let algorithms = check_algorithms("/response_encryption", &self.response_encryption);
        let skew = check_clock_skew("/clock_skew_seconds", self.clock_skew_seconds);
        let singles = [issuer, client_id, algorithms, self.level_fault(), skew];
        let lists = self.service_name_faults().chain(self.empty_names());
        singles.into_iter().flatten().chain(hosts).chain(lists).collect()
    }

    /// The eID Hub's issuers end in `/auth/open`; Signicat's older service has other rules.
    fn hub_fault(&self) -> Option<SettingsError> {
        let hub = self.issuer.ends_with("/auth/open");
        (!hub).then(|| SettingsError::new("/issuer", "must end in /auth/open, without a slash after it"))
    }

    /// A token that says nothing of its level may not count as the highest.
    fn level_fault(&self) -> Option<SettingsError> {
        let text = "must not be high: list the acr that stands for high in `assurance`";
        (self.default_level == Level::High).then(|| SettingsError::new("/default_level", text))
    }

    fn service_name_faults(&self) -> impl Iterator<Item = SettingsError> {
        self.service_name.all().filter_map(|(locale, name)| {
            let fault = self.service_name_placement.check(name).err()?;
            Some(SettingsError::new(format!("/service_name/{}", locale.tag()), fault.to_string()))
        })
    }

    fn empty_names(&self) -> impl Iterator<Item = SettingsError> {
        let acr = self.assurance.keys().any(|acr| acr.trim().is_empty());
        let method = self.method_names.iter().any(|(id, name)| id.is_empty() || name.trim().is_empty());
        let faults = [(acr, "/assurance", "an acr is empty"), (method, "/method_names", "a name is empty")];
        faults
            .into_iter()
            .filter(|(wrong, ..)| *wrong)
            .map(|(_, pointer, text)| SettingsError::new(pointer, text))
    }

    /// How the hub is spoken to.
    pub(crate) fn profile(&self) -> Profile {
        let token = TokenDemand::Nested(
            Encryption {
                algorithm: KeyEncryption::RsaOaep,
                contents: self.response_encryption.iter().copied().map(Into::into).collect(),
            },
            vec![SigningAlgorithm::RS256],
        );
        Profile {
            endpoint_hosts: self.endpoint_hosts.clone(),
            request: RequestRoute { delivery: self.request_delivery, protection: self.protection() },
            client_auth: self
                .client_authentication
                .to_client_auth(self.signing_algorithm, self.assertion_audience),
            id_token: token.clone(),
            auth_time: AuthTime::Always,
            // The pages name no media type, nor `iss` and `aud` inside; nested it must be in any case.
            userinfo: UserinfoDemand::Protected {
                token,
                issuer_and_audience: Presence::IfPresent,
                any_media_type: true,
            },
            clock_skew: Duration::from_secs(self.clock_skew_seconds.into()),
            cancel_codes: vec![CANCELLED.to_owned()],
            ..Profile::new(&self.issuer, &self.client_id)
        }
    }

    /// The claims `iss`, `aud`, `iat`, `exp`, and `jti`, which makes the object good for one use.
    pub(crate) fn protection(&self) -> RequestProtection {
        let signed =
            SignedRequest { typ: None, not_before: false, ..SignedRequest::new(self.signing_algorithm) };
        let encryption = RequestEncryption {
            algorithm: KeyEncryption::RsaOaep,
            content: self.request_encryption.into(),
            typ: None,
        };
        match self.request_protection {
            RequestObject::Signed => RequestProtection::Signed(signed),
            RequestObject::SignedThenEncrypted => RequestProtection::SignedThenEncrypted(signed, encryption),
        }
    }
}

/// The hub's `error` when the person turns back at the bank.
const CANCELLED: &str = "IDP-3200";

impl From<CbcHmac> for ContentEncryption {
    fn from(content: CbcHmac) -> Self {
        match content {
            CbcHmac::A128CbcHs256 => Self::A128CbcHs256,
            CbcHmac::A192CbcHs384 => Self::A192CbcHs384,
            CbcHmac::A256CbcHs512 => Self::A256CbcHs512,
        }
    }
}

impl CbcHmac {
    /// The registered name (RFC 7518, section 5.1).
    pub(crate) fn name(self) -> &'static str {
        ContentEncryption::from(self).name()
    }
}

const fn pushed() -> Delivery {
    Delivery::Pushed
}

const fn rs256() -> SigningAlgorithm {
    SigningAlgorithm::RS256
}

fn a128cbc() -> Vec<CbcHmac> {
    vec![CbcHmac::A128CbcHs256]
}

const fn substantial() -> Level {
    Level::Substantial
}

const fn required() -> Presence {
    Presence::Required
}

const fn half_a_minute() -> u8 {
    30
}

/// The levels that Signicat and the Finnish Trust Network (Traficom recommendation 213/2023 S)
/// name; its test beds' names are not among them.
fn known_levels() -> BTreeMap<String, Level> {
    let levels = [
        ("substantial", Level::Substantial),
        ("high", Level::High),
        ("http://ftn.ficora.fi/2017/loa2", Level::Substantial),
        ("http://ftn.ficora.fi/2017/loa3", Level::High),
    ];
    levels.into_iter().map(|(acr, level)| (acr.to_owned(), level)).collect()
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
