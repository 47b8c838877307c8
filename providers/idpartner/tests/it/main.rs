//! Logins through the simulated network, over both connections, and what must not pass.

mod bank;
mod callback;
mod conformance;
mod desk;
mod selector;
