//! The upstream, simulated.
use tunnus_sdk::sandbox::{Sandbox, SandboxSite};
pub(crate) fn sandbox(_: &SandboxSite) -> Option<Sandbox> {
    None
}
