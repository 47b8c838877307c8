//! The run that every provider must pass: honest logins, every fault of its simulator, and what a
//! stranger could try with a return.
//!
//! [`conformance!`](crate::conformance!) expands to one test for each of the functions here. Each
//! takes the provider's own sandbox, drives the provider as the server does, and reports every
//! deviation at once. What a fault must end in is said by the fault's own row.

mod attempt;
mod correlation;
mod honest;
mod hostile;
mod settings;

use std::{collections::BTreeSet, fmt};

use tunnus_sdk::{Definition, sandbox::SandboxConnection};

pub use self::{
    correlation::{misdirected_returns_fail, nothing_passes_by_the_floor, returns_are_correlated},
    honest::{
        cancelling_is_told_apart, every_persona_logs_in, hints_reach_the_upstream,
        what_is_not_asked_for_does_not_come,
    },
    hostile::{
        every_fault_fails_closed, faults_of_one_login, foreign_returns_fail, late_returns_fail,
        malformed_returns_fail, replayed_returns_fail,
    },
    settings::{debug_shows_nothing_private, probe_sees_faults, settings_are_described},
};
use crate::{Bench, Setup, faults::FaultRow};

/// Expands to the tests that a provider must pass: `conformance!(Acme)`, or `conformance!(Acme,
/// FAULTS)` with the rows that the provider's simulator has beside the generic ones.
#[macro_export]
macro_rules! conformance {
    ($definition:ty) => {
        $crate::conformance!($definition, &[]);
    };
    ($definition:ty, $faults:expr) => {
        $crate::conformance!(@tests $definition;
            every_persona_logs_in, hints_reach_the_upstream, what_is_not_asked_for_does_not_come,
            cancelling_is_told_apart, faults_of_one_login,
            replayed_returns_fail, foreign_returns_fail, late_returns_fail, malformed_returns_fail,
            returns_are_correlated, misdirected_returns_fail, nothing_passes_by_the_floor,
            debug_shows_nothing_private, settings_are_described, probe_sees_faults
        );

        #[test]
        fn every_fault_fails_closed() {
            let report = $crate::conformance::every_fault_fails_closed::<$definition>($faults);
            assert!(report.is_clean(), "{report}");
        }
    };
    (@tests $definition:ty; $($name:ident),*) => {
        $(
            #[test]
            fn $name() {
                let report = $crate::conformance::$name::<$definition>();
                assert!(report.is_clean(), "{report}");
            }
        )*
    };
}

/// What a check found: nothing, or every deviation.
#[derive(Clone, Debug, Default)]
pub struct Report {
    deviations: Vec<String>,
    touched: BTreeSet<String>,
}

impl Report {
    /// Whether there is no deviation.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.deviations.is_empty()
    }

    /// The faults that have touched a login: the rest do not apply to the provider.
    #[must_use]
    pub const fn touched(&self) -> &BTreeSet<String> {
        &self.touched
    }

    /// Notes a deviation unless `holds`.
    fn demand(&mut self, holds: bool, deviation: impl FnOnce() -> String) {
        if !holds {
            self.deviations.push(deviation());
        }
    }

    fn note(&mut self, deviation: impl Into<String>) {
        self.deviations.push(deviation.into());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} deviations:", self.deviations.len())?;
        self.deviations.iter().try_for_each(|deviation| writeln!(f, "  {deviation}"))
    }
}

/// Runs `check` for every connection of the provider's sandbox.
fn on_each_connection<D: Definition>(
    check: impl Fn(&Bench, &SandboxConnection, &mut Report) -> Result<(), String>,
) -> Report {
    let mut report = Report::default();
    let bench = match Bench::of::<D>() {
        Ok(bench) => bench,
        Err(error) => {
            report.note(causes(&error));
            return report;
        }
    };
    report.demand(!bench.sandbox.connections.is_empty(), || "the sandbox has no connection".to_owned());
    for connection in &bench.sandbox.connections {
        if let Err(deviation) = check(&bench, connection, &mut report) {
            report.note(deviation);
        }
    }
    report
}

/// A host and a provider for `connection` that have seen nothing yet.
fn fresh(bench: &Bench, connection: &SandboxConnection) -> Result<Setup, String> {
    let setup = bench.host(connection).and_then(|host| bench.setup_on(connection, host));
    setup.map_err(|error| format!("{}: {}", connection.id, causes(&error)))
}

/// An error with its causes.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The row of a fault: the provider's own before the generic one.
fn row_of(name: &str, own: &'static [FaultRow]) -> Option<&'static FaultRow> {
    own.iter().find(|row| row.name == name).or_else(|| crate::faults::find(name))
}
