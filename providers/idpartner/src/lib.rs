#![doc = include_str!("../README.md")]

mod claims;
mod profile;
mod provider;
mod selector;
mod settings;
#[cfg(feature = "simulator")]
pub mod simulator;

use std::sync::Arc;

use tunnus_sdk::{
    CredentialNeeds, Definition, Descriptor, Environment, Floor, Host, Leg, Member, ProviderError,
    SettingsError, SetupStep, SubjectSource,
};

pub use provider::IdPartnerConnection;
pub use settings::{AssuranceTable, ClientAuthentication, ListedIssuer, Settings};

/// The leg on which the browser comes back from the account selector.
pub const SELECTED: Leg = Leg::new("selected");

/// Banks as identity providers, found through IDPartner's account selector.
#[derive(Clone, Copy, Debug)]
pub struct IdPartner;

impl Definition for IdPartner {
    type Settings = Settings;
    type Provider = IdPartnerConnection;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "idpartner",
        title: "IDPartner",
        countries: &[],
        legs: &[SELECTED, Leg::CALLBACK],
        methods: &[],
        selects_method: false,
        claims: &[
            Member::FullName,
            Member::GivenName,
            Member::FamilyName,
            Member::BirthDate,
            Member::AgeOver(18),
            Member::AgeOver(21),
            Member::AgeOver(25),
            Member::Email,
            Member::Phone,
            Member::Gender,
            Member::Address,
            Member::PaymentDetails,
        ],
        subject: SubjectSource::Upstream,
        remembers_visitor: true,
    };

    fn check(settings: &Settings, environment: Environment) -> Vec<SettingsError> {
        settings.check(environment)
    }

    fn needs(settings: &Settings) -> CredentialNeeds {
        settings.profile().needs()
    }

    fn floor(settings: &Settings) -> Floor {
        settings.profile().floor()
    }

    fn setup(settings: &Settings) -> Vec<SetupStep> {
        settings.setup()
    }

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<IdPartnerConnection, ProviderError> {
        IdPartnerConnection::new(settings, &host)
    }

    #[cfg(feature = "simulator")]
    fn sandbox(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Sandbox>, tunnus_sdk::Cause> {
        Ok(Some(simulator::sandbox(site)?))
    }

    #[cfg(feature = "simulator")]
    fn bench(
        site: &tunnus_sdk::sandbox::SandboxSite,
    ) -> Result<Option<tunnus_sdk::sandbox::Bench>, tunnus_sdk::Cause> {
        Ok(Some(simulator::bench(site)?))
    }
}
