//! What the tests stand on.

pub mod person;
pub mod redis;
pub mod sandbox;
