//! What the targets share: the form of an input, sample keys, a forger, a scripted upstream, and a
//! second opinion on tokens.
//!
//! A target owns one door and the oracle for it: not only that nothing panics, but what must hold of
//! whatever was let in.

#![forbid(unsafe_code)]

pub mod forge;
pub mod keys;
pub mod second;
pub mod sections;
pub mod upstream;
#[cfg(feature = "server")]
pub mod world;

pub use sections::Sections;
