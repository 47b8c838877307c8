//! The REST face: an identification is a resource.
//!
//! Owns its bodies and nothing of the flow. The identity is only for who holds the browser's code,
//! unless the app is set to poll.

pub mod body;
pub mod cancel;
pub mod connections;
pub mod create;
pub mod idempotency;
pub mod result;
pub mod status;
