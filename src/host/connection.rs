//! The host of one connection: holds its keys and never hands them out.

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use reqwest::RequestBuilder;
use tokio::time::timeout;
use tracing::Instrument;
use tunnus_sdk::{
    Claims, EncryptTo, Environment, Expect, Floor, Hidden, Host, Leg, OpenError, Request, Response,
    SealError, SendError, Signing, Stage, Timestamp,
};
use url::Url;

use super::{
    Outbound, OutboundLimits, away,
    client::ClientKey,
    credentials::{CredentialError, Keys},
    exchange,
    jwks::Jwks,
    ledger, observed,
    proofs::{self, Named},
    tls::ConnectionTls,
    upstream::{Turn, Upstreams},
};
use crate::{
    metrics::{CallOutcome, JoseOperation},
    telemetry::{spans, traceparent},
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
    /// What those decryption keys are called that its upstream is not known to have.
    awaited: Vec<String>,
    pub(super) jwks: Jwks,
    pub(super) limits: OutboundLimits,
    upstreams: Upstreams,
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
        let limits = connection.limits.tighten(&outbound.limits);
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
            awaited: proofs::awaited(connection),
            jwks: Jwks::new(outbound.ambient.clone()),
            upstreams: Upstreams::new(&limits, outbound.ambient.clone()),
            limits,
            tls: ConnectionTls::new(&outbound.tls, &connection.credentials)?,
        })
    }

    /// Fetches the public keys of the upstreams in use anew, before they are old.
    pub async fn refresh(&self) {
        self.jwks.refresh(self).await;
    }

    /// Each endpoint that was called, and whether its circuit is open: at one of the connection's
    /// upstreams, where there are several.
    #[must_use]
    pub fn circuits(&self) -> HashMap<Stage, bool> {
        self.upstreams.endpoints().into_iter().map(|(stage, spared)| (stage, spared.at_one)).collect()
    }

    /// Whether logins fail for now, as far as this broker knows: some endpoint is spared, whichever
    /// upstream a person chooses.
    #[must_use]
    pub fn is_disturbed(&self) -> bool {
        self.upstreams.endpoints().values().any(|spared| spared.at_all)
    }

    /// Notes which key of ours the upstream has used. Only of a token that opened and that the upstream
    /// has signed: anybody who has our public key can encrypt.
    pub(super) fn note_use(&self, token: &str) {
        if self.awaited.is_empty() {
            return;
        }
        if let Some(kid) = ledger::kid_of(token).filter(|kid| self.awaited.contains(kid)) {
            let (tenant, connection) = (self.tenant.clone(), self.connection.clone());
            self.outbound.proofs().put(Named { tenant, connection, kid });
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, SendError> {
        let (stage, url) = (request.stage, request.url.clone());
        let http = match self.to_http(request) {
            Ok(http) => http,
            Err(error) => {
                self.measure(stage, CallOutcome::Refused, Duration::ZERO);
                return Err(error);
            }
        };
        let pass = self.upstreams.enter(stage, &url).await?;
        let begun = Instant::now();
        let sent = timeout(self.limits.timeout, exchange::send(http, self.limits.response_bytes)).await;
        let sent = sent.unwrap_or(Err(SendError::TimedOut));
        self.measure(stage, outcome(&sent), begun.elapsed());
        if let Some(turn) = pass.settle(&sent) {
            self.log(stage, turn);
        }
        sent
    }

    fn measure(&self, stage: Stage, outcome: CallOutcome, took: Duration) {
        self.outbound.metrics.upstream_request(&self.provider, stage, outcome, took);
        away::add(took);
    }

    fn log(&self, stage: Stage, turn: Turn) {
        let what = match turn {
            Turn::Opened => "an upstream fails again and again and is spared for a while",
            Turn::Closed => "an upstream that was spared answers again",
        };
        let (tenant, connection) = (&self.tenant, &self.connection);
        tracing::warn!(tenant, connection, endpoint = %stage, "{what}");
    }

    fn to_http(&self, request: Request) -> Result<RequestBuilder, SendError> {
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
        let client = self.outbound.clients.client(key, tls, self.limits.connect_timeout);
        let client = client.map_err(|error| SendError::Unreachable(Some(error.into())))?;
        let http = exchange::to_http(&client, request, self.keys.client_secret.as_ref())?;
        let parent = self.limits.traceparent.then(spans::outbound).flatten();
        Ok(match parent {
            Some(parent) => http.header(traceparent::NAME, parent),
            None => http,
        })
    }
}

const fn outcome(end: &Result<Response, SendError>) -> CallOutcome {
    match end {
        Ok(response) => CallOutcome::Status(response.status),
        Err(SendError::Unreachable(_)) => CallOutcome::Unreachable,
        Err(SendError::TimedOut) => CallOutcome::TimedOut,
        Err(SendError::TooLarge) => CallOutcome::TooLarge,
        Err(
            SendError::Forbidden | SendError::CredentialMissing | SendError::CircuitOpen | SendError::Busy,
        ) => CallOutcome::Refused,
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
        let key = self.keys.signing(signing.algorithm).ok_or(SealError::KeyMissing)?;
        let signed = self.outbound.sign(key, signing, payload.clone()).await?;
        ledger::signed(key.kid());
        observed::signed(signing, key.kid(), payload);
        Ok(signed)
    }

    async fn encrypt(&self, to: &EncryptTo, payload: &str) -> Result<Hidden<String>, SealError> {
        let key = self.encryption_key(to).await?;
        let encrypt = || key.encrypt(&self.outbound.operations, to.content, to.typ, to.cty, payload);
        let encrypted = self.outbound.measured(JoseOperation::Encrypt, encrypt);
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
        let call = observed::call(&request);
        let span = spans::upstream(request.stage, request.url.host_str().unwrap_or_default());
        let result = self.exchange(request).instrument(span.clone()).await;
        spans::ended(&span, &result);
        observed::ended(call, result.is_ok());
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
