//! What an admin sets for a connection to any OpenID provider.
//!
//! Owns the settings and their faults; the profile that follows from them is [`crate::profile`]'s.
//! Every protection is a setting, and every default the stronger one; what is turned off is turned
//! off by name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_oidc::{
    AssertionAudience, AuthTime, Delivery, Presence,
    settings::{
        ClientAuthentication, check_client_id, check_host, check_issuer, check_parameter, check_scope,
    },
};
use tunnus_sdk::{Environment, Level, SettingsError, SigningAlgorithm};

use crate::{
    AcrValues, ClaimRow, ClaimsParameter, LoginHintForm, RequestObject, RequestObjectType, RequestSealing,
    ResponseForm, TokenProtection, UserinfoForm,
    claims::{eidas, standard},
};

/// The settings of one connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a switch of the admin's each; they do not depend on each other"
)]
pub struct Settings {
    /// The issuer, to the last slash as its metadata spells it.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// Hosts (`host` or `host:port`) that endpoints may be on beside the issuer's own.
    #[serde(default)]
    pub endpoint_hosts: Vec<String>,

    /// How the request travels: pushed from server to server (PAR), in a form that the browser
    /// posts, or in its address.
    #[serde(default = "pushed")]
    pub request_delivery: Delivery,
    /// What protects the request.
    #[serde(default)]
    pub request_protection: RequestObject,
    /// The `typ` of a signed request.
    #[serde(default)]
    pub request_type: RequestObjectType,
    /// How long a signed request is valid, in seconds: 60 to 3600.
    #[serde(default = "ten_minutes")]
    #[schemars(range(min = 60, max = 3600))]
    pub request_lifetime_seconds: u16,
    /// Whether a signed request says `nbf`.
    #[serde(default = "yes")]
    pub request_not_before: bool,
    /// Whether `response_type` and `scope` stand beside a signed request too, as OpenID Connect Core
    /// wants it and RFC 9101 does not.
    #[serde(default)]
    pub request_repeats_outside: bool,
    /// How an encrypted request is encrypted.
    #[serde(default)]
    pub request_encryption: RequestSealing,
    /// How requests and client assertions are signed.
    #[serde(default = "rs256")]
    pub signing_algorithm: SigningAlgorithm,
    /// Whether PKCE is used.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// Whether a nonce is sent and demanded.
    #[serde(default = "yes")]
    pub nonce: bool,

    /// How the client authenticates.
    #[serde(default)]
    pub client_authentication: ClientAuthentication,
    /// Whom a client assertion is for.
    #[serde(default)]
    pub assertion_audience: AssertionAudience,
    /// Whether `client_id` stands in the body beside `client_secret_basic` too.
    #[serde(default)]
    pub client_id_in_body: bool,

    /// How the authorization response comes back.
    #[serde(default)]
    pub response: ResponseForm,
    /// What a response in a JWT must be.
    #[serde(default)]
    pub response_protection: TokenProtection,
    /// Whether a plain response must name its issuer (RFC 9207).
    #[serde(default = "required")]
    pub response_issuer: Presence,
    /// What the ID token must be.
    #[serde(default)]
    pub id_token: TokenProtection,
    /// Whether the ID token must hold `at_hash`.
    #[serde(default = "if_present")]
    pub at_hash: Presence,
    /// When the ID token must hold `auth_time`.
    #[serde(default = "with_max_age_or_login")]
    pub auth_time: AuthTime,
    /// What the userinfo response is.
    #[serde(default)]
    pub userinfo: UserinfoForm,
    /// What a userinfo response in a JWT must be.
    #[serde(default)]
    pub userinfo_protection: TokenProtection,
    /// Whether a userinfo response in a JWT must hold `iss` and `aud`.
    #[serde(default = "required")]
    pub userinfo_issuer: Presence,
    /// How far the upstream's clock may be from ours, in seconds: at most 120.
    #[serde(default = "half_a_minute")]
    #[schemars(range(max = 120))]
    pub clock_skew_seconds: u8,

    /// Scopes that are always asked for, beside `openid` and those of the claims wanted.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Whether single claims are asked for too.
    #[serde(default)]
    pub claims_parameter: ClaimsParameter,
    /// `prompt`. With `login` the person is asked anew each time.
    #[serde(default = "login")]
    pub prompt: Option<String>,
    /// What is asked for in `acr_values`.
    #[serde(default)]
    pub acr_values: AcrValues,
    /// How an app's hint travels. One that looks like a national id goes in a pushed or encrypted
    /// request only.
    #[serde(default)]
    pub login_hint: LoginHintForm,
    /// Whether the person's language is sent (`ui_locales`).
    #[serde(default = "yes")]
    pub ui_locales: bool,
    /// The parameter that chooses a bank or method, where the upstream has one.
    #[serde(default)]
    pub method_parameter: Option<String>,
    /// The parameter that names the app to the person, where the upstream has one.
    #[serde(default)]
    pub service_name_parameter: Option<String>,
    /// Parameters that are always sent.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,

