//! A [`Host`] for tests: signs and opens with the real JOSE door, sends straight into a simulator,
//! and counts.
//!
//! It enforces the connection's floor and refetches keys as the server does; it has no sockets, no
//! queue and no egress rules but one: what is not the simulator's address is refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tunnus_jose::{DecryptionRing, OperationCounts, Operations, PublicKeys, SigningKey, VerifyError};
use tunnus_sdk::{
    Authentication, Body, Channel, Claims, Credentials, EncryptTo, Environment, ErasedDefinition, Expect,
    Floor, Hidden, Host, KeySource, Leg, OpenError, Protection, Reason, Request, Response, SealError,
    SendError, Signature, Signing, Stage, Timestamp, async_trait,
    json::parse_object,
    sandbox::{SandboxConnection, SandboxSite, SimulatedRequest, SimulatedResponse, Simulator},
};
use url::Url;

use crate::{
    FAULT_HEADER, SimulatorError,
    chance::Chance,
    registration::certificate_thumbprint,
    wire::{self, Listener, basic, header},
};

/// How late an answer may come, in milliseconds.
const DEADLINE_MS: u64 = 10_000;

/// The largest answer, in bytes.
const BODY_MAX: usize = 1 << 20;

/// How many hosts there were: no two draw the same values, as no two logins of one client may.
static HOSTS: AtomicU64 = AtomicU64::new(0);

/// The services of a broker to one connection of a sandbox, within one process.
pub struct TestHost {
    site: SandboxSite,
    connection: String,
    simulator: Arc<dyn Simulator>,
    floor: Floor,
    environment: Environment,
    held: Held,
    operations: Operations,
    chance: Chance,
    seen: Mutex<Seen>,
}

/// The connection's credentials, parsed.
struct Held {
    signing: Vec<SigningKey>,
    decryption: DecryptionRing,
    secret: Option<Hidden<String>>,
    certificate: Option<String>,
}

/// What happened so far.
#[derive(Default)]
struct Seen {
    keys: BTreeMap<Url, PublicKeys>,
    sends: BTreeMap<String, u64>,
    refused: u64,
    faults: BTreeSet<String>,
}

impl TestHost {
    /// The host of a sandbox's connection, with the floor that `definition` gives its settings.
    ///
    /// # Errors
    /// When a credential cannot be read, or the settings do not parse.
    pub fn new(
        definition: &dyn ErasedDefinition,
        site: &SandboxSite,
        simulator: Arc<dyn Simulator>,
        connection: &SandboxConnection,
    ) -> Result<Self, SimulatorError> {
        let floor = definition.floor(&connection.settings).ok_or(SimulatorError::Settings(None))?;
        Ok(Self {
            site: site.clone(),
            connection: connection.id.clone(),
            simulator,
            floor,
            environment: Environment::Sandbox,
            held: Held::parse(&connection.credentials)?,
            operations: Operations::new(),
            chance: Chance::new(format!("host {}", HOSTS.fetch_add(1, Ordering::Relaxed)).into()),
            seen: Mutex::default(),
        })
    }

    /// The same host with another floor.
    #[must_use]
    pub fn with_floor(mut self, floor: Floor) -> Self {
        self.floor = floor;
        self
    }

    /// The same host in another environment.
    #[must_use]
    pub const fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// The cryptographic operations of this connection so far.
    #[must_use]
    pub fn operations(&self) -> OperationCounts {
        self.operations.counts()
    }

    /// How many requests were sent at a stage.
    #[must_use]
    pub fn sends(&self, stage: Stage) -> u64 {
        self.seen().sends.get(&stage.to_string()).copied().unwrap_or_default()
    }

