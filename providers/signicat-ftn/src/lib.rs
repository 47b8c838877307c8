#![doc = include_str!("../README.md")]

mod claims;
mod provider;
mod service_name;
mod settings;

#[cfg(feature = "simulator")]
pub mod simulator;

pub use provider::SignicatFtn;
pub use service_name::ServiceNamePlacement;
pub use settings::{CbcHmac, RequestObject, Settings};
