//! A provider at work: the methods that the broker calls on it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Correlation, Evidence, Hidden, Identity, Inbound, Level, Locale, Member, ProviderError, ProviderState,
    Step,
};

/// What the broker asks a provider for, the same on every leg of an attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The attempt's `state`: travels to the upstream and comes back.
    pub state: Hidden<String>,
    /// The members wanted: no more may be asked of the upstream.
    pub claims: BTreeSet<Member>,
    /// The members without which the app gets nothing, as it asked for them: an age may stand here
    /// that `claims` has as the birth date.
    pub required: BTreeSet<Member>,
    /// The least level of assurance.
    pub minimum_assurance: Level,
    /// The bank behind the connection, where the app or the person has chosen one.
    pub method: Option<String>,
    /// What the app knows of who will log in. May be a national id: personal data.
    pub login_hint: Option<Hidden<String>>,
    /// How long ago the person may have been authenticated, in seconds.
    pub max_age: Option<u64>,
    /// The person's language.
    pub locale: Locale,
    /// The app's name as the upstream shall show it, where the app sets one.
    pub service_name: Option<String>,
    /// This browser's id, kept in a cookie of its own, where the descriptor asks for one.
    pub visitor_id: Option<Hidden<String>>,
}

impl LoginRequest {
    /// A request that asks for no more than a login: no members, no floor, no hint, in English. What
    /// differs is set on the fields.
    #[must_use]
    pub const fn new(state: Hidden<String>) -> Self {
        Self {
            state,
            claims: BTreeSet::new(),
            required: BTreeSet::new(),
            minimum_assurance: Level::Unspecified,
            method: None,
            login_hint: None,
            max_age: None,
            locale: Locale::En,
            service_name: None,
            visitor_id: None,
        }
    }
}

/// One of several attempts of a browser that a return may belong to.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What was asked for.
    pub login: &'a LoginRequest,
    /// What the provider kept.
    pub state: &'a ProviderState,
}

/// One connection, ready to identify people.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Begins an attempt.
    async fn start(&self, login: &LoginRequest) -> Result<Step, ProviderError>;

    /// Goes on when the browser is back.
    async fn resume(
        &self,
        login: &LoginRequest,
        state: ProviderState,
        inbound: Inbound,
    ) -> Result<Step, ProviderError>;

    /// Turns proved claims into an identity. Pure.
    ///
    /// # Errors
    /// When claims contradict each other, or the assurance cannot be told.
    fn normalise(&self, evidence: &Evidence) -> Result<Identity, ProviderError>;

    /// How the attempt behind a return is found. No cryptography, no keys.
    fn correlate(&self, inbound: &Inbound) -> Correlation {
        inbound.params.one("state").map_or(Correlation::FromBrowser, |state| Correlation::State(state.into()))
    }

    /// Which of several candidates of this browser a return without a visible state belongs to.
    ///
    /// Called only where [`Provider::correlate`] says [`Correlation::FromBrowser`] and the browser
    /// has more than one attempt open; the answer chooses, it proves nothing. `None` asks the person.
    async fn choose(&self, candidates: &[Candidate<'_>], inbound: &Inbound) -> Option<usize> {
        let _ = (candidates, inbound);
        None
    }

    /// Fetches anew what is kept of an upstream in use and will soon be too old. Called time and again
    /// beside the logins, which then need not wait for it; what fails is tried again.
    async fn refresh(&self) {}

    /// The doctor's questions: looks at the upstream as it is now.
    async fn probe(&self) -> Vec<Finding>;
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Fine,
    /// Works, but somebody should look.
    Warning,
    /// Logins fail.
    Fault,
}

/// One answer of the doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How grave.
    pub severity: Severity,
    /// What was looked at.
    pub subject: String,
    /// What was found.
    pub text: String,
    /// What to do about it; none where all is fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}
