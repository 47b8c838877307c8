//! The program of somebody who has a provider of their own: Tunnus, with Acme ID added.

use std::process::ExitCode;

use acme_id::Acme;
use tunnus::{providers::Providers, run};

fn main() -> ExitCode {
    run(std::env::args_os(), Providers::built_in().with::<Acme>())
}
