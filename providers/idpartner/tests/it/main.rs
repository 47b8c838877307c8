//! Logins through the simulated network, over both connections, and what must not pass.

#[cfg(test)]
mod bank;
#[cfg(test)]
mod callback;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod downgrades;
#[cfg(test)]
mod selector;
