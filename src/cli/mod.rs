//! The command line: what can be asked, one file a command.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::providers::Providers;

mod admin;
mod apply;
mod audit;
#[cfg(feature = "simulator")]
mod bench;
mod check;
mod connections;

mod init;
mod keys;
#[cfg(feature = "simulator")]
mod sandbox;
mod secrets;
mod serve;
mod settings;

/// An identity broker: every strong identity provider behind one API.
#[derive(Debug, Parser)]
#[command(name = "tunnus", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the broker.
    Serve(serve::Arguments),
    /// Looks at settings, tenants and connections: each finding with its remedy.
    Check(check::Arguments),
    /// Runs broker, simulated providers and a demo app on this machine; nothing need be set up.
    #[cfg(feature = "simulator")]
    Sandbox(sandbox::Arguments),
    /// Says what the upstream of a connection must be told.
    Connections(connections::Arguments),
    /// Makes settings, keys and a first tenant in a database.
    Init(init::Arguments),
    /// Brings the tenants store to a folder of tenant files.
    Apply(apply::Arguments),
    /// Measures brokered logins beside the bare cryptography of the same logins.
    #[cfg(feature = "simulator")]
    Bench(bench::Arguments),
    /// Finds, checks, exports and counts what the audit trail holds.
    Audit(audit::Arguments),
    /// The life of keys and certificates; keys and secrets as files.
    Keys(keys::Arguments),
    /// Makes, lists and revokes the tokens of admins.
    Admin(admin::Arguments),
    /// Seals values for tenants' files, and moves everything to a new master key.
    Secrets(secrets::Arguments),
}

/// Runs the command that `arguments` ask for, with these providers.
///
/// A program with providers of its own calls this from its `main`:
///
/// ```no_run
/// # use std::process::ExitCode;
/// fn main() -> ExitCode {
///     tunnus::run(std::env::args_os(), tunnus::providers::Providers::built_in())
/// }
/// ```
pub fn run(arguments: impl IntoIterator<Item = OsString>, providers: Providers) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return told(&error),
    };
    let done = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments, providers),
        Command::Check(arguments) => check::run(&arguments, providers),
        #[cfg(feature = "simulator")]
        Command::Sandbox(arguments) => sandbox::run(arguments, providers),
        Command::Connections(arguments) => connections::run(&arguments, providers),
        Command::Init(arguments) => init::run(&arguments, providers),
        Command::Apply(arguments) => apply::run(&arguments, providers),
        #[cfg(feature = "simulator")]
        Command::Bench(arguments) => bench::run(&arguments, &providers),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Keys(arguments) => keys::run(arguments, providers),
        Command::Admin(arguments) => admin::run(&arguments, providers),
        Command::Secrets(arguments) => secrets::run(&arguments, providers),
    };
    done.unwrap_or_else(|error| complain(error.as_ref()))
}

/// What clap says, on the stream that it belongs to; 2 for a wrong call.
fn told(error: &clap::Error) -> ExitCode {
    // Standard output that is gone has nobody to tell.
    drop(error.print());
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Why a command ended.
type Failure = Box<dyn std::error::Error>;

/// An error with its causes, on standard error.
#[expect(clippy::print_stderr, reason = "the program's last word to whoever called it")]
fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("tunnus: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_whole() {
        Arguments::command().debug_assert();
    }
}
