//! How a return finds its attempt, and what may not become of a return that found another.

use tunnus_sdk::{Candidate, Correlation, Definition, Floor, sandbox::SandboxConnection};

use super::{
    Report,
    attempt::{Ending, block_on, run},
    causes, fresh,
    hostile::{end, fails_before_token, last_leg},
    on_each_connection,
};
use crate::{Bench, Click, Setup, Waiting};

/// The provider names the attempt's `state`, or picks the right one of a browser's attempts.
#[must_use]
pub fn returns_are_correlated<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let (_, theirs) = last_leg(bench, connection)?;
        let (setup, ours) = last_leg(bench, connection)?;
        let place = &connection.id;
        match setup.provider.correlate(&ours.inbound) {
            Correlation::State(state) => {
                let is_own = state == ours.login.state;
                report.demand(is_own, || format!("{place}: the return is correlated with another state"));
            }
            Correlation::FromBrowser => {
                let candidates = [candidate(&theirs), candidate(&ours)];
                let chosen = block_on(setup.provider.choose(&candidates, &ours.inbound))?;
                report
                    .demand(chosen == Some(1), || format!("{place}: of two attempts, {chosen:?} was chosen"));
            }
            // What ends a login must tell whose it is: to ask the person is for earlier legs.
            Correlation::Anonymous => {
                report.demand(false, || format!("{place}: the last return tells no attempts apart"));
            }
        }
        Ok(())
    })
}

/// A return to another connection of the same upstream, or on another leg, fails before its code is
/// redeemed.
#[must_use]
pub fn misdirected_returns_fail<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        for other in bench.sandbox.connections.iter().filter(|other| other.id != connection.id) {
            let (_, waiting) = last_leg(bench, connection)?;
            let setup = fresh(bench, other)?;
            let ending = end(&setup, waiting)?;
            fails_before_token(&format!("{} at {}", connection.id, other.id), &setup, &ending, report);
        }
        let (setup, waiting) = last_leg(bench, connection)?;
        let legs = bench.definition.descriptor().legs;
        for leg in legs.iter().filter(|leg| **leg != waiting.inbound.leg) {
            let mut waiting = waiting.clone();
            waiting.inbound.leg = leg.clone();
            let ending = end(&setup, waiting)?;
            fails_before_token(&format!("{} on leg {leg}", connection.id), &setup, &ending, report);
        }
        Ok(())
    })
}

/// A host that must not open anything gets no person out of the provider: claims come through
/// [`tunnus_sdk::Host::open`] alone.
#[must_use]
pub fn nothing_passes_by_the_floor<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let setup = shut(bench, connection)?;
        let personas = bench.sandbox.simulator.personas();
        let click = Click::Persona(personas.first().ok_or("the simulator has no personas")?);
        let ending = block_on(run(&setup, setup.login_for_all(), click))?;
        let has_failed = matches!(ending, Ending::Failed(_));
        report.demand(has_failed, || format!("{} below every floor: {ending}", connection.id));
        Ok(())
    })
}

/// A provider whose host refuses to open anything.
fn shut(bench: &Bench, connection: &SandboxConnection) -> Result<Setup, String> {
    let host = bench.host(connection).map(|host| host.with_floor(Floor::default()));
    let setup = host.and_then(|host| bench.setup_on(connection, host));
    setup.map_err(|error| format!("{}: {}", connection.id, causes(&error)))
}

const fn candidate(waiting: &Waiting) -> Candidate<'_> {
    Candidate { login: &waiting.login, state: &waiting.state }
}
