//! Logins in which everybody is honest.

use std::collections::BTreeMap;

use tunnus_sdk::{Definition, Fault, Identity, Member, sandbox::SandboxConnection};

use super::{
    Report,
    attempt::{Ending, block_on, hinted, run},
    fresh, on_each_connection,
};
use crate::{Bench, Click, Persona, personas};

/// Every persona of the simulator logs in by a click on every connection, twice, and what comes out
/// is that person.
#[must_use]
pub fn every_persona_logs_in<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let mut subjects = BTreeMap::new();
        for id in bench.sandbox.simulator.personas() {
            let persona = personas::find(id).ok_or_else(|| format!("{id} is no persona"))?;
            let first = identify(bench, connection, Click::Persona(id), None)?;
            let again = identify(bench, connection, Click::Persona(id), None)?;
            let place = format!("{}/{id}", connection.id);
            check_identity(bench, &place, persona, &first, report);
            let is_stable = first.upstream == again.upstream && first.attributes == again.attributes;
            report.demand(is_stable, || format!("{place}: the second login is somebody else"));
            let subject = first.upstream.subject.expose_str().to_owned();
            let other = subjects.insert(subject, id);
            report.demand(other.is_none(), || format!("{place}: has the subject of {other:?}"));
        }
        Ok(())
    })
}

/// A login hint of the sandbox reaches the upstream: nobody needs to click. With `max_age` too.
#[must_use]
pub fn hints_reach_the_upstream<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let personas = bench.sandbox.simulator.personas();
        let id = personas.last().ok_or("the simulator has no personas")?;
        let hint = format!("sandbox:persona={id}");
        let identity = identify(bench, connection, Click::Persona("nobody"), Some(&hint))?;
        let persona = personas::find(id).ok_or_else(|| format!("{id} is no persona"))?;
        check_identity(bench, &format!("{}/{id}", connection.id), persona, &identity, report);
        Ok(())
    })
}

/// The members that no provider has to bring for a login's own sake.
const SPARE: [Member; 6] = [
    Member::Email,
    Member::Phone,
    Member::Address,
    Member::Gender,
    Member::Nationality,
    Member::PaymentDetails,
];

/// An app that asks for no data gets a login, and the upstream is not asked for what nobody wants.
#[must_use]
pub fn what_is_not_asked_for_does_not_come<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let personas = bench.sandbox.simulator.personas();
        let id = personas.first().ok_or("the simulator has no personas")?;
        let setup = fresh(bench, connection)?;
        let mut request = setup.login_for_all();
        request.claims.clear();
        match block_on(run(&setup, request, Click::Persona(id)))? {
            Ending::Identified(_, identity) => {
                let spare = SPARE.into_iter().find(|member| identity.attributes.has(*member));
                report.demand(spare.is_none(), || format!("{}: {spare:?} came unasked", connection.id));
            }
            other => report.note(format!("{} asked for nothing: {other}", connection.id)),
        }
        Ok(())
    })
}

/// A person who cancels is told apart from an upstream that fails.
#[must_use]
pub fn cancelling_is_told_apart<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let setup = fresh(bench, connection)?;
        let ending = block_on(run(&setup, setup.login_for_all(), Click::Cancel))?;
        let is_cancelled = matches!(&ending, Ending::Failed(error) if error.fault == Fault::UserCancelled);
        report.demand(is_cancelled, || format!("{}: {ending}", connection.id));
        Ok(())
    })
}

fn identify(
    bench: &Bench,
    connection: &SandboxConnection,
    click: Click<'_>,
    hint: Option<&str>,
) -> Result<Identity, String> {
    let setup = fresh(bench, connection)?;
    let mut request = hinted(&setup, hint);
    request.max_age = hint.map(|_| 300);
    match block_on(run(&setup, request, click))? {
        Ending::Identified(_, identity) => Ok(*identity),
        other => Err(format!("{}: {other}", connection.id)),
    }
}

/// Whether what came out is the persona, and is provable to the last member.
fn check_identity(bench: &Bench, place: &str, persona: &Persona, identity: &Identity, report: &mut Report) {
    let attributes = &identity.attributes;
    let text =
        |hidden: &Option<tunnus_sdk::Hidden<String>>| hidden.as_ref().map(|one| one.expose_str().to_owned());
    let national_id = attributes.national_id.as_ref().map(|id| id.value.expose_str().to_owned());
    let email = attributes.email.as_ref().map(|contact| contact.value.expose_str().to_owned());
    let pairs = [
        ("name.full", text(&attributes.name.full), Some(persona.name())),
        ("name.given", text(&attributes.name.given), Some(persona.given.to_owned())),
        ("name.family", text(&attributes.name.family), Some(persona.family.to_owned())),
        ("birth_date", text(&attributes.birth_date), Some(persona.birth_date.to_owned())),
        ("national_id", national_id, persona.hetu.map(str::to_owned)),
        ("email", email, persona.email.map(str::to_owned)),
    ];
    let came = pairs.iter().filter(|(_, came, _)| came.is_some()).count();
    report.demand(came >= 2, || format!("{place}: hardly anything came"));
    for (member, came, due) in pairs {
        report.demand(came.is_none() || came == due, || format!("{place}: {member} is not the persona's"));
    }
    let possible = bench.definition.descriptor().claims;
    for member in attributes.members() {
        report.demand(identity.provenance.contains_key(&member), || {
            format!("{place}: {member} has no provenance")
        });
        let is_possible = possible.contains(&member) || matches!(member, Member::AgeOver(_));
        report.demand(is_possible, || format!("{place}: {member} is not in the descriptor"));
    }
    let now = bench.clock.now();
    let is_recent = identity.authenticated_at <= now && identity.authenticated_at.0 > now.0 - 300;
    report.demand(is_recent, || format!("{place}: authenticated_at is not of this login"));
    report.demand(!identity.upstream.subject.expose_str().is_empty(), || format!("{place}: no subject"));
}
