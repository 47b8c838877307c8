//! Tunnus, an identity broker: every strong identity provider behind one API.
//!
//! An app asks who somebody is, over OpenID Connect or REST. Both faces end in [`flow`], which asks
//! a provider (a crate under `providers/`) and answers with one identity record, whatever the
//! upstream. The way of one identification, file by file, with the longest provider:
//!
//! ```text
//! A  app     POST …/api/v1/identifications   http/api → flow/prepare → store            (OpenID: GET …/authorize → the same)
//! B  browser GET …/identify/{ticket}         http/browser → flow/drive → flow/knock, flow/open → tenant/connections → provider.start → store, cookie → 303 selector
//! C  browser GET …/return/bank/selected      http/browser → flow/drive → provider.resume → toolkit: metadata, pkce, request object, PAR → 303 bank
//! D  browser GET …/return/bank/callback      http/browser → flow/drive → provider.resume → toolkit: JARM, token, id_token, userinfo
//!                                            → provider.normalise → flow/release → flow/finish → 303 back to the app with its code
//! E  app     POST …/identifications/{id}/result   http/api → store                      (OpenID: POST …/token → the same)
//! ```
//!
//! [`flow::drive`] is the only hub: nothing calls back up into it, providers never call the server,
//! handlers never see a provider. What a provider may ask for is [`host`]. Everything is put
//! together in [`app`]; paths stand in [`http`] alone, settings in [`config`], tenants in [`tenant`].

pub mod admin;
pub mod ambient;
pub mod app;
pub mod audit;
#[cfg(feature = "simulator")]
pub mod bench;
mod cli;
pub mod config;
pub mod digest;
pub mod doctor;
pub mod error;
pub mod flow;
pub mod host;
pub mod http;
pub mod keyring;
pub mod limits;
pub mod metrics;
pub mod pool;
pub mod providers;
#[cfg(feature = "simulator")]
pub mod sandbox;
pub mod server;
pub mod sheet;
pub mod sockets;
pub mod sql;
pub mod store;
pub mod telemetry;
pub mod tenant;
pub mod vault;

pub use cli::run;
pub use tunnus_sdk as sdk;
