//! A generic OpenID provider with named faults, personas, and the conformance run of a provider.
//!
//! A provider's crate brings its upstream as a simulator: it fills in a [`Profile`], hands it to
//! [`OpenIdProvider::new`], and names both in its `Definition::sandbox`. The simulator refuses what
//! the real service refuses, shows what the real one shows, and on demand does wrong what an attacker
//! or an outage could do ([`faults`]). [`conformance!`] then runs the provider through all of it.
//!
//! This crate owns the upstream's side and the harness around a provider under test. It opens no
//! sockets: a simulator answers one request with one response, and who calls it is the sandbox's
//! server, or [`TestHost`] and [`Browser`] within one process. It names no provider.

#[expect(dead_code, reason = "the engine that draws is the next change")]
mod chance;
pub mod claims;
mod error;
pub mod faults;
pub mod personas;
pub mod profile;
mod provider;
mod registration;

pub use error::SimulatorError;
pub use faults::{Deed, Endpoint, Expected, FaultRow, Message, Mishap, Spoilage};
pub use personas::Persona;
pub use profile::{
    Client, ClientAuthentication, Endpoints, JwksBehaviour, Login, MessageShape, Profile, RequestDemand,
    RequestObject, ResponseDelivery, Route,
};
pub use provider::OpenIdProvider;
pub use registration::{certificate_thumbprint, credentials};
