//! The settings that a command works with.

use std::{io, path::PathBuf, sync::Arc};

use clap::Args;
use tokio::runtime::Runtime;

use crate::config::{Config, Environment, Faults};

/// Where the settings are.
#[derive(Debug, Default, Args)]
pub(super) struct Settings {
    /// The settings; without it config/tunnus.toml where that exists, and the environment
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Settings {
    /// Reads them, with what the environment of the process adds.
    ///
    /// # Errors
    /// All faults.
    pub(super) fn load(&self) -> Result<Config, Faults> {
        Config::load(self.config.as_deref(), Arc::new(Environment::of_the_process()))
    }
}

/// What a command's work runs on.
///
/// # Errors
/// Where no thread can be had.
pub(super) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
