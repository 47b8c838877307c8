//! The admin listener.

pub mod console;