    /// How many requests were to go to an address that is not the simulator's.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.seen().refused
    }

    /// The faults that have changed an answer to this host.
    #[must_use]
    pub fn faults(&self) -> BTreeSet<String> {
        self.seen().faults.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request as the simulator's listener hands it on.
    fn simulated(&self, request: &Request) -> Result<SimulatedRequest, SendError> {
        let Some((listener, path)) = wire::locate(&self.site, &request.url) else {
            self.seen().refused += 1;
            return Err(SendError::Forbidden);
        };
        let mut simulated = wire::request(request.method, path, &request.url);
        let shown =
            request.mutual_tls.then(|| self.held.certificate.clone().ok_or(SendError::CredentialMissing));
        simulated.client_certificate = match (listener, shown.transpose()?) {
            (Listener::Open, _) => None,
            (Listener::MutualTls, Some(thumbprint)) => Some(thumbprint),
            // The handshake fails: that listener demands a certificate.
            (Listener::MutualTls, None) => return Err(SendError::Unreachable(None)),
        };
        let mut form = fields(&request.body);
        simulated.authorization = self.authorization(&request.authentication, &mut form)?;
        simulated.form = form.into_iter().collect();
        Ok(simulated)
    }

    fn authorization(
        &self,
        authentication: &Authentication,
        form: &mut Vec<(String, String)>,
    ) -> Result<Option<Hidden<String>>, SendError> {
        let secret = || self.held.secret.as_ref().ok_or(SendError::CredentialMissing);
        match authentication {
            Authentication::None => Ok(None),
            Authentication::SecretBasic { client_id } => Ok(Some(basic(client_id, secret()?))),
            Authentication::SecretPost => {
                form.push(("client_secret".into(), secret()?.expose_str().to_owned()));
                Ok(None)
            }
            Authentication::Bearer(token) => Ok(Some(Hidden::new(format!("Bearer {}", token.expose_str())))),
        }
    }

    /// The keys at hand, fetched where there are none.
    async fn keys(&self, jwks_uri: &Url) -> Result<PublicKeys, SendError> {
        let at_hand = self.seen().keys.get(jwks_uri).cloned();
        match at_hand {
            Some(keys) => Ok(keys),
            None => self.refetch(jwks_uri).await,
        }
    }

    /// Fetches keys and adds them to those at hand.
    async fn refetch(&self, jwks_uri: &Url) -> Result<PublicKeys, SendError> {
        let response = self.send(Request::get(Stage::Jwks, jwks_uri.clone())).await?;
        let parsed = PublicKeys::parse(&response.body).ok().filter(|_| response.status == 200);
        let fetched = parsed.ok_or(SendError::Unreachable(None))?;
        let mut seen = self.seen();
        let kept = seen.keys.entry(jwks_uri.clone()).or_insert_with(PublicKeys::empty);
        *kept = kept.merged_with(&fetched);
        Ok(kept.clone())
    }

    /// Verifies, and refetches keys for a `kid` that is not at hand: three times for a token of our
    /// own TLS call, once for one of the browser.
    async fn verify(&self, signature: &Signature, token: &str) -> Result<Claims, OpenError> {
        let KeySource { jwks_uri, channel, .. } = &signature.keys;
        let unavailable = |error: SendError| OpenError::KeysUnavailable(Some(error.into()));
        let mut refetches = match channel {
            Channel::Direct => 3,
            Channel::Browser => 1,
        };
        let mut keys = self.keys(jwks_uri).await.map_err(unavailable)?;
        loop {
            match tunnus_jose::verify(&self.operations, &signature.algorithms, &keys, token) {
                Ok(verified) => {
                    return verified.into_untyped().map_err(|error| OpenError::Rejected(error.0));
                }
                Err(VerifyError::Rejected(reason)) => return Err(OpenError::Rejected(reason)),
                Err(VerifyError::KeyUnknown) if refetches == 0 => {
                    return Err(OpenError::Rejected(Reason::KeyUnknown));
                }
                Err(VerifyError::KeyUnknown) => {
                    refetches -= 1;
                    keys = self.refetch(jwks_uri).await.map_err(unavailable)?;
                }
            }
        }
    }
}

