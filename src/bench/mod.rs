//! `tunnus bench`: complete brokered logins beside the bare cryptography of the same logins.
//!
//! Three processes, as in life: the broker is this program's own `serve`, with settings written for the
//! run ([`broker`]); the simulated upstreams are behind TLS ([`upstream`]); apps and browsers are here
//! ([`shop`]). The broker has a core to itself where there are several ([`cores`]). What is compared with
//! is OpenSSL called directly, on the same core and while the logins run ([`bare`]).

pub mod bare;
pub mod broker;
pub mod cores;
pub mod folder;
pub mod load;
pub mod measure;
pub mod redis;
pub mod scenario;
pub mod scrape;
pub mod shop;
pub mod upstream;

use std::io;

use crate::sandbox::{authority::AuthorityError, walker::WalkError};

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A file, a process or a listener.
    #[error("{0}")]
    Machine(&'static str, #[source] io::Error),
    /// A process that this one has started has ended, or does not say what it should.
    #[error("{0}")]
    Process(String),
    /// `redis-server` is not installed.
    #[error("redis-server is not in the PATH: install it, or name scenarios with memory alone")]
    NoRedis,
    /// No scenario has this name.
    #[error("no scenario begins with {0}; there are: {1}")]
    NoScenario(String, String),
    /// A provider's simulator.
    #[error("the simulator of {0} cannot be made")]
    Simulator(&'static str, #[source] tunnus_sdk::Cause),
    /// Certificates.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Keys.
    #[error("keys cannot be made or used")]
    Keys(#[from] tunnus_jose::KeyError),
    /// TLS.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// An address.
    #[error("an address is no URL")]
    Url(#[from] url::ParseError),
    /// A file's text.
    #[error("a tenant's file cannot be written")]
    Toml(#[from] toml_edit::ser::Error),
    /// A request of the shop's.
    #[error("a request failed")]
    Request(#[from] reqwest::Error),
    /// A browser did not arrive.
    #[error("a browser did not arrive")]
    Walk(#[from] WalkError),
    /// A login did not end with what it should.
    #[error("a login went wrong: {0}")]
    Login(&'static str),
    /// The counts are not those that are stated.
    #[error("{logins} logins should have done {stated} of the operations {operation}, and did {counted}")]
    Count {
        /// Which.
        operation: &'static str,
        /// How many logins.
        logins: u64,
        /// What is stated of so many.
        stated: u64,
        /// What the broker has counted.
        counted: u64,
    },
}
