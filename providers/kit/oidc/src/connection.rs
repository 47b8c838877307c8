//! A provider with one upstream: the browser goes there and comes back, and nothing else happens.
//!
//! Owns what all such providers do alike, once. What one of them says for itself is its
//! [`Dialect`]. A provider with a further leg, or with several upstreams, uses [`RelyingParty`].

use std::{fmt, sync::Arc};

use tunnus_sdk::{
    Candidate, Correlation, Environment, Evidence, Finding, Host, Identity, Inbound, LoginRequest, Provider,
    ProviderError, ProviderState, Step, async_trait,
};

use crate::{AuthorizationParams, Metadata, Profile, RelyingParty};

/// What a provider says for itself beside its [`Profile`]: what a login asks for, and what the claims
/// mean. Mostly implemented by the provider's settings.
pub trait Dialect: Send + Sync {
    /// What `login` asks of the upstream: no more than its `claims` need.
    ///
    /// # Errors
    /// [`ProviderError::request_invalid`] for what this upstream cannot be asked.
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError>;

    /// Whether the proved claims answer what `login` asked for, beyond the protocol's own checks.
    ///
    /// # Errors
    /// When they answer something else.
    fn check(&self, login: &LoginRequest, evidence: &Evidence) -> Result<(), ProviderError> {
        let _ = (login, evidence);
        Ok(())
    }

    /// The person whom the claims tell of, where persons are as in `environment`. Pure.
    ///
    /// # Errors
    /// The first claim that is not what its name promises; a level that cannot be told.
    fn identity(&self, evidence: &Evidence, environment: Environment) -> Result<Identity, ProviderError>;

    /// What the doctor says of the upstream's metadata beside the protocol's own questions.
    fn findings(&self, metadata: &Metadata) -> Vec<Finding> {
        let _ = metadata;
        Vec::new()
    }
}

/// A connection at work: the [`Provider`] that speaks a [`Dialect`].
pub struct Connection<D> {
    dialect: D,
    environment: Environment,
    party: RelyingParty,
}

impl<D: Dialect> Connection<D> {
    /// The connection to the upstream that `profile` describes. Calls nobody.
    #[must_use]
    pub fn new(profile: Profile, dialect: D, host: Arc<dyn Host>) -> Self {
        let environment = host.environment();
        Self { dialect, environment, party: RelyingParty::new(profile, host) }
    }
}

#[async_trait]
impl<D: Dialect> Provider for Connection<D> {
    async fn start(&self, login: &LoginRequest) -> Result<Step, ProviderError> {
        let params = self.dialect.params(login)?;
        self.party.begin(login, params).await
    }

    async fn resume(
        &self,
        login: &LoginRequest,
        state: ProviderState,
        inbound: Inbound,
    ) -> Result<Step, ProviderError> {
        let evidence = self.party.finish(login, &state, &inbound).await?;
        self.dialect.check(login, &evidence)?;
        Ok(Step::Authenticated(Box::new(evidence)))
    }

    fn normalise(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        self.dialect.identity(evidence, self.environment)
    }

    fn correlate(&self, inbound: &Inbound) -> Correlation {
        self.party.correlate(inbound)
    }

    async fn choose(&self, candidates: &[Candidate<'_>], inbound: &Inbound) -> Option<usize> {
        self.party.choose_by_state(candidates, inbound).await
    }

    async fn refresh(&self) {
        self.party.refresh().await;
    }

    async fn probe(&self) -> Vec<Finding> {
        let mut findings = self.party.probe().await;
        if let Ok(metadata) = self.party.metadata().await {
            findings.extend(self.dialect.findings(&metadata));
        }
        findings
    }
}

impl<D> fmt::Debug for Connection<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("party", &self.party).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
