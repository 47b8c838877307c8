//! The way of one identification, from the app's request to the app's result.
//!
//! Owns what an identification and an attempt are, and every step between: [`prepare`] checks what
//! the app asks, [`drive`] is the hub that begins attempts and takes returns, [`finish`] settles the
//! identification once, [`release`] decides what the app gets. [`door`] ties an identification to one
//! browser, [`binding`] each attempt. Both faces end here; neither has a flow of its own.
//!
//! Leaves to others: HTTP (`http`), what stands in the store in the clear (nothing: `store::seal`),
//! how a provider speaks (`providers/`).

pub mod attempt;
pub mod binding;
pub mod door;
mod doubt;
pub mod drive;
mod find;
pub mod finish;
#[cfg(test)]
mod for_tests;
pub mod identification;
pub mod keep;
pub mod knock;
pub mod open;
pub mod page;
mod permit;
mod persist;
pub mod prepare;
pub mod progress;
pub mod record;
pub mod release;
mod resume;
pub mod returned;
mod settle;
pub mod start;
#[cfg(test)]
mod stored_tests;
pub mod trial;
pub mod unfinished;
pub mod visit;
pub mod waiting;
