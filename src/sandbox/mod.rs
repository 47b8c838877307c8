//! The sandbox: broker, simulators and demo app on loopback, with no account, network or settings.
//!
//! The broker is the one that `serve` runs; only its tenant is made here, from what each provider
//! brings ([`tunnus_sdk::sandbox`]). Three sites, so that cross-site rules are really met: the broker
//! on `127.0.0.1`, the simulators on `localhost`, the demo app on `[::1]`.

pub mod authority;
pub mod demo;
mod hosts;
pub mod list;
pub mod login;
pub mod once;
pub mod running;
pub mod simulators;
pub mod tenant;
pub mod upstreams;
mod visits;
pub mod walker;
