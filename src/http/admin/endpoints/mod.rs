//! What each endpoint reads, which operation it calls, and how it shows the answer.

pub mod connections;
pub mod parts;
pub mod providers;
pub mod tenants;
pub mod tokens;
