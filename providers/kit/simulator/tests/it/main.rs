//! The simulator and its conformance run, seen from outside.

#[cfg(test)]
mod acme;
#[cfg(test)]
mod careless;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod host;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod login;
#[cfg(test)]
mod refusals;
