//! From a token to its claims: the floor, then decryption, then the signature, in this order.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::timeout;
use tunnus_jose::{EncryptionKey, PublicKeys, Verified, VerifyError};
use tunnus_sdk::{
    Channel, Claims, EncryptTo, Encryption, Expect, Hidden, Host, KeySource, OpenError, Protection, Reason,
    Request, SealError, Signature, Stage, host::Cause, json::parse_object,
};
use url::Url;

use super::{
    ConnectionHost,
    jwks::{FetchKeys, Snapshot, Unavailable},
    ledger, observed,
};
use crate::{metrics::JoseOperation, pool::PoolError};

/// How old the keys may be that verify a token.
const VERIFY_AGE: Duration = Duration::from_secs(5 * 60);

/// How old they may be to encrypt to: an upstream that has thrown a key away cannot read us.
const ENCRYPT_AGE: Duration = Duration::from_secs(60);

impl ConnectionHost {
    /// Opens `token`, if it may be asked for like that and is like that.
    pub(super) async fn open_expected(&self, expect: &Expect, token: &str) -> Result<Claims, OpenError> {
        if !self.floor.permits(expect) {
            return Err(OpenError::BelowFloor);
        }
        match &expect.protection {
            Protection::Plain => {
                parse_object(token.as_bytes()).map_err(|error| OpenError::Rejected(error.into()))
            }
            Protection::Signed(signature) => self.verify(signature, token).await,
            Protection::Nested(encryption, signature) => {
                let inner = self.decrypt(encryption, token).await?;
                let claims = self.verify(signature, inner.expose_str()).await?;
                self.note_use(token);
                Ok(claims)
            }
        }
    }

    async fn decrypt(&self, demand: &Encryption, token: &str) -> Result<Hidden<String>, OpenError> {
        // Without a key no token opens; that too must look like any other failure.
        let ring = self.keys.ring.as_ref().ok_or(OpenError::Rejected(Reason::Decryption))?;
        let (ring, operations) = (Arc::clone(ring), Arc::clone(&self.outbound.operations));
        let (demand, sealed) = (demand.clone(), token.to_owned());
        let work = move || tunnus_jose::decrypt(&operations, &demand, &ring, &sealed);
        match self.outbound.on_pool(JoseOperation::Decrypt, work).await {
            Ok(Ok(opened)) => {
                ledger::opened(token);
                observed::inside(opened.expose_str());
                Ok(opened)
            }
            Ok(Err(error)) => Err(OpenError::Rejected(error.0)),
            Err(PoolError::Busy) => Err(OpenError::Busy),
            Err(PoolError::Failed) => Err(OpenError::Rejected(Reason::Decryption)),
        }
    }

    async fn verify(&self, signature: &Signature, token: &str) -> Result<Claims, OpenError> {
        // Longer than one fetch, so that one that hangs ends as a failure that others need not repeat.
        let deadline = self.limits.timeout * 2;
        let verified = timeout(deadline, self.verify_refetching(signature, token)).await;
        verified.unwrap_or_else(|elapsed| Err(OpenError::KeysUnavailable(Some(elapsed.into()))))
    }

    /// Verifies `token`, with newer keys where those at hand do not have its own.
    async fn verify_refetching(&self, signature: &Signature, token: &str) -> Result<Claims, OpenError> {
        let KeySource { issuer, jwks_uri, channel } = &signature.keys;
        let source = (issuer.as_str(), jwks_uri);
        let Snapshot { mut keys, mut generation } = self.jwks.current(self, source, VERIFY_AGE).await?;
        let mut refetches = match channel {
            // Another fetch may show another part of the keys.
            Channel::Direct => 3,
            // Anybody may have written this token.
            Channel::Browser => 1,
        };
        loop {
            match self.verify_with(&keys, signature, token) {
                Ok(verified) => {
                    ledger::verified(verified.kid.as_deref().unwrap_or_default());
                    return verified.into_untyped().map_err(|error| OpenError::Rejected(error.0));
                }
                Err(VerifyError::Rejected(reason)) => return Err(OpenError::Rejected(reason)),
                Err(VerifyError::KeyUnknown) if refetches == 0 => {
                    return Err(OpenError::Rejected(Reason::KeyUnknown));
                }
                Err(VerifyError::KeyUnknown) => refetches -= 1,
            }
            let newer = self.jwks.refetch(self, source, *channel, generation).await?;
            Snapshot { keys, generation } = newer.ok_or(OpenError::Rejected(Reason::KeyUnknown))?;
        }
    }

    fn verify_with(
        &self,
        keys: &PublicKeys,
        signature: &Signature,
        token: &str,
    ) -> Result<Verified, VerifyError> {
        let operations = &self.outbound.operations;
        let verify = || tunnus_jose::verify(operations, &signature.algorithms, keys, token);
        self.outbound.measured(JoseOperation::Verify, verify)
    }

    /// The key that the upstream wants to be written to with.
    pub(super) async fn encryption_key(&self, to: &EncryptTo) -> Result<EncryptionKey, SealError> {
        let source = (to.issuer.as_str(), &to.jwks_uri);
        let known = self.jwks.current(self, source, ENCRYPT_AGE).await?;
        if let Some(key) = known.keys.encryption_key(to.algorithm) {
            return Ok(key);
        }
        let newer = self.jwks.refetch(self, source, Channel::Direct, known.generation).await?;
        let key = newer.and_then(|newer| newer.keys.encryption_key(to.algorithm));
        key.ok_or(SealError::KeysUnavailable(None))
    }
}

#[async_trait]
impl FetchKeys for ConnectionHost {
    async fn fetch(&self, uri: &Url) -> Result<PublicKeys, Cause> {
        let response = self.send(Request::get(Stage::Jwks, uri.clone())).await?;
        if response.status != 200 {
            return Err(format!("the upstream's JWK set answers with status {}", response.status).into());
        }
        Ok(PublicKeys::parse(&response.body)?)
    }

    fn conflict(&self, issuer: &str) {
        self.outbound.metrics.key_conflict(&self.tenant, &self.connection);
        tracing::warn!(
            tenant = self.tenant,
            connection = self.connection,
            issuer,
            "an upstream's key id stands for two keys: a fault there, or an attack"
        );
    }
}

impl From<Unavailable> for OpenError {
    fn from(Unavailable(cause): Unavailable) -> Self {
        Self::KeysUnavailable(cause)
    }
}

impl From<Unavailable> for SealError {
    fn from(Unavailable(cause): Unavailable) -> Self {
        Self::KeysUnavailable(cause)
    }
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
