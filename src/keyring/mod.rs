//! Key rings: the private keys and certificates of a tenant and of its connections, each with a life.
//!
//! A key is made, made known, used, and withdrawn before it ends, in the order that its purpose needs:
//! one that signs is published before its first signature and after its last, one that decrypts opens
//! before anybody can know it and until nobody can use it any more. Dates alarm, states act: nothing
//! here ends because a day has come but what says so by its state.
//!
//! [`key`] owns what a key does in which state, [`life`] when it goes from one to the next; both are
//! pure. [`make`] makes keys, [`operations`] are what can be done with them, [`leader`] has them go on by themselves,
//! `findings` are what a person has to do. Where rings are kept is `tenant::store`'s; what is done with the keys, the host's.

pub mod error;
pub mod findings;
pub mod key;
pub mod leader;
pub mod life;
pub mod make;
pub mod operations;
mod proof;
pub mod sweep;
pub mod view;
#[cfg(test)]
mod year_tests;

pub use error::KeyringError;
pub use findings::findings;
pub use key::{Duties, Family, Key, KeyKind, Purpose, Slot, State};
pub use leader::Rotation;
pub use life::{Policy, Transition, advance};
pub use make::{NewKey, made};
pub use operations::{Format, Given, Keyring, Registered, Request, Wanted};
pub use sweep::{Sweep, Swept};
pub use view::{KeyView, NextStep};

/// The keys of one tenant and of its connections, by id.
pub type Ring = std::collections::BTreeMap<String, Key>;