#[async_trait]
impl Host for TestHost {
    fn environment(&self) -> Environment {
        self.environment
    }

    fn return_url(&self, leg: &Leg) -> Url {
        let mut url = self.site.return_prefix.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.connection).push(leg.name());
        }
        url
    }

    fn now(&self) -> Timestamp {
        (self.site.now)()
    }

    fn random(&self) -> Hidden<String> {
        Hidden::new(self.chance.draw())
    }

    async fn sign(&self, signing: &Signing, claims: &Claims) -> Result<Hidden<String>, SealError> {
        let key = self.held.signing.iter().find(|key| key.supports(signing.algorithm));
        let key = key.ok_or(SealError::KeyMissing)?;
        key.sign(&self.operations, signing.algorithm, signing.typ, claims).map_err(|_| SealError::Failed)
    }

    async fn encrypt(&self, to: &EncryptTo, payload: &str) -> Result<Hidden<String>, SealError> {
        let keys = self.keys(&to.jwks_uri).await;
        let keys = keys.map_err(|error| SealError::KeysUnavailable(Some(error.into())))?;
        let key = keys.encryption_key(to.algorithm).ok_or(SealError::KeysUnavailable(None))?;
        key.encrypt(&self.operations, to.content, to.typ, to.cty, payload).map_err(|_| SealError::Failed)
    }

    async fn open(&self, expect: &Expect, token: &str) -> Result<Claims, OpenError> {
        if !self.floor.permits(expect) {
            return Err(OpenError::BelowFloor);
        }
        let rejected = |error: tunnus_jose::Rejected| OpenError::Rejected(error.0);
        match &expect.protection {
            Protection::Plain => {
                parse_object(token.as_bytes()).map_err(|error| OpenError::Rejected(error.into()))
            }
            Protection::Signed(signature) => self.verify(signature, token).await,
            Protection::Nested(encryption, signature) => {
                let ring = &self.held.decryption;
                let inner =
                    tunnus_jose::decrypt(&self.operations, encryption, ring, token).map_err(rejected)?;
                self.verify(signature, inner.expose_str()).await
            }
        }
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        *self.seen().sends.entry(request.stage.to_string()).or_default() += 1;
        let simulated = self.simulated(&request)?;
        let answer = self.simulator.answer(simulated).await;
        self.seen().faults.extend(header(&answer.headers, FAULT_HEADER).map(str::to_owned));
        received(answer)
    }
}

impl Held {
    fn parse(credentials: &Credentials) -> Result<Self, SimulatorError> {
        let thumbprint = |pem: &Hidden<String>| certificate_thumbprint(pem.expose_str());
        Ok(Self {
            signing: credentials.signing.iter().map(SigningKey::parse).collect::<Result<_, _>>()?,
            decryption: DecryptionRing::parse(&credentials.decryption)?,
            secret: credentials.client_secret.clone(),
            certificate: credentials.certificate.as_ref().map(thumbprint).transpose()?,
        })
    }
}

fn fields(body: &Body) -> Vec<(String, String)> {
    match body {
        Body::Empty => Vec::new(),
        Body::Form(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), value.expose_str().to_owned())).collect()
        }
    }
}

/// What an HTTP client makes of an answer within its deadline and its bound.
fn received(answer: SimulatedResponse) -> Result<Response, SendError> {
    if answer.delay_ms > DEADLINE_MS {
        return Err(SendError::TimedOut);
    }
    if answer.cut {
        return Err(SendError::Unreachable(None));
    }
    if answer.body.len() > BODY_MAX {
        return Err(SendError::TooLarge);
    }
    let content_type = header(&answer.headers, "Content-Type");
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    Ok(Response {
        status: answer.status,
        content_type: media_type.map(str::to_ascii_lowercase),
        www_authenticate: header(&answer.headers, "WWW-Authenticate").map(str::to_owned),
        date: None,
        body: answer.body,
    })
}
