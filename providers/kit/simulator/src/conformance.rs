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

use std::{collections::BTreeSet, fmt, sync::Arc};

use tunnus_sdk::{
    Definition, ErasedDefinition, Provider, Timestamp, erase,
    sandbox::{Sandbox, SandboxConnection, SandboxSite},
};

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
use crate::{Browser, Clock, TestHost, faults::FaultRow, test_site};

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

/// When the tests begin.
const START: Timestamp = Timestamp(1_795_256_803);

/// A provider's sandbox on a bench.
struct Bench {
    clock: Clock,
    site: SandboxSite,
    definition: Arc<dyn ErasedDefinition>,
    sandbox: Sandbox,
}

/// One connection in use: provider, host, browser.
struct Setup {
    provider: Arc<dyn Provider>,
    host: Arc<TestHost>,
    browser: Browser,
}

impl Bench {
    fn new<D: Definition>(report: &mut Report) -> Option<Self> {
        let clock = Clock::at(START);
        let site = test_site(&clock);
        let sandbox = match D::sandbox(&site) {
            Ok(Some(sandbox)) => sandbox,
            Ok(None) => {
                report.note("the definition has no sandbox");
                return None;
            }
            Err(error) => {
                report.note(format!("the sandbox cannot be made: {}", causes(error.as_ref())));
                return None;
            }
        };
        report.demand(!sandbox.connections.is_empty(), || "the sandbox has no connection".to_owned());
        Some(Self { clock, site, definition: erase::<D>(), sandbox })
    }

    /// A host and a provider that have seen nothing yet.
    fn setup(&self, connection: &SandboxConnection) -> Result<Setup, String> {
        let simulator = Arc::clone(&self.sandbox.simulator);
        let host = TestHost::new(self.definition.as_ref(), &self.site, simulator, connection);
        self.setup_on(connection, host.map_err(|error| format!("{}: {error}", connection.id))?)
    }

    /// A new provider on this host.
    fn setup_on(&self, connection: &SandboxConnection, host: TestHost) -> Result<Setup, String> {
        let host = Arc::new(host);
        let provider = self.definition.build(&connection.settings, Arc::clone(&host) as Arc<_>);
        let provider = provider.map_err(|error| format!("{}: cannot be built: {error}", connection.id))?;
        let browser = Browser::new(&self.site, Arc::clone(&self.sandbox.simulator));
        Ok(Setup { provider, host, browser })
    }
}

/// Runs `check` for every connection of the provider's sandbox.
fn on_each_connection<D: Definition>(
    check: impl Fn(&Bench, &SandboxConnection, &mut Report) -> Result<(), String>,
) -> Report {
    let mut report = Report::default();
    if let Some(bench) = Bench::new::<D>(&mut report) {
        for connection in &bench.sandbox.connections {
            if let Err(deviation) = check(&bench, connection, &mut report) {
                report.note(deviation);
            }
        }
    }
    report
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
