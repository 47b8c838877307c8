//! What the tests stand on.

pub mod balancer;
pub mod certificates;
pub mod crowd;
pub mod faulty;
pub mod flaky;
pub mod house;
pub mod peer;
pub mod person;
#[path = "../../../src/sql/postgres_for_tests.rs"]
pub mod postgres;
pub mod program;
pub mod redis;
pub mod sandbox;
