//! The engine: one client at one upstream, from the first redirect to proved claims.
//!
//! Owns the order of the steps. Each step is a module of its own.

use std::{fmt, sync::Arc};

use serde_json::Value;
use tunnus_sdk::{
    Candidate, Evidence, Fault, Finding, Hidden, Host, Inbound, LoginRequest, ProviderError, ProviderState,
    Stage, Step,
};

use crate::{AuthorizationParams, Metadata, Profile};

/// One client at one upstream.
pub struct RelyingParty {
    profile: Profile,
    host: Arc<dyn Host>,
}

/// A login whose code was redeemed and whose tokens passed every check.
pub struct Redeemed {
    /// The proved claims.
    pub evidence: Evidence,
}

impl RelyingParty {
    /// A client as `profile` says. Calls nobody.
    #[must_use]
    pub fn new(profile: Profile, host: Arc<dyn Host>) -> Self {
        Self { profile, host }
    }

    /// What it was built from.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The upstream's metadata, from the cache or fetched and checked: for what a request may ask
    /// ([`Metadata::scopes_supported`]). Nothing in it decides what is accepted.
    ///
    /// # Errors
    /// When the upstream is away and no earlier document is at hand, or its document fails a check.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        Err(unfinished())
    }

    /// Begins a login: builds the request, protects and delivers it as the profile says.
    ///
    /// Answers [`Step::Navigate`]. Its `state` is the toolkit's own; a provider that has something
    /// to remember keeps it inside a state of its own.
    ///
    /// # Errors
    /// When the upstream cannot be reached or refuses the pushed request, or a key is missing.
    pub async fn begin(
        &self,
        login: &LoginRequest,
        params: AuthorizationParams,
    ) -> Result<Step, ProviderError> {
        let _ = (login, params);
        Err(unfinished())
    }

    /// Finishes a login: [`RelyingParty::redeem`] for providers that need no more than the claims.
    ///
    /// # Errors
    /// As [`RelyingParty::redeem`].
    pub async fn finish(
        &self,
        login: &LoginRequest,
        state: &ProviderState,
        inbound: &Inbound,
    ) -> Result<Evidence, ProviderError> {
        self.redeem(login, state, inbound).await.map(|redeemed| redeemed.evidence)
    }

    /// Judges the return, redeems its code once, and checks ID token and userinfo.
    ///
    /// `state` is what [`RelyingParty::begin`] kept. A profile that says something else by now ends
    /// the login before the code is redeemed.
    ///
    /// # Errors
    /// The first check that fails; the upstream's own refusal; an upstream that is away.
    pub async fn redeem(
        &self,
        login: &LoginRequest,
        state: &ProviderState,
        inbound: &Inbound,
    ) -> Result<Redeemed, ProviderError> {
        let _ = (login, state, inbound);
        Err(unfinished())
    }

    /// Fetches a JSON document with the login's access token, from the endpoint that the metadata
    /// names `endpoint` (one of [`Profile::document_endpoints`]). None when the upstream has no
    /// such endpoint, or nothing to say (204).
    ///
    /// # Errors
    /// When the endpoint refuses, is away, or answers something else than JSON.
    pub async fn fetch_document(
        &self,
        redeemed: &Redeemed,
        endpoint: &str,
    ) -> Result<Option<Value>, ProviderError> {
        let _ = (redeemed, endpoint);
        Err(unfinished())
    }

    /// Which of several candidates a JARM response belongs to, by the `state` inside it: the body
    /// of [`tunnus_sdk::Provider::choose`]. The answer proves nothing; every check comes in
    /// [`RelyingParty::redeem`].
    pub async fn choose_by_state(&self, candidates: &[Candidate<'_>], inbound: &Inbound) -> Option<usize> {
        let _ = (candidates, inbound);
        None
    }

    /// Looks at the upstream as it is now: metadata, keys, and what it advertises beside what the
    /// profile needs.
    pub async fn probe(&self) -> Vec<Finding> {
        Vec::new()
    }
}

fn unfinished() -> ProviderError {
    ProviderError::new(Fault::Internal, Stage::Discovery)
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelyingParty").field("issuer", &self.profile.issuer).finish_non_exhaustive()
    }
}

impl fmt::Debug for Redeemed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.evidence.fmt(f)
    }
}
