//! Logins in which somebody is not honest: the upstream, by its faults, or a stranger with a return.

use std::time::Duration;

use tunnus_sdk::{Definition, Fault, Params, Stage, sandbox::SandboxConnection};

use super::{
    Report,
    attempt::{Ending, Next, block_on, count_legs, hinted, resume, run, run_to_last_leg},
    fresh, on_each_connection, row_of,
};
use crate::{
    Bench, Click, Setup, Waiting,
    faults::{Expected, FaultRow},
};

/// Every fault of the simulator ends as its row says, on every connection; a fault that did not touch
/// the login changes nothing.
#[must_use]
pub fn every_fault_fails_closed<D: Definition>(own: &'static [FaultRow]) -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        for (name, _) in bench.sandbox.simulator.faults() {
            let is_known = bench.sandbox.simulator.set_fault(Some(name));
            report.demand(is_known, || format!("{name}: listed, but not known"));
            let outcome = try_fault(bench, connection, None);
            bench.sandbox.simulator.set_fault(None);
            let (ending, touched) = outcome?;
            let place = format!("{}/{name}", connection.id);
            let is_touched = touched.iter().any(|other| other == name);
            judge(&place, &ending, is_touched, row_of(name, own), report);
            report.touched.extend(is_touched.then(|| name.to_owned()));
        }
        Ok(())
    })
}

/// A fault that only one login's hint names is that login's alone.
#[must_use]
pub fn faults_of_one_login<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let hint = "sandbox:fault=cancel";
        let (ending, _) = try_fault(bench, connection, Some(hint))?;
        let is_cancelled = matches!(&ending, Ending::Failed(error) if error.fault == Fault::UserCancelled);
        report.demand(is_cancelled, || format!("{} with {hint}: {ending}", connection.id));
        let (ending, _) = try_fault(bench, connection, None)?;
        let is_fine = matches!(ending, Ending::Identified(..));
        report.demand(is_fine, || format!("{} after {hint}: {ending}", connection.id));
        Ok(())
    })
}

/// A return that was used gives nothing a second time.
#[must_use]
pub fn replayed_returns_fail<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let (setup, waiting) = last_leg(bench, connection)?;
        let first = end(&setup, waiting.clone())?;
        report.demand(matches!(first, Ending::Identified(..)), || format!("{}: {first}", connection.id));
        let again = end(&setup, waiting)?;
        report.demand(matches!(again, Ending::Failed(_)), || format!("{} again: {again}", connection.id));
        Ok(())
    })
}

/// A return that belongs to another attempt fails before its code is redeemed.
#[must_use]
pub fn foreign_returns_fail<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let (_, theirs) = last_leg(bench, connection)?;
        let (setup, ours) = last_leg(bench, connection)?;
        let mixed = Waiting { inbound: theirs.inbound, ..ours };
        let ending = end(&setup, mixed)?;
        fails_before_token(&format!("{} with another's return", connection.id), &setup, &ending, report);
        Ok(())
    })
}

/// A return that comes an hour late fails: its code has expired.
#[must_use]
pub fn late_returns_fail<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let (setup, waiting) = last_leg(bench, connection)?;
        bench.clock.advance(Duration::from_secs(3600));
        let ending = end(&setup, waiting)?;
        report.demand(matches!(ending, Ending::Failed(_)), || format!("{} late: {ending}", connection.id));
        Ok(())
    })
}

/// A return with a parameter missing, doubled or empty fails before its code is redeemed.
#[must_use]
pub fn malformed_returns_fail<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let (setup, waiting) = last_leg(bench, connection)?;
        let sent: Vec<(String, String)> = owned(&waiting.inbound.params);
        for (name, value) in &sent {
            let others = || sent.iter().filter(|(other, _)| other != name).cloned();
            let doubled = sent.iter().cloned().chain([(name.clone(), value.clone())]).collect();
            let emptied = others().chain([(name.clone(), String::new())]).collect();
            let cases: [(&str, Params); 3] =
                [("missing", others().collect()), ("doubled", doubled), ("empty", emptied)];
            for (case, params) in cases {
                let mut waiting = waiting.clone();
                waiting.inbound.params = params;
                let ending = end(&setup, waiting)?;
                fails_before_token(&format!("{} with {name} {case}", connection.id), &setup, &ending, report);
            }
        }
        let ending = end(&setup, waiting)?;
        report.demand(matches!(ending, Ending::Identified(..)), || format!("{}: {ending}", connection.id));
        Ok(())
    })
}

/// One login, and the faults that touched it.
fn try_fault(
    bench: &Bench,
    connection: &SandboxConnection,
    hint: Option<&str>,
) -> Result<(Ending, Vec<String>), String> {
    let setup = fresh(bench, connection)?;
    let mut request = hinted(&setup, hint);
    // With max_age the faults of auth_time apply.
    request.max_age = Some(300);
    let personas = bench.sandbox.simulator.personas();
    let first = personas.first().ok_or("the simulator has no personas")?;
    let ending = block_on(run(&setup, request, Click::Persona(first)))?;
    Ok((ending, setup.host.faults().into_iter().chain(setup.browser.faults()).collect()))
}

fn judge(place: &str, ending: &Ending, touched: bool, row: Option<&'static FaultRow>, report: &mut Report) {
    let Some(row) = row else {
        report.note(format!("{place}: no row says what it must end in"));
        return;
    };
    let is_right = match (ending, touched) {
        (Ending::Identified(..), false) => true,
        (Ending::Identified(..), true) | (Ending::Failed(_) | Ending::Stranded(_), false) => false,
        (Ending::Failed(error), true) => row.expect.iter().any(|expected| expected.is_met_by(error)),
        (Ending::Stranded(_), true) => row.expect.contains(&Expected::Strands),
    };
    let touch = if touched { "touched" } else { "untouched" };
    let due = || row.expect.iter().map(ToString::to_string).collect::<Vec<_>>().join(", or ");
    report.demand(is_right, || format!("{place} ({touch}): {ending}; due: {}", due()));
}

/// A fresh login, up to the return that would end it.
pub(super) fn last_leg(bench: &Bench, connection: &SandboxConnection) -> Result<(Setup, Waiting), String> {
    let personas = bench.sandbox.simulator.personas();
    let click = Click::Persona(personas.first().ok_or("the simulator has no personas")?);
    let failed = |ending: Ending| format!("{}: {ending}", connection.id);
    let setup = fresh(bench, connection)?;
    let legs = block_on(count_legs(&setup, setup.login_for_all(), click))?.map_err(failed)?;
    let setup = fresh(bench, connection)?;
    let waiting = block_on(run_to_last_leg(&setup, setup.login_for_all(), click, legs))?;
    Ok((setup, waiting.map_err(failed)?))
}

/// What a return leads to, where it is the last.
pub(super) fn end(setup: &Setup, waiting: Waiting) -> Result<Ending, String> {
    match block_on(resume(setup, waiting, Click::Cancel))? {
        Next::End(ending) => Ok(ending),
        Next::Back(_) => Ok(Ending::Stranded("on one leg more".to_owned())),
    }
}

pub(super) fn fails_before_token(place: &str, setup: &Setup, ending: &Ending, report: &mut Report) {
    report.demand(matches!(ending, Ending::Failed(_)), || format!("{place}: {ending}"));
    report.demand(setup.host.sends(Stage::Token) == 0, || format!("{place}: the code was sent on"));
}

fn owned(params: &Params) -> Vec<(String, String)> {
    params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
