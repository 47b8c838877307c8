//! Tenants: their apps, connections and keys; where they come from, and connections made ready.

pub mod alias;
pub mod apply;
pub mod connections;
#[cfg(test)]
mod examples_tests;
mod file;
pub mod files;
#[cfg(test)]
pub(crate) mod for_tests;
pub mod key_set;
pub mod limits;
pub mod lookup;
pub mod model;
pub mod platform;
pub mod redirect_uri;
pub mod sealed;
pub mod set;
mod stamps;
pub mod store;
pub mod watch;

pub use file::{
    Make, PlatformFile, TenantFile, is_id,
    secrets::{stored_platform_schema, stored_schema},
};
