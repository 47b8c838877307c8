//! The simulated provider itself.

use tunnus_sdk::{
    async_trait,
    sandbox::{SandboxSite, SimulatedRequest, SimulatedResponse, Simulator},
};

use crate::{Profile, SimulatorError};

/// A simulated OpenID provider.
pub struct OpenIdProvider {
    site: SandboxSite,
    profile: Profile,
}

impl OpenIdProvider {
    /// The provider of this profile, with keys of its own.
    ///
    /// # Errors
    /// When no keys can be made, or a client's cannot be read.
    pub fn new(site: &SandboxSite, profile: Profile) -> Result<Self, SimulatorError> {
        Ok(Self { site: site.clone(), profile })
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("{}{}", self.site.base.as_str().trim_end_matches('/'), self.profile.issuer_path)
    }
}

#[async_trait]
impl Simulator for OpenIdProvider {
    async fn answer(&self, _: SimulatedRequest) -> SimulatedResponse {
        SimulatedResponse { status: 501, ..SimulatedResponse::default() }
    }

    fn set_fault(&self, _: Option<&str>) -> bool {
        false
    }

    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        crate::faults::generic().map(|row| (row.name, row.sentence)).collect()
    }

    fn personas(&self) -> Vec<&'static str> {
        self.profile.personas.iter().map(|persona| persona.id).collect()
    }
}
