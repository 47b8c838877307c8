//! What each endpoint reads, which operation it calls, and how it shows the answer.

pub mod audit;
pub mod connections;
pub mod keys;
pub mod parts;
pub mod platforms;
pub mod providers;
pub mod tenants;
pub mod tokens;
