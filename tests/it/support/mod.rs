//! What the tests stand on.

pub mod certificates;
pub mod faulty;
pub mod flaky;
pub mod peer;
pub mod person;
pub mod program;
pub mod redis;
pub mod sandbox;
