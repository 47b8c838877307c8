//! What an attacker, an operator and an honest upstream may hand to this crate.

#[cfg(test)]
mod downgrade;
#[cfg(test)]
mod forge;
#[cfg(test)]
mod hazards;
#[cfg(test)]
mod import;
#[cfg(test)]
mod import_weak;
#[cfg(test)]
mod known_answers;
#[cfg(test)]
mod private_keys;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod published_keys;
#[cfg(all(test, feature = "receiver"))]
mod receiver;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod signatures;
