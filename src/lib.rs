//! Tunnus, an identity broker: every strong identity provider behind one API.

pub mod ambient;
pub mod app;
pub mod config;
pub mod error;
pub mod flow;
pub mod host;
pub mod http;
pub mod metrics;
pub mod providers;
#[cfg(feature = "simulator")]
pub mod sandbox;
pub mod server;
pub mod store;
pub mod telemetry;
pub mod tenant;
