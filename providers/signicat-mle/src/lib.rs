#![doc = include_str!("../README.md")]

mod claims;
mod methods;
mod provider;
mod settings;

#[cfg(feature = "simulator")]
pub mod simulator;

pub use methods::{MethodRule, NationalIdType};
pub use provider::SignicatMle;
pub use settings::{CbcHmac, RequestDelivery, RequestObject, Settings};
