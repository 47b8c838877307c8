//! Has the keys of a store go on by themselves: of several brokers, one looks who is due.
//!
//! The lease keeps brokers out of each other's way and no more: where two should be at it, each change
//! is one change of the store, and the second finds nothing left to do.

use std::time::Duration;

use tokio::time::sleep;

use super::{Keyring, KeyringError};
use crate::{audit::event::Actor, sql::Lease};

/// How often it is looked who is due.
const EVERY: Duration = Duration::from_secs(30);
/// How long a broker that stalls keeps the others from it.
const LEASE: Duration = Duration::from_secs(120);
/// After how many tenants the lease is renewed.
const AT_ONCE: usize = 50;

/// The rotation of a store's keys.
#[derive(Debug)]
pub struct Rotation {
    keyring: Keyring,
    lease: Lease,
}

impl Rotation {
    /// That of these keys.
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        let holder = keyring.ambient().id();
        Self { keyring, lease: Lease { name: "keys", holder, lasts: LEASE } }
    }

    /// Goes on until dropped.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.turn().await {
                tracing::warn!(%error, "it was not looked whose keys are due");
            }
            sleep(EVERY).await;
        }
    }

    /// Looks once; how many keys went on.
    ///
    /// # Errors
    /// Where the store does not answer. What is wrong with one tenant keeps no other waiting.
    pub async fn turn(&self) -> Result<usize, KeyringError> {
        let mut count = 0;
        for some in self.keyring.due().await?.chunks(AT_ONCE) {
            if !self.lease.take(self.keyring.store().sql(), self.keyring.ambient().now()).await? {
                return Ok(count);
            }
            for tenant in some {
                count += self.one(tenant).await;
            }
        }
        Ok(count)
    }

    async fn one(&self, tenant: &str) -> usize {
        let advanced = self.keyring.advance(&Actor::broker("keys"), tenant).await;
        log(tenant, &advanced);
        advanced.unwrap_or(0)
    }
}

fn log(tenant: &str, advanced: &Result<usize, KeyringError>) {
    match advanced {
        Ok(0) => {}
        Ok(count) => tracing::info!(tenant, count, "keys went on in their life"),
        Err(error) => log_failure(tenant, error),
    }
}

fn log_failure(tenant: &str, error: &KeyringError) {
    tracing::error!(tenant, %error, "the keys of a tenant cannot go on");
}
