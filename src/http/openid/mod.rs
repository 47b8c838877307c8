//! The OpenID Connect face: each tenant is an OpenID provider.
//!
//! Owns the standard's messages and nothing of the flow: an authorization request becomes a
//! [`crate::flow::prepare::Asked`], a code becomes tokens made of the identity record.

pub mod access;
pub mod authorize;
pub mod claims;
pub mod claims_request;
pub mod discovery;
pub mod id_token;
pub mod jwks;
pub mod request;
pub mod token;
pub mod userinfo;
