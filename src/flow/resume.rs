//! Goes on with an attempt that was taken: the provider's part, what the app gets of it, the answer.

use tunnus_sdk::{Evidence, Step};

use super::{
    attempt::{ANSWERED_KEPT, Answered, Attempt, Sent, Waiting},
    binding::Binding,
    identification::Identification,
    page::Page,
    permit,
    persist::persist,
    progress::Progress,
    record::IdentityRecord,
    release::release,
    returned::Return,
    settle::{fail, settle},
    visit::{Answer, Reply, Visit},
};
use crate::{
    error::{Code, Error},
    host::noted,
    metrics::FlowStep,
    telemetry,
};

impl Return<'_> {
    /// Goes on with an attempt that is ours alone.
    pub(super) async fn resume(&self, binding: &Binding, mut attempt: Attempt) -> Result<Reply, Error> {
        // A further leg is still the same trip: each attempt is counted once.
        if attempt.answered.is_empty() {
            self.count(&attempt.identification, FlowStep::Returned);
        }
        let waiting = attempt.waiting.take();
        attempt.ledger.returned(&self.inbound);
        let watched = attempt.identification.trial().is_some();
        let (trace_id, provider) = (&attempt.identification.trace_id, self.ready.descriptor.id);
        let step = telemetry::leg(trace_id, provider, self.inbound.leg.name(), self.step(&attempt, waiting));
        let (step, ledger) = noted(watched, step).await;
        attempt.ledger.extend(ledger);
        let mut reply = match step {
            Ok(Step::Navigate(navigate)) => {
                attempt.ledger.left(&navigate.to);
                attempt.waiting = Some(Waiting { leg: navigate.expect, state: navigate.state });
                Reply::new(Answer::Upstream(navigate.to), self.visit.locale(&attempt.identification))
            }
            Ok(Step::Authenticated(evidence)) => self.arrived(&attempt, &evidence).await,
            Err(error) => {
                let progress = self.progress(&attempt, FlowStep::Returned);
                fail(self.visit, &attempt.identification, &progress, error).await
            }
        };
        match self.remember(binding, &mut attempt, &mut reply).await {
            Ok(()) => Ok(reply),
            Err(error) => Ok(self.visit.try_again(&attempt.identification, &error, &[])),
        }
    }

    /// Asks the provider, unless the attempt is too late, or its app or connection was switched off.
    async fn step(&self, attempt: &Attempt, waiting: Option<Waiting>) -> Result<Step, Error> {
        let app = permit::app(&self.visit.tenant, &attempt.identification)?;
        permit::connection(&self.visit.tenant, &app, &self.connection.id)?;
        if self.visit.broker.flows.ambient.now() > attempt.expires_at {
            return Err(Code::FlowExpired.into());
        }
        let waiting = waiting.ok_or(Code::AlreadyAnswered)?;
        Ok(self.ready.provider.resume(&attempt.login, waiting.state, self.inbound.clone()).await?)
    }

    /// The person is proved: normalise, decide what the app gets by now, settle.
    async fn arrived(&self, attempt: &Attempt, evidence: &Evidence) -> Reply {
        let identification = &attempt.identification;
        self.count(identification, FlowStep::Exchanged);
        let Some(visit) = self.visit.by_now().await else {
            return self.visit.page(Code::FlowUnknown);
        };
        let mut progress = self.progress(attempt, FlowStep::Exchanged);
        match self.record(&visit, identification, evidence, &mut progress) {
            Ok(record) => settle(&visit, identification, &progress, Ok(record)).await,
            Err(error) => fail(&visit, identification, &progress, error).await,
        }
    }

    fn count(&self, identification: &Identification, step: FlowStep) {
        if let Some(metrics) = self.visit.metrics(identification) {
            metrics.step(&self.visit.tenant.id, &self.connection.id, step);
        }
    }

    fn progress(&self, attempt: &Attempt, step: FlowStep) -> Progress {
        Progress::over(&attempt.identification, &self.connection.id, step, attempt.ledger.clone())
    }

    fn record(
        &self,
        visit: &Visit,
        identification: &Identification,
        evidence: &Evidence,
        progress: &mut Progress,
    ) -> Result<IdentityRecord, Error> {
        let app = permit::app(&visit.tenant, identification)?;
        permit::connection(&visit.tenant, &app, &self.connection.id)?;
        let identity = self.ready.provider.normalise(evidence)?;
        progress.proved(&identity);
        release(&visit.tenant, &app, self.connection, identification, identity)
    }

    /// Puts the attempt back with its answer: for its next leg, or for the same request once more.
    async fn remember(
        &self,
        binding: &Binding,
        attempt: &mut Attempt,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        let flows = &self.visit.broker.flows;
        let at = flows.ambient.now();
        let answer = match &reply.answer {
            Answer::Upstream(to) => Some(Sent::Upstream(to.clone())),
            Answer::App(way) => Some(Sent::App(way.clone())),
            // The store was waited for in vain already.
            Answer::Page(Page::Failure(failure)) if failure.code == Code::StoreUnavailable => return Ok(()),
            Answer::Page(Page::Failure(failure)) => Some(Sent::Failure(failure.clone())),
            Answer::Door(_) | Answer::Page(_) => None,
        };
        attempt.answered.extend(answer.map(|answer| Answered { asked: self.asked.clone(), answer, at }));
        if attempt.waiting.is_none() {
            attempt.expires_at = at.plus(ANSWERED_KEPT);
            reply.cookies.push(self.visit.browser.bindings.renewed(binding, ANSWERED_KEPT));
        }
        let attempt = &*attempt;
        match persist(|_| flows.keep_attempt(binding, attempt)).await {
            // The result is settled and must reach the app; only a reload would miss this.
            Err(error) if attempt.waiting.is_none() => {
                error.log(&attempt.identification.trace_id);
                Ok(())
            }
            kept => kept,
        }
    }
}
