//! What a connection's admin sets, and every fault in it.
//!
//! Owns the shape, the help texts (the doc comments) and the check. Keys, secrets, the certificate
//! and the private trust anchor are credentials, held by the host alone.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_oidc::settings::{check_client_id, check_host};
use tunnus_sdk::{Environment, Level, SettingsError};
use url::{Host, Url};

/// The settings of a connection to the banks behind IDPartner.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address of IDPartner's account selector, where the person chooses a bank: https, without a
    /// query.
    pub selector: String,
    /// The client id that IDPartner's console shows for the application.
    pub client_id: String,
    /// How this connection proves to a bank who it is. In production it must be `mutual_tls`.
    pub client_authentication: ClientAuthentication,
    /// Whether public keys of this connection are registered in IDPartner's console. If so,
    /// requests are signed, and the banks' responses and ID tokens must come encrypted; if not,
    /// they must not. Say what the console says: the other kind is refused.
    pub registered_keys: bool,
    /// The banks that may identify people, each by its exact issuer. A bank that is not listed is
    /// refused before anything is fetched from it.
    pub issuers: Vec<ListedIssuer>,
    /// Which level of assurance a login counts as.
    #[serde(default)]
    pub assurance: AssuranceTable,
}

/// How the connection authenticates at a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// By the client secret that the console shows. For the sandbox only.
    ClientSecret,
    /// By the client certificate that IDPartner issues, at every call to the bank (RFC 8705).
    MutualTls,
}

/// A bank that may identify people.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedIssuer {
    /// The bank's issuer, exactly as its metadata spells it.
    pub issuer: String,
    /// The `idp_id` under which the selector names this bank. If set, another one is refused, and
    /// it is the method's id in the identity record; if not, the issuer is.
    #[serde(default)]
    pub idp_id: Option<String>,
    /// The bank's name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// Hosts (`host` or `host:port`) that the bank's endpoints may be on beside the issuer's own,
    /// such as the one for mutual TLS.
    #[serde(default)]
    pub endpoint_hosts: Vec<String>,
}

/// From what a bank says of its authentication to a level.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AssuranceTable {
    /// The level of a login of which the bank says nothing.
    pub default: Level,
    /// The level for each `acr` that the bank may say. One that is not listed is `unspecified`.
    pub by_acr: BTreeMap<String, Level>,
}

/// How many banks a connection may list.
const ISSUERS_MAX: usize = 500;
/// The longest text that any setting may be.
const TEXT_MAX: usize = 255;

impl Settings {
    /// Every fault that the types do not show.
    pub(crate) fn check(&self, environment: Environment) -> Vec<SettingsError> {
        let mut faults = Vec::new();
        if environment == Environment::Production
            && self.client_authentication != ClientAuthentication::MutualTls
        {
            let message =
                "a production connection authenticates by mutual_tls; a client secret is for the sandbox";
            faults.push(SettingsError::new("/client_authentication", message));
        }
        faults.extend(fault_at("/selector", check_address(&self.selector, environment)));
        faults.extend(check_client_id("/client_id", &self.client_id));
        if !(1..=ISSUERS_MAX).contains(&self.issuers.len()) {
            faults.push(SettingsError::new("/issuers", "between 1 and 500 issuers"));
        }
        let mut seen = BTreeSet::new();
        for (index, listed) in self.issuers.iter().enumerate() {
            let pointer = format!("/issuers/{index}");
            if !seen.insert(&listed.issuer) {
                faults.push(SettingsError::new(format!("{pointer}/issuer"), "listed twice"));
            }
            faults.extend(listed.check(&pointer, environment));
        }
        for acr in self.assurance.by_acr.keys().filter(|acr| check_acr(acr).is_some()) {
            let pointer = format!("/assurance/by_acr/{}", acr.replace('~', "~0").replace('/', "~1"));
            faults.push(SettingsError::new(pointer, "one acr: 1 to 255 characters without spaces"));
        }
        faults
    }

    /// The listed issuer that is byte for byte `issuer`.
    pub(crate) fn listed(&self, issuer: &str) -> Option<&ListedIssuer> {
        self.issuers.iter().find(|listed| listed.issuer == issuer)
    }
}

impl ListedIssuer {
    fn check(&self, pointer: &str, environment: Environment) -> Vec<SettingsError> {
        let mut faults = Vec::new();
        faults.extend(fault_at(&format!("{pointer}/issuer"), check_address(&self.issuer, environment)));
        let texts = [("idp_id", &self.idp_id), ("name", &self.name)];
        for (member, text) in texts.into_iter().filter_map(|(member, text)| Some((member, text.as_ref()?))) {
            faults.extend(fault_at(&format!("{pointer}/{member}"), check_text(text)));
        }
        for (index, host) in self.endpoint_hosts.iter().enumerate() {
            faults.extend(check_host(&format!("{pointer}/endpoint_hosts/{index}"), host));
        }
        faults
    }
}

/// The fault at `pointer`, if there is one.
fn fault_at(pointer: &str, message: Option<&'static str>) -> Option<SettingsError> {
    message.map(|message| SettingsError::new(pointer, message))
}

fn check_text(text: &str) -> Option<&'static str> {
    let fits =
        (1..=TEXT_MAX).contains(&text.len()) && text.trim() == text && !text.contains(char::is_control);
    (!fits).then_some("1 to 255 characters, without control characters or spaces at its ends")
}

fn check_acr(acr: &str) -> Option<&'static str> {
    check_text(acr).or_else(|| acr.contains(char::is_whitespace).then_some("without spaces"))
}

/// An address that is sent to browsers or whose documents are believed: https, a name and no
/// literal address, and spelled as a URL library would, so that comparing bytes is comparing
/// addresses. Plain http is for simulators on this machine.
fn check_address(text: &str, environment: Environment) -> Option<&'static str> {
    let Ok(url) = Url::parse(text) else { return Some("not an absolute URL") };
    let local = environment == Environment::Sandbox && url.host() == Some(Host::Domain("localhost"));
    if url.scheme() != "https" && !(url.scheme() == "http" && local) {
        return Some("must begin with https://");
    }
    if !matches!(url.host(), Some(Host::Domain(_))) {
        return Some("must name a host, not a literal address");
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains(['?', '#']) {
        return Some("without user, query and fragment");
    }
    let canonical = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    (!canonical).then_some("not in its plain spelling: lower-case host, no default port, no dots in the path")
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
