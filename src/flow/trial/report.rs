//! What a trial tells its admin: each step, what was made of the claims, and how it ended. Names and
//! levels; never a value of the person's, a token or a code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tunnus_sdk::{Assurance, Identity, Member, Source};

use super::super::{identification::Report, progress::Progress, record::IdentityRecord};
use crate::{error::Error, host::observed::Seen, metrics::FlowStep};

/// The longest text of the upstream's that is kept.
const TEXT_LENGTH: usize = 128;
/// How many of a list.
const TEXTS: usize = 16;

/// What came of a trial.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrialReport {
    /// What left and what came, in its order.
    pub steps: Vec<Seen>,
    /// What was made of it; none where it did not come so far.
    pub arrived: Option<Arrived>,
    /// Why it failed.
    pub failure: Option<Report>,
}

/// Who has arrived, without anything of the person's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arrived {
    /// How sure.
    pub assurance: Assurance,
    /// Who authenticated the person behind the connection.
    pub method: Option<String>,
    /// The upstream's own id of the transaction.
    pub transaction_id: Option<String>,
    /// Where each member came from, and whether an app would get it.
    pub members: Vec<Mapped>,
}

/// A member of the identity record on its way to an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// The member.
    pub member: Member,
    /// Where it came from.
    pub source: Option<Source>,
    /// Whether the provider gave it.
    pub received: bool,
    /// Whether the app would get it.
    pub released: bool,
}

impl Arrived {
    /// What the upstream has proved.
    pub(in crate::flow) fn of(identity: &Identity) -> Self {
        let Assurance { level, acr, amr } = &identity.assurance;
        let amr = amr.iter().take(TEXTS).map(|text| cut(text)).collect();
        let member = |member: Member| Mapped {
            member,
            source: identity.provenance.get(&member).cloned(),
            received: true,
            released: false,
        };
        Self {
            assurance: Assurance { level: *level, acr: acr.as_deref().map(cut), amr },
            method: identity.method.as_ref().map(|method| cut(&method.id)),
            transaction_id: identity.transaction_id.as_deref().map(cut),
            members: identity.attributes.members().into_iter().map(member).collect(),
        }
    }

    /// The same with what an app would get.
    fn released(self, record: &IdentityRecord) -> Self {
        let mut all: BTreeMap<Member, Mapped> =
            self.members.into_iter().map(|mapped| (mapped.member, mapped)).collect();
        for member in record.attributes.members() {
            let source = record.provenance.get(&member).cloned();
            let derived = Mapped { member, source, received: false, released: true };
            all.entry(member).or_insert(derived).released = true;
        }
        Self { members: all.into_values().collect(), ..self }
    }
}

impl TrialReport {
    /// What came of a trial.
    pub(in crate::flow) fn of(progress: &Progress, result: Result<&IdentityRecord, &Error>) -> Self {
        let mut steps = progress.ledger.steps.clone().unwrap_or_default();
        if progress.step != FlowStep::Exchanged {
            steps.iter_mut().for_each(forget_unproved);
        }
        let arrived = progress.arrived.clone();
        let arrived = match result {
            Ok(record) => arrived.map(|arrived| arrived.released(record)),
            Err(_) => arrived,
        };
        Self { steps, arrived, failure: result.err().map(Report::from) }
    }
}

/// What is plain may come from anywhere, and an admin may have chosen the address: as long as nothing
/// has proved that it belongs to this login, what it says is not told.
fn forget_unproved(step: &mut Seen) {
    if let Seen::Opened { headers, claims, .. } = step
        && headers.is_empty()
    {
        *claims = None;
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(TEXT_LENGTH).collect()
}