    /// Which claim becomes which member. What is set here replaces the standard's table whole.
    #[serde(default = "standard")]
    pub claims: Vec<ClaimRow>,
    /// Whether the upstream writes booleans as the texts `true` and `false` too.
    #[serde(default)]
    pub text_booleans: bool,
    /// The level that each `acr` counts as. One that is not listed counts as none.
    #[serde(default = "eidas")]
    pub assurance: BTreeMap<String, Level>,
    /// The level of an ID token without `acr`.
    #[serde(default)]
    pub default_level: Level,
    /// The claim that names who authenticated the person.
    #[serde(default)]
    pub method_claim: Option<String>,
    /// Names for people, by the values of that claim.
    #[serde(default)]
    pub method_names: BTreeMap<String, String>,
    /// The claim that holds the upstream's own id of the transaction.
    #[serde(default)]
    pub transaction_claim: Option<String>,
    /// Error codes that mean that the person cancelled, beside `access_denied`.
    #[serde(default)]
    pub cancel_codes: Vec<String>,
}

impl Settings {
    /// All faults, for [`tunnus_sdk::Definition::check`].
    pub(crate) fn faults(&self, environment: Environment) -> Vec<SettingsError> {
        let issuer = check_issuer("/issuer", &self.issuer, environment);
        let client_id = check_client_id("/client_id", &self.client_id);
        let singles = [issuer, client_id].into_iter().flatten();
        singles
            .chain(self.list_faults())
            .chain(self.parameter_faults())
            .chain(self.protection_faults())
            .chain(self.number_faults())
            .chain(self.table_faults())
            .collect()
    }

    fn list_faults(&self) -> impl Iterator<Item = SettingsError> {
        let hosts = self.endpoint_hosts.iter().enumerate();
        let hosts = hosts.filter_map(|(index, host)| check_host(&format!("/endpoint_hosts/{index}"), host));
        let scopes = self.scopes.iter().enumerate();
        let scopes = scopes.filter_map(|(index, scope)| check_scope(&format!("/scopes/{index}"), scope));
        let rows = self.claims.iter().enumerate();
        let rows = rows
            .filter_map(|(index, row)| check_scope(&format!("/claims/{index}/scope"), row.scope.as_deref()?));
        hosts.chain(scopes).chain(rows)
    }

    fn parameter_faults(&self) -> impl Iterator<Item = SettingsError> {
        let singles = [
            ("/method_parameter", &self.method_parameter),
            ("/service_name_parameter", &self.service_name_parameter),
        ];
        let singles =
            singles.into_iter().filter_map(|(pointer, name)| check_parameter(pointer, name.as_deref()?));
        let always = self.parameters.keys();
        singles.chain(always.filter_map(|name| check_parameter(&format!("/parameters/{name}"), name)))
    }

    fn protection_faults(&self) -> impl Iterator<Item = SettingsError> {
        let tokens = [
            ("/id_token", &self.id_token),
            ("/response_protection", &self.response_protection),
            ("/userinfo_protection", &self.userinfo_protection),
        ];
        let text = "must list at least one algorithm of each kind";
        let empty = tokens.into_iter().filter(|(_, token)| !token.is_whole());
        let empty = empty.map(move |(pointer, _)| SettingsError::new(pointer, text));
        // Without both, a stolen code could be slipped into another person's login.
        let unbound = !self.pkce && !self.nonce;
        let unbound =
            unbound.then(|| SettingsError::new("/pkce", "may not be off where the nonce is off too"));
        empty.chain(unbound)
    }

    fn number_faults(&self) -> impl Iterator<Item = SettingsError> {
        let lifetime = (60..=3600).contains(&self.request_lifetime_seconds);
        let faults = [
            (lifetime, "/request_lifetime_seconds", "must be 60 to 3600"),
            (self.clock_skew_seconds <= 120, "/clock_skew_seconds", "must be at most 120"),
        ];
        let broken = faults.into_iter().filter(|(kept, ..)| !kept);
        broken.map(|(_, pointer, text)| SettingsError::new(pointer, text))
    }

    pub(crate) fn fetches_userinfo(&self) -> bool {
        self.userinfo != UserinfoForm::NotFetched
    }
}

const fn pushed() -> Delivery {
    Delivery::Pushed
}

const fn ten_minutes() -> u16 {
    600
}

const fn yes() -> bool {
    true
}

const fn rs256() -> SigningAlgorithm {
    SigningAlgorithm::RS256
}

const fn required() -> Presence {
    Presence::Required
}

const fn if_present() -> Presence {
    Presence::IfPresent
}

const fn with_max_age_or_login() -> AuthTime {
    AuthTime::WithMaxAgeOrLogin
}

const fn half_a_minute() -> u8 {
    30
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional setting")]
fn login() -> Option<String> {
    Some("login".to_owned())
}

#[cfg(test)]
#[path = "settings_tests.rs"]
pub(crate) mod tests;
