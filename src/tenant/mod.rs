//! Tenants: their apps, connections and keys; where they come from, and connections made ready.

pub mod connections;
pub mod model;
pub mod set;
