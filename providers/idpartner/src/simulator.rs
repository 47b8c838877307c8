//! The account selector and two banks behind it, simulated.

use tunnus_sdk::sandbox::{Sandbox, SandboxSite};

/// The simulated upstream and connections to it.
#[must_use]
pub fn sandbox(site: &SandboxSite) -> Option<Sandbox> {
    let _ = site;
    None
}
