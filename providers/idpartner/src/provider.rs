//! A connection to IDPartner's banks: first to the account selector, then to the bank chosen there.
//!
//! Owns the order of the two legs and what is kept between them. The bank is chosen once, on the
//! return from the selector, from the connection's own list; the callback believes what was kept and
//! nothing that the browser or a token says about it (RFC 9700, section 4.4: mix-up).

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunnus_oidc::{AuthorizationParams, LoginHint, Redeemed, RelyingParty};
use tunnus_sdk::{
    BrowserRequest, Candidate, Correlation, Evidence, Fault, Finding, Hidden, Host, Identity, Inbound, Leg,
    LoginRequest, Member, Navigate, Provider, ProviderError, ProviderState, Reason, Stage, Step, async_trait,
};
use url::Url;

use crate::{
    SELECTED,
    claims::{self, Asked},
    profile::PAYMENT_DETAILS,
    selector::{self, Question, Selection},
    settings::Settings,
};

/// One connection, ready to identify people.
pub struct IdPartnerConnection {
    settings: Settings,
    selector: Url,
    /// By issuer.
    banks: BTreeMap<String, RelyingParty>,
}

/// What is remembered while the browser is away.
#[derive(Serialize, Deserialize)]
enum Kept {
    /// The person is choosing a bank.
    AtSelector {
        /// Whom the selector asks for.
        client_id: String,
    },
    /// The person is at the bank.
    AtBank {
        /// Which bank.
        issuer: String,
        /// The toolkit's own.
        pending: ProviderState,
    },
}

impl IdPartnerConnection {
    /// Builds the connection. Calls nobody.
    ///
    /// What the settings' check refuses is refused here again: no way around it leads to a secret in
    /// production.
    pub(crate) fn new(settings: Settings, host: &Arc<dyn Host>) -> Result<Self, ProviderError> {
        let misconfigured = || ProviderError::new(Fault::ConnectionMisconfigured, Stage::Selection);
        if let Some(fault) = settings.check(host.environment()).into_iter().next() {
            return Err(misconfigured().because(format!("{}: {}", fault.pointer, fault.message)));
        }
        let selector = Url::parse(&settings.selector).map_err(|source| misconfigured().because(source))?;
        let bank = |listed| RelyingParty::new(settings.profile_of(listed), Arc::clone(host));
        let banks = settings.issuers.iter().map(|listed| (listed.issuer.clone(), bank(listed))).collect();
        Ok(Self { settings, selector, banks })
    }

    fn bank(&self, issuer: &str, stage: Stage) -> Result<&RelyingParty, ProviderError> {
        self.banks.get(issuer).ok_or(ProviderError::rejected(Reason::Issuer, stage))
    }

    /// Goes on at the bank that the person chose.
    async fn enter(&self, login: &LoginRequest, inbound: &Inbound) -> Result<Step, ProviderError> {
        let selection = selector::check_return(&self.settings, &inbound.params)?;
        let issuer = selection.bank.issuer.clone();
        let bank = self.bank(&issuer, Stage::Selection)?;
        let params = self.params(login, bank, selection).await?;
        match bank.begin(login, params).await? {
            Step::Navigate(Navigate { to, expect, state: pending, expires_in }) => {
                let state = ProviderState::keep(&Kept::AtBank { issuer, pending })?;
                Ok(Step::Navigate(Navigate { to, expect, state, expires_in }))
            }
            // Nobody is authenticated before the bank has answered.
            Step::Authenticated(_) => Err(ProviderError::new(Fault::Internal, Stage::Par)),
        }
    }

    async fn params(
        &self,
        login: &LoginRequest,
        bank: &RelyingParty,
        selection: Selection<'_>,
    ) -> Result<AuthorizationParams, ProviderError> {
        let metadata = bank.metadata().await?;
        let offers = |list: &str, value: &str| metadata.supports(list, value) != Some(false);
        let asked = Asked::of(&login.claims, offers);
        let mut extra = vec![("identity_provider_id".to_owned(), selection.idp_id)];
        extra.extend(selection.idpartner_token.map(|token| ("idpartner_token".to_owned(), token)));
        Ok(AuthorizationParams {
            claims: asked.parameter(),
            scope: asked.scope,
            acr_values: self.settings.assurance.acr_values(login.minimum_assurance),
            login_hint: simulated(login).cloned().map(LoginHint::Text),
            extra,
            ..AuthorizationParams::of(login)
        })
    }

    /// Redeems the return from the bank.
    async fn finish(
        &self,
        login: &LoginRequest,
        issuer: &str,
        pending: &ProviderState,
        inbound: &Inbound,
    ) -> Result<Step, ProviderError> {
        let bank = self.bank(issuer, Stage::Callback)?;
        let redeemed = bank.redeem(login, pending, inbound).await?;
        let payment_details = payment_details(bank, login, &redeemed).await?;
        Ok(Step::Authenticated(Box::new(Evidence { payment_details, ..redeemed.evidence })))
    }

