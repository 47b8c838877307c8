//! The relying-party toolkit: OpenID Connect as values that one engine carries out.
//!
//! A provider hands over a [`Profile`] (how its upstream must be spoken to, and what must come
//! back) and, for each login, [`AuthorizationParams`]. [`RelyingParty`] does the rest:
//!
//! ```text
//! start      RelyingParty::begin    metadata → pkce → request_object → par → delivery
//! resume     RelyingParty::redeem   pending → response or jarm → token → id_token → userinfo
//! normalise  claims                 a table from claims to members of the identity record
//! probe      RelyingParty::probe    the doctor's questions
//! ```
//!
//! A provider with one upstream is then its values, its odd parameters and its claims table: a
//! [`Dialect`], which [`Connection`] speaks. How it is spoken to is a value:
//!
//! ```
//! use tunnus_oidc::{ClientAuth, Presence, Profile, TokenDemand};
//! use tunnus_sdk::SigningAlgorithm;
//!
//! let profile = Profile {
//!     client_auth: ClientAuth::MutualTls,
//!     id_token: TokenDemand::Signed(vec![SigningAlgorithm::ES256]),
//!     at_hash: Presence::Required,
//!     ..Profile::new("https://op.example", "client-1")
//! };
//! assert!(profile.needs().certificate);
//! assert!(profile.floor().authorization_response.is_none(), "nothing asks for JARM, so none is opened");
//! ```
//!
//! Sending and judging are apart: what judges an answer is a pure function, so that every bad
//! answer is a unit test without a server. A check that fails says why in one
//! [`Reason`](tunnus_sdk::Reason); what is missing fails.
//!
//! Keys, sockets, the JWKS cache and the opening of tokens are the host's
//! ([`Host`](tunnus_sdk::Host)); what a claim means is the provider's. No provider is named here.

mod checks;
mod client_auth;
mod connection;
mod delivery;
mod demand;
mod document;
mod endpoint;
mod error;
#[cfg(test)]
mod for_tests;
mod id_token;
mod jarm;
mod metadata;
mod metadata_cache;
mod par;
mod params;
mod pending;
mod pkce;
mod probe;
mod profile;
mod relying_party;
mod request;
mod request_object;
mod response;
mod token;
mod userinfo;

pub mod claims;
pub mod hetu;
pub mod settings;

pub use connection::{Connection, Dialect};
pub use demand::{TokenDemand, UserinfoDemand};
pub use metadata::Metadata;
pub use params::{AuthorizationParams, LoginHint, RESERVED_PARAMETERS};
pub use profile::{AssertionAudience, AuthTime, ClientAuth, Presence, Profile, ResponseMode};
pub use relying_party::{Redeemed, RelyingParty};
pub use request::{Delivery, RequestEncryption, RequestProtection, RequestRoute, SignedRequest};
