//! Takes a browser's return: finds the attempt, lets the provider go on, answers.
//!
//! The order is the security property: the cookie first, then the connection and the store; look,
//! then take; the provider only with what was taken. Nothing here costs a private-key operation
//! unless this browser has an attempt waiting on this leg of this connection.

use std::sync::Arc;

use tunnus_sdk::{Evidence, Inbound, Leg, Params, Step};
use url::Url;

use super::{
    attempt::{ANSWERED_KEPT, Answered, Attempt, Sent, Waiting, digest},
    binding::Binding,
    find::{Found, Open},
    keep::TakenAttempt,
    page::{Again, Choice, Page},
    release::release,
    settle::{fail, settle},
    visit::{Answer, Reply, Visit},
};
use crate::{
    error::{Code, Error},
    metrics::FlowStep,
    tenant::connections::Ready,
    tenant::model::Connection,
};

/// The parameter that names the attempt which the person picked.
pub const PICKED: &str = "tunnus_attempt";

/// What is known of a return before its attempt is taken.
pub(super) struct Return<'a> {
    pub(super) visit: &'a Visit,
    pub(super) connection: &'a Arc<Connection>,
    /// This browser's attempts of the connection, the latest first.
    pub(super) own: Vec<Binding>,
    pub(super) ready: Ready,
    pub(super) inbound: Inbound,
    /// The name of the attempt that the person picked.
    pub(super) picked: Option<&'a str>,
    pub(super) asked: String,
}

/// Takes the return of a browser on `leg` of `connection`.
///
/// # Errors
/// Page-only codes and [`Code::StoreUnavailable`]: nothing that an app waits to hear.
pub async fn take(
    visit: &Visit,
    connection: &str,
    leg: Leg,
    params: Params,
    picked: Option<&str>,
) -> Result<Reply, Error> {
    let own = visit.browser.bindings.of(&visit.tenant.id, connection);
    if own.is_empty() {
        return Err(Code::BrowserMismatch.into());
    }
    let connection = visit.tenant.connection(connection).ok_or(Code::FlowUnknown)?;
    let ready = visit.broker.connections.ready(&visit.tenant, connection)?;
    let inbound = Inbound { leg, params };
    let asked = digest(&inbound);
    let back = Return { visit, connection, own, ready, inbound, picked, asked };
    match back.find().await? {
        Found::One(binding) => back.go_on(&binding).await,
        Found::Several(attempts) => back.ask_the_person(&attempts),
        Found::AtWork => Ok(back.working()),
    }
}

