//! A generic OpenID provider with named faults, personas, and the conformance run of a provider.
//!
//! A provider's crate brings its upstream as a simulator: it fills in a [`Profile`], hands it to
//! [`OpenIdProvider`], and names both in its `Definition::sandbox`. The simulator refuses what
//! the real service refuses, shows what the real one shows, and on demand does wrong what an attacker
//! or an outage could do ([`faults`]). [`conformance!`] then runs the provider through all of it.
//!
//! This crate owns the upstream's side and the harness around a provider under test. It opens no
//! sockets: a simulator answers one request with one response, and who calls it is the sandbox's
//! server, or [`TestHost`] and [`Browser`] within one process. It names no provider.

mod authorize;
pub mod bench;
mod browser;
mod callback;
mod chance;
pub mod claims;
mod client_auth;
mod clients;
mod clock;
pub mod conformance;
mod error;
pub mod faults;
mod hint;
mod host;
mod jwks;
mod keys;
mod memory;
mod metadata;
mod oauth_error;
pub mod pages;
pub mod personas;
pub mod profile;
mod provider;
mod registration;
mod request_object;
pub mod respond;
mod seal;
mod site;
mod token;
mod tokens;
mod userinfo;
mod wire;

pub use bench::{Bench, Setup, Waiting};
pub use browser::{Arrival, Browser, Click};
pub use clock::Clock;
pub use error::SimulatorError;
pub use faults::{Deed, Endpoint, Expected, FAULT_HEADER, FaultRow, Message, Mishap, Spoilage};
pub use host::TestHost;
pub use personas::Persona;
pub use profile::{
    Client, ClientAuthentication, Endpoints, JwksBehaviour, Login, MessageShape, Profile, RequestDemand,
    RequestObject, ResponseDelivery, Route,
};
pub use provider::OpenIdProvider;
pub use registration::{Registration, Variant, register, sandbox_of};
pub use site::test_site;
