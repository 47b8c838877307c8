//! What the operations are asked for.

use tunnus_sdk::{Hidden, Timestamp};

use crate::keyring::{KeyKind, Purpose};

/// A key that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose it shall be; none where it shall be the tenant's own.
    pub connection: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// What kind of key.
    pub kind: KeyKind,
    /// Whether the upstream fetches the public part by itself.
    pub fetched: bool,
}

/// A private key that was made elsewhere.
#[derive(Clone, Debug)]
pub struct Given {
    /// Whose it shall be; none where it shall be the tenant's own.
    pub connection: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// JWK, PEM or PKCS#12.
    pub bytes: Hidden<Vec<u8>>,
    /// What opens it, where it is protected.
    pub passphrase: Option<Hidden<String>>,
    /// What the vendor calls it.
    pub kid: Option<String>,
    /// Whether the upstream has it already, as when it was made there.
    pub known: bool,
    /// When what the upstream has on file ends.
    pub until: Option<Timestamp>,
}

/// What an upstream has on file of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// What it calls the key.
    pub kid: Option<String>,
    /// Until when it takes it.
    pub until: Option<Timestamp>,
}

/// A certificate that shall be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose it shall be.
    pub connection: String,
    /// The common name: the client's id, mostly.
    pub common_name: String,
    /// The organisation.
    pub organisation: Option<String>,
    /// What kind of key.
    pub kind: KeyKind,
}

/// How a public key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JWK.
    Jwk,
    /// A JWK set with this one key.
    Jwks,
    /// PEM, of a public key.
    Pem,
    /// PEM, of a certificate: the key's own, or one that it has signed itself.
    X509,
}