impl Return<'_> {
    fn ask_the_person(&self, open: &[Open]) -> Result<Reply, Error> {
        let locale = self.visit.browser.locale;
        let choice = |(binding, attempt): &Open| {
            let app = self.visit.app(&attempt.identification).ok()?;
            let app_name = app.name.in_locale(locale).unwrap_or(&app.id).to_owned();
            // Named by a hash that only this browser's cookie spells out, not by its state.
            let url = self.address(Some(&binding.name()))?;
            Some(Choice { name: app_name, url, notice: None })
        };
        let choices: Vec<_> = open.iter().filter_map(choice).collect();
        if choices.is_empty() {
            return Err(Code::FlowUnknown.into());
        }
        Ok(Reply::new(Answer::Page(Page::Waiting { choices }), locale))
    }

    /// This return's own address, with the attempt that was picked.
    fn address(&self, picked: Option<&str>) -> Option<Url> {
        let issuer = self.visit.broker.issuer(&self.visit.tenant.id);
        let path = format!("{issuer}/return/{}/{}", self.connection.id, self.inbound.leg);
        let picked = picked.map(|picked| (PICKED, picked));
        Url::parse_with_params(&path, self.inbound.params.iter().chain(picked)).ok()
    }

    /// Whether an attempt was begun over this connection of this tenant.
    pub(super) fn concerns(&self, attempt: &Attempt) -> bool {
        attempt.is_of(&self.visit.tenant.id, &self.connection.id)
    }

    /// Looks at the attempt, takes it, and lets the provider go on.
    async fn go_on(&self, binding: &Binding) -> Result<Reply, Error> {
        let flows = &self.visit.broker.flows;
        let attempt = match flows.attempt(binding).await? {
            TakenAttempt::Ours(attempt) => attempt,
            TakenAttempt::AtWork => return Ok(self.working()),
            TakenAttempt::Unknown => return Err(Code::FlowUnknown.into()),
        };
        // The cookie says whose it is, and is the browser's to write: the attempt itself says it again.
        if !self.concerns(&attempt) {
            return Err(Code::BrowserMismatch.into());
        }
        let now = flows.ambient.now();
        if let Some(sent) = attempt.answered(&self.asked, now) {
            return Ok(self.again(&attempt, sent));
        }
        if !attempt.awaits(&self.inbound.leg) {
            return Ok(self.visit.failure_page(&attempt.identification, Code::AlreadyAnswered, None, None));
        }
        match flows.take_attempt(binding).await? {
            TakenAttempt::Ours(attempt) => self.resume(binding, *attempt).await,
            TakenAttempt::AtWork => Ok(self.working()),
            TakenAttempt::Unknown => Err(Code::FlowUnknown.into()),
        }
    }

    /// The page that asks for the answer again.
    fn working(&self) -> Reply {
        self.address(self.picked).map_or_else(
            || self.visit.page(Code::Internal),
            |url| {
                let again = Again::Get(url);
                Reply::new(Answer::Page(Page::Working { again }), self.visit.browser.locale)
            },
        )
    }

    /// The same answer once more, for a double click or a reload.
    fn again(&self, attempt: &Attempt, sent: &Sent) -> Reply {
        let answer = match sent.clone() {
            Sent::Upstream(to) => Answer::Upstream(to),
            Sent::App(way) => Answer::App(way),
            Sent::Failure(failure) => Answer::Page(Page::Failure(failure)),
        };
        Reply::new(answer, self.visit.locale(&attempt.identification))
    }

    /// Goes on with an attempt that is ours alone.
    async fn resume(&self, binding: &Binding, mut attempt: Attempt) -> Result<Reply, Error> {
        let metrics = &self.visit.broker.metrics;
        metrics.step(&self.visit.tenant.id, &self.connection.id, FlowStep::Returned);
        let waiting = attempt.waiting.take();
        let step = self.step(&attempt, waiting).await;
        let mut reply = match step {
            Ok(Step::Navigate(navigate)) => {
                attempt.waiting = Some(Waiting { leg: navigate.expect, state: navigate.state });
                Reply::new(Answer::Upstream(navigate.to), self.visit.locale(&attempt.identification))
            }
            Ok(Step::Authenticated(evidence)) => self.arrived(&attempt, &evidence).await,
            Err(error) => fail(self.visit, &attempt.identification, &self.connection.id, error).await,
        };
        self.remember(binding, attempt, &mut reply).await?;
        Ok(reply)
    }

    /// Asks the provider, unless the attempt is too late or its connection was switched off.
    async fn step(&self, attempt: &Attempt, waiting: Option<Waiting>) -> Result<Step, Error> {
        let app = self.visit.app(&attempt.identification)?;
        if !self.visit.tenant.connections_of(app).any(|connection| connection.id == self.connection.id) {
            return Err(Code::ConnectionUnknown.into());
        }
        if self.visit.broker.flows.ambient.now() > attempt.expires_at {
            return Err(Code::FlowExpired.into());
        }
        let waiting = waiting.ok_or(Code::AlreadyAnswered)?;
        Ok(self.ready.provider.resume(&attempt.login, waiting.state, self.inbound.clone()).await?)
    }

    /// The person is proved: normalise, decide what the app gets, settle.
    async fn arrived(&self, attempt: &Attempt, evidence: &Evidence) -> Reply {
        let metrics = &self.visit.broker.metrics;
        metrics.step(&self.visit.tenant.id, &self.connection.id, FlowStep::Exchanged);
        let identification = &attempt.identification;
        let identity = self.ready.provider.normalise(evidence).map_err(Error::from);
        let record = identity
            .and_then(|identity| release(&self.visit.tenant, self.connection, identification, identity));
        match record {
            Ok(record) => settle(self.visit, identification, Ok(record)).await,
            Err(error) => fail(self.visit, identification, &self.connection.id, error).await,
        }
    }

    /// Puts the attempt back with its answer: for its next leg, or for the same request once more.
    async fn remember(
        &self,
        binding: &Binding,
        mut attempt: Attempt,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        let flows = &self.visit.broker.flows;
        let at = flows.ambient.now();
        let answer = match &reply.answer {
            Answer::Upstream(to) => Some(Sent::Upstream(to.clone())),
            Answer::App(way) => Some(Sent::App(way.clone())),
            Answer::Page(Page::Failure(failure)) => Some(Sent::Failure(failure.clone())),
            Answer::Door(_) | Answer::Page(_) => None,
        };
        attempt.answered.extend(answer.map(|answer| Answered { asked: self.asked.clone(), answer, at }));
        if attempt.waiting.is_none() {
            attempt.expires_at = at.plus(ANSWERED_KEPT);
            reply.cookies.push(self.visit.browser.bindings.renewed(binding, ANSWERED_KEPT));
        }
        match flows.keep_attempt(binding, &attempt).await {
            // The result is settled and must reach the app; only a reload would miss this.
            Err(error) if attempt.waiting.is_none() => {
                error.log(&attempt.identification.trace_id);
                Ok(())
            }
            kept => kept,
        }
    }
}
