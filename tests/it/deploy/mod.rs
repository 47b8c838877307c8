//! What stands in `deploy/`, judged by what a running broker is.

mod exposition;
mod queries;
mod settings;
mod validated;
mod watched;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A path below `deploy/`.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// A file below `deploy/`.
fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("deploy/{name}: {error}"))
}

/// Runs a tool of somebody else's in a folder; panics with what it says unless it is content.
fn run(folder: &Path, tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).current_dir(folder).output();
    let output =
        output.unwrap_or_else(|error| panic!("{tool}: {error}; tests/run installs what these tests need"));
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success(), "{tool} {arguments:?}\n{said}");
    said
}
