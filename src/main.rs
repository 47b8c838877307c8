//! The program `tunnus`.

use std::process::ExitCode;

use tunnus::{providers::Providers, run};

fn main() -> ExitCode {
    run(std::env::args_os(), Providers::built_in())
}
