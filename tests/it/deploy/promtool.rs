//! Prometheus's own tool.

use std::{
    path::Path,
    process::{Command, Output},
};

/// Runs it in a folder; panics with what it says unless it is content.
pub fn promtool(folder: &Path, arguments: &[&str]) {
    let output: Output = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("these tests need promtool (Debian: apt-get install prometheus)");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "promtool {arguments:?}\n{}{}", said[0], said[1]);
}
