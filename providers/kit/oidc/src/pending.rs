//! What is remembered between the two legs, and compared when the browser is back.
//!
//! The state is sealed by the broker. It names the upstream that the login began with; a profile
//! that says something else by now ends the login, since an answer of one upstream must never be
//! judged by the rules, or redeemed at the endpoints, of another. Keys may differ: they rotate.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tunnus_sdk::{Channel, Fault, Hidden, KeySource, ProviderError, Reason, Stage, Timestamp};
use url::Url;

use crate::{AuthorizationParams, Metadata, Profile, RelyingParty};

/// No login is older, whatever the broker's own lifetimes say.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A login under way.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) upstream: Upstream,
    pub(crate) nonce: Option<Hidden<String>>,
    pub(crate) verifier: Option<Hidden<String>>,
    pub(crate) max_age: Option<u64>,
    pub(crate) prompt_login: bool,
    pub(crate) started_at: Timestamp,
    deadline: Timestamp,
}

/// The upstream that a login began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Upstream {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: Url,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) jwks_uri: Url,
    pub(crate) documents: BTreeMap<String, Url>,
    /// What must come back, with its algorithms, and how the client authenticates.
    terms: Value,
}

/// The settings changed while the person was away.
#[derive(Debug, thiserror::Error)]
#[error("the connection's settings or the upstream's endpoints changed during the login")]
struct Changed;

impl Pending {
    /// A login that begins now.
    pub(crate) fn new(rp: &RelyingParty, metadata: &Metadata, params: &AuthorizationParams) -> Self {
        let now = rp.host.now();
        let prompt = params.prompt.as_deref().unwrap_or_default();
        Self {
            upstream: upstream(rp, metadata),
            nonce: rp.profile.nonce.then(|| rp.host.random()),
            verifier: rp.profile.pkce.then(|| rp.host.random()),
            max_age: params.max_age,
            prompt_login: prompt.split(' ').any(|value| value == "login"),
            started_at: now,
            deadline: now.plus(LIFETIME),
        }
    }

    /// Whether the login may go on: in time, and at the same upstream under the same terms.
    ///
    /// `metadata` is the document at hand; where there is none the endpoints that the login began
    /// with were checked when it began.
    pub(crate) fn check(&self, rp: &RelyingParty, metadata: Option<&Metadata>) -> Result<(), ProviderError> {
        if rp.host.now() > self.deadline {
            return Err(ProviderError::rejected(Reason::Expired, Stage::Callback));
        }
        let same_client = self.upstream.issuer == rp.profile.issuer
            && self.upstream.client_id == rp.profile.client_id
            && self.upstream.redirect_uri == rp.redirect_uri()
            && self.upstream.terms == terms(&rp.profile);
        let same_endpoints = metadata.is_none_or(|metadata| self.upstream == upstream(rp, metadata));
        if same_client && same_endpoints {
            return Ok(());
        }
        Err(ProviderError::new(Fault::ConnectionMisconfigured, Stage::Callback).because(Changed))
    }

    /// Where the keys are that verify this login's tokens.
    pub(crate) fn keys(&self, channel: Channel) -> KeySource {
        KeySource { issuer: self.upstream.issuer.clone(), jwks_uri: self.upstream.jwks_uri.clone(), channel }
    }
}

fn upstream(rp: &RelyingParty, metadata: &Metadata) -> Upstream {
    Upstream {
        issuer: rp.profile.issuer.clone(),
        client_id: rp.profile.client_id.clone(),
        redirect_uri: rp.redirect_uri(),
        authorization_endpoint: metadata.authorization_endpoint.clone(),
        token_endpoint: metadata.token_endpoint.clone(),
        userinfo_endpoint: metadata.userinfo_endpoint.clone(),
        jwks_uri: metadata.jwks_uri.clone(),
        documents: metadata.documents.clone(),
        terms: terms(&rp.profile),
    }
}

fn terms(profile: &Profile) -> Value {
    json!({
        "endpoint_hosts": profile.endpoint_hosts,
        "client_auth": profile.client_auth,
        "pkce": profile.pkce,
        "nonce": profile.nonce,
        "response": profile.response,
        "callback_iss": profile.callback_iss,
        "id_token": profile.id_token,
        "at_hash": profile.at_hash,
        "auth_time": profile.auth_time,
        "userinfo": profile.userinfo,
    })
}

#[cfg(test)]
#[path = "pending_tests.rs"]
mod tests;
