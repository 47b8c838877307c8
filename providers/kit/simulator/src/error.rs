//! Why a simulator could not be set up.

use tunnus_jose::{KeyError, Rejected};
use tunnus_sdk::{Cause, ProviderError};

/// Why a simulator or the credentials of its clients could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A key could not be made or read.
    #[error("a key could not be made or read")]
    Key(#[from] KeyError),
    /// A client's JWKS document is none.
    #[error("a client's JWKS document is none")]
    Jwks(#[from] Rejected),
    /// The client certificate is not PEM.
    #[error("the client certificate is not PEM")]
    Certificate,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Chance,
    /// A connection's settings are not those of its provider.
    #[error("the connection's settings are not those of its provider")]
    Settings(#[source] Option<serde_json::Error>),
    /// A connection's settings name no client.
    #[error("the connection's settings have no `client_id`")]
    ClientId,
    /// The definition has no sandbox.
    #[error("the definition has no sandbox")]
    None,
    /// The definition's sandbox cannot be made.
    #[error("the sandbox cannot be made")]
    Sandbox(#[source] Cause),
    /// The sandbox has no such connection.
    #[error("the sandbox has no such connection")]
    Connection,
    /// The provider cannot be built.
    #[error("the provider cannot be built")]
    Provider(#[source] ProviderError),
}
