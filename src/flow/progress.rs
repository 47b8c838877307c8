//! How far an identification has come, for the audit trail: nothing here is the person's.

use tunnus_sdk::{Identity, Level};

use super::{identification::Identification, record::IdentityRecord, trial::Arrived};
use crate::{
    audit::{
        event::{Event, Kind, Personal},
        records::COMPLETED,
    },
    error::Error,
    host::Ledger,
    metrics::FlowStep,
};

/// How far an identification has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The connection, where one was chosen.
    pub connection: Option<String>,
    /// The last step.
    pub step: FlowStep,
    /// What its legs used and received.
    pub ledger: Ledger,
    method: Option<String>,
    achieved: Option<Level>,
    /// What a trial tells of it.
    pub arrived: Option<Arrived>,
}

impl Progress {
    /// At the door.
    #[must_use]
    pub fn at_the_door(identification: &Identification) -> Self {
        Self {
            connection: identification.connection.clone(),
            step: FlowStep::Started,
            ledger: Ledger::default(),
            method: identification.method.clone(),
            achieved: None,
            arrived: None,
        }
    }

    /// On the way over `connection`, after `step`, with what its legs before used.
    #[must_use]
    pub fn over(identification: &Identification, connection: &str, step: FlowStep, ledger: Ledger) -> Self {
        let at_the_door = Self::at_the_door(identification);
        Self { connection: Some(connection.to_owned()), step, ledger, ..at_the_door }
    }

    /// Notes what the upstream has proved.
    pub fn proved(&mut self, identity: &Identity) {
        self.achieved = Some(identity.assurance.level);
        self.method = identity.method.as_ref().map(|method| method.id.clone()).or(self.method.take());
        self.arrived = self.ledger.steps.is_some().then(|| Arrived::of(identity));
        self.ledger.transaction_id = identity.transaction_id.clone().or(self.ledger.transaction_id.take());
    }

    /// The event that this is, by now.
    #[must_use]
    pub fn to_event(&self, kind: Kind, identification: &Identification) -> Event {
        let trial = identification.trial();
        let kind = if trial.is_some() { of_trial(kind) } else { kind };
        let mut event = Event::new(&identification.tenant, kind);
        let body = &mut event.body;
        body.actor = trial.map(|trial| trial.begun_by.clone());
        body.app = trial.map_or_else(|| Some(identification.app.clone()), |trial| trial.app.clone());
        body.identification = Some(identification.id.clone());
        body.trace_id = Some(identification.trace_id.clone());
        body.requested_assurance = Some(identification.minimum_assurance);
        body.connection.clone_from(&self.connection);
        body.method.clone_from(&self.method);
        body.achieved_assurance = self.achieved;
        body.last_step = Some(self.step.name().to_owned());
        body.transaction_id.clone_from(&self.ledger.transaction_id);
        body.keys.clone_from(&self.ledger.keys);
        body.tokens.clone_from(&self.ledger.tokens);
        event.personal = Personal { reference: identification.reference.clone(), subject: None };
        event
    }

    /// The event of a failure.
    #[must_use]
    pub fn to_failure(&self, kind: Kind, identification: &Identification, error: &Error) -> Event {
        let mut event = self.to_event(kind, identification);
        event.body.outcome = Some(error.code.name().to_owned());
        event.body.reason = error.reason.map(|reason| reason.to_string());
        event.body.stage = error.stage.map(|stage| stage.to_string());
        event
    }

    /// The event that takes an end back which did not come to be.
    #[must_use]
    pub fn to_discarded(&self, identification: &Identification, error: &Error) -> Event {
        self.to_failure(Kind::IdentificationDiscarded, identification, error)
    }

    /// The event of the end.
    #[must_use]
    pub fn to_end(&self, identification: &Identification, result: &Result<IdentityRecord, Error>) -> Event {
        let kind = Kind::IdentificationFinished;
        let record = match result {
            Ok(record) => record,
            Err(error) => return self.to_failure(kind, identification, error),
        };
        let mut event = self.to_event(kind, identification);
        event.body.outcome = Some(COMPLETED.to_owned());
        event.body.last_step = Some(FlowStep::Finished.name().to_owned());
        // A trial releases nobody: the person has no part in the trail.
        event.personal.subject = Some(&record.subject).filter(|_| identification.trial().is_none()).cloned();
        event
    }
}

/// What the trail calls a step of a trial: no bill and no register of identifications counts it.
const fn of_trial(kind: Kind) -> Kind {
    match kind {
        Kind::IdentificationStarted => Kind::TrialStarted,
        Kind::IdentificationDiscarded => Kind::TrialDiscarded,
        _ => Kind::TrialFinished,
    }
}
