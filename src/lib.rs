//! Tunnus.

pub mod ambient;
pub mod config;
pub mod error;
pub mod host;
pub mod metrics;
pub mod providers;
pub mod store;
pub mod telemetry;
pub mod tenant;
