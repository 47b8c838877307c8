//! The engine: one client at one upstream, from the first redirect to proved claims.
//!
//! Owns the order of the steps. Each step is a module of its own.

use std::{fmt, sync::Arc};

use serde_json::Value;
use tunnus_sdk::{
    Candidate, Channel, Correlation, Evidence, Finding, Hidden, Host, Inbound, KeySource, LoginRequest,
    Navigate, ProviderError, ProviderState, Step,
};
use url::Url;

use crate::{
    AuthorizationParams, Metadata, Profile, ResponseMode,
    checks::{Clock, same, text},
    delivery, document, id_token, jarm,
    metadata_cache::MetadataCache,
    params::{Core, Parameters},
    pending::Pending,
    probe, response, token, userinfo,
};

/// One client at one upstream.
pub struct RelyingParty {
    pub(crate) profile: Profile,
    pub(crate) host: Arc<dyn Host>,
    metadata: MetadataCache,
}

/// A login whose code was redeemed and whose tokens passed every check.
pub struct Redeemed {
    /// The proved claims.
    pub evidence: Evidence,
    pending: Pending,
    access_token: Hidden<String>,
}

impl RelyingParty {
    /// A client as `profile` says. Calls nobody.
    #[must_use]
    pub fn new(profile: Profile, host: Arc<dyn Host>) -> Self {
        Self { profile, host, metadata: MetadataCache::default() }
    }

    /// What it was built from.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The upstream's metadata, from the cache or fetched and checked: for what a request may ask
    /// ([`Metadata::supports`]). Nothing in it decides what is accepted.
    ///
    /// # Errors
    /// When the upstream is away and no earlier document is at hand, or its document fails a check.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        self.metadata.current(&self.profile, self.host.as_ref()).await
    }

    /// Fetches the metadata anew where logins use it and it will soon be too old. What cannot be fetched
    /// leaves the document at hand in use.
    pub async fn refresh(&self) {
        self.metadata.refresh(&self.profile, self.host.as_ref()).await;
    }

    /// Begins a login: builds the request, protects and delivers it as the profile says.
    ///
    /// Answers [`Step::Navigate`]. Its `state` is the toolkit's own, for [`RelyingParty::redeem`]; a
    /// provider that has something to remember keeps it inside a state of its own.
    ///
    /// # Errors
    /// When the upstream cannot be reached or refuses the pushed request, or a key is missing.
    /// [`Fault::Internal`](tunnus_sdk::Fault) when `params` lacks the scope `openid` or holds one of
    /// [`crate::RESERVED_PARAMETERS`].
    pub async fn begin(
        &self,
        login: &LoginRequest,
        params: AuthorizationParams,
    ) -> Result<Step, ProviderError> {
        let metadata = self.metadata().await?;
        let pending = Pending::new(self, &metadata, &params);
        let core = Core {
            redirect_uri: &pending.upstream.redirect_uri,
            state: &login.state,
            nonce: pending.nonce.as_ref(),
            verifier: pending.verifier.as_ref(),
        };
        let parameters = Parameters::new(&self.profile, &core, params)?;
        Ok(Step::Navigate(Navigate {
            to: delivery::deliver(self, &metadata, &parameters).await?,
            expect: self.profile.leg.clone(),
            state: ProviderState::keep(&pending)?,
            expires_in: None,
        }))
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
        let pending: Pending = state.restore()?;
        pending.check(self, self.metadata.at_hand(self.host.now()).as_deref())?;
        let code = response::open(self, login, &pending, inbound).await?;
        let tokens = token::exchange(self, &pending, &code).await?;
        let id_token = id_token::open(self, &pending, &code, &tokens).await?;
        let subject = text(&id_token, "sub");
        let userinfo = userinfo::fetch(self, &pending, &tokens.access_token, subject).await?;
        let evidence = Evidence {
            issuer: self.profile.issuer.clone(),
            id_token,
            userinfo,
            payment_details: None,
            received_at: self.host.now(),
        };
        Ok(Redeemed { evidence, pending, access_token: tokens.access_token })
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
        match redeemed.pending.upstream.documents.get(endpoint) {
            Some(url) => document::fetch(self, url.clone(), &redeemed.access_token).await,
            None => Ok(None),
        }
    }

    /// How the login behind a return is found ([`tunnus_sdk::Provider::correlate`]): by the `state`
    /// beside the code; where JARM is due, whose state lies inside a token, by the browser's cookies.
    #[must_use]
    pub fn correlate(&self, inbound: &Inbound) -> Correlation {
        match self.profile.response {
            ResponseMode::Query | ResponseMode::FormPost => {
                Correlation::State(inbound.params.one("state").unwrap_or_default().into())
            }
            ResponseMode::Jarm(_) => Correlation::FromBrowser,
        }
    }

    /// Which of several candidates a JARM response belongs to, by the `state` inside it: the body
    /// of [`tunnus_sdk::Provider::choose`]. The answer proves nothing; every check comes in
    /// [`RelyingParty::redeem`]. Without candidates nothing is opened.
    pub async fn choose_by_state(&self, candidates: &[Candidate<'_>], inbound: &Inbound) -> Option<usize> {
        let ResponseMode::Jarm(token) = &self.profile.response else { return None };
        if candidates.is_empty() {
            return None;
        }
        let jwks_uri = self.metadata().await.ok()?.jwks_uri.clone();
        let keys = KeySource { issuer: self.profile.issuer.clone(), jwks_uri, channel: Channel::Browser };
        let claims = jarm::open(self, token, keys, &inbound.params).await.ok()?;
        let state = text(&claims, "state")?;
        candidates.iter().position(|candidate| same(candidate.login.state.expose(), state))
    }

    /// Looks at the upstream as it is now: metadata, keys, and what it advertises beside what the
    /// profile needs.
    pub async fn probe(&self) -> Vec<Finding> {
        probe::probe(self).await
    }

    pub(crate) fn clock(&self) -> Clock {
        Clock { now: self.host.now(), skew: self.profile.clock_skew }
    }

    pub(crate) fn redirect_uri(&self) -> Url {
        self.host.return_url(&self.profile.leg)
    }
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

#[cfg(test)]
#[path = "relying_party_tests.rs"]
mod tests;
