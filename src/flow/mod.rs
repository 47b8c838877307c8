//! The way of one identification, from the app's request to the app's result.
//!
//! Owns what an identification and an attempt are, and every step between: [`prepare`] checks what
//! the app asks, [`drive`] is the hub that begins attempts and takes returns, [`finish`] settles the
//! identification once, [`release`] decides what the app gets, [`binding`] ties an attempt to one
//! browser. Both faces end here; neither has a flow of its own.
//!
//! Leaves to others: HTTP (`http`), what stands in the store in the clear (nothing: `store::seal`),
//! how a provider speaks (`providers/`).

pub mod attempt;
pub mod binding;
pub mod drive;
mod find;
pub mod finish;
pub mod hint;
pub mod identification;
pub mod keep;
pub mod open;
pub mod page;
pub mod prepare;
pub mod record;
pub mod release;
pub mod returned;
mod settle;
pub mod start;
pub mod visit;
