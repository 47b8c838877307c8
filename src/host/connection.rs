//! The host of one connection: holds its keys and never hands them out.

use std::{fmt, sync::Arc, time::Instant};

use async_trait::async_trait;
use tokio::time::timeout;
use tunnus_sdk::{
    Claims, EncryptTo, Environment, Expect, Floor, Hidden, Host, Leg, OpenError, Request, Response,
    SealError, SendError, Signing, Timestamp,
};
use url::Url;

use super::{
    Outbound,
    client::ClientKey,
    credentials::{CredentialError, Keys},
    exchange,
    jwks::Jwks,
    ledger, observed,
    tls::ConnectionTls,
};
use crate::{
    metrics::{CallOutcome, JoseOperation},
    pool::PoolError,
    tenant::model::Connection,
};

/// The services of the broker to the provider of one connection.
pub struct ConnectionHost {
    pub(super) outbound: Arc<Outbound>,
    pub(super) tenant: String,
    pub(super) connection: String,
    provider: String,
    revision: u64,
    environment: Environment,
    return_base: Url,
    pub(super) floor: Floor,
    pub(super) keys: Keys,
    pub(super) jwks: Jwks,
    tls: ConnectionTls,
}

impl ConnectionHost {
    /// The host of a tenant's `connection`, with all its credentials parsed.
    ///
    /// `floor` is what its settings demand of every token, `return_base` the URL that the names of
    /// its legs follow.
    ///
    /// # Errors
    /// Names the credential that cannot be used.
    pub fn new(
        tenant: &str,
        connection: &Connection,
        floor: Floor,
        return_base: &str,
        outbound: &Arc<Outbound>,
    ) -> Result<Self, CredentialError> {
        let return_base = Url::parse(return_base).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        Ok(Self {
            outbound: Arc::clone(outbound),
            tenant: tenant.to_owned(),
            connection: connection.id.clone(),
            provider: connection.provider.clone(),
            revision: connection.revision,
            environment: connection.environment,
            return_base: return_base.ok_or(CredentialError::ReturnUrl)?,
            floor,
            keys: Keys::parse(&connection.credentials)?,
            jwks: Jwks::new(outbound.ambient.clone()),
            tls: ConnectionTls::new(&outbound.tls, &connection.credentials)?,
        })
    }

    /// Uses a private key in its turn, and measures how long that takes.
    pub(super) async fn on_pool<T: Send + 'static>(
        &self,
        operation: JoseOperation,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let metrics = Arc::clone(&self.outbound.metrics);
        let measured = move || {
            let begun = Instant::now();
            let result = work();
            metrics.jose_operation(operation, begun.elapsed());
            result
        };
        self.outbound.pool.run(measured).await
    }

    async fn exchange(&self, request: Request) -> Result<Response, SendError> {
        let route = self.outbound.egress.check(&request.url).map_err(|_| SendError::Forbidden)?;
        let tls = if request.mutual_tls {
            self.tls.mutual.as_ref().ok_or(SendError::CredentialMissing)?
        } else {
            &self.tls.plain
        };
        let key = ClientKey {
            tenant: self.tenant.clone(),
            connection: self.connection.clone(),
            revision: self.revision,
            mutual: request.mutual_tls,
            route,
        };
        let client = self.outbound.clients.client(key, tls);
        let client = client.map_err(|error| SendError::Unreachable(Some(error.into())))?;
        let http = exchange::to_http(&client, request, self.keys.client_secret.as_ref())?;
        let limits = &self.outbound.limits;
        let sent = timeout(limits.timeout, exchange::send(http, limits.response_bytes)).await;
        sent.unwrap_or(Err(SendError::TimedOut))
    }
}

#[async_trait]
impl Host for ConnectionHost {
    fn environment(&self) -> Environment {
        self.environment
    }

    fn return_url(&self, leg: &Leg) -> Url {
        let mut url = self.return_base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(leg.name());
        }
        url
    }

    fn now(&self) -> Timestamp {
        self.outbound.ambient.now()
    }

    fn random(&self) -> Hidden<String> {
        self.outbound.ambient.secret()
    }

    async fn sign(&self, signing: &Signing, payload: &Claims) -> Result<Hidden<String>, SealError> {
        let key = Arc::clone(self.keys.signing(signing.algorithm).ok_or(SealError::KeyMissing)?);
        let operations = Arc::clone(&self.outbound.operations);
        let (algorithm, typ, claims) = (signing.algorithm, signing.typ, payload.clone());
        let kid = key.kid().to_owned();
        let work = move || key.sign(&operations, algorithm, typ, &claims);
        match self.on_pool(JoseOperation::Sign, work).await {
            Ok(signed) => {
                ledger::signed(&kid);
                observed::signed(signing, &kid, payload);
                signed.map_err(|_| SealError::Failed)
            }
            Err(PoolError::Busy) => Err(SealError::Busy),
            Err(PoolError::Failed) => Err(SealError::Failed),
        }
    }

    async fn encrypt(&self, to: &EncryptTo, payload: &str) -> Result<Hidden<String>, SealError> {
        let key = self.encryption_key(to).await?;
        let begun = Instant::now();
        let encrypted = key.encrypt(&self.outbound.operations, to.content, to.typ, to.cty, payload);
        self.outbound.metrics.jose_operation(JoseOperation::Encrypt, begun.elapsed());
        observed::encrypted(to);
        encrypted.map_err(|_| SealError::Failed)
    }

    async fn open(&self, expect: &Expect, token: &str) -> Result<Claims, OpenError> {
        ledger::received(token);
        observed::opening(expect, token);
        let opened = self.open_expected(expect, token).await;
        observed::opened(opened.as_ref());
        let claims = opened?;
        ledger::proved(&claims);
        Ok(claims)
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let (stage, begun, call) = (request.stage, Instant::now(), observed::call(&request));
        let result = self.exchange(request).await;
        observed::ended(call, result.is_ok());
        let outcome = match &result {
            Ok(response) => CallOutcome::Status(response.status),
            Err(SendError::Unreachable(_)) => CallOutcome::Unreachable,
            Err(SendError::TimedOut) => CallOutcome::TimedOut,
            Err(SendError::TooLarge) => CallOutcome::TooLarge,
            Err(SendError::Forbidden | SendError::CredentialMissing) => CallOutcome::Refused,
        };
        self.outbound.metrics.upstream_request(&self.provider, stage, outcome, begun.elapsed());
        result
    }
}

impl fmt::Debug for ConnectionHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionHost")
            .field("tenant", &self.tenant)
            .field("connection", &self.connection)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