    /// Asks one bank's client which of `candidates` the return belongs to.
    async fn choose_at(&self, issuer: &str, candidates: &[Waiting<'_>], inbound: &Inbound) -> Option<usize> {
        let own: Vec<&Waiting<'_>> = candidates.iter().filter(|waiting| waiting.issuer == issuer).collect();
        let pending: Vec<Candidate<'_>> =
            own.iter().map(|waiting| Candidate { login: waiting.login, state: &waiting.pending }).collect();
        let chosen = self.banks.get(issuer)?.choose_by_state(&pending, inbound).await?;
        own.get(chosen).map(|waiting| waiting.index)
    }
}

/// An attempt whose browser is at a bank.
struct Waiting<'a> {
    index: usize,
    login: &'a LoginRequest,
    issuer: String,
    pending: ProviderState,
}

impl<'a> Waiting<'a> {
    fn of(index: usize, candidate: &Candidate<'a>) -> Option<Self> {
        match candidate.state.restore().ok()? {
            Kept::AtBank { issuer, pending } => Some(Self { index, login: candidate.login, issuer, pending }),
            Kept::AtSelector { .. } => None,
        }
    }
}

#[async_trait]
impl Provider for IdPartnerConnection {
    async fn start(&self, login: &LoginRequest) -> Result<Step, ProviderError> {
        if !self.settings.assurance.reaches(login.minimum_assurance) {
            return Err(ProviderError::new(Fault::AssuranceTooLow, Stage::Selection));
        }
        let asked = Asked::of(&login.claims, |_, _| true);
        let question = Question {
            scope: &asked.scope,
            claims: &asked.claims,
            visitor_id: login.visitor_id.as_ref(),
            login_hint: simulated(login),
        };
        let client_id = self.settings.client_id.clone();
        Ok(Step::Navigate(Navigate {
            to: BrowserRequest::Get(selector::address(&self.selector, &client_id, &question)),
            expect: SELECTED,
            state: ProviderState::keep(&Kept::AtSelector { client_id })?,
            expires_in: None,
        }))
    }

    async fn resume(
        &self,
        login: &LoginRequest,
        state: ProviderState,
        inbound: Inbound,
    ) -> Result<Step, ProviderError> {
        match state.restore()? {
            Kept::AtSelector { client_id } if inbound.leg == SELECTED => {
                // Settings that change in mid-flow must not mix two clients.
                if client_id != self.settings.client_id {
                    return Err(ProviderError::new(Fault::ConnectionMisconfigured, Stage::Selection));
                }
                self.enter(login, &inbound).await
            }
            Kept::AtBank { issuer, pending } if inbound.leg == Leg::CALLBACK => {
                self.finish(login, &issuer, &pending, &inbound).await
            }
            Kept::AtSelector { .. } => Err(ProviderError::rejected(Reason::State, Stage::Selection)),
            Kept::AtBank { .. } => Err(ProviderError::rejected(Reason::State, Stage::Callback)),
        }
    }

    fn normalise(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        claims::normalise(&self.settings, evidence)
    }

    /// Neither return shows a state that could be believed: the selector knows none, the bank's is
    /// inside the JWT.
    fn correlate(&self, inbound: &Inbound) -> Correlation {
        if inbound.leg == SELECTED { Correlation::Anonymous } else { Correlation::FromBrowser }
    }

    async fn choose(&self, candidates: &[Candidate<'_>], inbound: &Inbound) -> Option<usize> {
        if inbound.leg != Leg::CALLBACK {
            return None;
        }
        let waiting: Vec<Waiting<'_>> = candidates
            .iter()
            .enumerate()
            .filter_map(|(index, candidate)| Waiting::of(index, candidate))
            .collect();
        for issuer in self.banks.keys().filter(|issuer| waiting.iter().any(|one| one.issuer == **issuer)) {
            if let Some(chosen) = self.choose_at(issuer, &waiting, inbound).await {
                return Some(chosen);
            }
        }
        None
    }

    async fn refresh(&self) {
        for bank in self.banks.values() {
            bank.refresh().await;
        }
    }

    async fn probe(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (issuer, bank) in &self.banks {
            let of_bank =
                |finding: Finding| Finding { subject: format!("{issuer}: {}", finding.subject), ..finding };
            findings.extend(bank.probe().await.into_iter().map(of_bank));
        }
        findings
    }
}

/// The payment details of who has just logged in.
///
/// An endpoint that is away or refuses ends the login of an app that requires them, and leaves them
/// out for another. An answer that fails a check ends every login: somebody may have forged it.
async fn payment_details(
    bank: &RelyingParty,
    login: &LoginRequest,
    redeemed: &Redeemed,
) -> Result<Option<Value>, ProviderError> {
    if !login.claims.contains(&Member::PaymentDetails) {
        return Ok(None);
    }
    match bank.fetch_document(redeemed, PAYMENT_DETAILS).await {
        Err(ProviderError { fault: Fault::ProviderUnavailable | Fault::ProviderRefused, .. })
            if !login.required.contains(&Member::PaymentDetails) =>
        {
            Ok(None)
        }
        outcome => outcome,
    }
}

/// The hint that a simulated upstream answers without a click. No other hint is sent: IDPartner
/// knows none, and an app's may be personal data.
fn simulated(login: &LoginRequest) -> Option<&Hidden<String>> {
    login.login_hint.as_ref().filter(|hint| hint.expose().starts_with("sandbox:"))
}

impl fmt::Debug for IdPartnerConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdPartnerConnection").field("banks", &self.banks.keys()).finish_non_exhaustive()
    }
}
