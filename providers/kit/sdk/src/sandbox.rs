//! What a provider brings for the sandbox: its simulated upstream and connections to it.
//!
//! Owns the shape of a simulator seen from outside: one request in, one response out. Listeners,
//! TLS and the loopback sites are the server's; the generic simulator is `tunnus-simulator`.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{
    Credentials, Hidden, Leg, LocalizedText, Params, RequestMethod, SigningAlgorithm, SubjectSource,
    Timestamp,
};

/// Where a simulated upstream lives, and what it shares with the sandbox.
#[derive(Clone)]
pub struct SandboxSite {
    /// The simulator's base, without a trailing slash: `http://localhost:4010/signicat-ftn`.
    pub base: Url,
    /// The same on a listener that demands a client certificate: `https://localhost:4011/…`.
    pub mtls_base: Url,
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A client certificate with its key, PEM, from the sandbox's own authority.
    pub client_certificate: Hidden<String>,
    /// That authority's certificate, PEM.
    pub trust_anchor: String,
    /// Where the broker takes returns, see [`SandboxSite::return_url`].
    pub return_prefix: Url,
}

impl SandboxSite {
    /// The address of `path` at the simulator: of `/token`, or of the simulator itself for an empty one.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    /// The same on the listener that demands a client certificate.
    #[must_use]
    pub fn mtls_address(&self, path: &str) -> String {
        format!("{}{path}", self.mtls_base.as_str().trim_end_matches('/'))
    }

    /// `host:port` of that listener, for settings that name the hosts of endpoints.
    #[must_use]
    pub fn mtls_host(&self) -> String {
        let host = self.mtls_base.host_str().unwrap_or_default();
        self.mtls_base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Where a connection takes the browser back on `leg`: the redirect URI that its upstream registers.
    #[must_use]
    pub fn return_url(&self, connection: &str, leg: &Leg) -> String {
        format!("{}/{connection}/{leg}", self.return_prefix.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for SandboxSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxSite").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// A provider's part of the sandbox.
pub struct Sandbox {
    /// Connections to the simulator.
    pub connections: Vec<SandboxConnection>,
    /// The simulator.
    pub simulator: Arc<dyn Simulator>,
}

/// A connection of the sandbox.
#[derive(Clone, Debug)]
pub struct SandboxConnection {
    /// Its id.
    pub id: String,
    /// Its name on the chooser.
    pub display_name: LocalizedText,
    /// The provider's settings.
    pub settings: Value,
    /// Keys and secrets, made for this run.
    pub credentials: Credentials,
    /// What the subject is made from, where not the provider's default.
    pub subject: Option<SubjectSource>,
}

/// A provider's part of `tunnus bench`: its upstream, and the logins there that are measured.
pub struct Bench {
    /// Connections and simulator.
    pub sandbox: Sandbox,
    /// What is measured.
    pub logins: Vec<MeasuredLogin>,
}

/// A login that is measured.
#[derive(Clone, Copy, Debug)]
pub struct MeasuredLogin {
    /// The connection that it goes over.
    pub connection: &'static str,
    /// What tells it from the provider's first one, in a word.
    pub variant: Option<&'static str>,
    /// What it does with keys.
    pub keys: KeyWork,
}

/// What one login does with keys, the ID token for the app aside. RSA keys have 2048 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWork {
    /// Content keys unwrapped, by RSA-OAEP.
    pub decrypt: u32,
    /// Signatures made: requests and client assertions.
    pub sign: u32,
    /// By this algorithm.
    pub signing: SigningAlgorithm,
    /// Signatures of the upstream examined.
    pub verify: u32,
    /// By this algorithm.
    pub verifying: SigningAlgorithm,
    /// Content keys wrapped, by RSA-OAEP.
    pub encrypt: u32,
}

/// An upstream that is simulated.
#[async_trait]
pub trait Simulator: Send + Sync {
    /// Answers one request.
    async fn answer(&self, request: SimulatedRequest) -> SimulatedResponse;

    /// Misbehaves from now on as `fault` names, or no more. False where it knows no such fault.
    fn set_fault(&self, fault: Option<&str>) -> bool;

    /// The faults it knows, with a sentence on each.
    fn faults(&self) -> Vec<(&'static str, &'static str)>;

    /// The personas it knows, by name.
    fn personas(&self) -> Vec<&'static str>;
}

/// A request to a simulator.
#[derive(Clone, Debug)]
pub struct SimulatedRequest {
    /// GET or POST.
    pub method: RequestMethod,
    /// The path below the simulator's base, `/connect/token`.
    pub path: String,
    /// The query's parameters.
    pub query: Params,
    /// The form's fields.
    pub form: Params,
    /// The `Authorization` header.
    pub authorization: Option<Hidden<String>>,
    /// SHA-256 of the client certificate (DER), base64url, where the listener has checked one.
    pub client_certificate: Option<String>,
}

/// A simulator's answer.
#[derive(Clone, Debug, Default)]
pub struct SimulatedResponse {
    /// The status code.
    pub status: u16,
    /// Headers, among them `Location` and `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long to wait before answering, in milliseconds; the caller waits. For faults.
    pub delay_ms: u64,
    /// Whether to cut the connection in the middle of the body. For faults.
    pub cut: bool,
}
