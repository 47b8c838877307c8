//! Integration tests.

#[cfg(test)]
mod admin_api;
#[cfg(test)]
mod aliases;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod attacks_apps;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod console;
#[cfg(test)]
mod console_login;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod disturbed;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod merchants;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod pauses;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod several;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod store;
#[cfg(test)]
mod stranger;
#[cfg(test)]
mod support;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod thirdparty;
#[cfg(test)]
mod trials;
