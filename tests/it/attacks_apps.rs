//! What apps call, attacked: who they are, what they ask, whose results they get.

mod client_auth;
mod idempotency;
mod malformed;
mod polling;
mod redirect_uri;
mod results;
mod secrets;
mod tokens;
pub mod world;
