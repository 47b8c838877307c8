//! `[admin]`: how admins sign in to the console beside their tokens.
//!
//! Owns the issuer that lets them in and the rules that give them roles. What the issuer is asked, and
//! how its answer is judged, is `admin::login`'s.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_jose::SigningKey;
use tunnus_oidc::{
    Presence,
    settings::{check_client_id, check_host, check_issuer, check_scope},
};
use tunnus_sdk::{Credentials, Environment, Hidden, SettingsError};
use url::Url;

use super::{Section, Server, layers::Layers, reference::Reference, reference::References};
use crate::{
    admin::{Role, Scope},
    tenant::is_id,
};

/// The longest name of an issuer, in characters.
const NAME_MAX: usize = 60;

/// How admins sign in to the console beside their tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Sign-in by OpenID Connect. By tokens alone where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc: Option<AdminOidc>,
}

/// Sign-in to the console by OpenID Connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminOidc {
    /// The issuer, to the last slash as its metadata spells it: https, or http on a loopback address.
    pub issuer: String,
    /// The console's id there.
    pub client_id: String,
    /// The client secret, which the `Authorization` header carries (`client_secret_basic`). This or
    /// `signing_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Reference>,
    /// The private key, a JWK or PEM, that signs client assertions (`private_key_jwt`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<Reference>,
    /// What the issuer is called on the way in. Its host where the key is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is asked for: `openid`, and what the claims of the rules need.
    #[serde(default = "openid")]
    pub scopes: Vec<String>,
    /// Hosts (`host` or `host:port`) that endpoints may be on beside the issuer's own.
    #[serde(default)]
    pub endpoint_hosts: Vec<String>,
    /// Whether the issuer must name itself in the browser's address (RFC 9207). A name that stands there
    /// is checked in either case.
    #[serde(default = "required")]
    pub response_issuer: Presence,
    /// Whether claims that the ID token lacks are taken from the userinfo endpoint.
    #[serde(default)]
    pub userinfo: bool,
    /// Who comes in as what: the first rule that fits. Whom none fits does not come in.
    #[schemars(length(min = 1, max = 1000))]
    pub roles: Vec<RoleRule>,
}

/// A rule that gives a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// The claim: a text, or a list of texts.
    #[schemars(length(min = 1))]
    pub claim: String,
    /// What it must be, or hold.
    #[schemars(length(min = 1))]
    pub value: String,
    /// The role.
    pub role: Role,
    /// The tenant that it reaches: for a tenant's admin, or an auditor of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The platform that it reaches: for a platform's admin, or an auditor of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// The same with its credential at hand.
#[derive(Clone, Debug)]
pub struct AdminLogin {
    /// As it is written.
    pub oidc: AdminOidc,
    /// The client secret or the signing key.
    pub credentials: Credentials,
}

fn openid() -> Vec<String> {
    vec!["openid".to_owned()]
}

const fn required() -> Presence {
    Presence::Required
}

impl Section for Admin {
    const NAME: &'static str = "admin";

    fn check(&self) -> Vec<SettingsError> {
        let faults = self.oidc.iter().flat_map(AdminOidc::faults);
        faults.map(|fault| SettingsError::new(format!("/oidc{}", fault.pointer), fault.message)).collect()
    }
}

impl AdminOidc {
    fn faults(&self) -> Vec<SettingsError> {
        // Plain http to this machine itself is called only where egress.allow says so.
        let issuer = check_issuer("/issuer", &self.issuer, Environment::Sandbox);
        let client_id = check_client_id("/client_id", &self.client_id);
        let hosts = self.endpoint_hosts.iter().enumerate();
        let hosts = hosts.filter_map(|(n, host)| check_host(&format!("/endpoint_hosts/{n}"), host));
        let scopes = self.scopes.iter().enumerate();
        let scopes = scopes.filter_map(|(n, scope)| check_scope(&format!("/scopes/{n}"), scope));
        let rules = self.roles.iter().enumerate();
        let rules = rules.flat_map(|(n, rule)| rule.faults(&format!("/roles/{n}")));
        let own = issuer.into_iter().chain(client_id).chain(self.own_faults());
        own.chain(hosts).chain(scopes).chain(rules).collect()
    }

    fn own_faults(&self) -> impl Iterator<Item = SettingsError> {
        let name = self.name.as_ref().is_none_or(|name| {
            let length = name.chars().count();
            !name.trim().is_empty() && length <= NAME_MAX && !name.chars().any(char::is_control)
        });
        let judged = [
            (
                self.client_secret.is_some() != self.signing_key.is_some(),
                "/client_id",
                "needs one of client_secret and signing_key beside it",
            ),
            (name, "/name", "a name has 1 to 60 characters"),
            (self.scopes.iter().any(|scope| scope == "openid"), "/scopes", "must hold `openid`"),
            (!self.roles.is_empty(), "/roles", "without a rule nobody comes in"),
        ];
        let broken = judged.into_iter().filter(|(kept, ..)| !kept);
        broken.map(|(_, pointer, message)| SettingsError::new(pointer, message))
    }

    /// What the issuer is called.
    #[must_use]
    pub fn shown_name(&self) -> String {
        let host = || Url::parse(&self.issuer).ok()?.host_str().map(str::to_owned);
        self.name.clone().or_else(host).unwrap_or_default()
    }
}

impl RoleRule {
    /// What it reaches, where its role may reach so far.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        let id = |id: &Option<String>| id.clone().unwrap_or_default();
        Scope::of(&id(&self.platform), &id(&self.tenant)).filter(|scope| self.role.fits(scope))
    }

    fn faults(&self, at: &str) -> Vec<SettingsError> {
        let is_id = |id: &Option<String>| id.as_deref().is_none_or(is_id);
        let judged = [
            (!self.claim.is_empty(), "/claim", "names no claim"),
            (!self.value.is_empty(), "/value", "names no value"),
            (is_id(&self.tenant), "/tenant", "is no tenant's id"),
            (is_id(&self.platform), "/platform", "is no platform's id"),
            (
                self.scope().is_some(),
                "/role",
                "an operator reaches all, a platform's admin one platform, a tenant's admin one tenant; an \
                 auditor one of these",
            ),
        ];
        let broken = judged.into_iter().filter(|(kept, ..)| !kept);
        broken.map(|(_, pointer, message)| SettingsError::new(format!("{at}{pointer}"), message)).collect()
    }
}

/// The login of these settings with its credential; none where there is none, or a fault.
pub(super) fn login(
    layers: &mut Layers,
    section: Option<Admin>,
    server: Option<&Server>,
    references: &References,
) -> Option<AdminLogin> {
    let oidc = section?.oidc?;
    if server.is_some_and(|server| server.admin_listen.is_none()) {
        layers.fault("/admin/oidc", "nobody signs in where nobody listens: server.admin_listen is missing");
    }
    let mut secret = |name: &str, reference: &Option<Reference>, check: Check| {
        layers.secret(&format!("/admin/oidc/{name}"), reference.as_ref()?, references, check)
    };
    let client_secret = secret("client_secret", &oidc.client_secret, |_| Ok(()));
    let signing = secret("signing_key", &oidc.signing_key, |key| match SigningKey::parse(key) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot be used: {error}")),
    });
    let signing = signing.into_iter().collect();
    Some(AdminLogin { oidc, credentials: Credentials { client_secret, signing, ..Credentials::default() } })
}

/// Whether a secret is one that can be used.
type Check = fn(&Hidden<String>) -> Result<(), String>;

#[cfg(test)]
#[path = "admin_tests.rs"]
mod tests;
