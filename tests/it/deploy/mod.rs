//! What stands in `deploy/`, judged by what a running broker is.

mod exposition;
mod promtool;
mod queries;
mod watched;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A path below `deploy/`.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// A file below `deploy/`.
fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("deploy/{name}: {error}"))
}
