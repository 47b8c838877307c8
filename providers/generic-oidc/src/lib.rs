#![doc = include_str!("../README.md")]

mod claims;
mod profile;
mod protection;
mod provider;
mod settings;

#[cfg(feature = "simulator")]
pub mod simulator;

pub use claims::{AcrValues, ClaimRow};
pub use protection::{
    ClaimsParameter, LoginHintForm, RequestObject, RequestObjectType, RequestSealing, ResponseForm,
    TokenEncryption, TokenProtection, UserinfoForm,
};
pub use provider::GenericOidc;
pub use settings::Settings;
